//! Department goals (部门整体绩效目标) of a unit and year.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{DepartmentGoalId, SourceDocumentId, UnitId};
use crate::value::{Publication, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "department_goal")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DepartmentGoalId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// Fiscal year (预算年度).
    pub fiscal_year: i32,
    /// Overall goal (总体绩效目标), one paragraph a line.
    pub overall: Option<String>,
    /// Whether the public sees it.
    pub publication: Publication,
    /// When it was published; none for a draft.
    pub published_at: Option<Timestamp>,
    /// The document that the values were read from.
    pub source_id: Option<SourceDocumentId>,
    /// Line in a text document, from 1.
    pub source_line: Option<i32>,
    /// Table in a Word document, from 1.
    pub source_table: Option<i32>,
    /// Row of that table, from 1.
    pub source_row: Option<i32>,
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
