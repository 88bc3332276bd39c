//! Restoring a backup: everything is compared and checked beside its place before anything is put there.

use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::failure::{BackupError, at};
use super::manifest::{Contents, Manifest, damaged, tables};
use super::take::{is_of_backup, kind, settings_of};
use super::tree::{self, Sums};
use super::{FOLDERS, KEYS, MANIFEST, POSTGRES, Place, SQLITE, postgres};
use crate::auth::Caller;
use crate::db::{DatabaseSettings, Db, fold};
use crate::error::AppError;
use crate::service::audit::{self, anchor};
use crate::service::invariants::{self, Outcome};
use crate::service::outbox;

/// The folder of the data folder in which a restore is made. As long as it is there, the service does not start.
const STAGE: &str = "restoring";

/// What was restored.
pub struct Restored {
    /// What the backup said of itself.
    pub manifest: Manifest,
    /// Entries of the audit that were verified.
    pub entries: u64,
    /// Where that is now which was there before.
    pub replaced: Vec<PathBuf>,
}

/// Whether a restore into this data folder was interrupted.
pub fn is_unfinished(data: &Path) -> bool {
    data.join(STAGE).exists()
}

/// Restores a backup into an empty place. With `replace` what is in the data folder is put aside, not deleted; a database of
/// PostgreSQL must be empty always.
///
/// # Errors
/// When the backup is not as it was made, when the place is not empty, when what was restored does not hold, and when the disk
/// or the database refuses. The place is as before then, or marked so that the service does not start on it.
pub async fn restore(place: &Place, backup: &Path, replace: bool) -> Result<Restored, BackupError> {
    let (manifest, sums) = Manifest::read(backup)?;
    let target = Target::of(place)?;
    if manifest.database != target.kind() {
        let backup = if manifest.database == kind(sea_orm::DbBackend::Sqlite) { "SQLite" } else { "PostgreSQL" };
        let here = if backup == "SQLite" { "PostgreSQL" } else { "SQLite" };
        return Err(BackupError::OtherKind { backup, here });
    }
    let known = Db::migrations();
    if manifest.contents.migrations.iter().any(|name| !known.contains(name)) {
        return Err(BackupError::Newer(manifest.version));
    }
    // What an interrupted restore has put in place was not there before it, or was to be replaced.
    target.refuse_used(place, replace || is_unfinished(&place.data)).await?;

    let stage = place.data.join(STAGE);
    target.clean(&stage)?;
    tree::make_folder(&stage)?;
    tree::sync(&place.data)?;
    let built = build(place, backup, &target, &manifest, &sums, &stage).await;
    let entries = match built {
        Ok(entries) => entries,
        // A database that was filled stays filled, and the mark stays with it.
        Err((Filled::Yes, error)) => return Err(error),
        Err((Filled::No, error)) => {
            target.clean(&stage)?;
            return Err(error);
        }
    };
    let replaced = put(place, &target, &stage)?;
    fs::remove_dir_all(&stage).map_err(at(&stage))?;
    tree::sync(&place.data)?;
    Ok(Restored { manifest, entries, replaced })
}

/// Whether the database at its place has been written to.
enum Filled {
    Yes,
    No,
}

/// The database that is restored.
enum Target {
    /// This file; it is made beside its place.
    Sqlite { file: PathBuf, draft: PathBuf },
    /// An empty database.
    Postgres,
}

