//! Uploads: files that clients send to be worked through.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, key, long, reference, stamps, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000220_uploads"
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
                        .table("upload")
                        .col(key("id").not_null().primary_key())
                        .col(key("account_id"))
                        .col(text(manager, "file_name").not_null())
                        .col(long("size").not_null())
                        .col(text(manager, "sha256"))
                        .col(text(manager, "actual_sha256"))
                        .col(long("received").not_null())
                        .col(text(manager, "status").not_null())
                        .col(long("expires_at").not_null())
                        .foreign_key(&mut reference("upload", "account_id", "account"))
                        .take(),
                )
                .take(),
            )
            .await?;
        index(manager, "upload", &["account_id", "status"]).await?;
        index(manager, "upload", &["status", "expires_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["upload"]).await
    }
}
