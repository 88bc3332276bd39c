//! `jixiao admin reindex`.

use clap::Args;

use super::{Failure, PATIENCE};
use crate::app;
use crate::auth::Caller;
use crate::cli::output;
use crate::config::Settings;
use crate::db::DatabaseSettings;
use crate::service::search::index;

/// Make the index of search anew from the texts of the database
///
/// It is kept with every write and made by `jixiao migrate` where it is missing, so this is for a database that was repaired by
/// hand. Writes wait until it is done.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao admin reindex --check\n  jixiao admin reindex")]
pub struct Reindex {
    /// Only compare the index with the texts: the exit code is 1 when they differ
    #[arg(long)]
    check: bool,
}

impl Reindex {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let settings = DatabaseSettings { read_timeout: PATIENCE, write_timeout: PATIENCE, ..settings.database() };
        let caller = Caller::operator();
        let db = app::open_existing(&settings).await?;
        if !self.check {
            let entries = db.write(async |tx| index::rebuild(tx, &caller).await).await?;
            index::settle(db.read()).await?;
            output::line(format!("{entries} objects are searched"))?;
            return Ok(db.close().await?);
        }
        let compared = db.snapshot(async |tx| index::compare(tx, &caller).await).await?;
        db.close().await?;
        let index::Compared { objects, wrong } = compared;
        output::line(format!("{objects} objects are searched, {wrong} of them not by their texts"))?;
        if wrong == 0 { Ok(()) } else { Err(Failure::Told) }
    }
}
