//! Findings that someone has acknowledged, and findings of what was written without a document.
//!
//! SQLite cannot make a column nullable in place, so there the table is built anew with its rows.

use sea_orm_migration::prelude::{
    Alias, ColumnDef, DbErr, Expr, ExprTrait, MigrationName, MigrationTrait, Query, SchemaManager, Table,
    TableCreateStatement, async_trait,
};
use sea_orm_migration::sea_orm::DbBackend;

use crate::column::{index, int, key, long, part_of, stamps, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000260_acknowledged_findings"
    }
}

const INDEXES: [&[&str]; 9] = [
    &["source_id"],
    &["project_id"],
    &["indicator_id"],
    &["goal_id"],
    &["rule", "id"],
    &["severity", "id"],
    &["fiscal_year", "id"],
    &["created_at", "id"],
    &["unit_id", "fiscal_year"],
];

const COLUMNS: [&str; 18] = [
    "id",
    "division_code",
    "unit_id",
    "fiscal_year",
    "source_id",
    "goal_id",
    "project_id",
    "indicator_id",
    "rule",
    "severity",
    "subject",
    "detail",
    "source_line",
    "source_table",
    "source_row",
    "version",
    "created_at",
    "updated_at",
];

fn acknowledgement(manager: &SchemaManager<'_>) -> [ColumnDef; 4] {
    let at = long("acknowledged_at");
    [at, key("acknowledged_by_id"), text(manager, "acknowledged_by"), text(manager, "acknowledged_reason")]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            rebuild(manager, table(manager, key("source_id"), acknowledgement(manager).to_vec())).await?;
        } else {
            let mut alter = Table::alter();
            alter.table("finding").modify_column(key("source_id").null());
            for column in acknowledgement(manager) {
                alter.add_column(column);
            }
            manager.alter_table(alter.take()).await?;
        }
        index(manager, "finding", &["acknowledged_at", "id"]).await
    }

    /// Findings without a document have no place in the former table.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let homeless = Query::delete().from_table("finding").and_where(Expr::col("source_id").is_null()).take();
        manager.execute(homeless).await?;
        if manager.get_database_backend() == DbBackend::Sqlite {
            return rebuild(manager, table(manager, key("source_id").not_null().take(), Vec::new())).await;
        }
        let mut alter = Table::alter();
        alter.table("finding").modify_column(key("source_id").not_null());
        for column in acknowledgement(manager) {
            alter.drop_column(Alias::new(column.get_column_name()));
        }
        manager.alter_table(alter.take()).await
    }
}

/// The table of findings under another name.
fn table(manager: &SchemaManager<'_>, source_id: ColumnDef, last: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table(REBUILT)
        .col(key("id").not_null().primary_key())
        .col(text(manager, "division_code").not_null())
        .col(key("unit_id").not_null())
        .col(int("fiscal_year").not_null())
        .col(source_id)
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
        .foreign_key(&mut part_of(REBUILT, "source_id", "source_document"))
        .foreign_key(&mut part_of(REBUILT, "goal_id", "department_goal"))
        .foreign_key(&mut part_of(REBUILT, "project_id", "project"))
        .foreign_key(&mut part_of(REBUILT, "indicator_id", "indicator"));
    for column in last {
        table.col(column);
    }
    stamps(&mut table).take()
}

const REBUILT: &str = "finding_rebuilt";

/// Puts another form of the table in the place of the present one, with its rows and indexes.
async fn rebuild(manager: &SchemaManager<'_>, table: TableCreateStatement) -> Result<(), DbErr> {
    manager.create_table(table).await?;
    let rows = Query::select().columns(COLUMNS).from("finding").take();
    let mut copy = Query::insert();
    copy.into_table(REBUILT).columns(COLUMNS);
    copy.select_from(rows).map_err(|error| DbErr::Migration(error.to_string()))?;
    manager.execute(copy).await?;
    manager.drop_table(Table::drop().table("finding").take()).await?;
    manager.rename_table(Table::rename().table(REBUILT, "finding").take()).await?;
    for columns in INDEXES {
        index(manager, "finding", columns).await?;
    }
    Ok(())
}
