//! Tables on a database that has nothing yet: all files in one transaction, by the fast path of the database.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::tables::{State, Tables};
use crate::app;
use crate::bulk::load::{Loaded, NewLoad, REFUSED, load};
use crate::cli::failure::Failure;
use crate::cli::progress::Percent;
use crate::config::Settings;
use crate::db::{Db, Load};
use crate::error::AppError;

/// Loads files and prints what became of each; whether all of them were taken.
pub async fn all(
    tables: &Tables,
    files: &[PathBuf],
    options: &Map<String, Value>,
    json: bool,
    settings: &Settings,
    db: Db,
) -> Result<bool, Failure> {
    let new = NewLoad::of(options);
    let mut size = 0;
    for file in files {
        let unread = |source| Failure::File { path: file.clone(), source };
        size += std::fs::metadata(file).map_err(unread)?.len();
    }
    let name = match files {
        [file] => file.display().to_string(),
        files => format!("{} files", files.len()),
    };
    let bar = Percent::of(name);
    let bulk = app::bulk(settings, &db, app::handlers(settings));
    let transaction = Load::begin(&settings.database()).await?;
    let loaded = load(&bulk, transaction, &new, files, |done| bar.at(done * 100 / size.max(1))).await?;
    drop(bar);
    db.close().await?;
    let failed: i64 = loaded.iter().map(|loaded| loaded.tally.failed).sum();
    for (file, loaded) in files.iter().zip(&loaded) {
        let errors = std::str::from_utf8(&loaded.errors).map_err(AppError::internal)?;
        tables.print(file, None, &state(loaded, failed), errors, json)?;
    }
    Ok(failed == 0)
}

/// What became of a file where so many rows of all files were refused.
fn state(loaded: &Loaded, failed: i64) -> State {
    let tally = loaded.tally;
    let (status, failure) = if failed == 0 {
        ("COMPLETED", None)
    } else {
        let more = if failed < REFUSED { "" } else { "; what follows was not looked at" };
        let failure =
            format!("{failed} rows are refused, so nothing is stored{more}. With --row-by-row the others are stored.");
        ("FAILED", Some(failure))
    };
    State {
        percent: 100,
        has_ended: true,
        status: status.to_owned(),
        rows: vec![
            ("created", tally.created),
            ("updated", tally.updated),
            ("unchanged", tally.unchanged),
            ("deleted", tally.deleted),
            ("failed", tally.failed),
            ("skipped", tally.skipped),
        ],
        failure,
    }
}
