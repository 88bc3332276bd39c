//! Secrets of clients: at most two of each at a time, so that one can follow the other.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountId, ClientSecretId};
use crate::value::Timestamp;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_secret")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientSecretId,
    /// Whose secret it is.
    pub client_id: AccountId,
    /// SHA-256 of the secret in base64url: 256 random bits need no slower hash.
    pub digest: String,
    /// When it ends.
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
