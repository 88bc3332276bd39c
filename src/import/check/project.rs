//! Reading of one project table: unit, code, money, purpose, plan and objectives (4.2, 5.1–5.3), with what the rules
//! notice in its form.

use entity::value::IndicatorRegime;

use super::content::{Content, printed_plan};
use super::findings::Findings;
use super::indicator;
use super::unit::{self, Units};
use super::{Amount, Objective, Plan, PlanPoint, Project};
use crate::import::document::{Cell, Field, Paragraph};
use crate::import::form::{Form, PlanRow};
use crate::import::outline::ProjectTable;
use crate::import::reject::Refusal;
use crate::rules::money::{self, MoneyUnit};
use crate::rules::numbering::{self, Numbered};
use crate::rules::plan;
use crate::rules::quality::{Basis, Rule};
use crate::rules::text::squeeze;

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
    let code = form.code.as_ref().map(|field| squeeze(&findings.short_text(field))).filter(|code| !code.is_empty());
    let (name, heading_name) = names(table, form, findings);
    let funds = Funds::read(form, findings)?;
    let plan = form.plan.as_ref().map(|row| plan_of(row, &funds, findings)).transpose();
    let (plan, refused_plan) = plan.map_or_else(|rule| (None, Some(rule)), |plan| (plan, None));
    let (rows, indicators) = indicator::read_table(form, context, findings);
    let project = Project {
        ordinal,
        unit_code: context.units.code_of(table).to_owned(),
        unit_printed: table.unit.as_ref().map(|unit| unit.text.clone()),
        code,
        name,
        heading_name,
        budget: funds.budget,
        fiscal: funds.fiscal,
        other: funds.other,
        purpose: form.purpose.as_ref().map(Cell::lines),
        objectives: objectives(form.objectives.as_ref()),
        plan,
        indicators,
        place,
    };
    Content { project: &project, form, rows: &rows, refused_plan }.review(context, findings)?;
    Ok(project)
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

struct Funds {
    unit: MoneyUnit,
    budget: Option<Amount>,
    fiscal: Option<Amount>,
    other: Option<Amount>,
}

impl Funds {
    fn read(form: &Form, findings: &mut Findings) -> Result<Self, Refusal> {
        let unit = form.money.unwrap_or(MoneyUnit::WanYuan);
        let Some(printed) = &form.funds else {
            return Ok(Self { unit, budget: None, fiscal: None, other: None });
        };
        let budget = amount(&printed.budget, unit, findings)?;
        let fiscal = amount(&printed.fiscal, unit, findings)?;
        let other = amount(&printed.other, unit, findings)?;
        if let Some(budget) = &budget {
            let varies = !money::has_two_decimals(&budget.raw);
            findings.add_if(varies, Rule::MoneyDecimalsVary, printed.budget.place, &budget.raw);
        }
        Ok(Self { unit, budget, fiscal, other })
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

/// The plan, or the rule that refuses it.
fn plan_of(row: &PlanRow, funds: &Funds, findings: &mut Findings) -> Result<Plan, Rule> {
    let raws: Vec<String> = row.points.iter().map(|(_, field)| findings.short_text(field)).collect();
    let values: Vec<&str> = raws.iter().map(String::as_str).collect();
    let reading = plan::read(&values, funds.budget.as_ref().map(|amount| amount.fen), funds.unit);
    let refused = reading.plan.as_ref().err().filter(|rule| rule.basis() == Basis::Form);
    for rule in reading.rules.iter().chain(refused) {
        findings.add(*rule, row.place, &printed_plan(row));
    }
    let plan = reading.plan?;
    let months = row.points.iter().map(|(month, _)| *month);
    let points = months.zip(plan.points).zip(raws).map(|((month, point), raw)| PlanPoint {
        month,
        percent: point.percent,
        amount: point.amount,
        raw,
    });
    Ok(Plan { basis: plan.basis, points: points.collect() })
}

fn objectives(cell: Option<&Cell>) -> Vec<Objective> {
    let paragraphs = cell.map(|cell| cell.paragraphs.as_slice()).unwrap_or_default();
    let split = |(ordinal, paragraph): (u32, &Paragraph)| {
        let Numbered { number, text } = numbering::split(&paragraph.text);
        Objective { ordinal, number, text }
    };
    (1..).zip(paragraphs).map(split).collect()
}
