//! Credentials: how a person proves who it is.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountId, CredentialId};
use crate::value::{PasswordHash, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CredentialId,
    /// Whose credential it is; one each.
    pub account_id: AccountId,
    /// Hash of the password, with its algorithm and salt (PHC string).
    pub password: PasswordHash,
    /// When the password was set.
    pub password_set_at: Timestamp,
    /// Secret of the one-time codes, sealed; none where they are not used.
    pub totp_secret: Option<Vec<u8>>,
    /// When that secret was confirmed.
    pub totp_set_at: Option<Timestamp>,
    /// The newest time step of which a code was used: none is taken twice.
    pub totp_step: Option<i64>,
    /// A new secret, sealed, that waits to be confirmed by its first code.
    pub totp_offered: Option<Vec<u8>>,
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
