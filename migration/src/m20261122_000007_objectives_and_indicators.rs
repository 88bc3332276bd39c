//! Objectives (绩效目标) and indicators (绩效指标) of projects.

use sea_orm_migration::prelude::{ColumnDef, DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::column::{drop_tables, index, int, key, long, part_of, reference, table, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000007_objectives_and_indicators"
    }
}

/// The columns of `objective` between its key and its stamps.
pub fn objective_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        key("unit_id").not_null().take(),
        key("project_id").not_null().take(),
        int("ordinal").not_null().take(),
        text(manager, "number"),
        text(manager, "text").not_null().take(),
    ]
}

/// The columns of `indicator` between its key and its stamps.
pub fn indicator_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        key("unit_id").not_null().take(),
        int("fiscal_year").not_null().take(),
        key("project_id").not_null().take(),
        int("ordinal").not_null().take(),
        key("level1_id").not_null().take(),
        key("level2_id"),
        text(manager, "level1_raw"),
        text(manager, "level2_raw"),
        text(manager, "name").not_null().take(),
        text(manager, "description"),
        text(manager, "basis"),
        long("weight"),
        text(manager, "target_kind").not_null().take(),
        text(manager, "comparison"),
        long("value"),
        long("low"),
        long("high"),
        text(manager, "target_unit"),
        text(manager, "target_raw").not_null().take(),
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
                table("objective", objective_columns(manager))
                    .foreign_key(&mut part_of("objective", "project_id", "project"))
                    .take(),
            )
            .await?;
        unique(manager, "objective", &["project_id", "ordinal"]).await?;
        manager
            .create_table(
                table("indicator", indicator_columns(manager))
                    .foreign_key(&mut part_of("indicator", "project_id", "project"))
                    .foreign_key(&mut reference("indicator", "level1_id", "indicator_level"))
                    .foreign_key(&mut reference("indicator", "level2_id", "indicator_level"))
                    .take(),
            )
            .await?;
        unique(manager, "indicator", &["project_id", "ordinal"]).await?;
        index(manager, "indicator", &["unit_id", "fiscal_year", "id"]).await?;
        index(manager, "indicator", &["fiscal_year", "id"]).await?;
        index(manager, "indicator", &["level1_id", "id"]).await?;
        index(manager, "indicator", &["level2_id", "id"]).await?;
        index(manager, "indicator", &["name", "id"]).await?;
        index(manager, "indicator", &["value", "id"]).await?;
        index(manager, "indicator", &["weight", "id"]).await?;
        index(manager, "indicator", &["updated_at", "id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["indicator", "objective"]).await
    }
}
