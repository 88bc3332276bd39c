//! Working through: outcomes, lines and counters, failures, cancelling, and going on where another stopped.

use std::collections::BTreeMap;
use std::time::Duration;

use entity::value::{AccountKind, BulkPhase, BulkStatus};
use jixiao::auth::Caller;
use jixiao::bulk::summary::Summary;
use jixiao::bulk::{self, BulkSettings};
use jixiao::clock;
use jixiao::error::ErrorCode;
use jixiao::lang::Lang;
use jixiao::service::account;
use serde_json::{Value, json};

use crate::support::database;

use super::scene::{ONE, Scene, Workers, code, file, file_of, is_complete, marks_of};

#[tokio::test]
async fn every_row_has_its_line_and_its_effect() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bytes = file(1_300, 40);
    let workers = Workers::of(&bulk);
    let begun = scene.start(&bulk, &ann, &bytes, false).await;
    let ended = scene.ended(&begun).await;
    workers.stop().await;

    assert_eq!((ended.status, ended.phase), (BulkStatus::CompletedWithErrors, BulkPhase::Done));
    assert_eq!(scene.marks().await, marks_of(&bytes));
    let failed = (1..=1_300).filter(|n| n % 97 == 0 || n % 101 == 0).count() as i64;
    assert_eq!((ended.rows_done, ended.rows_total), (1_300, Some(1_300)));
    assert_eq!((ended.rows_created, ended.rows_failed), (40, failed));
    assert_eq!(ended.rows_created + ended.rows_updated + ended.rows_failed, 1_300);
    assert_eq!((ended.bytes_done, ended.bytes_total), (bytes.len() as i64, bytes.len() as i64));
    assert!(ended.lease_owner.is_none() && ended.started_at.is_some() && ended.expires_at > ended.finished_at);

    let [results, errors] = scene.files(&ended);
    assert_eq!((results.len() as i64, errors.len() as i64), (ended.results_length, ended.errors_length));
    let lines: Vec<Value> = results.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<u64> = lines.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=1_300).collect::<Vec<_>>());
    assert_eq!(lines[0], json!({ "line": 1, "outcome": "CREATED", "key": "000001", "userErrors": [] }));
    assert_eq!(lines[96]["userErrors"][0]["message"], "`code` is missing.");
    let refused: Vec<&str> = results.lines().filter(|line| line.contains("\"FAILED\"")).collect();
    assert_eq!(errors.lines().collect::<Vec<_>>(), refused);

    let summary = Summary::read(&ended.error_summary).0;
    let told: Vec<_> = summary.iter().map(|item| (item.code.as_str(), item.count, item.first_line)).collect();
    assert_eq!(told, [("REQUIRED", 13, 97), ("INVALID_FORMAT", 12, 101)]);
    assert_eq!(summary[0].message(Lang::Zh), "中文 `code` is missing.");
}

#[tokio::test]
async fn a_dry_run_reports_and_keeps_nothing() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bytes = file(2_600, 40);
    let workers = Workers::of(&bulk);
    let dry = scene.ended(&scene.start(&bulk, &ann, &bytes, true).await).await;
    assert_eq!((dry.status, dry.rows_done), (BulkStatus::CompletedWithErrors, 2_600));
    assert!(scene.marks().await.is_empty());
    let real = scene.ended(&scene.start(&bulk, &ann, &bytes, false).await).await;
    workers.stop().await;
    assert_eq!(scene.marks().await, marks_of(&bytes));
    // The chunks of a dry run see one another, so the report is that of the real run, byte for byte.
    assert_eq!(scene.files(&dry), scene.files(&real));
}

