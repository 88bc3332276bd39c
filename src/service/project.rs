//! Projects (预算项目) with everything that is written inside them: found by their keys and stored, many at a time.

mod batch;
mod known;

use entity::{indicator, objective, plan_point, project, spending_plan};

use super::stored::Tally;

pub use batch::Batch;
pub use known::{Depth, Key, Known};

/// A project with its parts: all of them, or those that were read ([`Depth`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The project.
    pub project: project::Model,
    /// Its spending plan with points.
    pub plan: Option<(spending_plan::Model, Vec<plan_point::Model>)>,
    /// Its objectives.
    pub objectives: Vec<objective::Model>,
    /// Its indicators.
    pub indicators: Vec<indicator::Model>,
}

/// What became of projects and their parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tallies {
    /// Projects; one is updated when it or anything inside it is.
    pub projects: Tally,
    /// Spending plans; a plan is updated when it or a point of it is.
    pub plans: Tally,
    /// Objectives.
    pub objectives: Tally,
    /// Indicators.
    pub indicators: Tally,
}
