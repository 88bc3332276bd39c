//! The database: connecting with safe settings, migrating, reading, and the only way to open a writing transaction.
//!
//! SQLite has one writing connection and several that can only read; PostgreSQL has a reading and a writing pool with
//! their own time-outs. Nothing is served from a database whose settings could lose an acknowledged write.

use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use migration::{Migrator, MigratorTrait};
use sea_orm::metric::Info;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::{AppError, AppResult, ErrorCode};
use row_security::SERVICE;
use seats::Seats;

mod copy;
mod executor;
mod failure;
mod lease;
mod numbers;
mod row_security;
mod seats;
mod snapshot;
mod statements;

use lease::{Readers, Source};

pub use copy::{copy_into, fold};
pub use executor::{Asker, Executor};
pub use lease::Lease;
pub use statements::{execute_each, read_each};

/// The oldest SQLite that cannot corrupt a database in WAL mode.
const SQLITE_MINIMUM: (u32, u32, u32) = (3, 51, 3);
/// The oldest PostgreSQL that is still maintained.
const POSTGRES_MINIMUM: i32 = 150_000;
/// How often a transaction is tried again when PostgreSQL could not serialise it.
const ATTEMPTS: u32 = 5;
/// The advisory lock under which PostgreSQL is migrated: any number that nothing else on the server uses.
const MIGRATION_LOCK: i64 = 0x6a69_7869_616f;

/// Virtual-machine steps of SQLite between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 10_000;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs `work` so that SQLite stops what is started inside at `deadline`.
///
/// On PostgreSQL a statement ends by the time-out of its pool: another deadline for each would cost one more round trip.
pub async fn until<T>(deadline: Instant, work: impl Future<Output = T>) -> T {
    DEADLINE.scope(deadline, work).await
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
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    readers: Readers,
    commits: Arc<AtomicU64>,
    /// For what callers ask, where the database looks at who asks.
    seats: Option<Arc<Seats>>,
}

impl Db {
    /// Connects, and refuses a database that is too old or set so that it could lose writes.
    pub async fn connect(settings: &DatabaseSettings) -> AppResult<Self> {
        let db = if settings.url.starts_with("sqlite:") {
            Self::connect_sqlite(settings).await?
        } else if settings.url.starts_with("postgres:") || settings.url.starts_with("postgresql:") {
            Self::connect_postgres(settings).await?
        } else {
            return Err(AppError::bad_input(
                "The database URL must start with `sqlite://` or `postgres://`, e.g. `sqlite://data/jixiao.sqlite`.",
            ));
        };
        db.refuse_unsafe_settings().await?;
        Ok(db)
    }

    async fn connect_sqlite(settings: &DatabaseSettings) -> AppResult<Self> {
        if settings.row_security {
            let message = "`database_row_security` is `on`, and SQLite has no row-level security: set it to `off`, or use PostgreSQL.";
            return Err(AppError::bad_input(message));
        }
        let options = SqliteConnectOptions::from_str(&settings.url)
            .map_err(|error| AppError::bad_input("The SQLite URL cannot be read.").caused_by(error))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .row_buffer_size(1024)
            .pragma("trusted_schema", "OFF")
            .pragma("cell_size_check", "ON")
            .pragma("journal_size_limit", "67108864");
        // The writer first: it makes the file and puts it into WAL mode.
        let write = sqlite_pool(settings, 1, settings.write_timeout).connect_with(options.clone()).await;
        let write = write.map_err(cannot_connect)?;
        let options = options.pragma("query_only", "ON").create_if_missing(false);
        let readers = Source::Sqlite(options.clone());
        let read = sqlite_pool(settings, settings.readers.max(1), settings.read_timeout).connect_with(options).await;
        Ok(Self {
            read: SqlxSqliteConnector::from_sqlx_sqlite_pool(read.map_err(cannot_connect)?),
            write: SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
            readers: Readers::new(readers, settings.readers, settings.acquire_timeout, settings.read_timeout),
            commits: Arc::default(),
            seats: None,
        })
    }

