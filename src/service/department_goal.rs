//! Department goals (部门整体绩效目标) with their items, many at a time.

use std::collections::HashMap;

use entity::id::DepartmentGoalId;
use entity::value::{Publication, Timestamp};
use entity::{department_goal, goal_item};
use sea_orm::sea_query::{ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::publication;
use super::stored::{Change, Difference, KEYS_A_STATEMENT, Stored, Tally};
use super::work::Work;
use crate::auth::policy::Permission;
use crate::error::AppResult;

/// A department goal with its sub-goals and measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The goal.
    pub goal: department_goal::Model,
    /// Its items, by kind and ordinal.
    pub items: Vec<goal_item::Model>,
}

/// The stored goals under a condition, with their items.
pub async fn read(tx: &DatabaseTransaction, which: SimpleExpr) -> AppResult<Vec<Content>> {
    let goals = department_goal::Entity::find().filter(which).all(tx).await?;
    let ids: Vec<DepartmentGoalId> = goals.iter().map(|goal| goal.id).collect();
    let mut items: HashMap<DepartmentGoalId, Vec<goal_item::Model>> = HashMap::new();
    for ids in ids.chunks(KEYS_A_STATEMENT) {
        let of_goals = goal_item::Column::GoalId.is_in(ids.iter().copied());
        for item in goal_item::Entity::find().filter(of_goals).all(tx).await? {
            items.entry(item.goal_id).or_default().push(item);
        }
    }
    let contents = goals.into_iter().map(|goal| {
        let mut items = items.remove(&goal.id).unwrap_or_default();
        items.sort_by_key(|item| (item.kind, item.ordinal));
        Content { goal, items }
    });
    Ok(contents.collect())
}

/// Changes of goals and of their items.
#[derive(Default)]
pub struct Batch {
    goals: Difference<department_goal::Model>,
    items: Difference<goal_item::Model>,
}

impl Batch {
    /// Adds a goal as it shall be, over what is stored of it, and gives it as it will stand. Its items get its key here.
    ///
    /// A change of an item is a change of the goal too, so that `expectedVersion` and `updatedAt` speak for the whole.
    pub fn put(&mut self, known: Option<&Content>, wanted: Content, now: Timestamp) -> Content {
        let id = known.map_or(wanted.goal.id, |known| known.goal.id);
        let items = wanted.items.into_iter().map(|item| goal_item::Model { goal_id: id, ..item }).collect();
        let known_items = known.map(|known| known.items.clone()).unwrap_or_default();
        let items = Difference::between(known_items, items, |item| (item.kind, item.ordinal), now);
        let goal = match known {
            None => {
                self.goals.new.push(wanted.goal.clone());
                wanted.goal
            }
            Some(Content { goal: known, .. }) => {
                let touched = || {
                    let mut new = known.clone();
                    new.touch(known, now);
                    Change { old: known.clone(), new }
                };
                let change = Change::between(known, wanted.goal, now);
                match change.or_else(|| (!items.is_empty()).then(touched)) {
                    None => known.clone(),
                    Some(change) => {
                        self.goals.changed.push(change.clone());
                        change.new
                    }
                }
            }
        };
        let content = Content { goal, items: items.rows.clone() };
        self.items.join(items);
        content
    }

    /// Adds the deletion of a goal with its items.
    pub fn delete(&mut self, known: &Content) {
        self.goals.gone.push(known.goal.clone());
        self.items.gone.extend(known.items.iter().cloned());
    }

    /// Writes it all: items that are gone before their goals, new ones after.
    pub async fn write(&self, work: &mut Work<'_>) -> AppResult<()> {
        self.items.remove_gone(work).await?;
        self.goals.write(work).await?;
        self.items.write_rest(work).await
    }
}

/// Stores the goal of a unit and year with its whole list of items, published where `publish` says so, and gives the goal.
pub async fn store(
    work: &mut Work<'_>,
    mut wanted: department_goal::Model,
    items: Vec<goal_item::Model>,
    publish: bool,
    tally: &mut Tally,
) -> AppResult<department_goal::Model> {
    super::scope::may_in_division(work.caller, Permission::ImportRun, &wanted.division_code, Some(wanted.fiscal_year))?;
    let of_unit = department_goal::Column::DivisionCode
        .eq(&wanted.division_code)
        .and(department_goal::Column::UnitId.eq(wanted.unit_id))
        .and(department_goal::Column::FiscalYear.eq(wanted.fiscal_year));
    let known = read(work.tx, of_unit).await?.pop();
    let before = known.as_ref().map(|known| (known.goal.publication, known.goal.published_at));
    (wanted.publication, wanted.published_at) = publication::after_import(before, publish, work.now);
    let mut batch = Batch::default();
    let stored = batch.put(known.as_ref(), Content { goal: wanted, items }, work.now);
    batch.write(work).await?;
    if let Some(known) = known.as_ref().filter(|known| known.goal.publication == Publication::Published)
        && known.goal != stored.goal
    {
        publication::may_change(work, "The department goal", &known.goal.division_code, known.goal.fiscal_year)?;
    }
    match known {
        None => tally.created += 1,
        Some(known) if known.goal == stored.goal => tally.unchanged += 1,
        Some(_) => tally.updated += 1,
    }
    Ok(stored.goal)
}
