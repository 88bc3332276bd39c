//! What the rules need to know of a project, borrowed from whoever holds it.

use entity::value::{Fen, Micro, PlanBasis};

use crate::rules::quality::Rule;
use crate::rules::taxonomy::Level;

/// A project with its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFacts<'a> {
    /// Fiscal year.
    pub fiscal_year: i32,
    /// Whether the year is known for certain; `false` for a document that prints none.
    pub year_is_certain: bool,
    /// Project code without white space; blank is the same as none.
    pub code: Option<&'a str>,
    /// Name.
    pub name: &'a str,
    /// 预算数.
    pub budget: Option<Fen>,
    /// 财政资金.
    pub fiscal_funds: Option<Fen>,
    /// 其他资金.
    pub other_funds: Option<Fen>,
    /// Differences of money up to this count as equal: what a table in its unit cannot show
    /// ([`MoneyUnit::tolerance`](crate::rules::money::MoneyUnit::tolerance)), nothing for exact amounts.
    pub tolerance: Fen,
    /// Use of the money; blank is the same as none.
    pub purpose: Option<&'a str>,
    /// The spending plan.
    pub plan: PlanFacts<'a>,
    /// Objectives in their order.
    pub objectives: Vec<ObjectiveFacts<'a>>,
    /// Indicators in their order.
    pub indicators: Vec<IndicatorFacts<'a>>,
    /// Whether the indicators are asked for the basis of their targets; `false` for a table without that column.
    pub asks_for_basis: bool,
}

/// The spending plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanFacts<'a> {
    /// There is none.
    Missing,
    /// There is one, but [`plan::read`](crate::rules::plan::read) refused it by this rule.
    Refused(Rule),
    /// A plan that could be read.
    Stated {
        /// What its values are.
        basis: PlanBasis,
        /// Points in the order of their months.
        points: Vec<PointFacts<'a>>,
    },
}

/// A point of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointFacts<'a> {
    /// Cumulative percent of the budget.
    pub percent: Option<Micro>,
    /// Cumulative money.
    pub amount: Option<Fen>,
    /// The value as printed or given.
    pub raw: &'a str,
}

/// An objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectiveFacts<'a> {
    /// Number with its separator; blank is the same as none.
    pub number: Option<&'a str>,
    /// Text after the number.
    pub text: &'a str,
}

/// An indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndicatorFacts<'a> {
    /// 一级指标.
    pub level1: LevelFacts<'a>,
    /// 二级指标; a blank one has neither name nor text.
    pub level2: LevelFacts<'a>,
    /// 三级指标, the name.
    pub name: &'a str,
    /// 绩效指标描述; blank is the same as none.
    pub description: Option<&'a str>,
    /// 指标值 as printed or given; what it means is read from it by [`target::parse`](crate::rules::target::parse).
    pub target: &'a str,
    /// 指标值确定依据; blank is the same as none.
    pub basis: Option<&'a str>,
}

/// A level of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelFacts<'a> {
    /// The level of the taxonomy; `None` for local wording.
    pub known: Option<&'static Level>,
    /// Name of the level, or the local wording.
    pub name: &'a str,
    /// As printed or given; empty where it continues that of the indicator before, which was judged there.
    pub raw: &'a str,
}
