//! The database: connecting with safe settings, migrating, reading, and the only way to open a writing transaction.
//!
//! SQLite has one writing connection and several that can only read; PostgreSQL has a reading and a writing pool with
//! their own time-outs. Nothing is served from a database whose settings could lose an acknowledged write.

use std::future::Future;
use std::iter;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use migration::{Migrator, MigratorTrait};
use sea_orm::metric::Info;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use tokio::time::timeout;

use crate::error::{AppError, AppResult};

mod aside;
mod connect;
mod copy;
mod disk;
mod executor;
mod eye;
mod failure;
mod freshness;
mod lease;
mod load;
mod numbers;
mod readers;
mod replicas;
mod row_security;
mod snapshot;
mod statements;
mod turns;

use disk::Disk;
use freshness::Position;
use readers::Readers;
use replicas::Replicas;

pub use aside::Aside;
pub use copy::{copy_into, fold};
pub use executor::{Asker, Executor};
pub use freshness::{Freshness, NotAToken};
pub use lease::Lease;
pub use load::Load;
pub use statements::{Answer, Together, execute_each, lock_and_read, read_each, read_together};

/// How often a transaction is tried again when PostgreSQL could not serialise it.
const ATTEMPTS: u32 = 5;
/// The advisory lock under which PostgreSQL is migrated: any number that nothing else on the server uses.
const MIGRATION_LOCK: i64 = 0x6a69_7869_616f;

/// Virtual-machine steps of SQLite between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 10_000;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs what answers one request so that SQLite stops what is started inside at `deadline`, and with its share of the connections.
///
/// On PostgreSQL a statement ends by the time-out of its pool: another deadline for each would cost one more round trip.
pub async fn until<T>(deadline: Instant, work: impl Future<Output = T>) -> T {
    DEADLINE.scope(deadline, lease::sharing(work)).await
}

/// How to connect.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `sqlite://path` or `postgres://user:password@host/name`.
    pub url: String,
    /// Reading connections.
    pub readers: u32,
    /// Writing connections on PostgreSQL; SQLite always has one.
    pub writers: u32,
    /// How long a request waits for a free connection before it is answered `UNAVAILABLE`.
    pub acquire_timeout: Duration,
    /// How long one reading statement may run.
    pub read_timeout: Duration,
    /// How long one writing statement may run; on SQLite all of its transaction.
    pub write_timeout: Duration,
    /// How long a statement waits for a lock.
    pub lock_timeout: Duration,
    /// Whether PostgreSQL shows each caller only what the caller may see.
    pub row_security: bool,
    /// Streaming replicas of the PostgreSQL server at `url`, which may answer what is read for callers.
    pub read_urls: Vec<String>,
    /// How old a replica may be that answers; an older one is passed over.
    pub replica_lag: Duration,
}

impl DatabaseSettings {
    /// The defaults for a database at `url`.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            readers: 4,
            writers: 8,
            acquire_timeout: Duration::from_secs(2),
            read_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(25),
            lock_timeout: Duration::from_secs(3),
            row_security: false,
            read_urls: Vec::new(),
            replica_lag: Duration::from_secs(10),
        }
    }

    /// The file of a SQLite database that has not been made yet; `None` where a connection has to tell.
    pub fn missing_file(&self) -> Option<PathBuf> {
        self.file().filter(|file| !file.exists())
    }
}

/// How a transaction that succeeded ends.
#[derive(Clone, Copy)]
enum End {
    Commit,
    RollBack,
}

/// Ends a transaction by what became of the work in it.
async fn close<T>(tx: DatabaseTransaction, end: End, outcome: AppResult<T>) -> AppResult<T> {
    match outcome {
        Ok(value) => {
            match end {
                End::Commit => tx.commit().await?,
                End::RollBack => tx.rollback().await?,
            }
            Ok(value)
        }
        Err(error) => {
            // SQLite has often rolled back by itself already, and a lost connection has too: what counts is why. A
            // connection that could not roll back does not come back into the pool.
            if let Err(failed) = tx.rollback().await {
                tracing::warn!(error = %failed, "a transaction that failed could not be rolled back");
            }
            Err(error)
        }
    }
}

/// Counts how often a transaction was tried.
#[derive(Default)]
struct Attempts(u32);

impl Attempts {
    /// The outcome, or none after a pause when it is worth another attempt.
    async fn settle<T>(&mut self, outcome: AppResult<T>) -> Option<AppResult<T>> {
        self.0 += 1;
        match outcome {
            Err(error) if self.0 < ATTEMPTS && failure::can_be_tried_again(&error) => {
                tokio::time::sleep(Duration::from_millis(u64::from(50 * self.0))).await;
                None
            }
            outcome => Some(outcome),
        }
    }
}

/// Work inside one writing transaction, whose future can move between threads.
///
/// It can be run again after a failure to serialise, so it must do nothing but use the transaction.
pub trait Job: Sync {
    /// What it gives.
    type Output: Send;
    /// Does the work.
    fn run(&self, tx: &DatabaseTransaction) -> impl Future<Output = AppResult<Self::Output>> + Send;
    /// Whether what it did can have changed who may do what; told by what it gave.
    fn concerns_callers(&self, _given: &Self::Output) -> bool {
        true
    }
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    readers: Readers,
    replicas: Replicas,
    commits: Arc<AtomicU64>,
    disk: Disk,
    /// Whether PostgreSQL looks at who asks.
    row_security: bool,
}

