//! Indicators (绩效指标) of a project.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::{IndicatorId, IndicatorLevelId, ProjectId, UnitId};
use crate::value::{Comparison, Micro, TargetKind, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IndicatorId,
    /// Division, by code.
    pub division_code: String,
    /// The unit it belongs to.
    pub unit_id: UnitId,
    /// Fiscal year (预算年度).
    pub fiscal_year: i32,
    /// The project.
    pub project_id: ProjectId,
    /// Place in the table, from 1.
    pub ordinal: i32,
    /// First level.
    pub level1_id: IndicatorLevelId,
    /// Second level.
    pub level2_id: Option<IndicatorLevelId>,
    /// First level as printed; none where the cell continues the one above.
    pub level1_raw: Option<String>,
    /// Second level as printed.
    pub level2_raw: Option<String>,
    /// Third level (三级指标).
    pub name: String,
    /// Description (绩效指标描述).
    pub description: Option<String>,
    /// Basis of the value (指标值确定依据).
    pub basis: Option<String>,
    /// Weight, where one is printed.
    pub weight: Option<Micro>,
    /// Form of the target.
    pub target_kind: TargetKind,
    /// Comparison of a quantity.
    pub comparison: Option<Comparison>,
    /// Value of a quantity.
    pub value: Option<Micro>,
    /// Lower end of a range.
    pub low: Option<Micro>,
    /// Upper end of a range.
    pub high: Option<Micro>,
    /// Unit of measure; % for percent.
    pub target_unit: Option<String>,
    /// Target (指标值) as printed.
    pub target_raw: String,
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
