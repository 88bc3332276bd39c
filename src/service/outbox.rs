//! Reading the outbox: the changes of all entities, in an order in which nothing appears late.
//!
//! On PostgreSQL a transaction that began early can commit after others, so the number of a row does not tell whether an
//! earlier one is still to come. The number of its transaction does: everything below the oldest transaction that still
//! runs is settled, and a reader who goes on from the last `(xid, seq)` that it had misses nothing and has nothing twice.
//! PostgreSQL numbers the transactions of a whole server: a long one in another database holds this horizon back, too.

use std::time::Duration;

use entity::change;
use entity::value::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::AppResult;

/// The oldest transaction of PostgreSQL that still runs.
const HORIZON: &str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

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
        rows = rows.filter(change::Column::Xid.into_expr().lt(Expr::cust(HORIZON)));
    }
    let rows = rows.order_by_asc(change::Column::Xid).order_by_asc(change::Column::Seq).limit(limit);
    Ok(rows.all(db).await?)
}

/// For how long the oldest change waits at the time `now` that no reader can have yet, because a transaction that began before
/// it still runs. None does on SQLite.
///
/// # Errors
/// As [`settled`].
pub async fn lag(db: &impl ConnectionTrait, caller: &Caller, now: Timestamp) -> AppResult<Duration> {
    caller.must_everywhere(Permission::Operate)?;
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(Duration::ZERO);
    }
    let oldest = change::Entity::find()
        .filter(change::Column::Xid.into_expr().gte(Expr::cust(HORIZON)))
        .order_by_asc(change::Column::Xid)
        .order_by_asc(change::Column::Seq)
        .one(db)
        .await?;
    let waited = oldest.map_or(0, |row| now.0.saturating_sub(row.at.0));
    Ok(Duration::from_micros(u64::try_from(waited).unwrap_or(0)))
}

/// Puts all rows before whatever is written from now on. For a database that was restored on another server, whose
/// transactions have other numbers: rows of theirs would seem unsettled, and later ones earlier.
///
/// # Errors
/// `FORBIDDEN` for who may not do this everywhere, and what writing can end with.
pub async fn begin_anew(tx: &DatabaseTransaction, caller: &Caller) -> AppResult<()> {
    caller.must_everywhere(Permission::Operate)?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // The trigger is what holds the table to be append-only.
        let anew = "ALTER TABLE change DISABLE TRIGGER USER; UPDATE change SET xid = 0; \
                    ALTER TABLE change ENABLE TRIGGER USER";
        tx.execute_unprepared(anew).await?;
    }
    Ok(())
}