impl Target {
    fn of(place: &Place) -> Result<Self, BackupError> {
        if !place.database.url.starts_with("sqlite:") {
            return Ok(Self::Postgres);
        }
        let file = place.database.file().ok_or_else(|| AppError::bad_input("The SQLite URL cannot be read."))?;
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".restoring");
        let draft = file.with_file_name(name);
        Ok(Self::Sqlite { file, draft })
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => kind(sea_orm::DbBackend::Sqlite),
            Self::Postgres => kind(sea_orm::DbBackend::Postgres),
        }
    }

    /// Refuses a place that holds something, or that somebody uses.
    async fn refuse_used(&self, place: &Place, replace: bool) -> Result<(), BackupError> {
        let full = |what: String, advice| Err(BackupError::NotEmpty { what, advice });
        const ADVICE: &str = "with --replace it is put aside";
        if !replace {
            for folder in FOLDERS {
                let path = place.data.join(folder);
                if tree::list(&path)?.iter().any(|name| is_of_backup(folder, name)) {
                    return full(path.display().to_string(), ADVICE);
                }
            }
        }
        match self {
            Self::Sqlite { file, .. } if !file.exists() => Ok(()),
            Self::Sqlite { file, .. } if !replace => full(file.display().to_string(), ADVICE),
            Self::Sqlite { .. } => {
                if fold(&place.database).await? {
                    Ok(())
                } else {
                    Err(BackupError::InUse)
                }
            }
            Self::Postgres => {
                let db = Db::connect(&place.database).await?;
                let tables = tables(db.read()).await;
                db.close().await?;
                if tables?.is_empty() {
                    return Ok(());
                }
                full("the database".to_owned(), "make a new one (`createdb`) and name it in `database_url`")
            }
        }
    }

    /// Takes away what an interrupted restore has left.
    fn clean(&self, stage: &Path) -> Result<(), BackupError> {
        let mut left = vec![stage.to_owned()];
        if let Self::Sqlite { draft, .. } = self {
            left.extend(["", "-wal", "-shm", "-journal"].map(|end| {
                let mut name = draft.as_os_str().to_owned();
                name.push(end);
                PathBuf::from(name)
            }));
        }
        for path in left {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(&path)(error)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// Makes everything beside its place, and gives the number of entries of the audit.
async fn build(
    place: &Place,
    backup: &Path,
    target: &Target,
    manifest: &Manifest,
    sums: &Sums,
    stage: &Path,
) -> Result<u64, (Filled, BackupError)> {
    let unfilled = |error| (Filled::No, error);
    for (path, sum) in sums.iter().filter(|(path, _)| !is_about_backup(path)) {
        copy(backup, path, sum, &stage.join(path)).map_err(unfilled)?;
    }
    match target {
        Target::Sqlite { draft, .. } => {
            let sum = database_sum(sums, SQLITE).map_err(unfilled)?;
            copy(backup, SQLITE, sum, draft).map_err(unfilled)?;
            let entries = examine(&settings_of(draft, &place.database), manifest).await.map_err(unfilled)?;
            tree::sync(draft).and_then(|()| tree::sync_folders(stage)).map_err(unfilled)?;
            Ok(entries)
        }
        Target::Postgres => {
            let sum = database_sum(sums, POSTGRES).map_err(unfilled)?;
            let dump = backup.join(POSTGRES);
            if tree::sum(&dump).map_err(unfilled)? != sum {
                return Err(unfilled(changed(POSTGRES)));
            }
            tree::sync_folders(stage).map_err(unfilled)?;
            postgres::load(&place.database.url, &dump).map_err(unfilled)?;
            examine(&place.database, manifest).await.map_err(|error| (Filled::Yes, error))
        }
    }
}

/// Whether a file of a backup is not for the data folder.
fn is_about_backup(path: &str) -> bool {
    [MANIFEST, SQLITE, POSTGRES].contains(&path)
}

fn database_sum<'a>(sums: &'a Sums, name: &str) -> Result<&'a str, BackupError> {
    sums.get(name).map(String::as_str).ok_or_else(|| damaged(format!("{name} is missing")))
}

fn changed(path: &str) -> BackupError {
    damaged(format!("{path} is not as it was written"))
}

/// Copies a file of a backup that is as it was written.
fn copy(backup: &Path, path: &str, sum: &str, to: &Path) -> Result<(), BackupError> {
    if tree::copy(&backup.join(path), to)? == sum { Ok(()) } else { Err(changed(path)) }
}

/// Compares a restored database with what the backup said, brings its tables up to date and checks all of it.
async fn examine(settings: &DatabaseSettings, manifest: &Manifest) -> Result<u64, BackupError> {
    let db = Db::connect(settings).await?;
    let examined = examine_open(&db, manifest).await;
    db.close().await?;
    examined
}

async fn examine_open(db: &Db, manifest: &Manifest) -> Result<u64, BackupError> {
    let operator = Caller::operator();
    let found = db.snapshot(async |tx| Contents::of(tx).await).await?;
    if let Some(difference) = manifest.contents.difference(&found) {
        return Err(BackupError::Unsound(difference));
    }
    db.write(async |tx| outbox::begin_anew(tx, &operator).await).await?;
    db.migrate().await?;
    for invariant in invariants::of(db.read()) {
        if let Outcome::Broken { rows, first } = invariants::check(db.read(), &operator, &invariant).await? {
            let (meaning, first) = (invariant.meaning, first.join(", "));
            return Err(BackupError::Unsound(format!("{meaning} {rows} rows: {first}")));
        }
    }
    let anchors = anchor::read(&manifest.contents.anchors.join("\n"))?;
    let verified = db.snapshot(async |tx| audit::verify(tx, &operator, &anchors, &mut refuse).await).await?;
    Ok(verified.entries)
}

/// Puts everything in its place, the database last; gives where what was there is now.
fn put(place: &Place, target: &Target, stage: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mark = format!(".replaced-{}", Uuid::now_v7().simple());
    let mut replaced = Vec::new();
    for folder in FOLDERS {
        replaced.extend(exchange(&stage.join(folder), &place.data.join(folder), &mark)?);
    }
    // Keys that are there sign the tokens that are in use.
    let keys = place.data.join(KEYS);
    if !keys.exists() {
        replaced.extend(exchange(&stage.join(KEYS), &keys, &mark)?);
    }
    if let Target::Sqlite { file, draft } = target {
        replaced.extend(exchange(draft, file, &mark)?);
        tree::sync(&tree::above(file))?;
    }
    tree::sync(&place.data)?;
    Ok(replaced)
}

/// Puts something new, if there is something, in the place of what was there, which stays beside it under another name.
fn exchange(new: &Path, place: &Path, mark: &str) -> Result<Option<PathBuf>, BackupError> {
    let mut aside = place.as_os_str().to_owned();
    aside.push(mark);
    let aside = place.exists().then(|| PathBuf::from(aside));
    if let Some(aside) = &aside {
        fs::rename(place, aside).map_err(at(place))?;
    }
    if new.exists() {
        fs::rename(new, place).map_err(at(place))?;
    }
    Ok(aside)
}

/// Ends the verification at the first fault.
fn refuse(fault: audit::Fault) -> Result<(), BackupError> {
    Err(BackupError::Unsound(fault.to_string()))
}
