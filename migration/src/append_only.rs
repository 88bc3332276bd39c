//! Tables that only grow, held by the database itself: triggers that refuse what would change the past.

use sea_orm_migration::prelude::{DbErr, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Makes the function that the triggers of PostgreSQL call; SQLite needs none.
pub async fn prepare(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let refuse = "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                  RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$";
    on_postgres(manager, refuse).await
}

/// Drops that function, after the tables that use it.
pub async fn dismiss(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    on_postgres(manager, "DROP FUNCTION refuse_change()").await
}

/// Refuses to update rows of a table.
pub async fn refuse_update(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    refuse(manager, table, "UPDATE").await
}

/// Refuses to delete rows of a table, and to empty it.
pub async fn refuse_delete(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    refuse(manager, table, "DELETE").await?;
    on_postgres(
        manager,
        &format!(
            "CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        ),
    )
    .await
}

async fn refuse(manager: &SchemaManager<'_>, table: &str, what: &str) -> Result<(), DbErr> {
    let name = format!("{table}_refuse_{}", what.to_lowercase());
    let sql = match manager.get_database_backend() {
        DbBackend::Sqlite => format!(
            "CREATE TRIGGER {name} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
        ),
        _ => format!(
            "CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        ),
    };
    manager.get_connection().execute_unprepared(&sql).await.map(drop)
}

async fn on_postgres(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    match manager.get_database_backend() {
        DbBackend::Postgres => manager.get_connection().execute_unprepared(sql).await.map(drop),
        _ => Ok(()),
    }
}
