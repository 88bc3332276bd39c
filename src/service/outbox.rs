//! Reading the outbox: the changes of all entities, in an order in which nothing appears late.
//!
//! On PostgreSQL a transaction that began early can commit after others, so the number of a row does not tell whether an
//! earlier one is still to come. The number of its transaction does: everything below the oldest transaction that still
//! runs is settled, and a reader who goes on from the last `(xid, seq)` that it had misses nothing and has nothing twice.
//! PostgreSQL numbers the transactions of a whole server: a long one in another database holds this horizon back, too.

use entity::change;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::AppResult;

/// A place in the outbox: the transaction and the number of a row. The beginning is before every row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The transaction.
    pub xid: i64,
    /// The number.
    pub seq: i64,
}

impl Place {
    /// The place of a row.
    pub fn of(row: &change::Model) -> Self {
        Self { xid: row.xid, seq: row.seq }
    }
}

/// The settled rows after a place, in order, so many at the most.
///
/// # Errors
/// `FORBIDDEN` for who may not do this everywhere, since the outbox has no scope, and what reading can end with.
pub async fn settled(
    db: &impl ConnectionTrait,
    caller: &Caller,
    after: Place,
    limit: u64,
) -> AppResult<Vec<change::Model>> {
    caller.must_everywhere(Permission::Operate)?;
    let columns = [change::Column::Xid, change::Column::Seq].map(|column| column.into_expr());
    let later = Expr::tuple(columns).gt(Expr::tuple([after.xid.into(), after.seq.into()]));
    let mut rows = change::Entity::find().filter(later);
    if db.get_database_backend() == DbBackend::Postgres {
        let horizon = Expr::cust("pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
        rows = rows.filter(change::Column::Xid.into_expr().lt(horizon));
    }
    let rows = rows.order_by_asc(change::Column::Xid).order_by_asc(change::Column::Seq).limit(limit);
    Ok(rows.all(db).await?)
}