impl Db {
    /// Which of the two kinds of database it is.
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Brings the tables to the newest form, all steps or none.
    ///
    /// Instances that start at the same time take turns: the first does the work, the others find it done.
    pub async fn migrate(&self) -> AppResult<()> {
        self.write(async |tx| {
            if tx.get_database_backend() == DbBackend::Postgres {
                // A step may take longer than a request, and so may waiting for the instance that takes it.
                tx.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
                tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
            }
            Migrator::up(tx, None).await?;
            if self.row_security { row_security::enable(tx).await } else { Ok(()) }
        })
        .await
    }

    /// The names of all changes that this version knows.
    pub fn migrations() -> Vec<String> {
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
    }

    /// The names of the changes that the database still lacks.
    pub async fn pending_migrations(&self) -> AppResult<Vec<String>> {
        let pending = Migrator::get_pending_migrations(&self.write).await?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// Counts what this process commits that can have changed who may do what: as long as it stays the same, this process
    /// has changed nothing of that.
    pub fn commits(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.commits)
    }

    /// The connection for what the service reads for itself; what is read for a caller is [`Db::lease`] or [`Db::asked_by`].
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// What a read has to see so that nothing is missing that is committed now.
    pub async fn freshness(&self) -> Freshness {
        if self.replicas.is_empty() {
            return Freshness::Latest;
        }
        let place = "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint";
        let place = Statement::from_string(DbBackend::Postgres, place);
        let place = match timeout(Duration::from_secs(1), self.read.query_one_raw(place)).await {
            Ok(Ok(Some(row))) => row.try_get_by_index(0).ok(),
            Ok(Ok(None) | Err(_)) | Err(_) => None,
        };
        // Where the place is not known, the primary has all.
        place.map_or(Freshness::Latest, |place| Freshness::Since(Position::of(place)))
    }

    /// Opens a writing transaction, runs `job` in it and commits; any error rolls back.
    ///
    /// SQLite starts it `IMMEDIATE`, so that it never fails half-way on a snapshot that is too old. PostgreSQL's
    /// serialisation failures and deadlocks are tried again.
    pub async fn commit<J: Job>(&self, job: &J) -> AppResult<J::Output> {
        self.run(job, End::Commit).await
    }

    /// Does all that [`Db::commit`] does, and rolls back: what a dry run reports is what the real run would do.
    pub async fn rehearse<J: Job>(&self, job: &J) -> AppResult<J::Output> {
        self.run(job, End::RollBack).await
    }

    async fn run<J: Job>(&self, job: &J, end: End) -> AppResult<J::Output> {
        let mut attempts = Attempts::default();
        loop {
            let tx = self.begin().await?;
            let outcome = job.run(&tx).await;
            let outcome = close(tx, end, outcome).await;
            // What is not known to have failed may have been committed.
            if outcome.as_ref().map_or(true, |given| job.concerns_callers(given)) {
                self.commits.fetch_add(1, Ordering::AcqRel);
            }
            self.disk.learn_from(&outcome);
            if let Some(outcome) = attempts.settle(outcome).await {
                return outcome;
            }
        }
    }

    /// [`Db::commit`] for a closure. Its future stays on its thread: it is for commands and tests.
    pub async fn write<T>(&self, work: impl AsyncFn(&DatabaseTransaction) -> AppResult<T>) -> AppResult<T> {
        let mut attempts = Attempts::default();
        loop {
            let tx = self.begin().await?;
            let outcome = work(&tx).await;
            let outcome = close(tx, End::Commit, outcome).await;
            self.commits.fetch_add(1, Ordering::AcqRel);
            self.disk.learn_from(&outcome);
            if let Some(outcome) = attempts.settle(outcome).await {
                return outcome;
            }
        }
    }

    async fn begin(&self) -> AppResult<DatabaseTransaction> {
        self.disk.must_keep()?;
        let options = TransactionOptions {
            isolation_level: None,
            // Connections for writing may write, and saying so again would be one more wait for the database.
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    fn all_readers(&self) -> impl Iterator<Item = &Readers> {
        iter::once(&self.readers).chain(self.replicas.readers())
    }

    /// Calls `observer` after each statement; for counting and timing them.
    pub fn observe(&mut self, observer: impl Fn(&Info<'_>) + Clone + Send + Sync + 'static) {
        for readers in self.all_readers() {
            readers.observe(observer.clone());
        }
        self.read.set_metric_callback(observer.clone());
        self.write.set_metric_callback(observer);
    }

    /// Whether the database answers, and can be written to as far as is known.
    pub async fn ping(&self) -> AppResult<()> {
        self.disk.must_keep()?;
        self.read.ping().await.map_err(AppError::from)
    }

    /// Closes all connections; SQLite folds its log into the file.
    pub async fn close(self) -> AppResult<()> {
        for readers in self.all_readers() {
            readers.close().await?;
        }
        self.read.close().await?;
        self.write.close().await.map_err(AppError::from)
    }
}
