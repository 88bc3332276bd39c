//! What takes too long is stopped, and what may only read cannot write.

use std::time::{Duration, Instant};

use entity::division;
use futures_util::future::join_all;
use jixiao::db::{self, Db};
use jixiao::error::{AppError, AppResult, ErrorCode};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait};

use crate::support::database::{self, TestDatabase};

/// A statement that runs for many seconds.
fn slow(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000) SELECT count(*) FROM n"
        }
        _ => "SELECT pg_sleep(10)",
    }
}

async fn read_slowly(db: &Db) -> AppResult<()> {
    db.read().execute_unprepared(slow(db.read().get_database_backend())).await?;
    Ok(())
}

async fn divisions(db: &Db) -> u64 {
    division::Entity::find().count(db.read()).await.expect("a count")
}

async fn open(change: impl FnOnce(&mut db::DatabaseSettings)) -> (TestDatabase, Db) {
    let (mut database, db) = database::migrated().await;
    db.close().await.expect("the connections close");
    change(&mut database.settings);
    let db = Db::connect(&database.settings).await.expect("a safe database");
    (database, db)
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_database, db) = database::migrated().await;
    for sql in [
        "INSERT INTO division (id, code, version, created_at, updated_at)
         SELECT id, 'X', 1, 0, 0 FROM indicator_level LIMIT 1",
        "DELETE FROM indicator_level",
        "CREATE TABLE stray (x integer)",
        "DROP TABLE finding",
    ] {
        assert!(db.read().execute_unprepared(sql).await.is_err(), "{sql}");
    }
    assert_eq!(divisions(&db).await, 0);
}

#[tokio::test]
async fn a_statement_is_stopped_at_its_time_on_every_connection() {
    let (_database, db) = open(|settings| settings.read_timeout = Duration::from_millis(300)).await;
    let start = Instant::now();
    // As many as there are connections: the first is there since the start, the others are made for this.
    for round in 0..2 {
        for outcome in join_all((0..4).map(|_| read_slowly(&db))).await {
            assert_eq!(outcome.map_err(|error| error.code()), Err(ErrorCode::Timeout), "round {round}");
        }
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    for count in join_all((0..8).map(|_| divisions(&db))).await {
        assert_eq!(count, 0);
    }
}

#[tokio::test]
async fn sqlite_stops_at_the_deadline_of_the_request() {
    // PostgreSQL knows only the time-out of the pool.
    let database = database::empty_file();
    let db = Db::connect(&database.settings).await.expect("a safe database");
    let start = Instant::now();
    let within = start + Duration::from_millis(200);
    let requests = join_all((0..4).map(|_| db::until(within, read_slowly(&db)))).await;
    for outcome in requests {
        assert_eq!(outcome.map_err(|error| error.code()), Err(ErrorCode::Timeout));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    db.ping().await.expect("the connections live");
    // A deadline goes with its request: the connection that it stopped works on for the next.
    let count =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n";
    for outcome in join_all((0..4).map(|_| db.read().execute_unprepared(count))).await {
        outcome.expect("a statement with time");
    }
}

#[tokio::test]
async fn a_write_past_its_time_is_stopped_and_leaves_nothing() {
    let (_database, db) = open(|settings| settings.write_timeout = Duration::from_millis(300)).await;
    for round in 0..3 {
        let late = db
            .write(async |tx| {
                let sql = "INSERT INTO division (id, code, version, created_at, updated_at)
                           SELECT id, code, 1, 0, 0 FROM indicator_level WHERE code IS NOT NULL";
                tx.execute_unprepared(sql).await?;
                let slow = match tx.get_database_backend() {
                    // A writing statement: SQLite rolls back by itself when one is interrupted.
                    DbBackend::Sqlite => {
                        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000)
                         UPDATE division SET version = (SELECT count(*) FROM n)"
                    }
                    _ => "SELECT pg_sleep(10)",
                };
                tx.execute_unprepared(slow).await?;
                Ok(())
            })
            .await;
        assert_eq!(late.map_err(|error| error.code()), Err(ErrorCode::Timeout), "round {round}");
        assert_eq!(divisions(&db).await, 0, "round {round}");
        let rename = "UPDATE indicator_level SET version = version + 1 WHERE code = 'R2015-1'";
        db.write(async |tx| tx.execute_unprepared(rename).await.map_err(AppError::from)).await.expect("a short write");
    }
    let changes =
        database::number(db.read(), "SELECT CAST(version AS bigint) FROM indicator_level WHERE code = 'R2015-1'");
    assert_eq!(changes.await, 4);
}

#[tokio::test]
async fn waiting_for_a_connection_ends_with_unavailable() {
    let (_database, db) = open(|settings| {
        settings.readers = 1;
        settings.writers = 1;
        settings.acquire_timeout = Duration::from_millis(200);
        settings.read_timeout = Duration::from_millis(1500);
    })
    .await;
    let blocked = async |outcome: AppResult<()>| {
        let error = outcome.expect_err("all connections are in use");
        assert_eq!(error.code(), ErrorCode::Unavailable);
        assert_eq!(error.message(), "All database connections are busy; try again.");
    };
    let holding = db.write(async |_| {
        tokio::time::sleep(Duration::from_millis(900)).await;
        Ok(())
    });
    let asking = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        blocked(db.write(async |_| Ok(())).await).await;
        divisions(&db).await
    };
    let (held, read) = tokio::join!(holding, asking);
    held.expect("the first writer is not disturbed");
    assert_eq!(read, 0, "readers do not wait for a writer");
    db.write(async |_| Ok(())).await.expect("the connection is free again");

    let (held, ()) = tokio::join!(read_slowly(&db), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        blocked(db.ping().await).await;
    });
    assert_eq!(held.map_err(|error| error.code()), Err(ErrorCode::Timeout));
    assert_eq!(divisions(&db).await, 0);
}

#[tokio::test]
async fn a_write_inside_a_write_does_not_hang() {
    let (_database, db) = open(|settings| {
        settings.writers = 1;
        settings.acquire_timeout = Duration::from_millis(200);
    })
    .await;
    let nested = db.write(async |_| db.write(async |_| Ok(())).await).await;
    assert_eq!(nested.map_err(|error| error.code()), Err(ErrorCode::Unavailable));
    db.write(async |_| Ok(())).await.expect("the connection is free again");
}
