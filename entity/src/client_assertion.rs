//! Assertions that clients have used, each until it ends: none is accepted twice.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::AccountId;
use crate::value::Timestamp;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_assertion")]
pub struct Model {
    /// Who used it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: AccountId,
    /// SHA-256 of its `jti` in base64url.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jti: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
