//! Several statements, or a large answer, without waiting idly for the database.
//!
//! SQLite works on a thread of its own and PostgreSQL in a process of its own. With large writes this side has as much to
//! do as they have: making statements, reading rows. So both do it at the same time.

use futures_util::TryStreamExt;
use futures_util::future::join;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, Select, Statement};

use crate::error::AppResult;

/// Runs the statements that `next` makes, one after the other, until it makes none. The next one is made while the database
/// is busy with the one before.
///
/// # Errors
/// What making or running one ends with; nothing of the transaction may stay then.
pub async fn execute_each(
    tx: &DatabaseTransaction,
    mut next: impl FnMut() -> AppResult<Option<Statement>>,
) -> AppResult<()> {
    let mut made = next()?;
    while let Some(statement) = made {
        // The first future has sent the statement to the database when the second begins.
        let (done, following) = join(tx.execute_raw(statement), async { next() }).await;
        done?;
        made = following?;
    }
    Ok(())
}

/// The rows of a large answer: each is read while the database looks for the next ones.
///
/// # Errors
/// What the database says.
pub async fn read_each<E: EntityTrait>(tx: &DatabaseTransaction, select: Select<E>) -> AppResult<Vec<E::Model>>
where
    E::Model: Send,
{
    Ok(select.stream(tx).await?.try_collect().await?)
}