#[tokio::test]
async fn what_waits_is_cancelled_at_once_and_what_runs_after_its_chunk() {
    let scene = Scene::stopping_at(1_000).await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bob = scene.account("bob", AccountKind::Service).await;
    let workers = Workers::of(&bulk);
    let running = scene.start(&bulk, &ann, &file(2_000, 10), false).await;
    scene.until(&running, |row| row.rows_done == 1_000).await;
    let waiting = scene.start(&bulk, &ann, &file(10, 10), false).await;

    let cancel = async |caller: &Caller, id: &str| {
        scene.as_caller(caller, async |work| bulk::cancel(work, &bulk, id).await).await
    };
    assert_eq!(code(cancel(&bob, &waiting.id.public()).await), ErrorCode::NotFound);
    assert_eq!(code(cancel(&bob, "blk_00000000000000000000000000").await), ErrorCode::NotFound);
    let canceled = cancel(&ann, &waiting.id.public()).await.unwrap();
    assert_eq!((canceled.status, canceled.rows_done), (BulkStatus::Canceled, 0));
    assert_eq!(code(cancel(&ann, &waiting.id.public()).await), ErrorCode::Conflict);
    assert_eq!(cancel(&ann, &running.id.public()).await.unwrap().status, BulkStatus::Canceling);
    scene.gate.open();
    let ended = scene.ended(&running).await;
    workers.stop().await;
    assert_eq!((ended.status, ended.rows_done), (BulkStatus::Canceled, 1_000));
    assert_eq!(scene.files(&ended)[0].lines().count(), 1_000);
    assert_eq!(scene.marks().await.values().sum::<usize>(), 1_000 - ended.rows_failed as usize);
}

#[tokio::test]
async fn a_stop_ends_the_chunk_and_gives_the_operation_back() {
    let scene = Scene::stopping_at(500).await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bytes = file(1_600, 10);
    let workers = Workers::of(&bulk);
    let begun = scene.start(&bulk, &ann, &bytes, false).await;
    scene.until(&begun, |row| row.rows_done == 500).await;
    let (stopping, gate) = (workers.stop(), scene.gate.clone());
    let ((), ()) = tokio::join!(stopping, async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        gate.open();
    });
    let back = scene.now(&begun).await;
    assert_eq!((back.status, back.rows_done), (BulkStatus::Running, 1_000));
    assert_eq!((back.lease_owner, back.lease_until), (None, None));

    let workers = Workers::of(&bulk);
    let ended = scene.ended(&begun).await;
    workers.stop().await;
    assert!(is_complete(&ended));
    assert_eq!(scene.marks().await, marks_of(&bytes));
    assert_eq!(scene.files(&ended)[0].lines().count(), 1_600);
}

#[tokio::test]
async fn an_operation_whose_worker_died_is_taken_over_at_once() {
    let lease = Duration::from_secs(3600);
    let scene = Scene::stopping_at(500).await;
    let (bulk, ann) = (scene.bulk(BulkSettings { lease, ..ONE }), scene.account("ann", AccountKind::Service).await);
    let bytes = file(1_600, 10);
    let workers = Workers::of(&bulk);
    let begun = scene.start(&bulk, &ann, &bytes, false).await;
    let held = scene.until(&begun, |row| row.rows_done == 500).await;
    workers.abort().await;
    scene.gate.open();
    assert_eq!(scene.now(&begun).await.lease_owner, held.lease_owner);
    assert!(held.lease_until.unwrap() > clock::system());
    // A chunk that wrote its lines and did not come to its commit.
    let results = scene.folder.path().join("operations").join(begun.id.public()).join("results.jsonl");
    let mut lines = std::fs::read(&results).unwrap();
    lines.extend_from_slice(b"{\"line\":501,\"outcome\":\"CREA");
    std::fs::write(&results, lines).unwrap();

    let workers = Workers::of(&bulk);
    let ended = scene.ended(&begun).await;
    workers.stop().await;
    assert!(is_complete(&ended));
    assert_eq!(scene.marks().await, marks_of(&bytes));
    let numbers: Vec<_> =
        scene.files(&ended)[0].lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
    assert_eq!(numbers.len(), 1_600);
    assert_eq!(numbers[500]["line"], 501);
}

#[tokio::test]
async fn a_lease_of_elsewhere_holds_until_its_end() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let elsewhere = scene.start(&bulk, &ann, &file(10, 10), false).await;
    let here = scene.start(&bulk, &ann, &file(10, 10), false).await;
    let lease = async |until: i64| {
        let sql = format!(
            "UPDATE bulk_operation SET status = 'RUNNING', lease_until = {until},
             lease_owner = '0192f0c1d4a07f3e8000000000000000:x' WHERE created_at = {}",
            elsewhere.created_at.0
        );
        scene.execute(&sql).await;
    };
    lease(clock::system().0 + 3_600_000_000).await;
    let workers = Workers::of(&bulk);
    assert!(is_complete(&scene.ended(&here).await));
    assert_eq!(scene.now(&elsewhere).await.rows_done, 0);
    lease(clock::system().0 - 1).await;
    assert!(is_complete(&scene.ended(&elsewhere).await));
    workers.stop().await;
}

