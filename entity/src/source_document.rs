//! Source documents (绩效信息公开文本).

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{SourceDocumentId, UnitId};
use crate::value::{DocumentFormat, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source_document")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SourceDocumentId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// Fiscal year (预算年度).
    pub fiscal_year: i32,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// Name of the file, without its folder.
    pub file_name: String,
    /// Format.
    pub format: DocumentFormat,
    /// Bytes.
    pub size: i64,
    /// Printed title.
    pub title: Option<String>,
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
