//! Credentials of people who sign in here, and invitations to make them. Secrets stand in no column as they are: passwords
//! and codes are hashed, the secrets of one-time codes sealed.

use sea_orm_migration::prelude::{ColumnDef, DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::column::{drop_tables, index, key, long, part_of, table, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000320_credentials"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sealed = |name| ColumnDef::new(name).blob().take();
        let credential = table(
            "credential",
            vec![
                key("account_id").not_null().unique_key().take(),
                text(manager, "password").not_null().take(),
                long("password_set_at").not_null().take(),
                sealed("totp_secret"),
                long("totp_set_at"),
                long("totp_step"),
                sealed("totp_offered"),
            ],
        )
        .foreign_key(&mut part_of("credential", "account_id", "account"))
        .take();
        manager.create_table(credential).await?;
        let invitation = table(
            "invitation",
            vec![
                key("account_id").not_null().take(),
                text(manager, "code_hash").not_null().unique_key().take(),
                sealed("totp_offered"),
                long("expires_at").not_null().take(),
                long("used_at"),
            ],
        )
        .foreign_key(&mut part_of("invitation", "account_id", "account"))
        .take();
        manager.create_table(invitation).await?;
        index(manager, "invitation", &["account_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["invitation", "credential"]).await
    }
}