    async fn connect_postgres(settings: &DatabaseSettings) -> AppResult<Self> {
        let options = PgConnectOptions::from_str(&settings.url)
            .map_err(|error| AppError::bad_input("The PostgreSQL URL cannot be read.").caused_by(error))?
            .application_name("jixiao");
        let with = |statement: Duration, read_only: bool, reach: &str| {
            options.clone().options([
                ("statement_timeout", statement.as_millis().to_string()),
                ("lock_timeout", settings.lock_timeout.as_millis().to_string()),
                ("idle_in_transaction_session_timeout", "30000".to_owned()),
                ("default_transaction_read_only", if read_only { "on" } else { "off" }.to_owned()),
                // Policies make statements look dear, and compiling one takes seconds; what they ask is seldom run at all.
                ("jit", "off".to_owned()),
                ("jixiao.reach", reach.to_owned()),
            ])
        };
        let pool = |size: u32| {
            PgPoolOptions::new()
                .max_connections(size.max(1))
                .acquire_timeout(settings.acquire_timeout)
                .test_before_acquire(false)
        };
        let write = pool(settings.writers).connect_with(with(settings.write_timeout, false, SERVICE)).await;
        let reading = with(settings.read_timeout, true, SERVICE);
        let read = pool(settings.readers).connect_with(reading.clone()).await;
        let readers = Source::Postgres(reading);
        // Nobody has said yet who asks there.
        let seats = settings.row_security.then(|| Seats::new(settings, &with(settings.read_timeout, true, "")));
        Ok(Self {
            read: SqlxPostgresConnector::from_sqlx_postgres_pool(read.map_err(cannot_connect)?),
            write: SqlxPostgresConnector::from_sqlx_postgres_pool(write.map_err(cannot_connect)?),
            readers: Readers::new(readers, settings.readers, settings.acquire_timeout, settings.read_timeout),
            commits: Arc::default(),
            seats: seats.map(Arc::new),
        })
    }

    /// Refuses settings under which an acknowledged write can be lost or a file be damaged.
    async fn refuse_unsafe_settings(&self) -> AppResult<()> {
        match self.backend() {
            DbBackend::Sqlite => {
                let version = self.setting("SELECT sqlite_version()").await?;
                if sqlite_version(&version).is_none_or(|found| found < SQLITE_MINIMUM) {
                    return Err(unsafe_setting(format!("SQLite {version} can damage its files; 3.51.3 is needed")));
                }
                self.expect("PRAGMA journal_mode", &["wal"], "journal_mode").await?;
                self.expect("PRAGMA synchronous", &["2", "3"], "synchronous").await?;
                self.expect("PRAGMA foreign_keys", &["1"], "foreign_keys").await
            }
            _ => {
                let version = self.setting("SHOW server_version_num").await?;
                if version.parse::<i32>().map_or(true, |found| found < POSTGRES_MINIMUM) {
                    return Err(unsafe_setting(format!("PostgreSQL {version} is too old; 15 or newer is needed")));
                }
                self.expect("SHOW fsync", &["on"], "fsync").await?;
                self.expect("SHOW full_page_writes", &["on"], "full_page_writes").await?;
                let safe = ["on", "remote_apply", "remote_write", "local"];
                self.expect("SHOW synchronous_commit", &safe, "synchronous_commit").await?;
                self.expect("SHOW server_encoding", &["UTF8"], "server_encoding").await?;
                self.refuse_role_above_policies().await
            }
        }
    }

    async fn setting(&self, sql: &'static str) -> AppResult<String> {
        let row = self.write.query_one_raw(Statement::from_string(self.write.get_database_backend(), sql)).await?;
        let row = row.ok_or_else(|| unsafe_setting(format!("`{sql}` gives no answer")))?;
        row.try_get_by_index::<String>(0)
            .or_else(|_| row.try_get_by_index::<i64>(0).map(|number| number.to_string()))
            .map_err(AppError::from)
    }

    async fn expect(&self, sql: &'static str, safe: &[&str], name: &str) -> AppResult<()> {
        let found = self.setting(sql).await?;
        if safe.contains(&found.as_str()) {
            return Ok(());
        }
        Err(unsafe_setting(format!("{name} is `{found}`; it must be `{}`", safe.join("` or `"))))
    }

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
            if self.seats.is_some() { row_security::enable(tx).await } else { Ok(()) }
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

