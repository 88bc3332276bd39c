//! Clients: the accounts of systems that get tokens by themselves, with secrets, public keys and used assertions.

use sea_orm_migration::prelude::{DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, key, long, part_of, stamps, table, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000300_clients"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut client = Table::create()
            .table("client")
            .col(key("id").not_null().primary_key())
            .col(text(manager, "scopes").not_null())
            .foreign_key(&mut part_of("client", "id", "account"))
            .take();
        manager.create_table(stamps(&mut client).take()).await?;

        let (mut owner, mut digest, mut end) = (key("client_id"), text(manager, "digest"), long("expires_at"));
        let columns = vec![owner.not_null().take(), digest.not_null().take(), end.not_null().take()];
        let mut secret = table("client_secret", columns);
        manager.create_table(secret.foreign_key(&mut part_of("client_secret", "client_id", "client")).take()).await?;
        index(manager, "client_secret", &["client_id"]).await?;

        let (mut owner, mut kid, mut jwk) = (key("client_id"), text(manager, "kid"), text(manager, "jwk"));
        let columns = vec![owner.not_null().take(), kid.not_null().take(), jwk.not_null().take()];
        let mut public = table("client_key", columns);
        manager.create_table(public.foreign_key(&mut part_of("client_key", "client_id", "client")).take()).await?;
        unique(manager, "client_key", &["client_id", "kid"]).await?;

        manager
            .create_table(
                Table::create()
                    .table("client_assertion")
                    .col(key("client_id").not_null())
                    .col(text(manager, "jti").not_null())
                    .col(long("expires_at").not_null())
                    .primary_key(Index::create().col("client_id").col("jti"))
                    .foreign_key(&mut part_of("client_assertion", "client_id", "client"))
                    .take(),
            )
            .await?;
        index(manager, "client_assertion", &["expires_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["client_assertion", "client_key", "client_secret", "client"]).await
    }
}
