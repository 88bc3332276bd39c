//! Accounts: the persons and systems that may ask.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::AccountId;
use crate::value::{AccountKind, Duty, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Unique name.
    pub name: String,
    /// Person or system.
    pub kind: AccountKind,
    /// Which roles its grants may have.
    pub duty: Duty,
    /// Who it is at the identity provider; unique.
    pub external_subject: Option<String>,
    /// Since when it may ask nothing any more.
    pub disabled_at: Option<Timestamp>,
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
