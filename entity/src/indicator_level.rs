//! Indicator levels (一级指标, 二级指标): a code table.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::IndicatorLevelId;
use crate::value::{IndicatorRegime, Timestamp};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator_level")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IndicatorLevelId,
    /// The system it belongs to.
    pub regime: IndicatorRegime,
    /// Own code, unique; none for local wording.
    pub code: Option<String>,
    /// Code in the national technical standard, where one is known; the same in both national regimes.
    pub standard_code: Option<String>,
    /// 1 for a first level, 2 for a second level.
    pub rank: i32,
    /// The first level above a second level.
    pub parent_id: Option<IndicatorLevelId>,
    /// Printed order.
    pub ordinal: i32,
    /// Chinese name.
    pub name_zh: String,
    /// English name.
    pub name_en: Option<String>,
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
