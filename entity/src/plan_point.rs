//! Points of a spending plan.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{PlanPointId, SpendingPlanId, UnitId};
use crate::value::{Fen, Micro, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_point")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanPointId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// The plan.
    pub plan_id: SpendingPlanId,
    /// Month at whose end it holds.
    pub month: i32,
    /// Cumulative percent of the budget.
    pub percent: Option<Micro>,
    /// Cumulative amount.
    pub amount: Option<Fen>,
    /// Value as printed.
    pub raw: String,
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
