//! Where a statement that reads for a caller runs.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, StatementBuilder};
use uuid::Uuid;

use super::{Db, Lease, row_security};
use crate::error::AppResult;

/// In whose name something is read.
pub trait Asker: Send + Sync {
    /// The key of the account whose turn it is when there are more who ask than connections; all without one share a turn.
    fn who(&self) -> Option<Uuid>;
    /// What the database may show, as the policies of row-level security read it (`migration::row_security`).
    fn reach(&self) -> String;
}

/// What statements run on that read for somebody: the connections for reading, or the transaction that a write has open.
#[derive(Clone, Copy)]
pub struct Executor<'a>(Place<'a>);

#[derive(Clone, Copy)]
enum Place<'a> {
    Connections(&'a Db, &'a dyn Asker),
    Lease(&'a Lease),
    Transaction(&'a DatabaseTransaction),
}

impl Db {
    /// What is read in somebody's name, with a lease of its own for each statement.
    pub fn asked_by<'a>(&'a self, asker: &'a dyn Asker) -> Executor<'a> {
        Executor(Place::Connections(self, asker))
    }

    /// A transaction that has written and now shows what to somebody, until [`Db::resume`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn shown_to<'a>(&self, tx: &'a DatabaseTransaction, asker: &dyn Asker) -> AppResult<Executor<'a>> {
        if self.row_security {
            row_security::say_in(tx, &asker.reach()).await?;
        }
        Ok(Executor(Place::Transaction(tx)))
    }

    /// Goes on with a transaction as the service itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resume(&self, tx: &DatabaseTransaction) -> AppResult<()> {
        if self.row_security { row_security::say_in(tx, row_security::SERVICE).await } else { Ok(()) }
    }
}

impl Lease {
    /// What is read on this connection.
    pub fn executor(&self) -> Executor<'_> {
        Executor(Place::Lease(self))
    }
}

impl<'a> Executor<'a> {
    /// A transaction in which the service reads for itself what it writes of.
    pub fn of_service(tx: &'a DatabaseTransaction) -> Self {
        Self(Place::Transaction(tx))
    }

    /// Which of the two kinds of database it is.
    pub fn backend(self) -> DbBackend {
        match self.0 {
            Place::Connections(db, _) => db.backend(),
            Place::Lease(lease) => lease.backend(),
            Place::Transaction(tx) => tx.get_database_backend(),
        }
    }

    /// All rows of a statement.
    pub async fn query_all<S: StatementBuilder>(self, statement: &S) -> Result<Vec<QueryResult>, DbErr> {
        match self.0 {
            Place::Connections(db, asker) => db.lease(asker).query_all(statement.build(&db.backend())).await,
            Place::Lease(lease) => lease.query_all(statement.build(&lease.backend())).await,
            Place::Transaction(tx) => tx.query_all(statement).await,
        }
    }

    /// The first row of a statement.
    pub async fn query_one<S: StatementBuilder>(self, statement: &S) -> Result<Option<QueryResult>, DbErr> {
        match self.0 {
            Place::Transaction(tx) => tx.query_one(statement).await,
            Place::Connections(..) | Place::Lease(_) => Ok(self.query_all(statement).await?.into_iter().next()),
        }
    }
}
