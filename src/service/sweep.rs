//! Deleting what has expired, of any table.

use std::marker::PhantomData;

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter};

use crate::db::{Db, Job};
use crate::error::AppResult;

/// Deletes the rows of a table for which this holds, and tells how many there were.
///
/// # Errors
/// What the database says.
pub(super) async fn rows<E: EntityTrait>(db: &Db, over: SimpleExpr) -> AppResult<u64> {
    db.commit(&Sweep::<E>(over, PhantomData)).await
}

struct Sweep<E>(SimpleExpr, PhantomData<fn() -> E>);

impl<E: EntityTrait> Job for Sweep<E> {
    type Output = u64;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<u64> {
        Ok(E::delete_many().filter(self.0.clone()).exec(tx).await?.rows_affected)
    }
}
