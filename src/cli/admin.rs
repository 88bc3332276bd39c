//! `jixiao admin …`.

mod audit;
mod backup;
mod init;
mod reindex;
mod restore;

use std::time::Duration;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::output;
use crate::app;
use crate::auth::Caller;
use crate::backup::Place;
use crate::config::Settings;
use crate::db::DatabaseSettings;
use crate::service::invariants::{self, Outcome};

/// How long one check may run: as long as it takes on a large database.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Look after the service: its first administrators, its database, its audit, its search, its backups
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao admin init\n  jixiao admin check\n  jixiao admin audit verify\n  \
                        jixiao admin backup /mnt/backups/2026-11-22")]
pub struct Admin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Test the invariants of the whole database
    ///
    /// Prints one line for each, `ok` or `FAILED` with the number of offending rows and the first of their keys. Changes
    /// nothing, and may run beside the service.
    #[command(after_help = "Example:\n  jixiao admin check && echo whole")]
    Check,
    Audit(audit::Audit),
    Init(init::Init),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Reindex(reindex::Reindex),
}

impl Admin {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self.command {
            Command::Check => check(settings).await,
            Command::Audit(audit) => audit.run(settings).await,
            Command::Init(init) => init.run(settings).await,
            Command::Backup(backup) => backup.run(settings).await,
            Command::Restore(restore) => restore.run(settings).await,
            Command::Reindex(reindex) => reindex.run(settings).await,
        }
    }
}

/// What a backup has, for work that takes as long as it takes.
fn place(settings: &Settings) -> Place {
    let database = DatabaseSettings { read_timeout: PATIENCE, write_timeout: PATIENCE, ..settings.database() };
    Place { data: settings.data.clone(), database }
}

async fn check(settings: &Settings) -> Result<(), Failure> {
    let settings = DatabaseSettings { read_timeout: PATIENCE, ..settings.database() };
    let db = app::open_existing(&settings).await?;
    let mut failed = false;
    for invariant in invariants::of(db.read()) {
        match invariants::check(db.read(), &Caller::operator(), &invariant).await? {
            Outcome::Holds => output::line(format!("ok      {}", invariant.meaning))?,
            Outcome::Broken { rows, first } => {
                failed = true;
                let more = if rows > first.len() as u64 { ", …" } else { "" };
                output::line(format!("FAILED  {} {rows} rows: {}{more}", invariant.meaning, first.join(", ")))?;
            }
        }
    }
    db.close().await?;
    if failed { Err(Failure::Told) } else { Ok(()) }
}
