//! Bulk operations: files that are worked through row by row, with the queue and the checkpoints.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, Table, async_trait};

use crate::column::{drop_tables, flag, index, key, long, reference, stamps, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000221_bulk_operations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "bulk_operation";
        manager
            .create_table(
                stamps(
                    &mut Table::create()
                        .table(table)
                        .col(key("id").not_null().primary_key())
                        .col(key("account_id"))
                        .col(text(manager, "request_id"))
                        .col(text(manager, "client_identifier"))
                        .col(text(manager, "kind").not_null())
                        .col(text(manager, "mode").not_null())
                        .col(text(manager, "options").not_null())
                        .col(key("upload_id").not_null())
                        .col(key("preview_id"))
                        .col(flag("dry_run").not_null())
                        .col(text(manager, "status").not_null())
                        .col(text(manager, "phase").not_null())
                        .col(text(manager, "failure"))
                        .col(long("rows_total"))
                        .col(long("rows_done").not_null())
                        .col(long("rows_created").not_null())
                        .col(long("rows_updated").not_null())
                        .col(long("rows_unchanged").not_null())
                        .col(long("rows_deleted").not_null())
                        .col(long("rows_failed").not_null())
                        .col(long("rows_skipped").not_null())
                        .col(long("bytes_total").not_null())
                        .col(long("bytes_done").not_null())
                        .col(text(manager, "checkpoint"))
                        .col(long("results_length").not_null())
                        .col(long("errors_length").not_null())
                        .col(text(manager, "error_summary").not_null())
                        .col(text(manager, "lease_owner"))
                        .col(long("lease_until"))
                        .col(long("served_at"))
                        .col(long("started_at"))
                        .col(long("finished_at"))
                        .col(long("expires_at"))
                        .foreign_key(&mut reference(table, "account_id", "account"))
                        .foreign_key(&mut reference(table, "upload_id", "upload"))
                        .foreign_key(&mut reference(table, "preview_id", table))
                        .take(),
                )
                .take(),
            )
            .await?;
        index(manager, table, &["account_id", "served_at"]).await?;
        index(manager, table, &["upload_id"]).await?;
        index(manager, table, &["preview_id"]).await?;
        index(manager, table, &["status", "created_at"]).await?;
        index(manager, table, &["created_at", "id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["bulk_operation"]).await
    }
}
