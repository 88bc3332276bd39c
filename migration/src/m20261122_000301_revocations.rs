//! Tokens that are refused before they end.

use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, long, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000301_revocations"
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
                    .table("revocation")
                    .col(text(manager, "kind").not_null())
                    .col(text(manager, "value").not_null())
                    .col(long("issued_before"))
                    .col(long("until").not_null())
                    .col(long("revoked_at").not_null())
                    .primary_key(Index::create().col("kind").col("value"))
                    .take(),
            )
            .await?;
        index(manager, "revocation", &["revoked_at"]).await?;
        index(manager, "revocation", &["until"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["revocation"]).await
    }
}
