//! Findings: which rule fired where, and the printed text. Words come from [`crate::rules::quality`].

use crate::import::document::{Field, Place};
use crate::rules::quality::{self, Rule};

/// What a rule noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Ordinal of the project, for a finding about one that was taken.
    pub project: Option<u32>,
    /// Ordinal of the indicator in that project, for a finding about one that was taken.
    pub indicator: Option<u32>,
    /// Where; `None` for something that is absent from the whole document.
    pub place: Option<Place>,
    /// The printed text, cut to 200 characters.
    pub detail: String,
}

/// Collects the findings about one subject.
#[derive(Debug, Default)]
pub(super) struct Findings {
    project: Option<u32>,
    indicator: Option<u32>,
    found: Vec<Finding>,
}

impl Findings {
    pub(super) fn of_project(ordinal: u32) -> Self {
        Self { project: Some(ordinal), ..Self::default() }
    }

    /// Findings from here on are about this indicator, or about the project again.
    pub(super) fn about_indicator(&mut self, ordinal: Option<u32>) {
        self.indicator = ordinal;
    }

    pub(super) fn add(&mut self, rule: Rule, place: impl Into<Option<Place>>, detail: &str) {
        let Self { project, indicator, .. } = *self;
        let detail = quality::detail(detail);
        self.found.push(Finding { rule, project, indicator, place: place.into(), detail });
    }

    pub(super) fn add_if(&mut self, fires: bool, rule: Rule, place: Place, detail: &str) {
        if fires {
            self.add(rule, place, detail);
        }
    }

    /// The text of a short cell, with a finding when a line break was removed from it.
    pub(super) fn short_text(&mut self, field: &Field) -> String {
        self.add_if(field.broken, Rule::TextBreakInCell, field.place, &field.text);
        field.text.clone()
    }

    /// The findings about the subject itself, then those of its indicators in their order, each in the order of the
    /// catalogue.
    pub(super) fn into_vec(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|finding| (finding.indicator, finding.rule));
        self.found
    }
}
