//! Connections on which PostgreSQL knows who asks.
//!
//! Each seat is a pool of one connection, so that it can be remembered what was said on it: who asks is said again only when
//! it is somebody else, or on a new connection. It is said inside the pool, on the connection that is handed out, and so
//! never missing after one was lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::metric::Info;
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbErr, SqlxPostgresConnector};
use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::DatabaseSettings;
use super::row_security::say_on;
use crate::metrics::Pool;

/// Who asks on a connection.
#[derive(Debug, Default)]
struct Said {
    reach: Arc<str>,
    /// Whether the database has been told.
    told: bool,
}

/// A connection, made when it is first needed.
#[derive(Clone, Debug)]
struct Seat {
    connection: DatabaseConnection,
    said: Arc<Mutex<Said>>,
}

impl Seat {
    fn new(settings: &DatabaseSettings, options: &PgConnectOptions) -> Self {
        let said = Arc::new(Mutex::new(Said::default()));
        let (on_new, on_known) = (Arc::clone(&said), Arc::clone(&said));
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(settings.acquire_timeout)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| Box::pin(tell(connection, Arc::clone(&on_new), true)))
            .before_acquire(move |connection, _| {
                let told = tell(connection, Arc::clone(&on_known), false);
                Box::pin(async move { told.await.map(|()| true) })
            })
            .connect_lazy_with(options.clone());
        Self { connection: SqlxPostgresConnector::from_sqlx_postgres_pool(pool), said }
    }

    /// Whether this reach was said last.
    fn is_of(&self, reach: &str) -> bool {
        *lock(&self.said).reach == *reach
    }

    /// Whether nothing runs on the connection; a statement that was given up can still run a while.
    fn is_idle(&self) -> bool {
        let pool = self.connection.get_postgres_connection_pool();
        pool.size() as usize == pool.num_idle()
    }
}

/// Tells the database who asks, if the connection is new or somebody else has asked on it.
async fn tell(connection: &mut PgConnection, said: Arc<Mutex<Said>>, is_new: bool) -> Result<(), sqlx::Error> {
    let reach = {
        let said = lock(&said);
        if said.told && !is_new {
            return Ok(());
        }
        Arc::clone(&said.reach)
    };
    say_on(connection, &reach).await?;
    let mut said = lock(&said);
    // Unless this was given up meanwhile and somebody else asks.
    said.told = Arc::ptr_eq(&said.reach, &reach);
    Ok(())
}

/// What a panic leaves behind is one of these values, too.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All seats.
#[derive(Debug)]
pub(super) struct Seats {
    all: Vec<Seat>,
    free: Mutex<Vec<Seat>>,
    count: Semaphore,
    wait: Duration,
}

impl Seats {
    /// As many as there are reading connections; none is made yet.
    pub(super) fn new(settings: &DatabaseSettings, options: &PgConnectOptions) -> Self {
        let seats = (0..settings.readers.max(1)).map(|_| Seat::new(settings, options));
        Self::of(seats.collect(), settings.acquire_timeout)
    }

    fn of(all: Vec<Seat>, wait: Duration) -> Self {
        let (free, count) = (Mutex::new(all.clone()), Semaphore::new(all.len()));
        Self { all, free, count, wait }
    }

    /// The same, with a callback after each statement; while nobody uses them.
    pub(super) fn observed(&self, observer: impl Fn(&Info<'_>) + Clone + Send + Sync + 'static) -> Self {
        let mut all = self.all.clone();
        for seat in &mut all {
            seat.connection.set_metric_callback(observer.clone());
        }
        Self::of(all, self.wait)
    }

    /// Waits for a seat and says who asks on it: where the same asker asked last, nothing needs to be told.
    pub(super) async fn take(&self, reach: String) -> Result<Taken<'_>, DbErr> {
        let permit = timeout(self.wait, self.count.acquire()).await;
        let permit = permit.map_err(|_late| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let permit = permit.map_err(|_closed| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        let seat = {
            let mut free = lock(&self.free);
            let best = (0..free.len()).max_by_key(|n| (free[*n].is_idle(), free[*n].is_of(&reach)));
            best.map(|best| free.remove(best))
        };
        // There are as many seats as permits.
        let seat = seat.ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        if !seat.is_of(&reach) {
            *lock(&seat.said) = Said { reach: reach.into(), told: false };
        }
        Ok(Taken { seats: self, seat, _permit: permit })
    }

    /// How busy they are.
    pub(super) fn pool(&self) -> Pool {
        let most = self.all.len();
        let used = most.saturating_sub(self.count.available_permits());
        let open = self.all.iter().filter(|seat| seat.connection.get_postgres_connection_pool().size() > 0).count();
        let number = |count: usize| count as u64;
        Pool { name: "asked", used: number(used), idle: number(open.saturating_sub(used)), most: number(most) }
    }

    /// Closes all connections.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.count.close();
        for seat in &self.all {
            seat.connection.close_by_ref().await?;
        }
        Ok(())
    }
}

/// A seat while it is used by one asker.
pub(super) struct Taken<'a> {
    seats: &'a Seats,
    seat: Seat,
    _permit: SemaphorePermit<'a>,
}

impl Taken<'_> {
    /// The connection, on which the asker has been said before any statement runs.
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.seat.connection
    }
}

impl Drop for Taken<'_> {
    /// Back to the free ones, before the permit.
    fn drop(&mut self) {
        lock(&self.seats.free).push(self.seat.clone());
    }
}
