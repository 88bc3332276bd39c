//! The tables whose rows belong to units, in one place.

use entity::id::UnitId;
use entity::{
    account_grant, department_goal, finding, goal_item, indicator, objective, plan_point, project, source_document,
    spending_plan, unit_alias,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::error::AppResult;
use crate::service::stored::{self, Change, Stored};
use crate::service::work::Work;

macro_rules! owned {
    ($($table:ident),* $(,)?) => {
        /// Every table whose rows name a unit as theirs, but for records of the past.
        pub const OWNED: &[&str] = &[$(stringify!($table)),*];

        /// Gives everything that belongs to one unit to another one.
        pub(super) async fn hand_over(work: &mut Work<'_>, from: UnitId, into: UnitId) -> AppResult<()> {
            $(
                let rows = $table::Entity::find().filter($table::Column::UnitId.eq(from)).all(work.tx).await?;
                let changes = rows.into_iter().map(|old| {
                    let mut new = $table::Model { unit_id: into.into(), ..old.clone() };
                    new.touch(&old, work.now);
                    Change { old, new }
                });
                let changes: Vec<_> = changes.collect();
                stored::update(work, &changes).await?;
            )*
            Ok(())
        }
    };
}

owned!(
    unit_alias,
    source_document,
    department_goal,
    goal_item,
    project,
    objective,
    spending_plan,
    plan_point,
    indicator,
    finding,
    account_grant,
);
