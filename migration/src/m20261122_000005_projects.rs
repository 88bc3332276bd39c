//! Projects (预算项目): one of one unit and fiscal year.

use sea_orm_migration::prelude::{ColumnDef, DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::column::{drop_tables, index, int, key, long, reference, table, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000005_projects"
    }
}

/// The columns of `project` between its key and its stamps.
pub fn project_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        key("unit_id").not_null().take(),
        int("fiscal_year").not_null().take(),
        int("ordinal").not_null().take(),
        text(manager, "code"),
        text(manager, "name").not_null().take(),
        text(manager, "heading"),
        text(manager, "unit_raw"),
        text(manager, "goal_level").not_null().take(),
        long("budget"),
        text(manager, "budget_raw"),
        long("fiscal_funds"),
        text(manager, "fiscal_funds_raw"),
        long("other_funds"),
        text(manager, "other_funds_raw"),
        text(manager, "purpose"),
        key("source_id"),
        int("source_line"),
        int("source_table"),
        int("source_row"),
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
                table("project", project_columns(manager))
                    .foreign_key(&mut reference("project", "unit_id", "unit"))
                    .foreign_key(&mut reference("project", "source_id", "source_document"))
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
