//! What became of a document.

use std::collections::BTreeMap;
use std::fmt;

use entity::value::Severity;
use serde::{Deserialize, Serialize};

use super::check::{self, Checked};
use crate::lang::Lang;
use crate::service::project::Tallies;
use crate::service::stored::Tally;

/// What became of a document and of everything in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Name of the file.
    pub file: String,
    /// Printed title.
    pub title: Option<String>,
    /// Division, by code.
    pub division: String,
    /// Fiscal year.
    pub fiscal_year: i32,
    /// Code of the main unit.
    pub unit: String,
    /// Units.
    pub units: Tally,
    /// Department goals.
    pub goals: Tally,
    /// Projects and their parts.
    #[serde(flatten)]
    pub parts: Tallies,
    /// Projects that were not taken.
    pub rejected: Vec<Rejected>,
    /// Number of findings by rule.
    pub findings: BTreeMap<String, Noticed>,
}

/// The findings of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Noticed {
    /// Severity of the rule.
    pub severity: &'static str,
    /// How many.
    pub count: u64,
    /// The place of the first.
    pub first: Option<String>,
}

/// A project that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// Place among the projects, from 1.
    pub project: Option<u32>,
    /// Heading as printed.
    pub heading: String,
    /// The label or text that does not fit.
    pub label: String,
    /// Where.
    pub place: String,
    /// Why, in English.
    pub reason: String,
    /// Why, in Chinese.
    pub reason_zh: String,
}

impl Rejected {
    /// A rejected table of a checked document.
    pub fn of(rejected: &check::Rejected) -> Self {
        let reason = |lang| rejected.reason.message(lang, &rejected.label);
        Self {
            project: rejected.ordinal,
            heading: rejected.heading.clone(),
            label: rejected.label.clone(),
            place: rejected.place.to_string(),
            reason: reason(Lang::En),
            reason_zh: reason(Lang::Zh),
        }
    }
}

impl Report {
    /// A report that knows the document and its findings, and nothing stored yet.
    pub fn of(file: &str, checked: &Checked) -> Self {
        let mut findings: BTreeMap<String, Noticed> = BTreeMap::new();
        for found in &checked.findings {
            let first = found.place.map(|place| place.to_string());
            let severity = found.rule.severity().code();
            let noticed = findings.entry(found.rule.id().to_owned()).or_insert(Noticed { severity, count: 0, first });
            noticed.count += 1;
        }
        Self {
            file: file.to_owned(),
            title: checked.title.clone(),
            division: checked.division_code.clone(),
            fiscal_year: checked.fiscal_year,
            unit: checked.unit_code.clone(),
            units: Tally::default(),
            goals: Tally::default(),
            parts: Tallies::default(),
            rejected: Vec::new(),
            findings,
        }
    }

    /// Whether everything was taken.
    pub fn is_complete(&self) -> bool {
        let rejects = |noticed: &Noticed| noticed.severity == Severity::Rejected.code();
        self.rejected.is_empty() && !self.findings.values().any(rejects)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: division {}, unit {}, fiscal year {}", self.file, self.division, self.unit, self.fiscal_year)?;
        writeln!(
            f,
            "  {:<12}{:>9}{:>9}{:>11}{:>9}{:>10}",
            "", "created", "updated", "unchanged", "deleted", "rejected"
        )?;
        for (name, tally) in [
            ("units", &self.units),
            ("goals", &self.goals),
            ("projects", &self.parts.projects),
            ("plans", &self.parts.plans),
            ("objectives", &self.parts.objectives),
            ("indicators", &self.parts.indicators),
        ] {
            let Tally { created, updated, unchanged, deleted, rejected } = tally;
            writeln!(f, "  {name:<12}{created:>9}{updated:>9}{unchanged:>11}{deleted:>9}{rejected:>10}")?;
        }
        for rejected in &self.rejected {
            writeln!(f, "  rejected at {}: {} ({})", rejected.place, rejected.reason, rejected.heading)?;
        }
        for (rule, noticed) in &self.findings {
            let first = noticed.first.as_deref().map(|place| format!(", first at {place}")).unwrap_or_default();
            writeln!(f, "  {:<10} {rule} × {}{first}", noticed.severity, noticed.count)?;
        }
        Ok(())
    }
}
