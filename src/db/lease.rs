//! The connections that answer requests: one is lent for all statements of an answer.
//!
//! A pool asks each connection that comes back whether it is still well, one more round trip to PostgreSQL and one more
//! change of threads on SQLite for each statement. Here a connection that failed is closed, and so is one whose statement was
//! given up; all others are well.
//!
//! With row-level security PostgreSQL is told on the connection who asks, before the first statement; again only when it is
//! somebody else than who asked there last.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sea_orm::metric::Info;
use sea_orm::{ConnAcquireErr, DbBackend, DbErr, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::time::timeout;

use super::row_security::say_on;
use super::turns::{Place, Turns, Who};
use super::{DEADLINE, STEPS};
use crate::metrics::Pool;

/// How long a connection is used; a process of PostgreSQL that lives long keeps much in memory.
const LIFE: Duration = Duration::from_secs(1800);

/// Called after each statement.
type Observer = Arc<dyn Fn(&Info<'_>) + Send + Sync>;

/// How connections are made.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

/// All connections; clones are the same.
#[derive(Clone)]
pub(super) struct Readers(Arc<Inner>);

struct Inner {
    source: Source,
    turns: Turns,
    free: Mutex<Vec<Held>>,
    /// How long to wait for a free one.
    wait: Duration,
    /// How long a statement may run.
    limit: Duration,
    /// From when on deadlines are counted.
    began: Instant,
    observer: RwLock<Option<Observer>>,
}

impl fmt::Debug for Readers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Readers").field("used", &self.0.turns.used()).finish_non_exhaustive()
    }
}

/// A connection while it is open.
struct Held {
    connection: Connection,
    made: Instant,
    /// Who asks, as the database was told last.
    said: Option<String>,
}

enum Connection {
    /// SQLite asks `stop` now and then whether it is time to stop, in microseconds since the beginning.
    Sqlite {
        connection: SqliteConnection,
        stop: Arc<AtomicU64>,
    },
    Postgres(PgConnection),
}

impl Readers {
    /// As many as `size`, each made when it is first needed.
    pub(super) fn new(source: Source, size: u32, wait: Duration, limit: Duration) -> Self {
        let size = usize::try_from(size.max(1)).unwrap_or(1);
        let (turns, free, observer) = (Turns::new(size), Mutex::default(), RwLock::default());
        Self(Arc::new(Inner { source, turns, free, wait, limit, began: Instant::now(), observer }))
    }

    /// Calls `observer` after each statement.
    pub(super) fn observe(&self, observer: impl Fn(&Info<'_>) + Send + Sync + 'static) {
        *self.0.observer.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(observer));
    }

    /// How busy they are.
    pub(super) fn pool(&self) -> Pool {
        let (used, most) = (self.0.turns.used(), self.0.turns.size());
        let idle = self.0.free.lock().unwrap_or_else(PoisonError::into_inner).len();
        Pool { name: "answer", used: used as u64, idle: idle as u64, most: most as u64 }
    }