    /// A connection for all statements of an answer, for [`Db::asked_through`].
    pub fn lease(&self) -> Lease {
        self.readers.lease()
    }

    /// Counts what this process commits: as long as it stays the same, this process has changed nothing.
    pub fn commits(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.commits)
    }

    /// The connection for what the service reads for itself; what is read for a caller is [`Db::asked_by`].
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
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
            self.commits.fetch_add(1, Ordering::AcqRel);
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
            if let Some(outcome) = attempts.settle(outcome).await {
                return outcome;
            }
        }
    }

    async fn begin(&self) -> AppResult<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: None,
            // SQLite knows no access modes: its reading connections refuse to write.
            access_mode: (self.backend() != DbBackend::Sqlite).then_some(AccessMode::ReadWrite),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Calls `observer` after each statement; for counting and timing them.
    pub fn observe(&mut self, observer: impl Fn(&Info<'_>) + Clone + Send + Sync + 'static) {
        self.readers.observe(observer.clone());
        self.seats = self.seats.as_ref().map(|seats| Arc::new(seats.observed(observer.clone())));
        self.read.set_metric_callback(observer.clone());
        self.write.set_metric_callback(observer);
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> AppResult<()> {
        self.read.ping().await.map_err(AppError::from)
    }

    /// Closes all connections; SQLite folds its log into the file.
    pub async fn close(self) -> AppResult<()> {
        self.readers.close().await?;
        if let Some(seats) = &self.seats {
            seats.close().await?;
        }
        self.read.close().await?;
        self.write.close().await.map_err(AppError::from)
    }
}

/// A pool whose statements stop at the deadline of their request, and which drops a connection that comes back inside
/// a transaction: after a COMMIT that failed twice (full disk) such a connection would acknowledge writes that never
/// reach the file.
fn sqlite_pool(settings: &DatabaseSettings, size: u32, limit: Duration) -> SqlitePoolOptions {
    let deadline = move || {
        let latest = Instant::now() + limit;
        DEADLINE.try_with(|deadline| latest.min(*deadline)).unwrap_or(latest)
    };
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        // A new connection goes to who asked for it without the second of these.
        .after_connect(move |connection, _| Box::pin(stop_at(connection, deadline())))
        .before_acquire(move |connection, _| {
            let stop = stop_at(connection, deadline());
            Box::pin(async move { stop.await.map(|()| true) })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.lock_handle().await?.remove_progress_handler();
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
}

async fn stop_at(connection: &mut SqliteConnection, deadline: Instant) -> Result<(), sqlx::Error> {
    connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < deadline);
    Ok(())
}

fn cannot_connect(error: sqlx::Error) -> AppError {
    AppError::new(ErrorCode::Unavailable, format!("The database cannot be opened: {}.", plain(&error))).caused_by(error)
}

/// What an operator may read about a failed connection: never the URL, which can hold a password.
fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::PoolTimedOut => "no answer in time".to_owned(),
        sqlx::Error::Tls(error) => error.to_string(),
        _ => "see the log".to_owned(),
    }
}

/// Major, minor and patch number of `3.51.3`; none when the text is not of this form.
fn sqlite_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

fn unsafe_setting(what: String) -> AppError {
    AppError::new(ErrorCode::Unavailable, format!("Refusing to start on this database: {what}."))
}

#[cfg(test)]
mod tests {
    use super::{SQLITE_MINIMUM, sqlite_version};

    #[test]
    fn versions_are_compared_as_numbers() {
        for (text, safe) in [
            ("3.51.3", true),
            ("3.51.10", true),
            ("3.52.0", true),
            ("4.0.0", true),
            ("3.51.2", false),
            ("3.50.9", false),
            ("3.9.30", false),
            ("2.99.99", false),
            ("3.52", false),
            ("3.52.x", false),
            ("", false),
        ] {
            assert_eq!(sqlite_version(text).is_some_and(|version| version >= SQLITE_MINIMUM), safe, "{text}");
        }
    }
}
