//! Grants: a role of an account on a division, on a unit with all below it, or on everything.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountGrantId, AccountId, UnitId};
use crate::value::{Role, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_grant")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountGrantId,
    /// Whose grant it is.
    pub account_id: AccountId,
    /// What it allows.
    pub role: Role,
    /// The division, by code. Without division and unit the grant is on everything.
    pub division_code: Option<String>,
    /// The unit, with every unit below it.
    pub unit_id: Option<UnitId>,
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
