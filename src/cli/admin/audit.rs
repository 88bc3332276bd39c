//! `jixiao admin audit …`.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, PATIENCE};
use crate::app;
use crate::auth::Caller;
use crate::cli::output;
use crate::config::Settings;
use crate::db::DatabaseSettings;
use crate::service::audit::{self, Fault, anchor};

/// Look after the record of what was done by whom
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao admin audit anchor >> /mnt/elsewhere/anchors\n  \
                        jixiao admin audit verify --anchor /mnt/elsewhere/anchors")]
pub struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find every entry that was edited, deleted, put in or swapped, and every row that is not as its entries say
    ///
    /// Prints one line for each fault and says where it is; the exit code is 1 when there is one. Changes nothing, and may
    /// run beside the service.
    #[command(after_help = "Example:\n  jixiao admin audit verify --anchor /mnt/elsewhere/anchors")]
    Verify {
        /// Lines that `jixiao admin audit anchor` printed before: they show a chain that was rewritten or cut as a whole
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
    /// Print the newest entry of each chain as a line, to be kept where nobody who can write the database can write
    #[command(after_help = "Example:\n  jixiao admin audit anchor >> /mnt/elsewhere/anchors")]
    Anchor,
}

impl Audit {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let settings = DatabaseSettings { read_timeout: PATIENCE, ..settings.database() };
        let caller = Caller::operator();
        match self.command {
            Command::Verify { anchor } => {
                let anchors = match &anchor {
                    None => Vec::new(),
                    Some(file) => {
                        let text = fs::read_to_string(file);
                        anchor::read(&text.map_err(|source| Failure::File { path: file.clone(), source })?)?
                    }
                };
                let db = app::open_existing(&settings).await?;
                let verified = db.snapshot(async |tx| audit::verify(tx, &caller, &anchors, &mut print).await).await?;
                db.close().await?;
                let audit::Verified { chains, entries, faults } = verified;
                output::line(format!("{entries} entries in {chains} chains, {faults} faults"))?;
                if faults == 0 { Ok(()) } else { Err(Failure::Told) }
            }
            Command::Anchor => {
                let db = app::open_existing(&settings).await?;
                for anchor in anchor::now(db.read(), &caller).await? {
                    output::line(anchor.to_string())?;
                }
                Ok(db.close().await?)
            }
        }
    }
}

fn print(fault: Fault) -> Result<(), Failure> {
    output::line(format!("FAILED  {fault}"))
}
