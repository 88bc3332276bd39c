//! Reading one state of the database, however long it takes and whatever is written meanwhile.

use sea_orm::{AccessMode, DatabaseTransaction, DbBackend, IsolationLevel, TransactionOptions, TransactionTrait};

use super::Db;
use crate::error::AppError;

impl Db {
    /// Runs `work` on the state of this moment. Its future stays on its thread: it is for commands and tests.
    ///
    /// # Errors
    /// What `work` ends with, and what reading can end with.
    pub async fn snapshot<T, E: From<AppError>>(
        &self,
        work: impl AsyncFn(&DatabaseTransaction) -> Result<T, E>,
    ) -> Result<T, E> {
        // A transaction of SQLite sees one state always, and knows no access modes.
        let postgres = self.backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: None,
        };
        let tx = self.read().begin_with_options(options).await.map_err(AppError::from)?;
        let outcome = work(&tx).await;
        tx.rollback().await.map_err(AppError::from)?;
        outcome
    }
}
