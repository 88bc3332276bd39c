//! What the rules notice in the content of a project (5.3): the same whether a document or a client brought it.
//!
//! An import and a write lay out what they hold as [`ProjectFacts`] and ask [`review`]. Nothing here knows where a fact
//! was printed; [`About`] says which fact is meant, and whoever asked knows its place. Rules about the printed form
//! ([`Basis::Form`](super::quality::Basis::Form)) are not judged here.

mod facts;
mod indicator;
mod plan;
mod project;
mod section;
#[cfg(test)]
mod tests;

pub use facts::{IndicatorFacts, LevelFacts, ObjectiveFacts, PlanFacts, PointFacts, ProjectFacts};
pub use section::Section;

use super::quality::Rule;

/// What a rule noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noticed {
    /// The rule; [`Rule::treatment`] says what becomes of the thing.
    pub rule: Rule,
    /// What it is about.
    pub about: About,
    /// The text that it is about, in full ([`quality::detail`](super::quality::detail) is what a finding keeps of it);
    /// empty where something is absent.
    pub detail: String,
}

/// A fact of a project. Objectives and indicators are meant by their index in [`ProjectFacts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum About {
    /// The project as a whole.
    Project,
    /// Its code.
    Code,
    /// Its budget.
    Budget,
    /// Budget, fiscal and other funds together.
    Funds,
    /// Its other funds.
    OtherFunds,
    /// The use of the money.
    Purpose,
    /// The spending plan.
    Plan,
    /// An objective.
    Objective(usize),
    /// A part of an indicator.
    Indicator(usize, Part),
}

/// A part of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The indicator as a whole.
    Whole,
    /// 一级指标.
    Level1,
    /// 二级指标.
    Level2,
    /// 三级指标, its name.
    Name,
    /// 绩效指标描述.
    Description,
    /// 指标值.
    Target,
    /// 指标值确定依据.
    Basis,
}

/// Judges a project by every rule about content: first what concerns the project, then its plan, objectives and
/// indicators in their order.
///
/// Rules that reject ([`Rule::treatment`]) are among what is noticed; the project is judged by the others all the same.
pub fn review(facts: &ProjectFacts<'_>) -> Vec<Noticed> {
    review_sections(facts, &Section::ALL)
}

/// The same by the rules of some sections only.
pub fn review_sections(facts: &ProjectFacts<'_>, sections: &[Section]) -> Vec<Noticed> {
    let mut notes = Notes(Vec::new());
    for section in sections {
        match section {
            Section::Project => project::judge(facts, &mut notes),
            Section::Plan => plan::judge(facts, &mut notes),
            Section::Objectives => project::judge_objectives(facts, &mut notes),
            Section::Indicators => indicator::judge(facts, &mut notes),
        }
    }
    notes.0
}

/// Collects what is noticed.
struct Notes(Vec<Noticed>);

impl Notes {
    fn add(&mut self, rule: Rule, about: About, detail: &str) {
        self.0.push(Noticed { rule, about, detail: detail.to_owned() });
    }

    fn add_if(&mut self, fires: bool, rule: Rule, about: About, detail: &str) {
        if fires {
            self.add(rule, about, detail);
        }
    }
}
