//! Department goals (部门整体绩效目标) with sub-goals and measures.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, int, key, part_of, reference, stamps, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000004_department_goals"
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
                        .table("department_goal")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(int("fiscal_year").not_null())
                        .col(text(manager, "overall"))
                        .col(key("source_id"))
                        .col(int("source_line"))
                        .col(int("source_table"))
                        .col(int("source_row"))
                        .foreign_key(&mut reference("department_goal", "unit_id", "unit"))
                        .foreign_key(&mut reference("department_goal", "source_id", "source_document"))
                        .take(),
                )
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
                stamps(
                    &mut Table::create()
                        .table("goal_item")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(key("goal_id").not_null())
                        .col(text(manager, "kind").not_null())
                        .col(int("ordinal").not_null())
                        .col(text(manager, "number"))
                        .col(text(manager, "text").not_null())
                        .foreign_key(&mut part_of("goal_item", "goal_id", "department_goal"))
                        .take(),
                )
                .take(),
            )
            .await?;
        unique(manager, "goal_item", &["goal_id", "kind", "ordinal"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["goal_item", "department_goal"]).await
    }
}
