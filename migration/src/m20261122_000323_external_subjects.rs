//! Who an account is at the identity provider.

use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000323_external_subjects"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let subject = text(manager, "external_subject");
        manager.alter_table(Table::alter().table("account").add_column(subject).take()).await?;
        unique(manager, "account", &["external_subject"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::drop();
        manager.drop_index(index.table("account").name("account_external_subject").to_owned()).await?;
        manager.alter_table(Table::alter().table("account").drop_column("external_subject").take()).await
    }
}
