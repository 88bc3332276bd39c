//! Tokens that are refused before they end.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::value::{RevokedKind, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revocation")]
pub struct Model {
    /// What is refused.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: RevokedKind,
    /// The `jti` of a token, the `sid` of a session, the public key of an account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// Of an account, only what was issued before this.
    pub issued_before: Option<Timestamp>,
    /// When all of it has ended by itself.
    pub until: Timestamp,
    /// When the row was written.
    pub revoked_at: Timestamp,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
