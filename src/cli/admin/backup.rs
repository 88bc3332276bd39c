//! `jixiao admin backup`.

use std::path::PathBuf;

use clap::Args;

use super::place;
use crate::app;
use crate::backup;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::config::Settings;

/// Copy one state of the database with its files into a new folder, beside a service that goes on
///
/// The folder is there when all of it is on disk, or it is not there. Of PostgreSQL the copy is made by `pg_dump`, which must be on
/// the PATH. What is in it can be read by whoever can read the folder: keep it as carefully as the database.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao admin backup /mnt/backups/2026-11-22\n  \
                        jixiao admin backup --keys /mnt/safe/2026-11-22")]
pub struct Backup {
    /// Folder of the backup, which must not be there yet
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Take the keys of the service into the backup: whoever reads it can then sign tokens
    #[arg(long)]
    keys: bool,
}

impl Backup {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let place = place(settings);
        app::open_existing(&place.database).await?.close().await?;
        let manifest = backup::take(&place, &self.folder, self.keys).await?;
        let contents = &manifest.contents;
        let (rows, tables): (i64, usize) = (contents.rows.values().sum(), contents.rows.len());
        let (files, chains) = (manifest.files, contents.anchors.len());
        output::line(format!("{rows} rows in {tables} tables, {chains} chains of the audit, {files} files"))
    }
}
