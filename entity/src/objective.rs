//! Numbered objectives (绩效目标) of a project.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{ObjectiveId, ProjectId, UnitId};
use crate::value::Timestamp;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "objective")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ObjectiveId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// The project.
    pub project_id: ProjectId,
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
