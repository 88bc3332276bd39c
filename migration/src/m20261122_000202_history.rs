//! The former states of rows: one table of them for each table whose past can be asked for.

use sea_orm_migration::prelude::{ColumnDef, DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::append_only::{refuse_delete, refuse_update};
use crate::column::{drop_tables, history, index};
use crate::m20261122_000001_divisions_and_units::unit_columns;
use crate::m20261122_000004_department_goals::{department_goal_columns, goal_item_columns};
use crate::m20261122_000005_projects::project_columns;
use crate::m20261122_000006_spending_plans::{plan_point_columns, spending_plan_columns};
use crate::m20261122_000007_objectives_and_indicators::{indicator_columns, objective_columns};

/// See the module.
pub struct Migration;

type Columns = fn(&SchemaManager<'_>) -> Vec<ColumnDef>;

/// The table of former states, the columns it shares, and the column by which its rows are found from another table.
const TABLES: [(&str, Columns, &str); 8] = [
    ("unit_history", unit_columns, "parent_id"),
    ("department_goal_history", department_goal_columns, "unit_id"),
    ("goal_item_history", goal_item_columns, "goal_id"),
    ("project_history", project_columns, "unit_id"),
    ("objective_history", objective_columns, "project_id"),
    ("spending_plan_history", spending_plan_columns, "project_id"),
    ("plan_point_history", plan_point_columns, "plan_id"),
    ("indicator_history", indicator_columns, "project_id"),
];

/// Tables whose rows of a moment are also looked for without coming from another table.
const ROOTS: [&str; 2] = ["unit_history", "project_history"];

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000202_history"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns, parent) in TABLES {
            manager.create_table(history(name, columns(manager))).await?;
            index(manager, name, &[parent, "valid_to"]).await?;
            refuse_update(manager, name).await?;
            refuse_delete(manager, name).await?;
        }
        for name in ROOTS {
            index(manager, name, &["valid_to"]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &TABLES.map(|(name, ..)| name)).await
    }
}
