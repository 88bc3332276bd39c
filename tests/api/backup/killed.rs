//! Backups and restores that are killed.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jixiao::backup;
use tempfile::TempDir;

use super::{Kept, documents, names};
use crate::cli::program::Program;
use crate::support::database;

/// Rounds of a test.
const ROUNDS: u32 = 12;

/// A program on a database and its data folder.
fn program(kept: &Kept) -> Program {
    let mut program = Program::new();
    kept.database.variables().into_iter().for_each(|(name, value)| program.set(name, value));
    program.set("JIXIAO_DATA", &kept.folder.path().display().to_string());
    program
}

/// Runs a command, kills it after a random time below `longest`, and tells whether it had ended well.
fn kill(mut command: Command, longest: Duration) -> bool {
    let life = longest.mul_f64(RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(life);
    // An error says that it has ended already.
    let _ = child.kill();
    child.wait().unwrap().success()
}

fn path(folder: &Path) -> String {
    folder.display().to_string()
}

#[tokio::test]
async fn a_killed_backup_is_whole_or_not_there() {
    let (kept, db) = Kept::with(1..3).await;
    db.close().await.unwrap();
    let (program, backups) = (program(&kept), TempDir::new().unwrap());
    let began = std::time::Instant::now();
    assert_eq!(program.run(&["admin", "backup", &path(&backups.path().join("first"))]).stderr, "");
    let longest = began.elapsed();
    let mut there = 0;
    for round in 0..ROUNDS {
        let folder = backups.path().join(round.to_string());
        let ended = kill(program.command(&["admin", "backup", &path(&folder)]), longest);
        assert!(folder.exists() || !ended, "round {round}");
        if folder.exists() {
            there += 1;
            let target = Kept::empty().await;
            backup::restore(&target.place(), &folder, false).await.unwrap();
            assert_eq!(documents(&target).await, BTreeSet::from([1, 2]));
        }
    }
    println!("{there} of {ROUNDS} backups were there");
    // What was not finished bears another name, and a backup without its list is none.
    for draft in names(backups.path()).into_iter().filter(|name| name.contains(".draft-")) {
        let draft = backups.path().join(draft);
        if !draft.join("SHA256SUMS").exists() {
            let target = Kept::empty().await;
            assert!(backup::restore(&target.place(), &draft, false).await.is_err());
        }
    }
}

#[tokio::test]
async fn a_killed_restore_is_whole_or_starts_nothing() {
    if database::postgres().is_some() {
        // There `pg_restore` fills the database in one transaction; the marks in the data folder are the same.
        return;
    }
    let (kept, db) = Kept::with(1..3).await;
    db.close().await.unwrap();
    let backups = TempDir::new().unwrap();
    let folder = path(&backups.path().join("b"));
    backup::take(&kept.place(), Path::new(&folder), true).await.unwrap();
    let began = std::time::Instant::now();
    let target = Kept::empty().await;
    assert_eq!(program(&target).run(&["admin", "restore", &folder]).stderr, "");
    let longest = began.elapsed();
    let mut marked = 0;
    for round in 0..ROUNDS {
        let target = Kept::empty().await;
        let program = program(&target);
        let ended = kill(program.command(&["admin", "restore", &folder]), longest);
        if backup::is_unfinished(target.folder.path()) {
            marked += 1;
            let refused = program.run(&["account", "init"]);
            assert_eq!(refused.code, 1, "round {round}");
            assert!(
                refused.stderr.contains("did not end well: run `jixiao admin restore` again"),
                "{}",
                refused.stderr
            );
        } else if target.database.settings.missing_file().is_some() {
            // Nothing was begun.
            assert!(!ended && target.names().is_empty(), "round {round}: {:?}", target.names());
        } else {
            assert_eq!(documents(&target).await, BTreeSet::from([1, 2]), "round {round}");
            continue;
        }
        let again = program.run(&["admin", "restore", &folder]);
        assert_eq!((again.code, again.stderr.as_str()), (0, ""), "round {round}");
        assert_eq!(documents(&target).await, BTreeSet::from([1, 2]), "round {round}");
        assert!(!target.names().contains("restoring"));
    }
    println!("{marked} of {ROUNDS} restores were marked as unfinished");
}
