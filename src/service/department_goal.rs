//! Department goals (部门整体绩效目标) with their items.

use entity::{department_goal, goal_item};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::stored::{self, Tally};
use super::work::Work;
use crate::error::AppResult;

/// Stores the goal of a unit and year with its whole list of items, and gives the goal.
pub async fn store(
    work: &mut Work<'_>,
    wanted: department_goal::Model,
    items: Vec<goal_item::Model>,
    tally: &mut Tally,
) -> AppResult<department_goal::Model> {
    super::scope::may_write_division(work.caller, &wanted.division_code)?;
    let known = department_goal::Entity::find()
        .filter(department_goal::Column::DivisionCode.eq(&wanted.division_code))
        .filter(department_goal::Column::UnitId.eq(wanted.unit_id))
        .filter(department_goal::Column::FiscalYear.eq(wanted.fiscal_year))
        .one(work.tx)
        .await?;
    let goal = stored::put(work, known, wanted, tally).await?;
    let known = goal_item::Entity::find().filter(goal_item::Column::GoalId.eq(goal.id)).all(work.tx).await?;
    let items = items.into_iter().map(|item| goal_item::Model { goal_id: goal.id, ..item }).collect();
    let mut of_items = Tally::default();
    stored::replace(work, known, items, |item| (item.kind, item.ordinal), &mut of_items).await?;
    Ok(goal)
}
