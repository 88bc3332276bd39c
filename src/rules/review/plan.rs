//! The spending plan of a project (5.2, 5.3).

use entity::value::{Fen, PlanBasis};

use super::{About, Notes, PlanFacts, PointFacts, ProjectFacts};
use crate::rules::plan::{HUNDRED, UNIFORM};
use crate::rules::quality::{Basis, Rule};

pub(super) fn judge(facts: &ProjectFacts<'_>, notes: &mut Notes) {
    match &facts.plan {
        PlanFacts::Missing => notes.add(Rule::PlanMissing, About::Plan, ""),
        // A cell that is blank or holds no number is a matter of the form, which the reader of the table reports.
        PlanFacts::Refused(rule) => notes.add_if(rule.basis() == Basis::Content, *rule, About::Plan, ""),
        PlanFacts::Stated { basis, points } => {
            let printed: Vec<&str> = points.iter().map(|point| point.raw).collect();
            let printed = printed.join(" ");
            if falls(points) {
                return notes.add(Rule::PlanDecreasing, About::Plan, &printed);
            }
            let is_uniform = points.iter().map(|point| point.percent).eq(UNIFORM.map(Some));
            notes.add_if(*basis == PlanBasis::Ambiguous, Rule::PlanAmbiguous, About::Plan, &printed);
            notes.add_if(is_uniform, Rule::PlanUniform, About::Plan, &printed);
            let is_short = ends_short(*basis, points, facts.budget, facts.tolerance);
            notes.add_if(is_short, Rule::PlanEndNot100, About::Plan, &printed);
        }
    }
}

fn falls(points: &[PointFacts<'_>]) -> bool {
    !points.iter().filter_map(|point| point.percent).is_sorted()
        || !points.iter().filter_map(|point| point.amount).is_sorted()
}

/// Whether the year ends with less than the whole budget. A plan in money says so by its money, any other by percent.
fn ends_short(basis: PlanBasis, points: &[PointFacts<'_>], budget: Option<Fen>, tolerance: Fen) -> bool {
    let Some(last) = points.last() else { return false };
    match basis {
        PlanBasis::Percent | PlanBasis::Fraction | PlanBasis::Ambiguous => {
            last.percent.is_some_and(|percent| percent < HUNDRED)
        }
        PlanBasis::Amount => last
            .amount
            .zip(budget)
            .is_some_and(|(last, budget)| i128::from(last.0) + i128::from(tolerance.0) < i128::from(budget.0)),
    }
}
