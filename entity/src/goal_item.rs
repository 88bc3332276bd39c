//! Sub-goals (分项绩效目标) and safeguard measures (工作保障措施) of a department goal.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{DepartmentGoalId, GoalItemId, UnitId};
use crate::value::{GoalItemKind, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_item")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GoalItemId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// The department goal.
    pub goal_id: DepartmentGoalId,
    /// Which list it stands in.
    pub kind: GoalItemKind,
    /// Place in the list, from 1.
    pub ordinal: i32,
    /// Number as printed.
    pub number: Option<String>,
    /// Text without the number.
    pub text: String,
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
