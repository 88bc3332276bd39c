//! The column forms that every table shares, alike on both databases.

use sea_orm_migration::prelude::{
    ColumnDef, DbErr, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index, SchemaManager, Table,
    TableCreateStatement,
};
use sea_orm_migration::sea_orm::DbBackend;

/// Text that sorts and compares by code point on both databases.
pub fn text(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// A UUID: native on PostgreSQL, 16 bytes on SQLite.
pub fn key(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.uuid();
    column
}

/// A 64-bit integer: money in 分, decimals times 10⁶, times in microseconds.
pub fn long(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer();
    column
}

/// A 32-bit integer.
pub fn int(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.integer();
    column
}

/// Yes or no.
pub fn flag(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.boolean();
    column
}

/// A business table: the key, its columns, version and times.
pub fn table(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).col(key("id").not_null().primary_key()).take();
    for column in columns {
        table.col(column);
    }
    stamps(&mut table).take()
}

/// The former states of a business table's rows: the same columns, until when a state held, and whether the row went
/// then. One state has one version.
pub fn history(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).col(key("id").not_null()).take();
    for column in columns {
        table.col(column);
    }
    stamps(&mut table)
        .col(long("valid_to").not_null())
        .col(ColumnDef::new("deleted").boolean().not_null())
        .primary_key(Index::create().col("id").col("version"))
        .take()
}

/// Version and times, last in every business table.
pub fn stamps(table: &mut TableCreateStatement) -> &mut TableCreateStatement {
    table.col(int("version").not_null()).col(long("created_at").not_null()).col(long("updated_at").not_null())
}

/// A reference that stops the deletion of what it points to.
pub fn reference(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(to, "id").take()
}

/// A reference of a part to its whole: the part goes with the whole.
pub fn part_of(table: &'static str, column: &'static str, whole: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(whole, "id").on_delete(ForeignKeyAction::Cascade).take()
}

/// Makes the index `<table>_<columns joined by _>`.
pub async fn index(manager: &SchemaManager<'_>, table: &'static str, columns: &[&'static str]) -> Result<(), DbErr> {
    create(manager, table, columns, false).await
}

/// Makes the unique index `<table>_<columns joined by _>`.
pub async fn unique(manager: &SchemaManager<'_>, table: &'static str, columns: &[&'static str]) -> Result<(), DbErr> {
    create(manager, table, columns, true).await
}

async fn create(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    unique: bool,
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(format!("{table}_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    if unique {
        index.unique();
    }
    manager.create_index(index).await
}

/// Drops tables, the dependent ones first.
pub async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(*table).take()).await?;
    }
    Ok(())
}