#[tokio::test]
async fn two_processes_apply_no_chunk_twice() {
    // Leases are shorter than a chunk, so that the two take from each other what they can.
    let settings = BulkSettings { workers: 2, lease: Duration::from_millis(20), slice: Duration::ZERO, ..ONE };
    let scene = Scene::new().await;
    let (one, two) = (scene.bulk(settings), scene.bulk(settings));
    let (mut begun, mut expected) = (Vec::new(), BTreeMap::new());
    for (n, name) in ["ann", "bob", "cyd", "dan"].into_iter().enumerate() {
        let caller = scene.account(name, AccountKind::Service).await;
        let bytes = file_of(n, 2_100, 30);
        expected.extend(marks_of(&bytes));
        begun.push(scene.start(&one, &caller, &bytes, false).await);
    }
    let workers = [Workers::of(&one), Workers::of(&two)];
    for operation in &begun {
        let ended = scene.ended(operation).await;
        assert!(is_complete(&ended), "{ended:#?}");
        assert_eq!((ended.rows_done, scene.files(&ended)[0].lines().count()), (2_100, 2_100));
    }
    for workers in workers {
        workers.stop().await;
    }
    assert_eq!(scene.marks().await, expected);
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_applies_nothing_more() {
    let scene = Scene::stopping_at(500).await;
    let (slow, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let other = scene.bulk_behind(&super::scene::Gate::default(), ONE);
    let bytes = file(1_600, 10);
    let slow_workers = Workers::of(&slow);
    let begun = scene.start(&slow, &ann, &bytes, false).await;
    // It has applied a chunk and cannot read the next; meanwhile its lease ends and another one does all the rest.
    scene.until(&begun, |row| row.rows_done == 500).await;
    scene.execute("UPDATE bulk_operation SET lease_until = 1").await;
    let other_workers = Workers::of(&other);
    let ended = scene.ended(&begun).await;
    other_workers.stop().await;
    scene.gate.open();
    slow_workers.stop().await;
    assert_eq!(scene.now(&begun).await, ended);
    assert!(is_complete(&ended));
    assert_eq!(scene.marks().await, marks_of(&bytes));
    assert_eq!(scene.files(&ended)[0].lines().count(), 1_600);
}

#[tokio::test]
async fn an_operation_that_cannot_go_on_says_why_and_others_do_not_mind() {
    let scene = Scene::stopping_at(500).await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bob = scene.account("bob", AccountKind::Service).await;
    let workers = Workers::of(&bulk);
    let disabled = scene.start(&bulk, &bob, &file(1_000, 10), false).await;
    scene.until(&disabled, |row| row.rows_done == 500).await;
    let id = bob.identity().unwrap().id;
    let done = database::work(&scene.db, async |work| account::disable(work, id).await);
    done.await.unwrap();
    scene.gate.open();
    let disabled = scene.ended(&disabled).await;
    let panicking = scene.start(&bulk, &ann, b"{\"code\":\"000001\"}\n{\"panic\":true}\n", false).await;
    let panicking = scene.ended(&panicking).await;
    let lost = scene.upload(&bulk, &ann, b"{\"code\":\"000001\"}\n").await;
    std::fs::write(scene.folder.path().join("uploads").join(&lost), b"{\"code\":\"000002\"}\n").unwrap();
    let start = async |work: &mut jixiao::service::work::Work<'_>| {
        bulk::start(work, &bulk, super::scene::operation(&lost, false)).await
    };
    let lost = scene.ended(&scene.as_caller(&ann, start).await.unwrap()).await;
    let fine = scene.ended(&scene.start(&bulk, &ann, b"{\"code\":\"000001\"}", false).await).await;
    workers.stop().await;

    let reason = |row: &entity::bulk_operation::Model| {
        assert_eq!(row.status, BulkStatus::Failed);
        serde_json::from_str::<Value>(row.failure.as_ref().unwrap()).unwrap()
    };
    assert_eq!(reason(&disabled)["code"], "FORBIDDEN");
    assert_eq!(disabled.rows_done, 500);
    assert_eq!(reason(&panicking)["code"], "INTERNAL");
    assert!(!reason(&panicking)["message"].as_str().unwrap().contains("bear"));
    assert_eq!(reason(&lost)["code"], "FILE_MISSING");
    assert_eq!(fine.status, BulkStatus::Completed);
}
