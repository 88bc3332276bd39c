//! Grants: a role of an account on a division, on a unit with all below it, or on everything; for all fiscal years or some.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountGrantId, AccountId, UnitId};
use crate::value::{Access, Duty, Role, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_grant")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountGrantId,
    /// Whose grant it is.
    pub account_id: AccountId,
    /// The duty of the account, by which the database holds roles and accounts together.
    pub duty: Duty,
    /// What it makes the account.
    pub role: Role,
    /// Whether only to look.
    pub access: Access,
    /// The division, by code. Without division and unit the grant is on everything.
    pub division_code: Option<String>,
    /// The unit, with every unit below it.
    pub unit_id: Option<UnitId>,
    /// The first fiscal year that it reaches; none for all before.
    pub first_year: Option<i32>,
    /// The last fiscal year that it reaches; none for all after.
    pub last_year: Option<i32>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
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
