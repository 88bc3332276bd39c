//! A connection that is lent for all statements of an answer: of a replica that is new enough, else of the primary.
//!
//! What a replica cannot answer, because it fails, is gone, or lacks a table that is new, the primary is asked, from this
//! statement to the end of the answer. Only a statement that took too long is not tried again.

use std::fmt;
use std::sync::{Arc, OnceLock};

use sea_orm::{DbBackend, DbErr, QueryResult, RuntimeErr, Statement};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::failure;
use super::freshness::Freshness;
use super::readers::{Held, Readers};
use super::replicas::Replica;
use super::turns::{Place, Who};
use super::{Asker, Db};

tokio::task_local! {
    /// How many leases of the request that is answered may hold a connection; made with the first of them.
    static SHARE: OnceLock<Arc<Semaphore>>;
}

/// Runs what answers one request. Its leases hold half of the connections at the most; they wait for each other as long as it
/// takes, and only then for those of others.
pub(super) async fn sharing<T>(work: impl Future<Output = T>) -> T {
    SHARE.scope(OnceLock::new(), work).await
}

impl Db {
    /// A connection for all statements of an answer in somebody's name, with what is at least this new.
    pub fn lease(&self, asker: &dyn Asker, freshness: Freshness) -> Lease {
        let first = || Arc::new(Semaphore::new(self.readers.share()));
        let share = SHARE.try_with(|share| Arc::clone(share.get_or_init(first))).ok();
        self.lend(asker, self.replicas.choose(freshness), share)
    }

    /// A connection to the primary, beside what an answer holds.
    pub(super) fn lease_of_primary(&self, asker: &dyn Asker) -> Lease {
        self.lend(asker, None, None)
    }

    fn lend(&self, asker: &dyn Asker, replica: Option<Replica>, share: Option<Arc<Semaphore>>) -> Lease {
        let reach = self.row_security.then(|| asker.reach());
        let readers = replica.as_ref().map_or(&self.readers, Replica::readers).clone();
        let seat = Seat { readers, replica, held: None, share: None };
        Lease { primary: self.readers.clone(), who: asker.who(), reach, share, seat: Mutex::new(seat) }
    }
}

/// A connection for reading that is held from its first statement on; it goes back with this value.
pub struct Lease {
    primary: Readers,
    /// Whose turn it is.
    who: Who,
    /// What he may see, where the database is told.
    reach: Option<String>,
    share: Option<Arc<Semaphore>>,
    seat: Mutex<Seat>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lease").finish_non_exhaustive()
    }
}

impl Lease {
    /// Which of the two kinds of database it is.
    pub(super) fn backend(&self) -> DbBackend {
        self.primary.backend()
    }

    /// All rows of a statement; statements that are run side by side wait for each other.
    pub(super) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut seat = self.seat.lock().await;
        if seat.share.is_none()
            && let Some(share) = &self.share
        {
            // It is never closed.
            seat.share = Arc::clone(share).acquire_owned().await.ok();
        }
        let (who, reach) = (self.who, self.reach.as_deref());
        if let Some(replica) = seat.replica.clone() {
            match replica.while_it_answers(seat.query_all(who, reach, &statement)).await {
                Some(Ok(rows)) => {
                    replica.count();
                    return Ok(rows);
                }
                Some(Err(error)) if failure::took_too_long(&error) => return Err(error),
                Some(Err(_)) | None => seat.move_to(&self.primary),
            }
        }
        seat.query_all(who, reach, &statement).await
    }
}

/// A place at a server, with the connection that is held there.
struct Seat {
    readers: Readers,
    /// The server, when it is not the primary.
    replica: Option<Replica>,
    held: Option<(Held, Place)>,
    share: Option<OwnedSemaphorePermit>,
}

impl Seat {
    async fn query_all(
        &mut self,
        who: Who,
        reach: Option<&str>,
        statement: &Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        loop {
            // When this is given up the connection is closed: nobody reads what it still says.
            let (mut held, place, has_waited) = match self.held.take() {
                Some((held, place)) => (held, place, false),
                None => self.readers.take(who, reach).await?,
            };
            match self.readers.query_all(&mut held, reach, statement).await {
                // The server has ended it while nobody used it. There are only so many of them.
                Err(error) if has_waited && is_lost(&error) => {}
                rows => {
                    if !rows.as_ref().is_err_and(is_lost) {
                        self.held = Some((held, place));
                    }
                    return rows.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())));
                }
            }
        }
    }

    fn move_to(&mut self, primary: &Readers) {
        self.give_back();
        self.readers = primary.clone();
        self.replica = None;
    }

    fn give_back(&mut self) {
        if let Some((held, place)) = self.held.take() {
            self.readers.give_back(held, place);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.give_back();
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
