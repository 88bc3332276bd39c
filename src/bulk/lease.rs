//! Who works on an operation: taking the next one, keeping it, and giving it back.

use std::time::Duration;

use entity::bulk_operation::{Column, Entity, Model};
use entity::id::BulkOperationId;
use entity::value::{BulkStatus, Timestamp};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Order};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::db::Job;
use crate::error::AppResult;

/// When the account of an operation was last served; 0 for never.
const LAST_SERVED: &str = "COALESCE((SELECT MAX(served.served_at) FROM bulk_operation AS served \
                           WHERE served.account_id IS NOT DISTINCT FROM bulk_operation.account_id), 0)";

/// A time that lies ahead.
pub fn after(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

/// Operations that somebody should work on, and nobody does.
pub fn waiting(now: Timestamp, dead: &[String]) -> Condition {
    let begun = [BulkStatus::Validating, BulkStatus::Running, BulkStatus::Canceling];
    let free = Condition::any()
        .add(Column::LeaseOwner.is_null())
        .add(Column::LeaseUntil.lt(now))
        .add(Column::LeaseOwner.is_in(dead.iter().map(String::as_str)));
    let left = Condition::all().add(Column::Status.is_in(begun)).add(free);
    Condition::any().add(Column::Status.eq(BulkStatus::Queued)).add(left)
}

/// The leases that somebody has.
pub async fn held(db: &impl ConnectionTrait) -> AppResult<Vec<String>> {
    let held = Entity::find().select_only().column(Column::LeaseOwner).filter(Column::LeaseOwner.is_not_null());
    Ok(held.distinct().into_tuple().all(db).await?)
}

/// Takes the next operation: of the account that was served longest ago, its oldest.
pub struct Take<'a> {
    /// Under which name.
    pub owner: &'a str,
    /// For how long.
    pub lease: Duration,
    /// Leases of processes that are dead.
    pub dead: &'a [String],
    /// The time.
    pub now: Timestamp,
}

impl Job for Take<'_> {
    type Output = Option<Model>;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<Option<Model>> {
        let mut next = Entity::find().filter(waiting(self.now, self.dead));
        QueryTrait::query(&mut next)
            .order_by_expr(Expr::cust(LAST_SERVED), Order::Asc)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let next = next.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(1).one(tx).await?;
        let Some(mut row) = next else { return Ok(None) };
        row.lease_owner = Some(self.owner.to_owned());
        row.lease_until = Some(after(self.now, self.lease));
        row.served_at = Some(self.now);
        row.started_at = row.started_at.or(Some(self.now));
        if row.status == BulkStatus::Queued {
            row.status = BulkStatus::Validating;
        }
        put(tx, &mut row, self.now).await?;
        Ok(Some(row))
    }
}

/// The operation, held until the end of the transaction, when this worker still has it.
pub async fn hold(tx: &DatabaseTransaction, id: BulkOperationId, owner: &str) -> AppResult<Option<Model>> {
    Ok(Entity::find_by_id(id).filter(Column::LeaseOwner.eq(owner)).lock_exclusive().one(tx).await?)
}

/// Stores a row that was held.
pub async fn put(tx: &DatabaseTransaction, row: &mut Model, now: Timestamp) -> AppResult<()> {
    row.version += 1;
    row.updated_at = now.max(row.updated_at);
    Entity::update(row.clone().into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

/// Keeps an operation for longer; false when another worker has it.
pub struct Renew<'a> {
    /// The operation.
    pub id: BulkOperationId,
    /// Under which name.
    pub owner: &'a str,
    /// Until when.
    pub until: Timestamp,
}

impl Job for Renew<'_> {
    type Output = bool;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<bool> {
        let renewed = Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(self.until))
            .filter(Column::Id.eq(self.id))
            .filter(Column::LeaseOwner.eq(self.owner))
            .exec(tx)
            .await?;
        Ok(renewed.rows_affected == 1)
    }
}

/// Gives an operation back, to go on later.
pub struct Release<'a> {
    /// The operation.
    pub id: BulkOperationId,
    /// Under which name.
    pub owner: &'a str,
}

impl Job for Release<'_> {
    type Output = ();

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<()> {
        Entity::update_many()
            .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .filter(Column::Id.eq(self.id))
            .filter(Column::LeaseOwner.eq(self.owner))
            .exec(tx)
            .await?;
        Ok(())
    }
}
