//! Backups: one state under running writes, restored and compared; what is damaged or in the way is refused; a process that
//! is killed leaves nothing that looks whole.

mod killed;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::future::join;
use jixiao::auth::Caller;
use jixiao::backup::{self, BackupError, Place};
use jixiao::db::Db;
use jixiao::import::FileStore;
use jixiao::service::outbox;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use crate::support::database::{self, TestDatabase};
use crate::support::{dump, generated};

/// A database with its data folder.
struct Kept {
    database: TestDatabase,
    folder: TempDir,
}

impl Kept {
    /// With the documents of these numbers, and a file of a bulk operation.
    async fn with(numbers: std::ops::Range<u32>) -> (Self, Db) {
        let (database, db) = database::migrated().await;
        let kept = Self { database, folder: TempDir::new().unwrap() };
        for number in numbers {
            generated::import(&db, &kept.files(), number).await.unwrap();
        }
        for file in ["uploads/upl_1", "operations/op_1/results.jsonl", "operations/workers/alive", "keys/signing.p8"] {
            let path = kept.folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        (kept, db)
    }

    /// With nothing.
    async fn empty() -> Self {
        Self { database: database::empty().await, folder: TempDir::new().unwrap() }
    }

    fn files(&self) -> FileStore {
        FileStore::new(self.folder.path().join("files"))
    }

    fn place(&self) -> Place {
        Place { data: self.folder.path().to_owned(), database: self.database.settings.clone() }
    }

    /// The database, which must be there.
    async fn open(&self) -> Db {
        assert_eq!(self.database.settings.missing_file(), None);
        Db::connect(&self.database.settings).await.unwrap()
    }

    /// The names in the data folder.
    fn names(&self) -> BTreeSet<String> {
        names(self.folder.path())
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// All files below a folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_in(&path)) } else { files.push(path) }
    }
    files
}

/// The documents of a database, each whole, with the bytes of its file.
async fn documents(kept: &Kept) -> BTreeSet<u32> {
    let db = kept.open().await;
    let present = generated::present(&db).await;
    db.close().await.unwrap();
    for number in &present {
        let source = generated::source(*number);
        assert_eq!(kept.files().read(&FileStore::sha256(&source.bytes)).unwrap(), source.bytes, "{number}");
    }
    present
}

#[tokio::test]
async fn a_backup_under_running_writes_is_one_state() {
    let (kept, db) = Kept::with(1..3).await;
    let (place, store, backups) = (kept.place(), kept.files(), TempDir::new().unwrap());
    let acknowledged = std::cell::RefCell::new(BTreeSet::from([1, 2]));
    let writing = async {
        for number in 3..40 {
            generated::import(&db, &store, number).await.unwrap();
            acknowledged.borrow_mut().insert(number);
        }
    };
    let mut taken = Vec::new();
    let taking = async {
        for round in 0..4 {
            let (backup, before) = (backups.path().join(round.to_string()), acknowledged.borrow().clone());
            let manifest = backup::take(&place, &backup, false).await.unwrap();
            let after: BTreeSet<u32> = acknowledged.borrow().iter().copied().collect();
            taken.push((backup, before, after, manifest));
        }
    };
    join(writing, taking).await;
    db.close().await.unwrap();
    let mut sizes = BTreeSet::new();
    for (backup, before, after, manifest) in taken {
        let target = Kept::empty().await;
        let restored = backup::restore(&target.place(), &backup, false).await.unwrap();
        assert_eq!((restored.manifest, restored.replaced), (manifest, vec![]));
        let present = documents(&target).await;
        // One more may have been committed and not told yet.
        assert!(before.is_subset(&present) && present.len() <= after.len() + 1, "{before:?} {present:?} {after:?}");
        sizes.insert(present.len());
        assert!(target.names().is_superset(&BTreeSet::from(["files", "uploads", "operations"].map(str::to_owned))));
        assert!(!target.names().contains("keys") && !target.names().contains("restoring"));
        assert_eq!(names(&target.folder.path().join("operations")), BTreeSet::from(["op_1".to_owned()]));
    }
    assert!(sizes.len() > 1, "nothing was written between the backups");
}

#[tokio::test]
async fn what_is_restored_is_the_same_row_by_row() {
    let (kept, db) = Kept::with(1..4).await;
    let backups = TempDir::new().unwrap();
    let backup = backups.path().join("b");
    let manifest = backup::take(&kept.place(), &backup, true).await.unwrap();
    assert!(manifest.keys);
    let target = Kept::empty().await;
    let restored = backup::restore(&target.place(), &backup, false).await.unwrap();
    assert!(restored.entries > 0);
    assert_eq!(fs::read_to_string(target.folder.path().join("keys/signing.p8")).unwrap(), "keys/signing.p8");
    let (mut before, mut after) = (dump::tables(db.read()).await, {
        let db = target.open().await;
        let tables = dump::tables(db.read()).await;
        db.close().await.unwrap();
        tables
    });
    // The numbers of transactions are those of another server.
    let (outbox, restored) = (before.remove("change").unwrap(), after.remove("change").unwrap());
    assert_eq!(outbox.len(), restored.len());
    assert_eq!(before, after);
    // A second backup of the same is refused at the same place, and says the same elsewhere.
    let again = backup::take(&kept.place(), &backup, false).await.unwrap_err();
    assert!(matches!(again, BackupError::Exists(_)), "{again}");
    let other = backup::take(&kept.place(), &backups.path().join("c"), false).await.unwrap();
    assert_eq!(other.contents, manifest.contents);
    assert_eq!(names(backups.path()), BTreeSet::from(["b".to_owned(), "c".to_owned()]));
}

#[tokio::test]
async fn rows_of_the_outbox_come_before_those_written_after_the_restore() {
    let (kept, db) = Kept::with(1..2).await;
    if database::postgres().is_some() {
        // As on a server that has run for long.
        let vandal = database::vandal(&kept.database.settings.url).await;
        vandal.execute_unprepared("UPDATE change SET xid = xid + 1000000000000").await.unwrap();
    }
    let backups = TempDir::new().unwrap();
    backup::take(&kept.place(), &backups.path().join("b"), false).await.unwrap();
    let rows = database::number(db.read(), "SELECT COUNT(*) FROM change").await;
    let target = Kept::empty().await;
    backup::restore(&target.place(), &backups.path().join("b"), false).await.unwrap();
    let db = target.open().await;
    let settled =
        async || outbox::settled(db.read(), &Caller::operator(), outbox::Place::default(), 100_000).await.unwrap();
    let old = settled().await;
    assert_eq!(old.len() as i64, rows);
    generated::import(&db, &target.files(), 2).await.unwrap();
    let all = loop {
        // Other databases of the server may hold the horizon back for a moment.
        let all = settled().await;
        if all.len() > old.len() {
            break all;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(all[..old.len()], old[..]);
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let (kept, db) = Kept::with(1..2).await;
    db.close().await.unwrap();
    let backups = TempDir::new().unwrap();
    let backup = backups.path().join("b");
    backup::take(&kept.place(), &backup, true).await.unwrap();
    let target = Kept::empty().await;
    let refuse = async |what: &str| {
        let refused = backup::restore(&target.place(), &backup, false).await;
        let error = refused.err().unwrap_or_else(|| panic!("{what} was not noticed"));
        assert!(matches!(error, BackupError::Damaged(_)), "{what}: {error}");
        let left: Vec<String> = target.names().into_iter().collect();
        assert_eq!(left, Vec::<String>::new(), "{what}");
        if let Some(file) = target.database.settings.file() {
            assert_eq!(names(file.parent().unwrap()), BTreeSet::new(), "{what}");
        }
    };
    let files = files_in(&backup);
    assert!(files.len() >= 7, "{files:?}");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let name = file.strip_prefix(&backup).unwrap().display().to_string();
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            fs::write(&file, damaged).unwrap();
            refuse(&format!("byte {place} of {name}")).await;
        }
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        refuse(&format!("the cut end of {name}")).await;
        if name != "SHA256SUMS" {
            fs::remove_file(&file).unwrap();
            refuse(&format!("the loss of {name}")).await;
        }
        fs::write(&file, bytes).unwrap();
    }
    fs::write(backup.join("files/stranger"), "x").unwrap();
    refuse("a stranger").await;
    fs::remove_file(backup.join("files/stranger")).unwrap();
    backup::restore(&target.place(), &backup, false).await.unwrap();
    assert_eq!(documents(&target).await, BTreeSet::from([1]));
}

#[tokio::test]
async fn a_backup_that_says_other_than_its_database_is_refused() {
    let (kept, db) = Kept::with(1..2).await;
    db.close().await.unwrap();
    let backups = TempDir::new().unwrap();
    let backup = backups.path().join("b");
    let manifest = backup::take(&kept.place(), &backup, false).await.unwrap();
    let rows = manifest.contents.rows["project"];
    rewrite(&backup, "manifest.json", |text| text.replace(&format!("\"project\": {rows}"), "\"project\": 7654"));
    let target = Kept::empty().await;
    let refused = backup::restore(&target.place(), &backup, false).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        format!("what was restored does not hold: `project` had 7654 rows and has {rows} rows")
    );

