//! `jixiao migrate`.

use clap::Args;

use super::failure::Failure;
use super::output;
use crate::app;
use crate::config::Settings;

/// Bring the tables of the database to the newest form
///
/// Prints each change that was made, nothing for a database that is up to date. Make a backup before; stop the processes
/// of an older version, which would not know the new tables.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  JIXIAO_DATABASE_URL=postgres://jixiao:secret@localhost/jixiao jixiao migrate")]
pub struct Migrate {}

impl Migrate {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let (db, changes) = app::migrate(settings).await?;
        for change in changes {
            output::line(change)?;
        }
        Ok(db.close().await?)
    }
}
