//! Finding what a condition means, to write it.

use sea_orm::{ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::error::AppResult;
use crate::service::filter::{Context, Filter};
use crate::service::scope::{self, Scoped};
use crate::service::work::Work;

/// The keys of the rows that pass a filter and that the caller may see, at most `most`, locked until the end of the
/// transaction: as long as it runs they stay what the filter found.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN` for a caller who may not look at the table at all, and what the database says.
pub async fn found<E: Scoped>(work: &Work<'_>, filter: &Filter, key: E::Column, most: u64) -> AppResult<Vec<Uuid>> {
    let context = Context { caller: work.caller, backend: work.tx.get_database_backend(), as_of: None };
    let rows = scope::find::<E>(work.caller)?
        .filter(filter.condition(context))
        .select_only()
        .column(key)
        .order_by_asc(key)
        .limit(most)
        .lock_exclusive();
    Ok(rows.into_tuple().all(work.tx).await?)
}
