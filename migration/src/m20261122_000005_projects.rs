//! Projects (预算项目): one of one unit and fiscal year.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::column::{drop_tables, index, int, key, long, reference, stamps, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000005_projects"
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
                        .table("project")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(int("fiscal_year").not_null())
                        .col(int("ordinal").not_null())
                        .col(text(manager, "code"))
                        .col(text(manager, "name").not_null())
                        .col(text(manager, "heading"))
                        .col(text(manager, "unit_raw"))
                        .col(text(manager, "goal_level").not_null())
                        .col(long("budget"))
                        .col(text(manager, "budget_raw"))
                        .col(long("fiscal_funds"))
                        .col(text(manager, "fiscal_funds_raw"))
                        .col(long("other_funds"))
                        .col(text(manager, "other_funds_raw"))
                        .col(text(manager, "purpose"))
                        .col(key("source_id"))
                        .col(int("source_line"))
                        .col(int("source_table"))
                        .col(int("source_row"))
                        .foreign_key(&mut reference("project", "unit_id", "unit"))
                        .foreign_key(&mut reference("project", "source_id", "source_document"))
                        .take(),
                )
                .take(),
            )
            .await?;
        // The natural key is the code where the form has one, else the name inside unit and year.
        let connection = manager.get_connection();
        connection
            .execute_unprepared(
                "CREATE UNIQUE INDEX project_division_code_fiscal_year_code \
                 ON project (division_code, fiscal_year, code) WHERE code IS NOT NULL",
            )
            .await?;
        connection
            .execute_unprepared(
                "CREATE UNIQUE INDEX project_unit_id_fiscal_year_name \
                 ON project (unit_id, fiscal_year, name) WHERE code IS NULL",
            )
            .await?;
        index(manager, "project", &["unit_id", "fiscal_year", "ordinal", "id"]).await?;
        index(manager, "project", &["fiscal_year", "unit_id", "ordinal", "id"]).await?;
        index(manager, "project", &["fiscal_year", "id"]).await?;
        index(manager, "project", &["code", "id"]).await?;
        index(manager, "project", &["name", "id"]).await?;
        index(manager, "project", &["budget", "id"]).await?;
        index(manager, "project", &["fiscal_funds", "id"]).await?;
        index(manager, "project", &["other_funds", "id"]).await?;
        index(manager, "project", &["updated_at", "id"]).await?;
        index(manager, "project", &["source_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["project"]).await
    }
}
