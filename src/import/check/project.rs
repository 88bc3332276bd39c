//! Checks of one project table: unit, code, money, purpose, plan and objectives (4.2, 5.1–5.3).

use std::collections::HashSet;

use entity::value::{Fen, IndicatorRegime};

use super::findings::Findings;
use super::indicator;
use super::unit::{self, Units};
use super::{Amount, Objective, Plan, PlanPoint, Project};
use crate::import::document::{Cell, Field, Place};
use crate::import::form::{Form, PlanRow};
use crate::import::numbering;
use crate::import::outline::ProjectTable;
use crate::import::reject::Refusal;
use crate::rules::money::{self, MoneyUnit};
use crate::rules::plan;
use crate::rules::project_code::{Check, ProjectCode};
use crate::rules::quality::Rule;
use crate::rules::text::{norm, squeeze};

/// What a project needs to know of its document.
pub(super) struct Context<'a> {
    pub(super) fiscal_year: i32,
    pub(super) year_is_printed: bool,
    pub(super) units: &'a Units,
    /// Regime that the indicators of the whole document show.
    pub(super) regime: Option<IndicatorRegime>,
}

/// Checks one project; a [`Refusal`] when a rule rejects it.
pub(super) fn check(
    ordinal: u32,
    table: &ProjectTable,
    form: &Form,
    context: &Context<'_>,
    findings: &mut Findings,
) -> Result<Project, Refusal> {
    let place = table.place;
    if let Some(unit) = &table.unit {
        findings.short_text(unit);
        findings.add_if(!unit::has_six_digits(unit), Rule::UnitCodeFormat, unit.place, &unit.text);
    }
    let code = code(form, place, context, findings);
    let (name, heading_name) = names(table, form, findings);
    let funds = Funds::read(form, place, findings)?;
    let purpose = purpose(form.purpose.as_ref(), &name, place, findings);
    let plan = match &form.plan {
        Some(row) => plan_of(row, funds.budget.as_ref().map(|amount| amount.fen), funds.unit, findings),
        None => {
            findings.add(Rule::PlanMissing, place, "");
            None
        }
    };
    let objectives = objectives(form.objectives.as_ref(), &name, purpose.as_deref(), findings);
    let indicators = indicator::check_table(form, place, context, findings);
    Ok(Project {
        ordinal,
        unit_code: context.units.code_of(table).to_owned(),
        unit_printed: table.unit.as_ref().map(|unit| unit.text.clone()),
        code,
        name,
        heading_name,
        budget: funds.budget,
        fiscal: funds.fiscal,
        other: funds.other,
        purpose,
        objectives,
        plan,
        indicators,
        place,
    })
}

fn code(form: &Form, place: Place, context: &Context<'_>, findings: &mut Findings) -> Option<String> {
    let printed = form.code.as_ref().filter(|field| !field.text.is_empty());
    let Some(field) = printed else {
        findings.add(Rule::ProjectCodeMissing, form.code.as_ref().map_or(place, |field| field.place), "");
        return None;
    };
    let code = squeeze(&findings.short_text(field));
    let read = ProjectCode::read(&code);
    match read {
        ProjectCode::Checked { check: Check::Fails | Check::NotComputable, .. } => {
            findings.add(Rule::ProjectCodeCheck, field.place, &code);
        }
        ProjectCode::Unknown => findings.add(Rule::ProjectCodeFormat, field.place, &code),
        ProjectCode::Checked { check: Check::Holds, .. } | ProjectCode::Unchecked { .. } | ProjectCode::Hebei => {}
    }
    let doubtful = read.year().is_some_and(|year| !context.year_is_printed || year > context.fiscal_year + 1);
    findings.add_if(doubtful, Rule::ProjectCodeYear, field.place, &code);
    Some(code)
}

/// The name, and the heading's name when it differs.
fn names(table: &ProjectTable, form: &Form, findings: &mut Findings) -> (String, Option<String>) {
    let heading = &table.heading;
    findings.add_if(!heading.separated, Rule::HeadingNoSeparator, table.place, &heading.text);
    let Some(field) = form.name.as_ref().filter(|field| !field.text.is_empty()) else {
        return (heading.name.clone(), None);
    };
    let name = findings.short_text(field);
    let differs = squeeze(&name) != squeeze(&heading.name);
    findings.add_if(differs, Rule::HeadingNameMismatch, table.place, &heading.name);
    (name, differs.then(|| heading.name.clone()))
}

fn purpose(cell: Option<&Cell>, name: &str, place: Place, findings: &mut Findings) -> Option<String> {
    let Some(cell) = cell else {
        findings.add(Rule::PurposeMissing, place, "");
        return None;
    };
    let text = cell.lines();
    findings.add_if(norm(&text) == norm(name), Rule::PurposeRepeatsName, cell.place, &text);
    Some(text)
}

