//! Spending plans (资金支出计划) and their points.

use sea_orm_migration::prelude::{ColumnDef, DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::column::{drop_tables, int, key, long, part_of, table, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000006_spending_plans"
    }
}

/// The columns of `spending_plan` between its key and its stamps.
pub fn spending_plan_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        key("unit_id").not_null().take(),
        key("project_id").not_null().take(),
        text(manager, "printed_basis").not_null().take(),
    ]
}

/// The columns of `plan_point` between its key and its stamps.
pub fn plan_point_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        key("unit_id").not_null().take(),
        key("plan_id").not_null().take(),
        int("month").not_null().take(),
        long("percent"),
        long("amount"),
        text(manager, "raw").not_null().take(),
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
                table("spending_plan", spending_plan_columns(manager))
                    .foreign_key(&mut part_of("spending_plan", "project_id", "project"))
                    .take(),
            )
            .await?;
        unique(manager, "spending_plan", &["project_id"]).await?;
        manager
            .create_table(
                table("plan_point", plan_point_columns(manager))
                    .foreign_key(&mut part_of("plan_point", "plan_id", "spending_plan"))
                    .take(),
            )
            .await?;
        unique(manager, "plan_point", &["plan_id", "month"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["plan_point", "spending_plan"]).await
    }
}
