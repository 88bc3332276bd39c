//! Uploads: files that clients send to be worked through.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountId, UploadId};
use crate::value::{Timestamp, UploadStatus};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UploadId,
    /// Who sends it; none for the operator at the machine.
    pub account_id: Option<AccountId>,
    /// Name of the file at the client; only shown.
    pub file_name: String,
    /// Size in bytes that was announced.
    pub size: i64,
    /// SHA-256 that was announced, 64 hexadecimal digits.
    pub sha256: Option<String>,
    /// SHA-256 of the whole file as it was received; none until then.
    pub actual_sha256: Option<String>,
    /// Bytes that are on disk for certain.
    pub received: i64,
    /// State.
    pub status: UploadStatus,
    /// When the file is deleted, unless an operation still needs it.
    pub expires_at: Timestamp,
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
