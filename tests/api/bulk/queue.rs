//! The queue: who is next, and what may not enter.

use std::time::Duration;

use entity::value::{AccountKind, BulkKind, BulkMode, Role};
use jixiao::auth::{Grant, Scope};
use jixiao::bulk::queue::{NewOperation, UNFINISHED};
use jixiao::bulk::uploads::NewUpload;
use jixiao::bulk::{self, BulkSettings};
use jixiao::error::ErrorCode;

use super::scene::{ONE, Scene, Workers, code, file, is_complete, operation};

#[tokio::test]
async fn accounts_take_turns() {
    let scene = Scene::new().await;
    let bulk = scene.bulk(ONE);
    let (many, one) =
        (scene.account("many", AccountKind::Service).await, scene.account("one", AccountKind::Service).await);
    let mut begun = Vec::new();
    for _ in 0..20 {
        begun.push(scene.start(&bulk, &many, &file(5, 5), false).await);
    }
    let single = scene.start(&bulk, &one, &file(5, 5), false).await;
    let workers = Workers::of(&bulk);
    let mut served = Vec::new();
    for operation in begun.iter().chain([&single]) {
        let ended = scene.ended(operation).await;
        assert!(is_complete(&ended));
        served.push((ended.started_at, ended.id));
    }
    workers.stop().await;
    served.sort();
    let place = served.iter().position(|(_, id)| *id == single.id).unwrap();
    assert!(place <= 1, "the only operation of an account came as number {}", place + 1);
    let order: Vec<_> = served.iter().map(|(_, id)| *id).filter(|id| *id != single.id).collect();
    assert_eq!(order, begun.iter().map(|row| row.id).collect::<Vec<_>>(), "those of one account in their order");
}

#[tokio::test]
async fn a_long_operation_lets_others_pass() {
    let scene = Scene::stopping_at(1_000).await;
    let bulk = scene.bulk(BulkSettings { slice: Duration::ZERO, ..ONE });
    let (long, short) =
        (scene.account("long", AccountKind::Service).await, scene.account("short", AccountKind::Service).await);
    let workers = Workers::of(&bulk);
    let long = scene.start(&bulk, &long, &file(3_000, 10), false).await;
    scene.until(&long, |row| row.rows_done == 1_000).await;
    let short = scene.start(&bulk, &short, &file(5, 5), false).await;
    scene.gate.open();
    let (long, short) = (scene.ended(&long).await, scene.ended(&short).await);
    workers.stop().await;
    assert!(is_complete(&long) && is_complete(&short));
    assert!(short.finished_at < long.finished_at);
}

#[tokio::test]
async fn what_cannot_be_done_does_not_enter() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bob = scene.account("bob", AccountKind::Service).await;
    let reader = Grant::view(Role::Service, Scope::Everything);
    let reader = scene.account_with("reader", reader).await;
    let upload = scene.upload(&bulk, &ann, b"{}").await;
    let start = async |caller, new: NewOperation| {
        code(scene.as_caller(caller, async |work| bulk::start(work, &bulk, new.clone()).await).await)
    };
    let with = |change: fn(&mut NewOperation)| {
        let mut new = operation(&upload, false);
        change(&mut new);
        new
    };
    assert_eq!(start(&bob, with(|_| ())).await, ErrorCode::NotFound);
    assert_eq!(start(&reader, with(|_| ())).await, ErrorCode::Forbidden);
    assert_eq!(start(&ann, with(|new| new.upload = "upl_x".to_owned())).await, ErrorCode::NotFound);
    assert_eq!(start(&ann, with(|new| new.kind = BulkKind::Units)).await, ErrorCode::BadUserInput);
    assert_eq!(start(&ann, with(|new| new.mode = BulkMode::ReplaceScope)).await, ErrorCode::BadUserInput);
    assert_eq!(start(&ann, with(|new| new.client_identifier = Some("x".repeat(101)))).await, ErrorCode::BadUserInput);
    let new = NewUpload { file_name: "a.jsonl".to_owned(), size: 5, sha256: None };
    let unsent = scene.announce(&bulk, &ann, &new).await.unwrap();
    assert_eq!(start(&ann, operation(&unsent, false)).await, ErrorCode::Conflict);

    for _ in 0..UNFINISHED {
        let started = scene.as_caller(&ann, async |work| bulk::start(work, &bulk, operation(&upload, true)).await);
        started.await.unwrap();
    }
    assert_eq!(start(&ann, with(|_| ())).await, ErrorCode::Conflict);
}
