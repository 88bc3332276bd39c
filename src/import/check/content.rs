//! What [`rules::review`](crate::rules::review) notices in the content of a project, at the places where it is printed.

use entity::value::Fen;

use super::findings::Findings;
use super::project::Context;
use super::{Amount, Level, Plan, PlanPoint, Project};
use crate::import::document::Place;
use crate::import::form::{Form, Funds, IndicatorRow, PlanRow};
use crate::import::reject::Refusal;
use crate::rules::money::MoneyUnit;
use crate::rules::quality::{Rule, Treatment};
use crate::rules::review::{
    About, IndicatorFacts, LevelFacts, ObjectiveFacts, Part, PlanFacts, PointFacts, ProjectFacts, review,
};
use crate::rules::taxonomy;

/// A project with the table that it was read from.
pub(super) struct Content<'a> {
    pub(super) project: &'a Project,
    pub(super) form: &'a Form,
    /// The rows of the indicators that were taken, in their order.
    pub(super) rows: &'a [&'a IndicatorRow],
    /// The rule by which the printed plan was refused.
    pub(super) refused_plan: Option<Rule>,
}

impl Content<'_> {
    /// Adds what the rules notice; a [`Refusal`] when one of them rejects the project.
    pub(super) fn review(&self, context: &Context<'_>, findings: &mut Findings) -> Result<(), Refusal> {
        for noticed in review(&self.facts(context)) {
            let (place, printed) = self.printed(noticed.about);
            let detail = printed.unwrap_or(noticed.detail);
            if noticed.rule.treatment() == Treatment::RejectProject {
                return Err(Refusal::by_rule(noticed.rule, place, &detail));
            }
            findings.about_indicator(self.indicator(noticed.about));
            findings.add(noticed.rule, place, &detail);
        }
        Ok(())
    }

    fn facts<'a>(&'a self, context: &Context<'_>) -> ProjectFacts<'a> {
        let project = self.project;
        let fen = |amount: &Option<Amount>| -> Option<Fen> { amount.as_ref().map(|amount| amount.fen) };
        let objectives = project.objectives.iter();
        let indicators = project.indicators.iter();
        ProjectFacts {
            fiscal_year: context.fiscal_year,
            year_is_certain: context.year_is_printed,
            code: project.code.as_deref(),
            name: &project.name,
            budget: fen(&project.budget),
            fiscal_funds: fen(&project.fiscal),
            other_funds: fen(&project.other),
            tolerance: self.form.money.unwrap_or(MoneyUnit::WanYuan).tolerance(),
            purpose: project.purpose.as_deref(),
            plan: self.plan(),
            objectives: objectives
                .map(|objective| ObjectiveFacts { number: objective.number.as_deref(), text: &objective.text })
                .collect(),
            indicators: indicators
                .map(|indicator| IndicatorFacts {
                    level1: level(&indicator.level1),
                    level2: level(&indicator.level2),
                    name: &indicator.name,
                    description: Some(&indicator.description),
                    target: &indicator.target.raw,
                    basis: indicator.basis.as_deref(),
                })
                .collect(),
            asks_for_basis: self.rows.iter().any(|row| row.basis.is_some()),
        }
    }

    fn plan(&self) -> PlanFacts<'_> {
        match (&self.project.plan, self.refused_plan) {
            (Some(Plan { basis, points }), _) => {
                let points = points.iter().map(|PlanPoint { percent, amount, raw, .. }| PointFacts {
                    percent: *percent,
                    amount: *amount,
                    raw,
                });
                PlanFacts::Stated { basis: *basis, points: points.collect() }
            }
            (None, Some(rule)) => PlanFacts::Refused(rule),
            (None, None) => PlanFacts::Missing,
        }
    }

    /// Ordinal of the indicator that is meant.
    fn indicator(&self, about: About) -> Option<u32> {
        let About::Indicator(at, _) = about else { return None };
        self.project.indicators.get(at).map(|indicator| indicator.ordinal)
    }

    /// Where a fact is printed, the heading for one that is not; and the printed text where it says more than the fact.
    fn printed(&self, about: About) -> (Place, Option<String>) {
        let form = self.form;
        let funds = form.funds.as_ref();
        let (place, printed) = match about {
            About::Project => (None, None),
            About::Code => (form.code.as_ref().map(|code| code.place), None),
            About::Budget => (funds.map(|funds| funds.budget.place), None),
            About::Funds => {
                let row = |Funds { budget, fiscal, other }: &Funds| {
                    (budget.place, format!("{} ≠ {} + {}", budget.text, fiscal.text, other.text))
                };
                funds.map(row).unzip()
            }
            About::OtherFunds => (funds.map(|funds| funds.other.place), None),
            About::Purpose => (form.purpose.as_ref().map(|purpose| purpose.place), None),
            About::Plan => form.plan.as_ref().map(|row| (row.place, printed_plan(row))).unzip(),
            About::Objective(at) => {
                let paragraph = form.objectives.as_ref().and_then(|cell| cell.paragraphs.get(at));
                paragraph.map(|paragraph| (paragraph.place, paragraph.text.clone())).unzip()
            }
            About::Indicator(at, part) => (self.rows.get(at).map(|row| place_of(row, part)), None),
        };
        (place.unwrap_or(self.project.place), printed)
    }
}

/// The values of a plan in one line.
pub(super) fn printed_plan(row: &PlanRow) -> String {
    let values: Vec<&str> = row.points.iter().map(|(_, field)| field.text.as_str()).collect();
    values.join(" ")
}

fn level(level: &Level) -> LevelFacts<'_> {
    LevelFacts { known: level.code.and_then(taxonomy::by_code), name: &level.name, raw: &level.raw }
}

fn place_of(row: &IndicatorRow, part: Part) -> Place {
    match part {
        Part::Whole | Part::Level1 => row.level1.place,
        Part::Level2 => row.level2.place,
        Part::Name => row.level3.place,
        Part::Description => row.description.as_ref().map_or(row.level1.place, |field| field.place),
        Part::Target => row.value.place,
        Part::Basis => row.basis.as_ref().map_or(row.level1.place, |cell| cell.place),
    }
}
