//! Reads on streaming replicas: a primary and two replicas of it, some of them paused, stopped or dead. SQLite has none; the
//! same suite runs against PostgreSQL, and does this then.

pub mod scene;

use std::time::Duration;

use jixiao::db::{DatabaseSettings, Db};
use jixiao::service::account;
use serde_json::json;

use crate::oauth::site::Site;
use crate::support::database;
use scene::{Scene, until};

/// An age that no replica of a test reaches.
const ANY_AGE: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn a_read_with_a_token_is_never_older_than_its_write() {
    let Some(scene) = Scene::new(ANY_AGE).await else { return };
    let first = scene.write("甲").await;
    until("both replicas answer", async || {
        assert_eq!(scene.read(&first).await, "甲");
        scene.answered().iter().all(|count| *count > 0)
    })
    .await;

    scene.pause(0, true).await;
    let second = scene.write("乙").await;
    let [paused, other] = scene.answered();
    until("the other replica answers", async || {
        assert_eq!(scene.read(&second).await, "乙");
        scene.answered()[1] > other + 5
    })
    .await;
    assert_eq!(scene.answered()[0], paused, "the paused one has not what was written");
    until("without a token it answers", async || scene.ask(&[]).await == "甲").await;

    // Nothing is new enough but the primary.
    scene.pause(1, true).await;
    let third = scene.write("丙").await;
    let before = scene.answered();
    for token in [third.as_str(), "latest", "ffffffffffffffff"] {
        assert_eq!(scene.read(token).await, "丙", "{token}");
    }
    assert_eq!(scene.answered(), before);
    assert_ne!(scene.ask(&[]).await, "丙");

    // Who asks is never decided by what a replica has.
    let disabled = database::work(&scene.site.db, async |work| {
        let id = account::get_by_name(work.tx, work.caller, "system").await?.id;
        account::disable(work, id).await
    });
    disabled.await.unwrap();
    until("the account is refused", async || scene.site.asked_with(&scene.token).await == 401).await;
    scene.pause(0, false).await;
    scene.pause(1, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_old_or_does_not_answer_is_passed_over() {
    let Some(mut scene) = Scene::new(Duration::from_secs(5)).await else { return };
    scene.write("甲").await;
    scene.pause(0, true).await;
    scene.pause(1, true).await;
    scene.write("乙").await;
    until("both are too old", async || scene.usable() == [false, false]).await;
    assert_eq!(scene.ask(&[]).await, "乙");
    scene.pause(0, false).await;
    scene.pause(1, false).await;
    until("both answer again", async || scene.usable() == [true, true]).await;

    // Its connections stand open and say nothing: each request has its answer all the same.
    scene.replicas[0].as_ref().unwrap().freeze(true);
    until("it is passed over", async || {
        assert_eq!(scene.ask(&[]).await, "乙");
        !scene.usable()[0]
    })
    .await;
    let [frozen, other] = scene.answered();
    until("the other answers", async || {
        assert_eq!(scene.ask(&[]).await, "乙");
        scene.answered()[1] > other
    })
    .await;
    assert_eq!(scene.answered()[0], frozen);
    scene.replicas[0].as_ref().unwrap().freeze(false);
    until("it answers again", async || {
        assert_eq!(scene.ask(&[]).await, "乙");
        scene.answered()[0] > frozen
    })
    .await;

    scene.replicas[1] = None;
    until("the dead one is passed over", async || {
        assert_eq!(scene.ask(&[]).await, "乙");
        !scene.usable()[1]
    })
    .await;
}

#[tokio::test]
async fn without_replicas_there_is_a_token_too() {
    let site = Site::new().await;
    let token = scene::writer(&site).await;
    let write = "mutation { divisionUpsert(input: {key: {code: \"13\"}, set: {name: \"甲\"}}) { outcome } }";
    let written = site.ask(&token, write, &[]).await;
    assert_eq!((written.status, written.header("jixiao-consistency")), (200, Some("latest")), "{written:?}");
    let priced = site.ask(&token, write, &[("graphql-cost-only", "1")]).await;
    assert_eq!((priced.status, priced.header("jixiao-consistency")), (200, None));
    let query = "{ division(by: {code: \"13\"}) { name } }";
    for good in ["latest", "\"latest\"", "0000000001500a68", "ffffffffffffffff"] {
        let read = site.ask(&token, query, &[("jixiao-consistency", good)]).await;
        assert_eq!(read.json()["data"]["division"]["name"], json!("甲"), "{good}: {read:?}");
        assert_eq!(read.header("jixiao-consistency"), None, "a query writes nothing");
    }
    for bad in ["", "newest", "0/1500A68", "1500a68", "0000000001500a68, latest"] {
        let read = site.ask(&token, query, &[("jixiao-consistency", bad)]).await;
        assert_eq!(read.status, 400, "{bad}: {read:?}");
        assert!(read.text().contains("The header `Jixiao-Consistency` takes what a mutation"), "{bad}: {read:?}");
    }
}

#[tokio::test]
async fn sqlite_with_replicas_is_refused() {
    let database = database::empty_file();
    let read_urls = vec!["postgres://127.0.0.1:1/jixiao".to_owned()];
    let settings = DatabaseSettings { read_urls, ..database.settings.clone() };
    let error = Db::connect(&settings).await.expect_err("SQLite has none");
    assert!(error.message().contains("SQLite has none"), "{}", error.message());
    assert!(settings.missing_file().is_some(), "nothing was made");
}
