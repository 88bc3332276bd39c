//! The checked facts of a document: what is stored, with the printed text beside every value that was read from it.

use entity::value::{Comparison, DocumentFormat, Fen, GoalItemKind, GoalLevel, Micro, PlanBasis, TargetKind};

use super::findings::Finding;
use crate::import::document::Place;
use crate::import::reject::Reason;

/// A document that can be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Format of the source.
    pub format: DocumentFormat,
    /// Title, when one is printed.
    pub title: Option<String>,
    /// Fiscal year: printed, else given.
    pub fiscal_year: i32,
    /// Code of the fiscal division, given.
    pub division_code: String,
    /// Code of the main unit: the one that most projects name, else the given one. It is among [`Checked::units`].
    pub unit_code: String,
    /// Which goal level the project tables state.
    pub goal_level: GoalLevel,
    /// Every unit, in the order of their first project.
    pub units: Vec<Unit>,
    /// The department goal; `None` when the document has no part 1.
    pub goal: Option<Goal>,
    /// Projects in printed order.
    pub projects: Vec<Project>,
    /// Tables that were not taken.
    pub rejected: Vec<Rejected>,
    /// Everything the rules noticed: the document's findings, then the projects' in order.
    pub findings: Vec<Finding>,
}

/// A unit that the document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Other codes printed for it, as in `3014004` for `314004`.
    pub aliases: Vec<String>,
}

/// The department goal (part 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// 总体绩效目标, its paragraphs joined by line breaks.
    pub overall: String,
    /// Count of those paragraphs.
    pub overall_paragraphs: u32,
    /// Sub-goals, then safeguard measures, a paragraph each.
    pub items: Vec<GoalItem>,
    /// Where its first paragraph stands.
    pub place: Place,
}

/// A paragraph of 分项绩效目标 or 工作保障措施.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalItem {
    /// Which of the two.
    pub kind: GoalItemKind,
    /// Position among its kind, from 1.
    pub ordinal: u32,
    /// Number as printed, with its separator.
    pub number: Option<String>,
    /// Text after the number.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Position among all project tables of the document, rejected ones counted, from 1.
    pub ordinal: u32,
    /// Code of its unit.
    pub unit_code: String,
    /// The unit as printed in its table.
    pub unit_printed: Option<String>,
    /// Project code; `None` when it is blank or absent.
    pub code: Option<String>,
    /// Name from the table, else from the heading.
    pub name: String,
    /// Name in the heading, when it differs.
    pub heading_name: Option<String>,
    /// 预算数.
    pub budget: Option<Amount>,
    /// 财政资金.
    pub fiscal: Option<Amount>,
    /// 其他资金; `None` when blank.
    pub other: Option<Amount>,
    /// Use of the money.
    pub purpose: Option<String>,
    /// Objectives in printed order.
    pub objectives: Vec<Objective>,
    /// Spending plan; `None` when absent or rejected.
    pub plan: Option<Plan>,
    /// Indicators in printed order.
    pub indicators: Vec<Indicator>,
    /// Where its heading stands.
    pub place: Place,
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The amount.
    pub fen: Fen,
    /// As printed.
    pub raw: String,
}

/// A performance objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Position, from 1.
    pub ordinal: u32,
    /// Number as printed, with its separator.
    pub number: Option<String>,
    /// Text after the number.
    pub text: String,
}

/// A spending plan that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the printed values are.
    pub basis: PlanBasis,
    /// Points in printed order.
    pub points: Vec<PlanPoint>,
}

/// Cumulative spending at the end of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanPoint {
    /// Month, 1 to 12.
    pub month: u8,
    /// Percent of the budget, two decimals.
    pub percent: Option<Micro>,
    /// Money from the exact ratio.
    pub amount: Option<Fen>,
    /// As printed.
    pub raw: String,
}

/// An indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Position among all rows of the table, rejected ones counted, from 1.
    pub ordinal: u32,
    /// Level 1, taken from above when blank.
    pub level1: Level,
    /// Level 2.
    pub level2: Level,
    /// Level 3, the name of the indicator.
    pub name: String,
    /// 绩效指标描述, empty when blank.
    pub description: String,
    /// 指标值确定依据; `None` when blank.
    pub basis: Option<String>,
    /// Weight, where the form has such a column.
    pub weight: Option<Micro>,
    /// Target value.
    pub target: Target,
    /// Where its row stands.
    pub place: Place,
}

/// A level cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Code in [`crate::rules::taxonomy::LEVELS`]; `None` for local wording.
    pub code: Option<&'static str>,
    /// Name of the level, or the local wording.
    pub name: String,
    /// As printed; empty when continued.
    pub raw: String,
}

/// A target value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Form.
    pub kind: TargetKind,
    /// Comparison of a quantity.
    pub comparison: Option<Comparison>,
    /// Number of a quantity.
    pub value: Option<Micro>,
    /// Lower end of a range.
    pub low: Option<Micro>,
    /// Upper end of a range.
    pub high: Option<Micro>,
    /// Unit, `%` for 百分比.
    pub unit: Option<String>,
    /// As printed.
    pub raw: String,
}

/// A table that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Position among the project tables; `None` for a table without a heading.
    pub ordinal: Option<u32>,
    /// Heading as printed; empty without one.
    pub heading: String,
    /// Label of the row that does not fit, or the printed text that a rule rejects.
    pub label: String,
    /// Where.
    pub place: Place,
    /// Why, with [`Reason::message`] for the words.
    pub reason: Reason,
}
