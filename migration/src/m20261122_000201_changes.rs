//! The outbox: one row for each changed entity, written with the change, for the feed to read.

use sea_orm_migration::prelude::{DbErr, Expr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};
use sea_orm_migration::sea_orm::DbBackend;

use crate::append_only::refuse_update;
use crate::column::{drop_tables, index, int, key, long, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000201_changes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The transaction that wrote the row; SQLite has one writer at a time, so there the number of the row says it all.
        let writer = match manager.get_database_backend() {
            DbBackend::Postgres => "pg_current_xact_id()::text::bigint",
            _ => "0",
        };
        manager
            .create_table(
                Table::create()
                    .table("change")
                    .col(long("seq").not_null().auto_increment().primary_key())
                    .col(long("xid").not_null().default(Expr::cust(writer)))
                    .col(long("at").not_null())
                    .col(text(manager, "chain").not_null())
                    .col(long("audit_seq").not_null())
                    .col(text(manager, "kind").not_null())
                    .col(text(manager, "entity_type").not_null())
                    .col(key("entity_id").not_null())
                    .col(text(manager, "division_code"))
                    .col(key("unit_id"))
                    .col(int("version").not_null())
                    .col(text(manager, "request_id"))
                    .take(),
            )
            .await?;
        index(manager, "change", &["xid", "seq"]).await?;
        unique(manager, "change", &["chain", "audit_seq"]).await?;
        // Rows that every reader has had are deleted some day; none is ever changed.
        refuse_update(manager, "change").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["change"]).await
    }
}
