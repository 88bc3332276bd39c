//! Writing transactions: whole or nothing, one after the other where they touch the same row, tried again where
//! PostgreSQL gives up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use entity::division;
use entity::id::DivisionId;
use entity::value::Timestamp;
use futures_util::future::join_all;
use jixiao::db::{Db, Job};
use jixiao::error::{AppError, AppResult, ErrorCode};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use tokio::sync::Barrier;

use crate::support::database;

async fn insert(tx: &DatabaseTransaction, code: &str) -> AppResult<()> {
    let now = Timestamp(0);
    let id = DivisionId::new();
    let row = division::Model { id, code: code.to_owned(), name: None, version: 0, created_at: now, updated_at: now };
    division::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

async fn divisions(db: &Db) -> u64 {
    division::Entity::find().count(db.read()).await.expect("a count")
}

async fn version(db: &Db, code: &str) -> i32 {
    let found = division::Entity::find().filter(division::Column::Code.eq(code)).one(db.read()).await;
    found.expect("an answer").expect("a division").version
}

/// Reads a counter, waits a little, and writes it back plus one.
async fn count_up(tx: &DatabaseTransaction, code: &str) -> AppResult<()> {
    let of_code = division::Column::Code.eq(code);
    let row = division::Entity::find().filter(of_code.clone()).lock_exclusive().one(tx).await?;
    let version = row.ok_or_else(|| AppError::internal("the counter is missing"))?.version;
    tokio::task::yield_now().await;
    let up = division::Entity::update_many().col_expr(division::Column::Version, Expr::value(version + 1));
    up.filter(of_code).exec(tx).await?;
    Ok(())
}

#[tokio::test]
async fn competing_writers_lose_nothing() {
    let (_database, db) = database::migrated().await;
    db.write(async |tx| insert(tx, "A").await).await.expect("a counter");
    let tasks = (0..8).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            for _ in 0..25 {
                db.write(async |tx| count_up(tx, "A").await).await.expect("a write");
            }
        })
    });
    for task in join_all(tasks).await {
        task.expect("a task without panic");
    }
    assert_eq!(version(&db, "A").await, 200);
}

#[tokio::test]
async fn two_processes_lose_nothing() {
    let (database, db) = database::migrated().await;
    let other = Db::connect(&database.settings).await.expect("a safe database");
    db.write(async |tx| insert(tx, "A").await).await.expect("a counter");
    join_all([&db, &other].map(|db| async move {
        for _ in 0..50 {
            db.write(async |tx| count_up(tx, "A").await).await.expect("a write");
        }
    }))
    .await;
    assert_eq!(version(&db, "A").await, 100);
}

#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let (_database, db) = database::migrated().await;
    db.write(async |tx| {
        insert(tx, "A").await?;
        insert(tx, "B").await
    })
    .await
    .expect("two counters");
    let (attempts, both_hold_one) = (AtomicUsize::new(0), Barrier::new(2));
    let cross = async |first: &str, second: &str| {
        db.write(async |tx| {
            attempts.fetch_add(1, Ordering::Relaxed);
            count_up(tx, first).await?;
            // SQLite lets nobody in beside a writer, so there the other one never comes.
            let _ = tokio::time::timeout(Duration::from_millis(300), both_hold_one.wait()).await;
            count_up(tx, second).await
        })
        .await
    };
    let (one, two) = tokio::join!(cross("A", "B"), cross("B", "A"));
    one.expect("a write");
    two.expect("a write");
    assert_eq!((version(&db, "A").await, version(&db, "B").await), (2, 2));
    let expected = if database::postgres().is_some() { 3 } else { 2 };
    assert_eq!(attempts.load(Ordering::Relaxed), expected);
}

#[tokio::test]
async fn postgres_serialisation_failures_are_tried_again_some_times() {
    // SQLite has no such failures; the same suite runs against PostgreSQL.
    if database::postgres().is_none() {
        return;
    }
    let (_database, db) = database::migrated().await;
    for (failures, ends_well) in [(1, true), (4, true), (100, false)] {
        let attempts = AtomicUsize::new(0);
        let outcome = db
            .write(async |tx| {
                insert(tx, &format!("F{failures}")).await?;
                if attempts.fetch_add(1, Ordering::Relaxed) < failures {
                    let fail = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$";
                    tx.execute_unprepared(fail).await?;
                }
                Ok(())
            })
            .await;
        if ends_well {
            outcome.expect("a write");
            assert_eq!(attempts.load(Ordering::Relaxed), failures + 1);
        } else {
            assert_eq!(outcome.map_err(|error| error.code()), Err(ErrorCode::Unavailable));
            assert_eq!(attempts.load(Ordering::Relaxed), 5);
        }
    }
    assert_eq!(divisions(&db).await, 2);
}

