//! Public keys of clients, which sign assertions by the private halves (RFC 7523).

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountId, ClientKeyId};
use crate::value::Timestamp;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_key")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientKeyId,
    /// Whose key it is.
    pub client_id: AccountId,
    /// Its name, unique for the client.
    pub kid: String,
    /// The key as a JWK (RFC 7517).
    pub jwk: String,
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
