//! A full disk loses no acknowledged import.
//!
//! After a COMMIT or a statement that failed for want of space, SQLite has rolled back by itself and the driver counts
//! wrong: the connection stays inside a transaction for ever and everything that it acknowledges from then on is lost.
//! `Db` drops such a connection when it comes back to the pool. With that hook removed (`after_release` answering
//! `true`) both tests fail: documents that were acknowledged are not there after reopening.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use jixiao::auth::Caller;
use jixiao::db::{DatabaseSettings, Db};
use jixiao::error::ErrorCode;
use jixiao::import::{self, FileStore, Options};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use crate::support::database;
use crate::support::generated;

/// Imports documents until this many were refused for want of space, and gives those that were acknowledged.
async fn import_until_full(db: &Db, files: &FileStore, first: u32, refusals: u32) -> BTreeSet<u32> {
    let (mut acknowledged, mut refused) = (BTreeSet::new(), 0);
    for number in first..first + 500 {
        match generated::import(db, files, number).await {
            Ok(_) => {
                acknowledged.insert(number);
            }
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::Unavailable, "{error:?}");
                assert_eq!(error.message(), "The database has no space left; nothing was changed.");
                refused += 1;
            }
        }
        if refused == refusals {
            return acknowledged;
        }
    }
    panic!("the disk does not get full")
}

async fn import_all(db: &Db, files: &FileStore, numbers: std::ops::Range<u32>) -> BTreeSet<u32> {
    for number in numbers.clone() {
        generated::import(db, files, number).await.expect("there is space again");
    }
    numbers.collect()
}

/// What is there when the database is opened anew.
async fn after_reopening(db: Db, settings: &DatabaseSettings) -> BTreeSet<u32> {
    db.close().await.expect("the connections close");
    let db = Db::connect(settings).await.expect("the database opens again");
    let present = generated::present(&db).await;
    db.close().await.expect("the connections close");
    present
}

#[tokio::test]
async fn no_acknowledged_import_is_lost_when_the_file_may_not_grow() {
    let database = database::empty_file();
    let db = Db::connect(&database.settings).await.expect("a safe database");
    db.migrate().await.expect("the migrations run");
    let folder = TempDir::new().expect("a temporary folder");
    let files = FileStore::new(folder.path());
    let mut acknowledged = import_all(&db, &files, 1..4).await;

    let limit = async |pages: u32| {
        let pragma = format!("PRAGMA max_page_count = {pages}");
        db.write(async |tx| Ok(tx.execute_unprepared(&pragma).await?)).await.expect("a limit of the connection");
    };
    let dry = Options { dry_run: true, ..generated::options() };
    // SQLite rolls back by itself only in some statements, so the space ends in many places of an import.
    for spare in 0..30 {
        let first = 10 + spare * 1000;
        let pages = database::number(db.read(), "PRAGMA page_count").await;
        limit(u32::try_from(pages).expect("a small file") + spare).await;
        acknowledged.extend(import_until_full(&db, &files, first, 1).await);
        // A dry run is rolled back to where the failed import began; then come imports that have space.
        let rehearsed = import::run(&db, &files, &Caller::operator(), &generated::source(1), &dry).await;
        rehearsed.expect("a document that is there needs no space");
        limit(1_000_000).await;
        acknowledged.extend(import_all(&db, &files, first + 500..first + 502).await);
    }
    assert_eq!(generated::present(&db).await, acknowledged, "before closing");
    assert_eq!(after_reopening(db, &database.settings).await, acknowledged, "after reopening");
}

/// A small file system in memory.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path) -> Option<Self> {
        let path = folder.join("disk");
        std::fs::create_dir(&path).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(&path).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays mounted", self.0.display());
    }
}

#[tokio::test]
async fn no_acknowledged_import_is_lost_on_a_full_disk() {
    let folder = TempDir::new().expect("a temporary folder");
    let Some(disk) = SmallDisk::mount(folder.path()) else {
        // Only the administrator may mount; the test above shows the same without.
        eprintln!("no file system can be mounted here: the full disk is shown by the limit of pages alone");
        return;
    };
    let settings = DatabaseSettings::at(format!("sqlite://{}/small.sqlite", disk.0.display()));
    let db = Db::connect(&settings).await.expect("a safe database");
    db.migrate().await.expect("the migrations run");
    let files = FileStore::new(folder.path().join("files"));
    let mut acknowledged = import_all(&db, &files, 1..3).await;

    let ballast = disk.0.join("ballast");
    let mut first = 10;
    for round in 0..4 {
        fill(&ballast);
        no_draft_is_left(&FileStore::new(disk.0.join("files")), &disk.0.join("files"));
        acknowledged.extend(import_until_full(&db, &files, first, 2 + round).await);
        std::fs::remove_file(&ballast).expect("the ballast goes");
        acknowledged.extend(import_all(&db, &files, first + 500..first + 503).await);
        first += 1000;
    }
    assert_eq!(generated::present(&db).await, acknowledged, "before closing");
    assert_eq!(after_reopening(db, &settings).await, acknowledged, "after reopening");
}

/// An original file that does not fit is refused and leaves nothing in the folder of files.
fn no_draft_is_left(files: &FileStore, folder: &Path) {
    let large = vec![7; 2_000_000];
    let sha256 = FileStore::sha256(&large);
    let error = files.keep(&sha256, &large).expect_err("there is no space for it");
    assert_eq!(error.code(), ErrorCode::Unavailable);
    let left = std::fs::read_dir(folder.join(&sha256[..2])).expect("the folder was made").count();
    assert_eq!(left, 0, "drafts are left");
    assert_eq!(files.read(&sha256).map_err(|error| error.code()), Err(ErrorCode::NotFound));
}

/// Fills a disk but for room for some imports.
fn fill(path: &Path) {
    const ROOM: u64 = 400_000;
    let mut file = std::fs::File::create(path).expect("a file");
    while file.write_all(&[7; 4096]).is_ok() {}
    let full = file.metadata().expect("a size").len();
    file.set_len(full - ROOM).expect("a shorter file");
}
