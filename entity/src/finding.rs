//! Findings (数据质量问题): what a rule of `domain.md` 5.3 noticed.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{AccountId, DepartmentGoalId, FindingId, IndicatorId, ProjectId, SourceDocumentId, UnitId};
use crate::value::{Severity, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FindingId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// Fiscal year (预算年度).
    pub fiscal_year: i32,
    /// The document; none for what was noticed in values that came without one.
    pub source_id: Option<SourceDocumentId>,
    /// The department goal concerned.
    pub goal_id: Option<DepartmentGoalId>,
    /// The project concerned.
    pub project_id: Option<ProjectId>,
    /// The indicator concerned.
    pub indicator_id: Option<IndicatorId>,
    /// Identifier of the rule.
    pub rule: String,
    /// Severity.
    pub severity: Severity,
    /// What it is about inside the document, e.g. `project 3, indicator 2`.
    pub subject: String,
    /// The printed text that the rule noticed; empty where something is absent.
    pub detail: String,
    /// Line in a text document, from 1.
    pub source_line: Option<i32>,
    /// Table in a Word document, from 1.
    pub source_table: Option<i32>,
    /// Row of that table, from 1.
    pub source_row: Option<i32>,
    /// When someone acknowledged it; none while nobody has.
    pub acknowledged_at: Option<Timestamp>,
    /// The account that did; none for the operator at the machine.
    pub acknowledged_by_id: Option<AccountId>,
    /// The name that who did it had then.
    pub acknowledged_by: Option<String>,
    /// Why it may stay as it is.
    pub acknowledged_reason: Option<String>,
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
