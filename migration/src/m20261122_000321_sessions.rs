//! Sessions of people who signed in here, and their refresh tokens, by hash.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, key, long, part_of, table, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000321_sessions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let session = table(
            "session",
            vec![
                key("account_id").not_null().take(),
                text(manager, "address").not_null().take(),
                long("expires_at").not_null().take(),
                long("ended_at"),
                text(manager, "ended_by"),
            ],
        )
        .foreign_key(&mut part_of("session", "account_id", "account"))
        .take();
        manager.create_table(session).await?;
        index(manager, "session", &["account_id"]).await?;
        index(manager, "session", &["expires_at"]).await?;
        manager
            .create_table(
                Table::create()
                    .table("refresh_token")
                    .col(text(manager, "hash").not_null().primary_key())
                    .col(key("session_id").not_null())
                    .col(long("expires_at").not_null())
                    .col(long("used_at"))
                    .foreign_key(&mut part_of("refresh_token", "session_id", "session"))
                    .take(),
            )
            .await?;
        index(manager, "refresh_token", &["session_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["refresh_token", "session"]).await
    }
}
