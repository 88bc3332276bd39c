//! Divisions (财政区划) and the tree of budgeted units (预算单位).

use sea_orm_migration::prelude::{
    ColumnDef, DbErr, ForeignKey, Index, MigrationName, MigrationTrait, SchemaManager, Table, async_trait,
};

use crate::column::{drop_tables, index, int, key, part_of, reference, stamps, table, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000001_divisions_and_units"
    }
}

/// The columns of `unit` between its key and its stamps.
pub fn unit_columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        text(manager, "division_code").not_null().take(),
        text(manager, "code").not_null().take(),
        text(manager, "name").not_null().take(),
        text(manager, "level"),
        key("parent_id"),
    ]
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
                        .table("division")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "code").not_null().unique_key())
                        .col(text(manager, "name"))
                        .take(),
                )
                .take(),
            )
            .await?;
        index(manager, "division", &["name", "id"]).await?;
        manager
            .create_table(
                table("unit", unit_columns(manager))
                    .foreign_key(ForeignKey::create().from("unit", "division_code").to("division", "code"))
                    .foreign_key(&mut reference("unit", "parent_id", "unit"))
                    .take(),
            )
            .await?;
        unique(manager, "unit", &["division_code", "code"]).await?;
        index(manager, "unit", &["code", "id"]).await?;
        index(manager, "unit", &["name", "id"]).await?;
        index(manager, "unit", &["parent_id", "code"]).await?;
        index(manager, "unit", &["updated_at", "id"]).await?;
        // Every unit with itself (depth 0) and with each of its ancestors: one look-up for a subtree of any depth.
        manager
            .create_table(
                Table::create()
                    .table("unit_closure")
                    .col(key("ancestor_id").not_null())
                    .col(key("descendant_id").not_null())
                    .col(int("depth").not_null())
                    .foreign_key(&mut part_of("unit_closure", "ancestor_id", "unit"))
                    .foreign_key(&mut part_of("unit_closure", "descendant_id", "unit"))
                    .primary_key(Index::create().col("ancestor_id").col("descendant_id"))
                    .take(),
            )
            .await?;
        index(manager, "unit_closure", &["descendant_id", "depth"]).await?;
        manager
            .create_table(
                stamps(
                    &mut Table::create()
                        .table("unit_alias")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(text(manager, "code").not_null())
                        .col(text(manager, "name").not_null())
                        .foreign_key(&mut part_of("unit_alias", "unit_id", "unit"))
                        .take(),
                )
                .take(),
            )
            .await?;
        unique(manager, "unit_alias", &["division_code", "code", "name"]).await?;
        index(manager, "unit_alias", &["unit_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["unit_alias", "unit_closure", "unit", "division"]).await
    }
}