    /// Closes all connections as they come back.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.0.turns.close();
        let free = std::mem::take(&mut *self.0.free.lock().unwrap_or_else(PoisonError::into_inner));
        for held in free {
            let closed = match held.connection {
                Connection::Sqlite { connection, .. } => connection.close().await,
                Connection::Postgres(connection) => connection.close().await,
            };
            closed.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
        }
        Ok(())
    }

    /// A connection with its place, and whether it has waited for this; one on which `reach` was said, if there is one.
    async fn take(&self, who: Who, reach: Option<&str>) -> Result<(Held, Place, bool), DbErr> {
        let place = timeout(self.0.wait, self.0.turns.take(who)).await;
        let place = place.map_err(|_late| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let place = place.ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        let free = {
            let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
            match free.iter().rposition(|held| held.said.as_deref() == reach) {
                Some(best) => Some(free.remove(best)),
                None => free.pop(),
            }
        };
        if let Some(held) = free.filter(|held| held.made.elapsed() < LIFE) {
            return Ok((held, place, true));
        }
        let made = timeout(self.0.wait, self.connect()).await;
        let made = made.map_err(|_late| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let connection = made.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
        Ok((Held { connection, made: Instant::now(), said: None }, place, false))
    }

    async fn connect(&self) -> Result<Connection, sqlx::Error> {
        match &self.0.source {
            Source::Sqlite(options) => {
                let mut connection = SqliteConnection::connect_with(options).await?;
                let (stop, began) = (Arc::new(AtomicU64::new(u64::MAX)), self.0.began);
                let until = Arc::clone(&stop);
                let goes_on = move || micros(began.elapsed()) < until.load(Ordering::Relaxed);
                connection.lock_handle().await?.set_progress_handler(STEPS, goes_on);
                Ok(Connection::Sqlite { connection, stop })
            }
            Source::Postgres(options) => Ok(Connection::Postgres(PgConnection::connect_with(options).await?)),
        }
    }

    /// A connection for all statements of an answer, taken with the first of them. `who` asks has his turn;
    /// `reach` is what he may see, where the database is told.
    pub(super) fn lease(&self, who: Who, reach: Option<String>) -> Lease {
        Lease { readers: self.clone(), who, reach, held: tokio::sync::Mutex::default() }
    }

    fn stop(&self) -> u64 {
        let latest = Instant::now() + self.0.limit;
        let stop = DEADLINE.try_with(|deadline| latest.min(*deadline)).unwrap_or(latest);
        micros(stop.saturating_duration_since(self.0.began))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A connection for reading that is held from its first statement on; it goes back with this value.
pub struct Lease {
    readers: Readers,
    who: Who,
    reach: Option<String>,
    held: tokio::sync::Mutex<Option<(Held, Place)>>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lease").finish_non_exhaustive()
    }
}

impl Lease {
    /// Which of the two kinds of database it is.
    pub(super) fn backend(&self) -> DbBackend {
        match self.readers.0.source {
            Source::Sqlite(_) => DbBackend::Sqlite,
            Source::Postgres(_) => DbBackend::Postgres,
        }
    }

    /// All rows of a statement; statements that are run side by side wait for each other.
    pub(super) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut kept = self.held.lock().await;
        loop {
            // When this is given up the connection is closed: nobody reads what it still says.
            let (mut held, place, has_waited) = match kept.take() {
                Some((held, place)) => (held, place, false),
                None => self.readers.take(self.who, self.reach.as_deref()).await?,
            };
            let observer = self.readers.0.observer.read().unwrap_or_else(PoisonError::into_inner).clone();
            let began = Instant::now();
            let rows = held.query_all(self.reach.as_deref(), &statement, self.readers.stop()).await;
            if let Some(observer) = observer {
                observer(&Info { elapsed: began.elapsed(), statement: &statement, failed: rows.is_err() });
            }
            match rows {
                // The server has ended it while nobody used it. There are only so many of them.
                Err(error) if has_waited && is_lost(&error) => {}
                rows => {
                    if !rows.as_ref().is_err_and(is_lost) {
                        *kept = Some((held, place));
                    }
                    return rows.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())));
                }
            }
        }
    }
}

/// Whether a connection cannot be used after this.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        // The server stops, or was told to end the connection.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => true,
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((held, place)) = self.held.get_mut().take()
            && !self.readers.0.turns.is_closed()
        {
            // Before the place is free, so that who comes next finds it.
            self.readers.0.free.lock().unwrap_or_else(PoisonError::into_inner).push(held);
            drop(place);
        }
    }
}

impl Held {
    /// All rows of a statement that `reach` asks.
    async fn query_all(
        &mut self,
        reach: Option<&str>,
        statement: &Statement,
        until: u64,
    ) -> Result<Vec<QueryResult>, sqlx::Error> {
        if let (Some(reach), Connection::Postgres(connection)) = (reach, &mut self.connection)
            && self.said.as_deref() != Some(reach)
        {
            // What was said holds no more from here on, and the new word only once it was heard.
            self.said = None;
            say_on(connection, reach).await?;
            self.said = Some(reach.to_owned());
        }
        self.connection.query_all(statement, until).await
    }
}

impl Connection {
    async fn query_all(&mut self, statement: &Statement, until: u64) -> Result<Vec<QueryResult>, sqlx::Error> {
        let values = statement.values.clone().unwrap_or_else(|| sea_orm::sea_query::Values(Vec::new()));
        let (values, sql) = (SqlxValues(values), AssertSqlSafe(statement.sql.as_str()));
        match self {
            Self::Sqlite { connection, stop } => {
                stop.store(until, Ordering::Relaxed);
                let rows = sqlx::query_with(sql, values).fetch_all(connection).await?;
                Ok(rows.into_iter().map(QueryResult::from).collect())
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query_with(sql, values).fetch_all(connection).await?;
                Ok(rows.into_iter().map(QueryResult::from).collect())
            }
        }
    }
}
