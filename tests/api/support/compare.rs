//! Checked documents compared for their facts alone: not where they stood, not in which format.

use entity::value::DocumentFormat;
use jixiao::import::{Checked, Place};
use jixiao::rules::quality::Rule;

const NOWHERE: Place = Place::Line(0);

/// The facts of a document: no places, one format, without findings of these rules.
pub fn facts(mut checked: Checked, without: &[Rule]) -> Checked {
    checked.format = DocumentFormat::Text;
    if let Some(goal) = &mut checked.goal {
        goal.place = NOWHERE;
        goal.items.iter_mut().for_each(|item| item.place = NOWHERE);
    }
    for project in &mut checked.projects {
        project.place = NOWHERE;
        project.indicators.iter_mut().for_each(|indicator| indicator.place = NOWHERE);
    }
    checked.rejected.iter_mut().for_each(|rejected| rejected.place = NOWHERE);
    checked.findings.retain(|finding| !without.contains(&finding.rule));
    checked.findings.iter_mut().for_each(|finding| finding.place = finding.place.map(|_| NOWHERE));
    checked
}
