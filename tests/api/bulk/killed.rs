//! A serving process that is killed in the middle of an operation, again and again: the next one goes on, no row is applied
//! twice, and the files of results are those of an undisturbed run, byte for byte.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use entity::value::AccountKind;
use jixiao::app;
use jixiao::config::Settings;

use super::scene::{Gate, ONE, Scene, Workers, file, handlers, is_complete, marks_of};

/// Set for the process that is killed: its database and its folder.
const DATABASE: &str = "JIXIAO_TEST_BULK_KILLED_DATABASE";
const FOLDER: &str = "JIXIAO_TEST_BULK_KILLED_FOLDER";
/// How often a process is killed.
const KILLS: usize = 5;
/// Longest life of a process after it made progress, in milliseconds.
const LONGEST: u64 = 150;

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_changes_nothing_in_the_results() {
    if let Ok(url) = std::env::var(DATABASE) {
        return serve_until_killed(url).await;
    }
    let bytes = file(6_000, 50);
    let undisturbed = Scene::new().await;
    let (bulk, ann) = (undisturbed.bulk(ONE), undisturbed.account("ann", AccountKind::Service).await);
    let workers = Workers::of(&bulk);
    let expected = undisturbed.ended(&undisturbed.start(&bulk, &ann, &bytes, false).await).await;
    workers.stop().await;

    let scene = Scene::new().await;
    let url = scene.database.as_ref().unwrap().settings.url.as_str();
    let ann = scene.account("ann", AccountKind::Service).await;
    let operation = scene.start(&scene.bulk(ONE), &ann, &bytes, false).await;
    let (mut done, mut interrupted) = (0, 0);
    for _ in 0..KILLS {
        let mut process = process(url, scene.folder.path());
        // Nothing tells a process that it may go on: it finds its dead forerunner's operation by itself.
        let progress = scene.until(&operation, |row| row.rows_done > done || row.finished_at.is_some()).await;
        tokio::time::sleep(Duration::from_millis(RandomState::new().build_hasher().finish() % LONGEST)).await;
        process.kill().unwrap();
        process.wait().unwrap();
        let left = scene.now(&operation).await;
        assert!(left.rows_done >= progress.rows_done);
        interrupted += usize::from(left.finished_at.is_none());
        done = left.rows_done;
    }
    let mut process = process(url, scene.folder.path());
    let ended = scene.ended(&operation).await;
    process.kill().unwrap();
    process.wait().unwrap();

    assert!(interrupted >= 2, "killed in the middle only {interrupted} times");
    assert!(is_complete(&ended), "{ended:#?}");
    assert_eq!(scene.files(&ended), undisturbed.files(&expected));
    assert_eq!(scene.marks().await, marks_of(&bytes));
    let counters = |row: &entity::bulk_operation::Model| {
        (row.rows_done, row.rows_created, row.rows_updated, row.rows_failed, row.error_summary.clone())
    };
    assert_eq!(counters(&ended), counters(&expected));
}

/// The process that is killed: the whole service, with rows that leave marks.
async fn serve_until_killed(url: String) {
    let folder = std::env::var(FOLDER).unwrap();
    let arguments = [("data", folder), ("database_url", url), ("listen", "127.0.0.1:0".to_owned())];
    let settings = Settings::from_sources(None, |_| None, &arguments).unwrap();
    let door = app::listen(&settings).await.unwrap();
    let db = app::open(&settings).await.unwrap();
    let handlers = handlers(&Gate::default(), Duration::from_millis(50));
    app::serve(&settings, db, door, Duration::ZERO, handlers).await.unwrap();
}

/// Starts this test again as a process that serves.
fn process(url: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "bulk::killed::kill_nine_changes_nothing_in_the_results"])
        .env(DATABASE, url)
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
