//! Department goals (部门整体绩效目标) with sub-goals and measures.

use sea_orm_migration::prelude::{ColumnDef, DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::column::{drop_tables, index, int, key, part_of, reference, table, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000004_department_goals"
    }
}

/// The columns of `department_goal` between its key and its stamps.
pub fn department_goal_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        key("unit_id").not_null().take(),
        int("fiscal_year").not_null().take(),
        text(manager, "overall"),
        key("source_id"),
        int("source_line"),
        int("source_table"),
        int("source_row"),
    ]
}

/// The columns of `goal_item` between its key and its stamps.
pub fn goal_item_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        key("unit_id").not_null().take(),
        key("goal_id").not_null().take(),
        text(manager, "kind").not_null().take(),
        int("ordinal").not_null().take(),
        text(manager, "number"),
        text(manager, "text").not_null().take(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("department_goal", department_goal_columns(manager))
                    .foreign_key(&mut reference("department_goal", "unit_id", "unit"))
                    .foreign_key(&mut reference("department_goal", "source_id", "source_document"))
                    .take(),
            )
            .await?;
        unique(manager, "department_goal", &["division_code", "unit_id", "fiscal_year"]).await?;
        index(manager, "department_goal", &["unit_id", "fiscal_year"]).await?;
        index(manager, "department_goal", &["fiscal_year", "id"]).await?;
        index(manager, "department_goal", &["updated_at", "id"]).await?;
        index(manager, "department_goal", &["source_id"]).await?;
        manager
            .create_table(
                table("goal_item", goal_item_columns(manager))
                    .foreign_key(&mut part_of("goal_item", "goal_id", "department_goal"))
                    .take(),
            )
            .await?;
        unique(manager, "goal_item", &["goal_id", "kind", "ordinal"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["goal_item", "department_goal"]).await
    }
}