#[tokio::test]
async fn an_error_rolls_back_and_is_the_answer() {
    let (_database, db) = database::migrated().await;
    let refused: AppResult<()> = db
        .write(async |tx| {
            insert(tx, "A").await?;
            Err(AppError::bad_input("not so"))
        })
        .await;
    assert_eq!(refused.map_err(|error| error.to_string()), Err("not so".to_owned()));
    let doubled = db
        .write(async |tx| {
            insert(tx, "A").await?;
            insert(tx, "A").await
        })
        .await;
    assert_eq!(doubled.map_err(|error| error.code()), Err(ErrorCode::Conflict));
    let broken =
        db.write(async |tx| tx.execute_unprepared("SELECT 1 FROM nowhere").await.map_err(AppError::from)).await;
    let broken = broken.expect_err("there is no such table");
    assert_eq!(broken.code(), ErrorCode::Internal);
    assert!(!broken.message().contains("nowhere"), "{broken}");
    assert_eq!(divisions(&db).await, 0);
    db.write(async |tx| insert(tx, "A").await).await.expect("a write");
    assert_eq!(divisions(&db).await, 1);
}

struct Inserting;

impl Job for Inserting {
    type Output = u64;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<u64> {
        insert(tx, "A").await?;
        Ok(division::Entity::find().count(tx).await?)
    }
}

#[tokio::test]
async fn a_rehearsal_leaves_nothing() {
    let (_database, db) = database::migrated().await;
    assert_eq!(db.rehearse(&Inserting).await.expect("a rehearsal"), 1);
    assert_eq!(divisions(&db).await, 0);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_nothing() {
    let (_database, db) = database::migrated().await;
    for round in 0..10 {
        let leaving = db.write(async |tx| {
            insert(tx, "A").await?;
            std::future::pending::<()>().await;
            Ok(())
        });
        let patience = Duration::from_millis(30 + round * 3);
        assert!(tokio::time::timeout(patience, leaving).await.is_err(), "round {round}");
        db.write(async |tx| insert(tx, &format!("{round}")).await).await.expect("the connection is free again");
        assert_eq!(divisions(&db).await, round + 1, "round {round}");
    }
}

/// Dropping at every point between asking for a connection and the acknowledged end.
#[tokio::test]
async fn a_caller_who_goes_away_at_any_point_leaves_all_or_nothing() {
    let (_database, db) = database::migrated().await;
    for round in 0..60_u64 {
        let codes = [format!("{round}a"), format!("{round}b")];
        let writing = db.write(async |tx| {
            insert(tx, &codes[0]).await?;
            insert(tx, &codes[1]).await
        });
        let ended = tokio::time::timeout(Duration::from_micros(100 * round), writing).await;
        // What was begun ends before the next writer gets in.
        db.write(async |_| Ok(())).await.expect("the connection is free again");
        let present = division::Entity::find().filter(division::Column::Code.is_in(codes)).count(db.read()).await;
        let present = present.expect("a count");
        match ended {
            Ok(outcome) => {
                outcome.expect("a write");
                assert_eq!(present, 2, "round {round}");
            }
            Err(_) => assert!(present == 0 || present == 2, "round {round}: {present}"),
        }
    }
}

#[tokio::test]
async fn lost_connections_are_replaced() {
    // A file has no connections to lose; the same suite runs against PostgreSQL.
    if database::postgres().is_none() {
        return;
    }
    let (_database, db) = database::migrated().await;
    let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
    db.write(async |tx| tx.execute_unprepared(end_all).await.map_err(AppError::from)).await.expect("ended");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut failures = 0;
    for round in 0..20 {
        let written = db.write(async |tx| insert(tx, &format!("{round}")).await).await;
        let read = db.ping().await;
        for outcome in [written, read] {
            if let Err(error) = outcome {
                assert_eq!(error.code(), ErrorCode::Unavailable, "{error:?}");
                failures += 1;
            }
        }
    }
    assert!(failures <= 3, "{failures} of 40 failed");
    let interrupted = db.write(async |tx| {
        insert(tx, "interrupted").await?;
        tx.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())").await?;
        Ok(())
    });
    let error = interrupted.await.expect_err("the connection is gone");
    assert_eq!(error.code(), ErrorCode::Unavailable, "{error:?}");
    db.write(async |tx| insert(tx, "after").await).await.expect("a new connection");
}
