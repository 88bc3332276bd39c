//! What the subtree of a unit comes to in a year.

use std::sync::LazyLock;

use async_graphql::{Name, Value};
use entity::id::UnitId;
use entity::unit;
use futures_util::future::BoxFuture;

use super::aggregate::MoneyAggregate;
use super::engine::aggregate;
use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::json::Texts;
use super::engine::object::{Fields, Linked, Object, Step};
use super::engine::plan::Plan;
use super::money::{Amount, Money};
use super::project::Project;
use crate::error::AppResult;
use crate::service::aggregate::Measured;
use crate::service::read::Reader;
use crate::service::summary::{self, Summary, Wanted};

/// `UnitSummary`.
pub struct UnitSummary;

impl Object for UnitSummary {
    type Row = Summary;
    const NAME: &'static str = "UnitSummary";

    fn fields() -> &'static Fields<Summary> {
        static FIELDS: LazyLock<Fields<Summary>> = LazyLock::new(|| {
            let fields = Fields::<Summary>::new(
                "What a unit and all units below it come to in a year, as far as the caller may see it.",
            )
            .value("units: Int!", "How many units there are, itself among them.", |s| Value::from(s.units))
            .value("projects: Int!", "How many projects.", |s| Value::from(s.projects.count))
            .value("indicators: Int!", "How many indicators.", |s| Value::from(s.indicators))
            .value("goals: Int!", "How many department goals.", |s| Value::from(s.goals))
            .inlines::<PlannedSpending>(
                "plan: [PlannedSpending!]!",
                "Planned spending, month by month; a month that no plan names is not there.",
                |s| s.plan.clone(),
            )
            .inlines::<SeverityCount>(
                "findings: [SeverityCount!]!",
                "How many findings, by severity; a severity without any is not there.",
                |s| s.findings.clone(),
            );
            aggregate::measures::<Project, _>(fields, |summary| &summary.projects)
        });
        &FIELDS
    }
}

/// `PlannedSpending`.
pub struct PlannedSpending;

impl Object for PlannedSpending {
    type Row = (i32, Measured);
    const NAME: &'static str = "PlannedSpending";

    fn fields() -> &'static Fields<(i32, Measured)> {
        static FIELDS: LazyLock<Fields<(i32, Measured)>> = LazyLock::new(|| {
            Fields::<(i32, Measured)>::new(
                "What is planned to be spent until the end of a month, from the year's beginning.",
            )
            .value("month: Int!", "The month, 1 to 12.", |(month, _)| Value::from(*month))
            .inline::<Money>(
                "amount: Money",
                "The sum of the planned amounts; null where no plan says one.",
                |(_, amount)| amount.sum().map(Amount::from),
            )
        });
        &FIELDS
    }
}

/// `SeverityCount`.
pub struct SeverityCount;

impl Object for SeverityCount {
    type Row = (String, u64);
    const NAME: &'static str = "SeverityCount";

    fn fields() -> &'static Fields<(String, u64)> {
        static FIELDS: LazyLock<Fields<(String, u64)>> = LazyLock::new(|| {
            Fields::<(String, u64)>::new("How many findings of a severity there are.")
                .value("severity: Severity!", "How much they matter.", |(severity, _)| Value::Enum(Name::new(severity)))
                .value("count: Int!", "How many there are.", |(_, count)| Value::from(*count))
        });
        &FIELDS
    }
}

/// Plans the summaries of units.
pub fn of_unit(asked: &Asked<'_>) -> AppResult<Step<unit::Model>> {
    let year = argument::int(&asked.required("fiscalYear")?, &At::top("fiscalYear"))?;
    let plan = Plan::compile::<UnitSummary>(asked)?;
    let parts = asked.fields(UnitSummary::NAME, &[]);
    let asks = |name: &str| parts.iter().any(|part| part.name == name);
    let sums = parts.iter().any(|part| part.name == "projects" || is_summed(part.name));
    let measures = aggregate::wanted::<Project>(UnitSummary::NAME, std::iter::once(asked))?;
    let wanted = Wanted {
        units: asks("units"),
        projects: sums.then_some(measures),
        indicators: asks("indicators"),
        goals: asks("goals"),
        plan: asks("plan"),
        findings: asks("findings"),
    };
    Ok(Step::Link(Box::new(Summaries { year, wanted, plan })))
}

fn is_summed(name: &str) -> bool {
    use super::engine::connection::Connected;
    Project::measures().iter().any(|measure| measure.name() == name && measure.kind.name == MoneyAggregate::NAME)
}

struct Summaries {
    year: i32,
    wanted: Wanted,
    plan: Plan<Summary>,
}

impl Linked<unit::Model> for Summaries {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [unit::Model]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let units: Vec<UnitId> = rows.iter().map(|unit| unit.id).collect();
            let summaries = summary::of_units(reader, &units, self.year, &self.wanted).await?;
            self.plan.render(reader, &summaries).await
        })
    }
}
