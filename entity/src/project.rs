//! Projects (预算项目) of one unit and fiscal year.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{ProjectId, SourceDocumentId, UnitId};
use crate::value::{Fen, GoalLevel, Publication, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// Fiscal year (预算年度).
    pub fiscal_year: i32,
    /// Place in the document, from 1.
    pub ordinal: i32,
    /// Project code; none when the form leaves it empty.
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// Name in the heading, where it differs.
    pub heading: Option<String>,
    /// Unit as printed.
    pub unit_raw: Option<String>,
    /// Project or special fund.
    pub goal_level: GoalLevel,
    /// Budget (预算数).
    pub budget: Option<Fen>,
    /// Budget as printed.
    pub budget_raw: Option<String>,
    /// Fiscal funds (财政资金).
    pub fiscal_funds: Option<Fen>,
    /// Fiscal funds as printed.
    pub fiscal_funds_raw: Option<String>,
    /// Other funds (其他资金).
    pub other_funds: Option<Fen>,
    /// Other funds as printed.
    pub other_funds_raw: Option<String>,
    /// Purpose of the money (资金用途).
    pub purpose: Option<String>,
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
