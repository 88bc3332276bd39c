//! `jixiao admin restore`.

use std::path::PathBuf;

use clap::Args;

use super::place;
use crate::backup;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::config::Settings;

/// Put a backup in the place of nothing, and check all of it
///
/// Compares every file with its checksum and the database with what the backup says of it, brings the tables up to date, tests the
/// invariants and verifies the audit, and puts it in place only then. The service must not run. A database of PostgreSQL must
/// be there and empty; `pg_restore` must be on the PATH.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao admin restore /mnt/backups/2026-11-22\n  \
                        jixiao admin restore --replace /mnt/backups/2026-11-22")]
pub struct Restore {
    /// Folder of the backup
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Put aside what is in the data folder; nothing is deleted
    #[arg(long)]
    replace: bool,
}

impl Restore {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let restored = backup::restore(&place(settings), &self.folder, self.replace).await?;
        let manifest = &restored.manifest;
        let rows: i64 = manifest.contents.rows.values().sum();
        let (at, entries) = (&manifest.at, restored.entries);
        output::line(format!("the state of {at}: {rows} rows, {entries} entries of the audit, every check holds"))?;
        for path in restored.replaced {
            output::line(format!("what was there before is {}", path.display()))?;
        }
        Ok(())
    }
}
