//! Objectives (绩效目标) and indicators (绩效指标) of projects.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, int, key, long, part_of, reference, stamps, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000007_objectives_and_indicators"
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
                        .table("objective")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(key("project_id").not_null())
                        .col(int("ordinal").not_null())
                        .col(text(manager, "number"))
                        .col(text(manager, "text").not_null())
                        .foreign_key(&mut part_of("objective", "project_id", "project"))
                        .take(),
                )
                .take(),
            )
            .await?;
        unique(manager, "objective", &["project_id", "ordinal"]).await?;
        manager
            .create_table(
                stamps(
                    &mut Table::create()
                        .table("indicator")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(int("fiscal_year").not_null())
                        .col(key("project_id").not_null())
                        .col(int("ordinal").not_null())
                        .col(key("level1_id").not_null())
                        .col(key("level2_id"))
                        .col(text(manager, "level1_raw"))
                        .col(text(manager, "level2_raw"))
                        .col(text(manager, "name").not_null())
                        .col(text(manager, "description"))
                        .col(text(manager, "basis"))
                        .col(long("weight"))
                        .col(text(manager, "target_kind").not_null())
                        .col(text(manager, "comparison"))
                        .col(long("value"))
                        .col(long("low"))
                        .col(long("high"))
                        .col(text(manager, "target_unit"))
                        .col(text(manager, "target_raw").not_null())
                        .foreign_key(&mut part_of("indicator", "project_id", "project"))
                        .foreign_key(&mut reference("indicator", "level1_id", "indicator_level"))
                        .foreign_key(&mut reference("indicator", "level2_id", "indicator_level"))
                        .take(),
                )
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
