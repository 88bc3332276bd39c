//! Attempts to sign in that have not succeeded, by which names and addresses are locked out for a while.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, key, long, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000322_login_failures"
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
                    .table("login_failure")
                    .col(key("id").not_null().primary_key())
                    .col(text(manager, "source").not_null())
                    .col(long("at").not_null())
                    .take(),
            )
            .await?;
        index(manager, "login_failure", &["source", "at"]).await?;
        index(manager, "login_failure", &["at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["login_failure"]).await
    }
}
