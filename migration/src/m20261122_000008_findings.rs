//! Findings (数据质量问题): what a quality rule noticed, and where.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, int, key, part_of, stamps, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000008_findings"
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
                        .table("finding")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(int("fiscal_year").not_null())
                        .col(key("source_id").not_null())
                        .col(key("goal_id"))
                        .col(key("project_id"))
                        .col(key("indicator_id"))
                        .col(text(manager, "rule").not_null())
                        .col(text(manager, "severity").not_null())
                        .col(text(manager, "subject").not_null())
                        .col(text(manager, "detail").not_null())
                        .col(int("source_line"))
                        .col(int("source_table"))
                        .col(int("source_row"))
                        .foreign_key(&mut part_of("finding", "source_id", "source_document"))
                        .foreign_key(&mut part_of("finding", "goal_id", "department_goal"))
                        .foreign_key(&mut part_of("finding", "project_id", "project"))
                        .foreign_key(&mut part_of("finding", "indicator_id", "indicator"))
                        .take(),
                )
                .take(),
            )
            .await?;
        index(manager, "finding", &["source_id"]).await?;
        index(manager, "finding", &["project_id"]).await?;
        index(manager, "finding", &["indicator_id"]).await?;
        index(manager, "finding", &["goal_id"]).await?;
        index(manager, "finding", &["rule", "id"]).await?;
        index(manager, "finding", &["severity", "id"]).await?;
        index(manager, "finding", &["fiscal_year", "id"]).await?;
        index(manager, "finding", &["created_at", "id"]).await?;
        index(manager, "finding", &["unit_id", "fiscal_year"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["finding"]).await
    }
}
