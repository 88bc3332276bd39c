//! Every unit with itself and with each of its ancestors.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::UnitId;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit_closure")]
pub struct Model {
    /// The upper unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ancestor_id: UnitId,
    /// The lower unit, or the same.
    #[sea_orm(primary_key, auto_increment = false)]
    pub descendant_id: UnitId,
    /// Steps between them; 0 for the unit itself.
    pub depth: i32,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
