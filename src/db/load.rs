//! A load: many pieces of work in one transaction, which is held on a connection of its own for as long as it takes.
//!
//! PostgreSQL takes the rows that a piece puts [aside](super::Aside) by `COPY`. The transaction is begun below sea-orm, on the only
//! connection of a pool, and stays open while the connection is in the pool: so each piece is a savepoint for sea-orm, and between
//! two of them the connection is free for `COPY`. SQLite, which has nothing faster than prepared statements, and PostgreSQL with
//! row-level security, which allows no `COPY`, run the pieces in one transaction of sea-orm.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, SqlxPostgresConnector,
    TransactionOptions, TransactionTrait,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};

use super::{Aside, DatabaseSettings, Db, row_security};
use crate::error::{AppError, AppResult};

/// How long a load may take.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Memory for pages of SQLite that changed, in kilobytes: what does not fit is written to the log, again with each change.
const SQLITE_CACHE: u32 = 256 * 1024;

/// A load that has begun. What is not committed is gone when this is dropped.
pub struct Load {
    db: Db,
    place: Place,
}

enum Place {
    Transaction(DatabaseTransaction),
    /// The transaction is open on the only connection of this pool, the same twice.
    Copying(PgPool, DatabaseConnection),
}

impl Load {
    /// Connects and begins.
    ///
    /// # Errors
    /// As [`Db::connect`], and when the database does not begin.
    pub async fn begin(settings: &DatabaseSettings) -> AppResult<Self> {
        let settings = DatabaseSettings {
            readers: 1,
            writers: 1,
            write_timeout: PATIENCE,
            read_urls: Vec::new(),
            ..settings.clone()
        };
        let db = Db::connect(&settings).await?;
        if db.backend() == DbBackend::Sqlite {
            db.write.execute_unprepared(&format!("PRAGMA cache_size = -{SQLITE_CACHE}")).await?;
        } else if !row_security::is_active(&db.write).await? {
            let pool = one_connection(db.write.get_postgres_connection_pool(), &settings);
            let mut connection = pool.acquire().await.map_err(failed)?;
            // Who begins here does not end it: the connection goes back as it is.
            std::mem::forget(connection.begin().await.map_err(failed)?);
            sqlx::query("SET LOCAL idle_in_transaction_session_timeout = 0")
                .execute(&mut *connection)
                .await
                .map_err(failed)?;
            drop(connection);
            let above = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
            return Ok(Self { db, place: Place::Copying(pool, above) });
        }
        let transaction = db.begin().await?;
        Ok(Self { db, place: Place::Transaction(transaction) })
    }

    /// Whether rows can be put aside.
    pub fn copies(&self) -> bool {
        match self.place {
            Place::Transaction(_) => false,
            Place::Copying(..) => true,
        }
    }

    /// Does a piece of work, then takes what it has put aside, which it cannot read itself. Its future stays on its thread.
    ///
    /// # Errors
    /// Those of the work and of the database; the load can only be [given up](Load::give_up) then.
    pub async fn piece<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> AppResult<(T, Aside)>,
    ) -> AppResult<T> {
        match &self.place {
            Place::Transaction(tx) => Ok(work(tx).await?.0),
            Place::Copying(pool, above) => {
                let tx = above.begin_with_options(TransactionOptions::default()).await?;
                let (output, aside) = work(&tx).await?;
                tx.commit().await?;
                copy(pool, aside).await?;
                Ok(output)
            }
        }
    }

    /// Keeps it all, and lets PostgreSQL count the new rows and put in order what it has gathered of them: it would plan badly
    /// until it did so by itself.
    ///
    /// # Errors
    /// When the database refuses; then nothing is kept.
    pub async fn commit(self) -> AppResult<()> {
        match self.place {
            Place::Transaction(tx) => tx.commit().await?,
            Place::Copying(pool, _) => {
                let mut connection = pool.acquire().await.map_err(failed)?;
                sqlx::query("COMMIT").execute(&mut *connection).await.map_err(failed)?;
                // sqlx still believes in a transaction there.
                connection.close().await.map_err(failed)?;
            }
        }
        if self.db.backend() == DbBackend::Postgres
            && let Err(error) = self.db.write.execute_unprepared("VACUUM (ANALYZE)").await
        {
            tracing::warn!(%error, "everything is stored, but the statistics could not be renewed; PostgreSQL will do so");
        }
        self.db.close().await
    }

    /// Keeps nothing.
    ///
    /// # Errors
    /// When the connection cannot be closed in order.
    pub async fn give_up(self) -> AppResult<()> {
        match self.place {
            Place::Transaction(tx) => tx.rollback().await?,
            // What is open on a connection that closes is rolled back.
            Place::Copying(pool, _) => pool.close().await,
        }
        self.db.close().await
    }
}

/// A pool that connects once: behind a connection that was lost there is no transaction to go on with.
fn one_connection(like: &PgPool, settings: &DatabaseSettings) -> PgPool {
    let connected = AtomicBool::new(false);
    PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        .after_connect(move |_, _| {
            let again = connected.swap(true, Ordering::AcqRel);
            Box::pin(async move { if again { Err(sqlx::Error::PoolClosed) } else { Ok(()) } })
        })
        .connect_lazy_with(PgConnectOptions::clone(&like.connect_options()))
}

async fn copy(pool: &PgPool, aside: Aside) -> AppResult<()> {
    let mut connection = pool.acquire().await.map_err(failed)?;
    for lines in aside.tables() {
        let mut copy = connection.copy_in_raw(&lines.statement).await.map_err(failed)?;
        copy.send(lines.text.into_bytes()).await.map_err(failed)?;
        copy.finish().await.map_err(failed)?;
    }
    Ok(())
}

fn failed(error: sqlx::Error) -> AppError {
    AppError::from(DbErr::Exec(RuntimeErr::SqlxError(error.into())))
}