struct Funds {
    unit: MoneyUnit,
    budget: Option<Amount>,
    fiscal: Option<Amount>,
    other: Option<Amount>,
}

impl Funds {
    fn read(form: &Form, place: Place, findings: &mut Findings) -> Result<Self, Refusal> {
        let unit = form.money.unwrap_or(MoneyUnit::WanYuan);
        let Some(printed) = &form.funds else {
            findings.add(Rule::BudgetMissing, place, "");
            return Ok(Self { unit, budget: None, fiscal: None, other: None });
        };
        let budget = amount(&printed.budget, unit, findings)?;
        let fiscal = amount(&printed.fiscal, unit, findings)?;
        let other = amount(&printed.other, unit, findings)?;
        match &budget {
            Some(budget) => {
                let varies = !money::has_two_decimals(&budget.raw);
                findings.add_if(varies, Rule::MoneyDecimalsVary, printed.budget.place, &budget.raw);
            }
            None => findings.add(Rule::BudgetMissing, printed.budget.place, ""),
        }
        if other.is_none() {
            findings.add(Rule::OtherFundsBlank, printed.other.place, "");
        }
        let funds = Self { unit, budget, fiscal, other };
        if funds.adds_up() {
            Ok(funds)
        } else {
            let label = format!("{} ≠ {} + {}", printed.budget.text, printed.fiscal.text, printed.other.text);
            Err(Refusal::by_rule(Rule::MoneySplitMismatch, printed.budget.place, &label))
        }
    }

    /// Budget = fiscal + other, a blank one counted as 0; nothing to compare when a side is blank altogether.
    fn adds_up(&self) -> bool {
        let fen = |amount: &Option<Amount>| amount.as_ref().map(|amount| i128::from(amount.fen.0));
        let parts = [fen(&self.fiscal), fen(&self.other)];
        match (fen(&self.budget), parts) {
            (None, _) | (_, [None, None]) => true,
            (Some(budget), parts) => {
                let sum: i128 = parts.into_iter().flatten().sum();
                (budget - sum).abs() <= i128::from(self.unit.tolerance().0)
            }
        }
    }
}

fn amount(field: &Field, unit: MoneyUnit, findings: &mut Findings) -> Result<Option<Amount>, Refusal> {
    let raw = findings.short_text(field);
    if money::is_absent(&raw) {
        return Ok(None);
    }
    match money::parse(&raw, unit) {
        Ok(fen) => Ok(Some(Amount { fen, raw })),
        Err(_) => Err(Refusal::by_rule(Rule::MoneyNotNumeric, field.place, &raw)),
    }
}

fn plan_of(row: &PlanRow, budget: Option<Fen>, unit: MoneyUnit, findings: &mut Findings) -> Option<Plan> {
    let raws: Vec<String> = row.points.iter().map(|(_, field)| findings.short_text(field)).collect();
    let values: Vec<&str> = raws.iter().map(String::as_str).collect();
    let reading = plan::read(&values, budget, unit);
    for rule in reading.rules {
        findings.add(rule, row.place, &values.join(" "));
    }
    let plan = reading.plan?;
    let months = row.points.iter().map(|(month, _)| *month);
    let points = months.zip(plan.points).zip(&raws).map(|((month, point), raw)| PlanPoint {
        month,
        percent: point.percent,
        amount: point.amount,
        raw: raw.clone(),
    });
    Some(Plan { basis: plan.basis, points: points.collect() })
}

fn objectives(cell: Option<&Cell>, name: &str, purpose: Option<&str>, findings: &mut Findings) -> Vec<Objective> {
    let mut objectives = Vec::new();
    let mut seen = HashSet::new();
    let (name, purpose) = (norm(name), purpose.map(norm));
    let paragraphs = cell.map(|cell| cell.paragraphs.as_slice()).unwrap_or_default();
    for (ordinal, paragraph) in (1..).zip(paragraphs) {
        let (text, place) = (paragraph.text.as_str(), paragraph.place);
        let split = numbering::split(text);
        let said = norm(&split.text);
        findings.add_if(split.number.is_none(), Rule::ObjectiveUnnumbered, place, text);
        findings.add_if(split.malformed, Rule::ObjectiveBadNumber, place, text);
        let repeats = said == name || purpose.as_ref() == Some(&said);
        findings.add_if(!seen.insert(said), Rule::ObjectiveDuplicate, place, text);
        findings.add_if(repeats, Rule::ObjectiveRepeatsName, place, text);
        objectives.push(Objective { ordinal, number: split.number, text: split.text });
    }
    objectives
}
