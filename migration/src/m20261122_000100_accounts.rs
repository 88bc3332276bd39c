//! Accounts and their grants: who may do what where.

use sea_orm_migration::prelude::{
    ConditionalStatement, DbErr, Expr, ExprTrait, ForeignKey, Index, MigrationName, MigrationTrait, SchemaManager,
    Table, async_trait,
};

use crate::column::{drop_tables, key, long, part_of, reference, stamps, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000100_accounts"
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
                        .table("account")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "name").not_null().unique_key())
                        .col(text(manager, "kind").not_null())
                        .col(long("disabled_at"))
                        .take(),
                )
                .take(),
            )
            .await?;
        create_grants(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["account_grant", "account"]).await
    }
}

/// The table of grants, as it was at first.
pub async fn create_grants(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            stamps(
                &mut Table::create()
                    .table("account_grant")
                    .col(key("id").not_null().primary_key())
                    .col(key("account_id").not_null())
                    .col(text(manager, "role").not_null())
                    .col(text(manager, "division_code"))
                    .col(key("unit_id"))
                    .foreign_key(&mut part_of("account_grant", "account_id", "account"))
                    .foreign_key(ForeignKey::create().from("account_grant", "division_code").to("division", "code"))
                    .foreign_key(&mut reference("account_grant", "unit_id", "unit"))
                    // A division, a unit, or neither: everything.
                    .check(Expr::col("division_code").is_null().or(Expr::col("unit_id").is_null()))
                    .take(),
            )
            .take(),
        )
        .await?;
    index_grants(manager).await
}

/// An account has a role in a scope once. Nulls are different from one another in an index, so each form of the scope has its own.
pub async fn index_grants(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    unique(manager, "account_grant", &["account_id", "role", "division_code"]).await?;
    unique(manager, "account_grant", &["account_id", "role", "unit_id"]).await?;
    manager
        .create_index(
            Index::create()
                .name("account_grant_account_id_role")
                .table("account_grant")
                .col("account_id")
                .col("role")
                .unique()
                .and_where(Expr::col("division_code").is_null())
                .and_where(Expr::col("unit_id").is_null())
                .take(),
        )
        .await
}
