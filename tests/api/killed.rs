//! A process that is killed while it imports leaves whole documents or nothing, and every acknowledged one.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use jixiao::db::{DatabaseSettings, Db};
use jixiao::import::FileStore;
use sea_orm::Database;
use tempfile::TempDir;

use crate::support::database;
use crate::support::generated;

/// Set for the process that is killed: where it imports to, and the number of its first document.
const DATABASE: &str = "JIXIAO_TEST_KILLED_DATABASE";
const FILES: &str = "JIXIAO_TEST_KILLED_FILES";
const FIRST: &str = "JIXIAO_TEST_KILLED_FIRST";
/// Documents that one process may import before it is killed.
const A_ROUND: u32 = 1000;
/// Imports that run at the same time.
const WRITERS: u32 = 3;

#[tokio::test]
async fn kill_nine_leaves_whole_documents_or_nothing() {
    if let Ok(url) = std::env::var(DATABASE) {
        return import_until_killed(&url).await;
    }
    let (rounds, longest) = if database::postgres().is_some() { (5, 1000) } else { (20, 250) };
    let (target, db) = database::migrated().await;
    db.close().await.expect("the connections close");
    let folder = TempDir::new().expect("a temporary folder");
    let (mut acknowledged, mut unfinished) = (BTreeSet::new(), 0);
    for round in 0..rounds {
        let first = round * A_ROUND + 1;
        let life = Duration::from_millis(1 + RandomState::new().build_hasher().finish() % longest);
        acknowledged.extend(import_and_kill(&target.settings.url, &folder, first, life));
        wait_for_the_dead(&target.settings.url).await;

        let db = Db::connect(&target.settings).await.expect("the database opens again");
        let present = generated::present(&db).await;
        let lost: Vec<_> = acknowledged.difference(&present).collect();
        assert!(lost.is_empty(), "round {round} after {life:?}: acknowledged and lost {lost:?}");
        unfinished += u32::from(present.iter().any(|number| !acknowledged.contains(number)));
        // Written but not acknowledged is allowed: the process was killed before it could say so.
        acknowledged.extend(present);
        let files = FileStore::new(folder.path());
        for number in acknowledged.range(first..) {
            let source = generated::source(*number);
            let kept = files.read(&FileStore::sha256(&source.bytes)).expect("the file of a stored document");
            assert_eq!(kept, source.bytes, "document {number}");
        }
        db.close().await.expect("the connections close");
    }
    assert!(acknowledged.len() >= rounds as usize, "only {} imports in {rounds} rounds", acknowledged.len());
    println!("{} documents in {rounds} rounds, {unfinished} rounds with one not acknowledged", acknowledged.len());
}

/// The process that is killed.
async fn import_until_killed(url: &str) {
    let setting = |name| std::env::var(name).expect("set by the test that started this process");
    let first: u32 = setting(FIRST).parse().expect("a number");
    let files = FileStore::new(setting(FILES));
    let db = Db::connect(&DatabaseSettings::at(url)).await.expect("a safe database");
    say("READY");
    let writers = (0..WRITERS).map(async |writer| {
        for number in (first + writer..first + A_ROUND - 1).step_by(WRITERS as usize) {
            generated::import(&db, &files, number).await.expect("an accepted document");
            say(&format!("ACK {number}"));
        }
    });
    join_all(writers).await;
}

/// One line, written at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).expect("the parent listens");
}

/// Starts this test again as a process that imports, kills it after `life`, and gives what it acknowledged.
fn import_and_kill(url: &str, files: &TempDir, first: u32, life: Duration) -> Vec<u32> {
    let mut child = Command::new(std::env::current_exe().expect("the path of this program"))
        .args(["--exact", "killed::kill_nine_leaves_whole_documents_or_nothing", "--nocapture"])
        .env(DATABASE, url)
        .env(FILES, files.path())
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this program starts again");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("READY")), "the process did not begin to import");
    std::thread::sleep(life);
    child.kill().expect("the process lives");
    child.wait().expect("the process has ended");
    lines.filter_map(|line| line.strip_prefix("ACK ")?.parse().ok()).collect()
}

/// PostgreSQL notices only after a moment that its client is gone.
async fn wait_for_the_dead(url: &str) {
    if database::postgres().is_none() {
        return;
    }
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let admin = Database::connect(url).await.expect("the server answers");
    while database::number(&admin, others).await > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    admin.close().await.expect("the connection closes");
}
