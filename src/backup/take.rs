//! Making a backup, beside a service that goes on writing.

use std::fs;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DbBackend};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::failure::{BackupError, at};
use super::manifest::{Contents, FORM, Manifest, texts};
use super::tree::{self, Sums};
use super::{FOLDERS, KEYS, POSTGRES, Place, SQLITE, postgres};
use crate::clock;
use crate::db::{DatabaseSettings, Db, copy_into};
use crate::error::{AppError, AppResult};

/// Makes a backup in a folder that is not there yet.
///
/// # Errors
/// When the folder is there, when the database or a file cannot be read, and when the disk refuses. Then there is nothing at
/// the place of the backup, and nothing beside it.
pub async fn take(place: &Place, backup: &Path, keys: bool) -> Result<Manifest, BackupError> {
    if fs::symlink_metadata(backup).is_ok() {
        return Err(BackupError::Exists(backup.to_owned()));
    }
    let draft = beside(backup);
    let made = fill(place, &draft, keys).await;
    let made = made.and_then(|manifest| {
        // A rename would put it in the place of an empty folder that came meanwhile: that loses nothing.
        fs::rename(&draft, backup).map_err(at(backup))?;
        tree::sync(&tree::above(backup))?;
        Ok(manifest)
    });
    if made.is_err() {
        // The first error is the one to tell; a draft that stays is only wasted space.
        let _ = fs::remove_dir_all(&draft);
    }
    made
}

/// Where a backup is made.
fn beside(backup: &Path) -> PathBuf {
    let mut name = backup.file_name().unwrap_or_default().to_owned();
    name.push(format!(".draft-{}", Uuid::now_v7().simple()));
    backup.with_file_name(name)
}

async fn fill(place: &Place, draft: &Path, keys: bool) -> Result<Manifest, BackupError> {
    tree::make_folder(&tree::above(draft))?;
    tree::make_folder(draft)?;
    let mut sums = Sums::new();
    let db = Db::connect(&place.database).await?;
    let backend = db.backend();
    let (name, at, contents) = match backend {
        DbBackend::Sqlite => {
            db.close().await?;
            let at = now()?;
            (SQLITE, at, copy_sqlite(place, draft).await?)
        }
        _ => {
            let dumped = dump_postgres(&db, &place.database.url, draft).await;
            db.close().await?;
            let (at, contents) = dumped?;
            (POSTGRES, at, contents)
        }
    };
    tree::sync(&draft.join(name))?;
    sums.insert(name.to_owned(), tree::sum(&draft.join(name))?);
    for folder in FOLDERS.into_iter().chain(keys.then_some(KEYS)) {
        copy_folder(place, folder, draft, &mut sums)?;
    }
    let database = kind(backend).to_owned();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { form: FORM, version, at, database, keys, files: sums.len(), contents };
    manifest.write(draft, &mut sums)?;
    tree::sync_folders(draft)?;
    Ok(manifest)
}

/// How a manifest names a kind of database.
pub(super) fn kind(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Sqlite => "sqlite",
        _ => "postgresql",
    }
}

async fn copy_sqlite(place: &Place, draft: &Path) -> Result<Contents, BackupError> {
    let copy = draft.join(SQLITE);
    copy_into(&place.database, &copy).await?;
    let db = Db::connect(&settings_of(&copy, &place.database)).await?;
    let contents = Contents::of(db.read()).await;
    db.close().await?;
    Ok(contents?)
}

/// How to connect to a file in a backup.
pub(super) fn settings_of(file: &Path, like: &DatabaseSettings) -> DatabaseSettings {
    // Two characters would end the path of a URL or be read as another.
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3F");
    DatabaseSettings { url: format!("sqlite://{path}"), readers: 1, ..like.clone() }
}

async fn dump_postgres(db: &Db, url: &str, draft: &Path) -> Result<(String, Contents), BackupError> {
    let file = draft.join(POSTGRES);
    db.snapshot(async |tx| {
        // The snapshot lives as long as this transaction, which has nothing else to do while `pg_dump` works.
        let stay = tx.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0").await;
        stay.map_err(AppError::from)?;
        let at = now()?;
        let contents = Contents::of(tx).await?;
        let snapshot = texts(tx, "SELECT pg_export_snapshot()").await?;
        postgres::dump(url, snapshot.first().map_or("", String::as_str), &file)?;
        Ok((at, contents))
    })
    .await
}

/// Whether a file of a folder belongs to a backup. Drafts are files that are just being written; the workers are the processes
/// of this moment.
pub(super) fn is_of_backup(folder: &str, name: &str) -> bool {
    let of_this_moment = folder == "operations" && name.starts_with("workers/");
    !of_this_moment && !name.contains(".draft-")
}

/// Copies a folder of the data folder, as far as it belongs to a backup.
fn copy_folder(place: &Place, folder: &str, draft: &Path, sums: &mut Sums) -> Result<(), BackupError> {
    let source = place.data.join(folder);
    for name in tree::list(&source)? {
        if !is_of_backup(folder, &name) {
            continue;
        }
        let path = format!("{folder}/{name}");
        match tree::copy(&source.join(&name), &draft.join(&path)) {
            Ok(sum) => {
                sums.insert(path, sum);
            }
            // Its time has come since the folder was read.
            Err(BackupError::File { source: error, path: lost })
                if error.kind() == std::io::ErrorKind::NotFound && lost.starts_with(&source) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The time of this moment, to the second.
fn now() -> AppResult<String> {
    let seconds = clock::system().0.div_euclid(1_000_000);
    let now = OffsetDateTime::from_unix_timestamp(seconds).map_err(AppError::internal)?;
    now.format(&Rfc3339).map_err(AppError::internal)
}
