//! Why a project table was not taken, while the rest of its document was.

use super::document::{Cell, Place};
use super::labels::OtherForm;
use crate::lang::Lang;
use crate::rules::quality::Rule;

/// A printed text that a rule rejects is cut to this length.
const PRINTED_LENGTH: usize = 200;

/// A text that stands where a label should is cut to this length.
const LABEL_LENGTH: usize = 40;

/// A table that could not be taken: the label of the row that does not fit, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Printed label of the row, without white space and cut to 40 characters; empty for a blank cell. For a rule the
    /// printed text, cut to 200.
    pub label: String,
    /// Place of the row; `None` when the table ended too early.
    pub place: Option<Place>,
    /// What does not fit.
    pub reason: Reason,
}

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The row opens with a label that the form does not have.
    UnknownLabel,
    /// The row does not have its cells in their order.
    CellCount {
        /// Cells of the row.
        expected: usize,
    },
    /// The row stands twice.
    RowTwice,
    /// The plan names no milestones that can be read, in the order of the year.
    NoMilestone,
    /// A cell is longer than what it should hold.
    TooLong {
        /// Most characters.
        limit: usize,
    },
    /// Neither budget nor objectives nor indicators.
    NoRows,
    /// A unit of money other than 万元 and 元.
    MoneyUnit,
    /// A table without the heading of a project before it.
    NoHeading,
    /// Another form.
    OtherForm(OtherForm),
    /// A rule that rejects the project.
    Rule(Rule),
}

impl Refusal {
    /// A refusal at a cell.
    pub fn at(cell: &Cell, reason: Reason) -> Self {
        let label = cell.label().chars().take(LABEL_LENGTH).collect();
        Self { label, place: Some(cell.place), reason }
    }

    /// A refusal by a rule, with the printed text that it is about.
    pub fn by_rule(rule: Rule, place: Place, printed: &str) -> Self {
        let label = printed.chars().take(PRINTED_LENGTH).collect();
        Self { label, place: Some(place), reason: Reason::Rule(rule) }
    }

    /// A refusal of a table that ended too early.
    pub fn at_end(reason: Reason) -> Self {
        Self { label: String::new(), place: None, reason }
    }
}

impl Reason {
    /// The words for whoever sent the document.
    pub fn message(self, lang: Lang, label: &str) -> String {
        match (self, lang) {
            (Self::UnknownLabel, Lang::En) => format!("a row opens with “{label}”, which is no row of this form"),
            (Self::UnknownLabel, Lang::Zh) => format!("某行以“{label}”开头，本表没有这一行"),
            (Self::CellCount { expected }, Lang::En) => {
                format!("the row “{label}” does not have its {expected} cells in their order")
            }
            (Self::CellCount { expected }, Lang::Zh) => format!("“{label}”行应有{expected}个单元格，实际不符"),
            (Self::RowTwice, Lang::En) => format!("the row “{label}” stands twice in the table"),
            (Self::RowTwice, Lang::Zh) => format!("表中“{label}”行重复"),
            (Self::NoMilestone, Lang::En) => {
                format!("no milestones such as 3月底, in the order of the year, follow “{label}”")
            }
            (Self::NoMilestone, Lang::Zh) => {
                format!("“{label}”之后没有按时间先后排列的“3月底”之类的时间节点")
            }
            (Self::TooLong { limit }, Lang::En) => format!("the cell “{label}…” has more than {limit} characters"),
            (Self::TooLong { limit }, Lang::Zh) => format!("单元格“{label}……”超过{limit}个字符"),
            (Self::NoRows, Lang::En) => "the table has neither budget nor objectives nor indicators".to_owned(),
            (Self::NoRows, Lang::Zh) => "表中没有预算、绩效目标和绩效指标".to_owned(),
            (Self::MoneyUnit, Lang::En) => format!("the unit of money is “{label}”; 万元 and 元 are read"),
            (Self::MoneyUnit, Lang::Zh) => format!("金额单位为“{label}”，只能读取万元和元"),
            (Self::NoHeading, Lang::En) => "no heading of a project (…绩效目标表) stands before the table".to_owned(),
            (Self::NoHeading, Lang::Zh) => "表前没有项目标题（……绩效目标表）".to_owned(),
            (Self::OtherForm(form), Lang::En) => format!("the table is a {form}, which is not read (row “{label}”)"),
            (Self::OtherForm(form), Lang::Zh) => format!("该表是{form}，不予读取（“{label}”行）"),
            (Self::Rule(rule), lang) => rule.message(lang, label),
        }
    }
}
