//! Budgeted units (预算单位): a tree that lives across years.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::UnitId;
use crate::value::{Timestamp, UnitLevel};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitId,
    /// Division, by code.
    pub division_code: String,
    /// Code, unique inside the division.
    pub code: String,
    /// Name.
    pub name: String,
    /// Rank, where the code tells it.
    pub level: Option<UnitLevel>,
    /// The unit above.
    pub parent_id: Option<UnitId>,
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