    let target = Kept::empty().await;
    rewrite(&backup, "manifest.json", |text| text.replace("m20261122_000001", "m20991122_000001"));
    let refused = backup::restore(&target.place(), &backup, false).await.err().unwrap();
    assert!(matches!(refused, BackupError::Newer(_)), "{refused}");
}

/// Changes a file of a backup so that the list agrees.
fn rewrite(backup: &Path, name: &str, change: impl Fn(String) -> String) {
    let path = backup.join(name);
    let old = fs::read_to_string(&path).unwrap();
    let new = change(old.clone());
    assert_ne!(old, new);
    fs::write(&path, &new).unwrap();
    let list = fs::read_to_string(backup.join("SHA256SUMS")).unwrap();
    let list = list.replace(&FileStore::sha256(old.as_bytes()), &FileStore::sha256(new.as_bytes()));
    fs::write(backup.join("SHA256SUMS"), list).unwrap();
}

#[tokio::test]
async fn what_is_there_is_not_overwritten() {
    let (kept, db) = Kept::with(1..2).await;
    let backups = TempDir::new().unwrap();
    let backup = backups.path().join("b");
    backup::take(&kept.place(), &backup, true).await.unwrap();
    generated::import(&db, &kept.files(), 2).await.unwrap();

    let refused = backup::restore(&kept.place(), &backup, false).await.err().unwrap();
    assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
    let refused = backup::restore(&kept.place(), &backup, true).await.err().unwrap();
    if database::postgres().is_some() {
        assert!(matches!(refused, BackupError::NotEmpty { .. }), "{refused}");
        db.close().await.unwrap();
        assert_eq!(documents(&kept).await, BTreeSet::from([1, 2]));
        return;
    }
    assert!(matches!(refused, BackupError::InUse), "{refused}");
    db.close().await.unwrap();
    assert_eq!(documents(&kept).await, BTreeSet::from([1, 2]));

    fs::write(kept.folder.path().join("keys/signing.p8"), "newer").unwrap();
    let restored = backup::restore(&kept.place(), &backup, true).await.unwrap();
    assert_eq!(documents(&kept).await, BTreeSet::from([1]));
    assert_eq!(fs::read_to_string(kept.folder.path().join("keys/signing.p8")).unwrap(), "newer");
    assert_eq!(restored.replaced.len(), 4, "{:?}", restored.replaced);
    let aside = restored.replaced.iter().find(|path| path.is_file()).unwrap();
    let url = format!("sqlite://{}", aside.display());
    let old = Db::connect(&jixiao::db::DatabaseSettings::at(url)).await.unwrap();
    assert_eq!(generated::present(&old).await, BTreeSet::from([1, 2]));
    old.close().await.unwrap();
}
