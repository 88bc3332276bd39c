//! Connecting with safe settings, and refusing a database that could lose an acknowledged write.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DbBackend, SqlxPostgresConnector, SqlxSqliteConnector, Statement};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::disk::Disk;
use super::eye::Eye;
use super::readers::{Readers, Source};
use super::replicas::Replicas;
use super::row_security::SERVICE;
use super::{DEADLINE, DatabaseSettings, Db, STEPS};
use crate::error::{AppError, AppResult, ErrorCode};

/// The oldest SQLite that cannot corrupt a database in WAL mode.
const SQLITE_MINIMUM: (u32, u32, u32) = (3, 51, 3);
/// The oldest PostgreSQL that is still maintained.
const POSTGRES_MINIMUM: i32 = 150_000;
/// Memory for pages that a transaction of SQLite changes, in kilobytes: of what does not fit each change is written to the log.
const SQLITE_WRITER_CACHE: u32 = 32 * 1024;
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
        if !settings.read_urls.is_empty() {
            let message =
                "`database_read_urls` names replicas, and SQLite has none: leave it empty, or use PostgreSQL.";
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
        let writing = options.clone().pragma("cache_size", format!("-{SQLITE_WRITER_CACHE}"));
        let write = sqlite_writer(settings).connect_with(writing).await;
        let write = write.map_err(cannot_connect)?;
        let options = options.pragma("query_only", "ON").create_if_missing(false);
        let readers = Source::Sqlite(options.clone());
        let read = sqlite_readers(settings).connect_with(options).await;
        Ok(Self {
            read: SqlxSqliteConnector::from_sqlx_sqlite_pool(read.map_err(cannot_connect)?),
            write: SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
            readers: Readers::new(readers, settings.readers, settings.acquire_timeout, settings.read_timeout),
            replicas: Replicas::default(),
            commits: Arc::default(),
            disk: Disk::default(),
            row_security: false,
        })
    }

    async fn connect_postgres(settings: &DatabaseSettings) -> AppResult<Self> {
        let server = postgres_server(&settings.url)?;
        let with = |server: &PgConnectOptions, statement: Duration, read_only: bool, reach: &str| {
            server.clone().options([
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
        let write = pool(settings.writers).connect_with(with(&server, settings.write_timeout, false, SERVICE)).await;
        let own = with(&server, settings.read_timeout, true, SERVICE);
        let read = pool(settings.readers).connect_with(own.clone()).await;
        // Who asks there is said before the first statement, where it counts.
        let unsaid = if settings.row_security { "" } else { SERVICE };
        let readers = |server: &PgConnectOptions| {
            let source = Source::Postgres(with(server, settings.read_timeout, true, unsaid));
            Readers::new(source, settings.readers, settings.acquire_timeout, settings.read_timeout)
        };
        let mut replicas = Vec::new();
        for url in &settings.read_urls {
            let server = postgres_server(url)?;
            replicas.push((Eye::new(server.clone(), settings.row_security), readers(&server)));
        }
        Ok(Self {
            read: SqlxPostgresConnector::from_sqlx_postgres_pool(read.map_err(cannot_connect)?),
            write: SqlxPostgresConnector::from_sqlx_postgres_pool(write.map_err(cannot_connect)?),
            readers: readers(&server),
            replicas: Replicas::of(Eye::new(own, false), replicas, settings.replica_lag),
            commits: Arc::default(),
            disk: Disk::default(),
            row_security: settings.row_security,
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
}

/// When the statements of who asks now have to end.
fn deadline(limit: Duration) -> Instant {
    let latest = Instant::now() + limit;
    DEADLINE.try_with(|deadline| latest.min(*deadline)).unwrap_or(latest)
}

/// The pool of the one writing connection, whose statements stop at the deadline of their request, and which drops a
/// connection that comes back inside a transaction: after a COMMIT that failed twice (full disk) such a connection would
/// acknowledge writes that never reach the file.
///
/// One request has it at a time, so its deadline stands beside it: to tell the connection would be to wait for its thread.
fn sqlite_writer(settings: &DatabaseSettings) -> SqlitePoolOptions {
    let limit = settings.write_timeout;
    let (start, stop) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let set = |stop: &AtomicU64, start: Instant, limit| {
        let until = deadline(limit).saturating_duration_since(start).as_millis();
        stop.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Release);
    };
    let (at_connect, at_acquire) = (Arc::clone(&stop), stop);
    pool(settings, 1)
        // A new connection goes to who asked for it without the second of these.
        .after_connect(move |connection, _| {
            set(&at_connect, start, limit);
            let stop = Arc::clone(&at_connect);
            Box::pin(async move {
                let is_time = move || start.elapsed().as_millis() < u128::from(stop.load(Ordering::Acquire));
                connection.lock_handle().await?.set_progress_handler(STEPS, is_time);
                Ok(())
            })
        })
        .before_acquire(move |_, _| {
            set(&at_acquire, start, limit);
            Box::pin(async { Ok(true) })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                if connection.is_in_transaction() {
                    // Perhaps it is being rolled back just now.
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
}

/// A pool of connections that read, whose statements stop at the deadline of their request.
fn sqlite_readers(settings: &DatabaseSettings) -> SqlitePoolOptions {
    let limit = settings.read_timeout;
    pool(settings, settings.readers.max(1))
        .after_connect(move |connection, _| Box::pin(stop_at(connection, deadline(limit))))
        .before_acquire(move |connection, _| {
            let stop = stop_at(connection, deadline(limit));
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

fn pool(settings: &DatabaseSettings, size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(size).acquire_timeout(settings.acquire_timeout).test_before_acquire(false)
}

async fn stop_at(connection: &mut SqliteConnection, deadline: Instant) -> Result<(), sqlx::Error> {
    connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < deadline);
    Ok(())
}

fn postgres_server(url: &str) -> AppResult<PgConnectOptions> {
    let server = PgConnectOptions::from_str(url)
        .map_err(|error| AppError::bad_input("The PostgreSQL URL cannot be read.").caused_by(error))?;
    Ok(server.application_name("jixiao"))
}

pub(super) fn cannot_connect(error: sqlx::Error) -> AppError {
    AppError::new(ErrorCode::Unavailable, format!("The database cannot be opened: {}.", plain(&error))).caused_by(error)
}

/// What an operator may read about a failed connection: never the URL, which can hold a password.
pub(super) fn plain(error: &sqlx::Error) -> String {
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
