//! How many indicators there are of each level in each division and year; the database itself keeps these numbers.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::id::IndicatorLevelId;
use crate::value::Publication;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator_count")]
pub struct Model {
    /// Division, by code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division_code: String,
    /// Fiscal year (预算年度).
    #[sea_orm(primary_key, auto_increment = false)]
    pub fiscal_year: i32,
    /// Whether the public sees the projects of these indicators.
    #[sea_orm(primary_key, auto_increment = false)]
    pub publication: Publication,
    /// First level.
    #[sea_orm(primary_key, auto_increment = false)]
    pub level1_id: IndicatorLevelId,
    /// Second level; the first again where there is none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub level_id: IndicatorLevelId,
    /// How many.
    pub number: i64,
}

/// Relations are followed by the service in batches, so none is declared here.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
