//! Bulk operations: files that are worked through row by row, and how far that went.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountId, BulkOperationId, UploadId};
use crate::value::{BulkKind, BulkMode, BulkPhase, BulkStatus, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_operation")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BulkOperationId,
    /// Who started it; none for the operator at the machine.
    pub account_id: Option<AccountId>,
    /// The request that started it.
    pub request_id: Option<String>,
    /// What the client calls it.
    pub client_identifier: Option<String>,
    /// What the rows are.
    pub kind: BulkKind,
    /// What is done with them.
    pub mode: BulkMode,
    /// More options, a JSON object.
    pub options: String,
    /// The file.
    pub upload_id: UploadId,
    /// The dry run that it confirms.
    pub preview_id: Option<BulkOperationId>,
    /// Whether nothing is kept of what is done.
    pub dry_run: bool,
    /// State.
    pub status: BulkStatus,
    /// What it is busy with.
    pub phase: BulkPhase,
    /// Why it failed, a JSON object; none otherwise.
    pub failure: Option<String>,
    /// Rows of the file, where they were counted.
    pub rows_total: Option<i64>,
    /// Rows that were looked at: the sum of the following.
    pub rows_done: i64,
    /// Rows that were new.
    pub rows_created: i64,
    /// Rows that differed from what was stored.
    pub rows_updated: i64,
    /// Rows that were stored already.
    pub rows_unchanged: i64,
    /// Rows that were deleted.
    pub rows_deleted: i64,
    /// Rows that were refused.
    pub rows_failed: i64,
    /// Rows that were fine and not stored because of others.
    pub rows_skipped: i64,
    /// Size of the file in bytes.
    pub bytes_total: i64,
    /// Bytes of the file that were worked through.
    pub bytes_done: i64,
    /// Where to go on, a JSON object; none before the first chunk.
    pub checkpoint: Option<String>,
    /// Length of the file of results at the checkpoint, in bytes.
    pub results_length: i64,
    /// Length of the file of errors at the checkpoint, in bytes.
    pub errors_length: i64,
    /// Errors by code, a JSON list.
    pub error_summary: String,
    /// Which worker has it; none while no one works on it.
    pub lease_owner: Option<String>,
    /// Until when that worker has it.
    pub lease_until: Option<Timestamp>,
    /// When a worker last took it.
    pub served_at: Option<Timestamp>,
    /// When a worker first took it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When its files are deleted; none before it ended.
    pub expires_at: Option<Timestamp>,
    /// Starts at 1, plus one for each change.
    pub version: i32,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
