//! Source documents (绩效信息公开文本): what a row was read from.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, index, int, key, long, reference, stamps, text, unique};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000003_source_documents"
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
                        .table("source_document")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "division_code").not_null())
                        .col(key("unit_id").not_null())
                        .col(int("fiscal_year").not_null())
                        .col(text(manager, "sha256").not_null())
                        .col(text(manager, "file_name").not_null())
                        .col(text(manager, "format").not_null())
                        .col(long("size").not_null())
                        .col(text(manager, "title"))
                        .foreign_key(&mut reference("source_document", "unit_id", "unit"))
                        .take(),
                )
                .take(),
            )
            .await?;
        unique(manager, "source_document", &["division_code", "sha256", "fiscal_year", "unit_id"]).await?;
        index(manager, "source_document", &["unit_id", "fiscal_year"]).await?;
        index(manager, "source_document", &["fiscal_year", "id"]).await?;
        index(manager, "source_document", &["file_name", "id"]).await?;
        index(manager, "source_document", &["created_at", "id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["source_document"]).await
    }
}
