//! Answers of mutations under the keys of their callers.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::AccountId;
use crate::value::Timestamp;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    /// Who sent the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of what was sent and asked, 64 hexadecimal digits.
    pub fingerprint: String,
    /// The answer as JSON.
    pub answer: String,
    /// When it was given.
    pub created_at: Timestamp,
    /// Until when it is given again.
    pub expires_at: Timestamp,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
