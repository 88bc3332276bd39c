//! Answers of mutations under the keys of their callers, so that a repetition does nothing and gets the same answer.

use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, key, long, part_of, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000240_idempotency"
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
                Table::create()
                    .table("idempotency")
                    .col(key("account_id").not_null())
                    .col(text(manager, "key").not_null())
                    .col(text(manager, "fingerprint").not_null())
                    .col(text(manager, "answer").not_null())
                    .col(long("created_at").not_null())
                    .col(long("expires_at").not_null())
                    .primary_key(Index::create().col("account_id").col("key"))
                    .foreign_key(&mut part_of("idempotency", "account_id", "account"))
                    .take(),
            )
            .await?;
        index(manager, "idempotency", &["expires_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["idempotency"]).await
    }
}
