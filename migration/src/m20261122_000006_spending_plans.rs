//! Spending plans (资金支出计划) and their points.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, int, key, long, part_of, stamps, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000006_spending_plans"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                stamps(
                    &mut Table::create()
                        .table("spending_plan")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(key("project_id").not_null().unique_key())
                        .col(text(manager, "printed_basis").not_null())
                        .foreign_key(&mut part_of("spending_plan", "project_id", "project"))
                        .take(),
                )
                .take(),
            )
            .await?;
        manager
            .create_table(
                stamps(
                    &mut Table::create()
                        .table("plan_point")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(key("plan_id").not_null())
                        .col(int("month").not_null())
                        .col(long("percent"))
                        .col(long("amount"))
                        .col(text(manager, "raw").not_null())
                        .foreign_key(&mut part_of("plan_point", "plan_id", "spending_plan"))
                        .take(),
                )
                .take(),
            )
            .await?;
        unique(manager, "plan_point", &["plan_id", "month"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["plan_point", "spending_plan"]).await
    }
}
