//! Clients: the accounts of other systems that get tokens by themselves (RFC 6749).

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::AccountId;
use crate::value::Timestamp;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    /// Key: the account, whose name is the client's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// The permissions that its tokens may have, sorted, with spaces between them.
    pub scopes: String,
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
