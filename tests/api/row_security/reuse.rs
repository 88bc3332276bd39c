//! Connections that go from hand to hand.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use jixiao::auth::Caller;
use jixiao::db::{DatabaseSettings, Db};

use super::{Scene, all_of, texts};
use crate::support::database;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_gets_a_connection_never_sees_what_its_last_user_saw() {
    let Some(scene) = Scene::new().await else { return };
    let settings =
        DatabaseSettings { readers: 3, acquire_timeout: Duration::from_secs(60), ..scene.database.settings.clone() };
    let db = Db::connect(&settings).await.expect("a safe database");
    let table = all_of("project");
    let mut expected: Vec<(Caller, BTreeSet<String>)> = Vec::new();
    for (_, caller) in scene.callers() {
        let rows = texts(scene.db.asked_by(&caller), &table).await;
        expected.push((caller, rows));
    }
    let different: BTreeSet<_> = expected.iter().map(|(_, rows)| rows).collect();
    assert!(different.len() > 6, "{}", different.len());

    let ask = async |first: usize| {
        for round in 0..60 {
            let (caller, rows) = &expected[(first * 7 + round * (first + 1)) % expected.len()];
            // Some are given up in the middle, whatever they were doing then.
            if (first + round).is_multiple_of(3) {
                let asked = db.asked_by(caller);
                let _ = tokio::time::timeout(Duration::from_micros(20 * round as u64), asked.query_all(&table)).await;
            }
            assert_eq!(texts(db.asked_by(caller), &table).await, *rows);
        }
    };
    // Connections are lost, too.
    let admin = database::direct(&settings.url).await;
    let lose = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() \
                AND state = 'idle' AND pid <> pg_backend_pid()";
    join_all((0..8).map(ask)).await;
    assert!(database::number(&admin, lose).await > 0);
    for (caller, rows) in &expected {
        // The first statement on a lost connection may fail; none may see too much.
        for _ in 0..5 {
            if let Ok(found) = db.asked_by(caller).query_all(&table).await {
                assert_eq!(found.len(), rows.len());
            }
        }
    }
    let (caller, rows) = &expected[0];
    assert_eq!(texts(db.asked_by(caller), &table).await, *rows, "lost connections are made again");
}
