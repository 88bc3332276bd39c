//! The newest entry of each chain of the audit; locked while a transaction appends.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::value::Timestamp;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    /// The chain: code of the division, or nothing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: String,
    /// Number of its newest entry; 0 before the first.
    pub seq: i64,
    /// Time of that entry.
    pub at: Timestamp,
    /// Hash of that entry; zeros before the first.
    pub hash: Vec<u8>,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
