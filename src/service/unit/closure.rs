//! The closure of the unit tree: every unit with itself and with each unit above it, kept right in sets.

use std::collections::HashSet;

use entity::id::UnitId;
use entity::unit_closure::{Column, Entity};
use sea_orm::sea_query::{Alias, CommonTableExpression, Expr, ExprTrait, Query, UnionType, WithClause};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use crate::error::{AppError, AppResult};
use crate::service::stored::KEYS_A_STATEMENT;

/// Makes the closure right again after these units were made or came under another unit: three statements for each few
/// thousand units.
///
/// The new tree must have no cycle.
pub async fn rebuild(tx: &DatabaseTransaction, units: &[UnitId]) -> AppResult<()> {
    // What lies below a unit that moved moved with it; the first unit on a changed way up is one of these units.
    let mut moved: HashSet<UnitId> = units.iter().copied().collect();
    for units in units.chunks(KEYS_A_STATEMENT) {
        let below = Entity::find()
            .select_only()
            .column(Column::DescendantId)
            .distinct()
            .filter(Column::AncestorId.is_in(units.iter().copied()))
            .filter(Column::Depth.gt(0));
        moved.extend(below.into_tuple::<UnitId>().all(tx).await?);
    }
    let moved: Vec<UnitId> = moved.into_iter().collect();
    for moved in moved.chunks(KEYS_A_STATEMENT) {
        Entity::delete_many().filter(Column::DescendantId.is_in(moved.iter().copied())).exec(tx).await?;
        insert(tx, moved).await?;
    }
    Ok(())
}

/// Whether a unit lies below another one, or is it.
pub async fn is_below(tx: &DatabaseTransaction, lower: UnitId, upper: UnitId) -> AppResult<bool> {
    Ok(Entity::find_by_id((upper, lower)).one(tx).await?.is_some())
}

/// Inserts the rows of units that have none, by a walk up the tree.
async fn insert(tx: &DatabaseTransaction, units: &[UnitId]) -> AppResult<()> {
    let columns = ["ancestor_id", "descendant_id", "depth"];
    let itself = Query::select()
        .column("id")
        .column("id")
        .expr(Expr::cust("0"))
        .from("unit")
        .and_where(Expr::col("id").is_in(units.iter().copied()))
        .take();
    let upwards = Query::select()
        .column(("unit", "parent_id"))
        .column(("walk", "descendant_id"))
        .expr(Expr::col(("walk", "depth")).add(Expr::cust("1")))
        .from("walk")
        .inner_join("unit", Expr::col(("unit", "id")).equals(("walk", "ancestor_id")))
        .and_where(Expr::col(("unit", "parent_id")).is_not_null())
        .take();
    let mut walk = CommonTableExpression::new();
    let query = itself.clone().union(UnionType::All, upwards).take();
    walk.table_name(Alias::new("walk")).columns(columns).query(query);
    let mut rows = Query::insert();
    rows.into_table("unit_closure").columns(columns);
    // As many columns are selected as are named.
    rows.select_from(Query::select().columns(columns).from("walk").take()).map_err(AppError::internal)?;
    let with = WithClause::new().recursive(true).cte(walk).to_owned();
    tx.execute(&rows.with(with)).await?;
    Ok(())
}
