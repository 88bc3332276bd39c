//! Projects (预算项目) and their objectives.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::ProjectId;
use entity::value::SearchKind;
use entity::{finding, objective, project};

use super::aggregate;
use super::engine::aggregate::MeasureField;
use super::engine::argument::{self, At};
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object};
use super::engine::order::OrderField;
use super::engine::signature::Argument;
use super::finding::{self as findings, Finding};
use super::history::Change;
use super::indicator::Indicator;
use super::money::{Amount, Money};
use super::source_document::{Place, SourceRef};
use super::spending_plan::SpendingPlan;
use super::text;
use super::unit::Unit;
use crate::service::order::Key;
use crate::service::relation::{
    OBJECTIVE_PROJECT, PROJECT_FINDINGS, PROJECT_HISTORY, PROJECT_INDICATORS, PROJECT_OBJECTIVES, PROJECT_PLAN,
    PROJECT_UNIT,
};

/// `Project`.
pub struct Project;

impl Object for Project {
    type Row = project::Model;
    const NAME: &'static str = "Project";

    fn fields() -> &'static Fields<project::Model> {
        static FIELDS: LazyLock<Fields<project::Model>> = LazyLock::new(|| {
            Fields::<project::Model>::new("A budgeted project (预算项目) of one unit and fiscal year.")
                .node(|project| project.id.public())
                .value(
                    "version: Int!",
                    "Starts at 1 and grows by 1 with each change of the project or of anything inside it.",
                    |p| Value::from(p.version),
                )
                .reads(&[project::Column::Version])
                .one::<Unit, _>("unit: Unit!", "The unit.", PROJECT_UNIT)
                .value("fiscalYear: Int!", "Fiscal year (预算年度).", |p| Value::from(p.fiscal_year))
                .reads(&[project::Column::FiscalYear])
                .value("ordinal: Int!", "Place in its document, from 1; rejected tables count.", |p| {
                    Value::from(p.ordinal)
                })
                .reads(&[project::Column::Ordinal])
                .value("code: String", "Project code (项目编码); null when the form leaves it empty.", |p| {
                    text::text(&p.code)
                })
                .reads(&[project::Column::Code])
                .value("name: String!", "Name (项目名称).", |p| Value::from(p.name.as_str()))
                .reads(&[project::Column::Name])
                .value(
                    "heading: String",
                    "The name in the heading of the table; null where it does not differ from `name`.",
                    |p| text::text(&p.heading),
                )
                .reads(&[project::Column::Heading])
                .value(
                    "unitRaw: String",
                    "The unit as printed in the table, code and name; null when the table names none.",
                    |p| text::text(&p.unit_raw),
                )
                .reads(&[project::Column::UnitRaw])
                .value("goalLevel: GoalLevel!", "What its table states goals for: a project or a special fund.", |p| {
                    text::name(p.goal_level.code())
                })
                .reads(&[project::Column::GoalLevel])
                .inline::<Money>(
                    "budget: Money",
                    "Budget (预算数); null when the form has none or leaves it empty.",
                    |p| Amount::of(p.budget, &p.budget_raw),
                )
                .reads(&[project::Column::Budget, project::Column::BudgetRaw])
                .inline::<Money>(
                    "fiscalFunds: Money",
                    "Of it, fiscal funds (财政资金); null when the form has none or leaves them empty.",
                    |p| Amount::of(p.fiscal_funds, &p.fiscal_funds_raw),
                )
                .reads(&[project::Column::FiscalFunds, project::Column::FiscalFundsRaw])
                .inline::<Money>(
                    "otherFunds: Money",
                    "Of it, other funds (其他资金); null when the form has none or leaves them empty.",
                    |p| Amount::of(p.other_funds, &p.other_funds_raw),
                )
                .reads(&[project::Column::OtherFunds, project::Column::OtherFundsRaw])
                .value("publication: Publication!", "Whether the public sees it.", |p| text::name(p.publication.code()))
                .reads(&[project::Column::Publication])
                .value("publishedAt: DateTime", "Since when the public sees it; null for a draft.", |p| {
                    p.published_at.map(text::time).unwrap_or_default()
                })
                .reads(&[project::Column::PublishedAt])
                .value(
                    "purpose: String",
                    "What the money is for (资金用途); null when the form does not say it.",
                    |p| text::text(&p.purpose),
                )
                .reads(&[project::Column::Purpose])
                .list::<Objective, _>(
                    "objectives: [Objective!]!",
                    "Objectives (绩效目标), in printed order.",
                    PROJECT_OBJECTIVES,
                    || vec![Key::up(objective::Column::Ordinal)],
                )
                .one::<SpendingPlan, _>(
                    "plan: SpendingPlan",
                    "Spending plan (资金支出计划); null when absent or unreadable.",
                    PROJECT_PLAN,
                )
                .connection::<Indicator, _>(
                    "indicators: IndicatorConnection!",
                    "Indicators (绩效指标), in printed order unless asked otherwise.",
                    PROJECT_INDICATORS,
                )
                .list_where::<Finding, _>(
                    "findings: [Finding!]!",
                    "What rules noticed in the project and its parts.",
                    vec![Argument::new("severity: Severity", "Only findings of this severity.")],
                    PROJECT_FINDINGS,
                    || vec![Key::up(finding::Column::Rule)],
                    findings::of_severity,
                )
                .inline::<SourceRef>(
                    "source: SourceRef",
                    "Where the values were read; null when they were not imported.",
                    |p| Place::of(p.source_id, p.source_line, p.source_table, p.source_row),
                )
                .reads(&[
                    project::Column::SourceId,
                    project::Column::SourceLine,
                    project::Column::SourceTable,
                    project::Column::SourceRow,
                ])
                .connection::<Change, _>(
                    "history: ChangeConnection!",
                    "What was done to the project and its parts, the newest first.",
                    PROJECT_HISTORY,
                )
                .value("createdAt: DateTime!", "When the row was made.", |p| text::time(p.created_at))
                .reads(&[project::Column::CreatedAt])
                .value("updatedAt: DateTime!", "When the row last changed.", |p| text::time(p.updated_at))
                .reads(&[project::Column::UpdatedAt])
        });
        &FIELDS
    }
}

impl Connected for Project {
    type Entity = project::Entity;
    const AGGREGATE: &'static str = "ProjectAggregate";

    const KIND: Option<SearchKind> = Some(SearchKind::Project);

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use project::Column;
            Filters::new("ProjectFilter", "Conditions on projects; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| ProjectId::parse(id).map(|id| id.0))
                .text("divisionCode: StringFilter", "Code of the fiscal division.", Column::DivisionCode)
                .int("fiscalYear: IntFilter", "Fiscal year.", Column::FiscalYear)
                .text("code: StringFilter", "Project code.", Column::Code)
                .text("name: StringFilter", "Name.", Column::Name)
                .text("purpose: StringFilter", "What the money is for.", Column::Purpose)
                .code("goalLevel: GoalLevelFilter", "Project or special fund.", Column::GoalLevel)
                .code("publication: PublicationFilter", "Draft or published.", Column::Publication)
                .money("budget: MoneyFilter", "Budget.", Column::Budget)
                .money("fiscalFunds: MoneyFilter", "Fiscal funds.", Column::FiscalFunds)
                .money("otherFunds: MoneyFilter", "Other funds.", Column::OtherFunds)
                .time("updatedAt: DateTimeFilter", "When the row last changed.", Column::UpdatedAt)
                .related("unit: UnitFilter", "The unit.", PROJECT_UNIT, Unit::filters)
                .many("indicators: IndicatorListFilter", "Its indicators.", PROJECT_INDICATORS, Indicator::filters)
                .many("findings: FindingListFilter", "What rules noticed in it.", PROJECT_FINDINGS, Finding::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<project::Column>] {
        use project::Column;
        &[
            OrderField { name: "FISCAL_YEAR", description: "Fiscal year.", column: Column::FiscalYear },
            OrderField { name: "ORDINAL", description: "Place in the document.", column: Column::Ordinal },
            OrderField { name: "CODE", description: "Project code.", column: Column::Code },
            OrderField { name: "NAME", description: "Name, by code point.", column: Column::Name },
            OrderField { name: "BUDGET", description: "Budget.", column: Column::Budget },
            OrderField { name: "FISCAL_FUNDS", description: "Fiscal funds.", column: Column::FiscalFunds },
            OrderField { name: "OTHER_FUNDS", description: "Other funds.", column: Column::OtherFunds },
            OrderField { name: "UPDATED_AT", description: "When the row last changed.", column: Column::UpdatedAt },
        ]
    }

    const DEFAULT_ORDER: &'static str = "fiscal year, unit (by its id), then place in the document";

    fn default_order() -> &'static [project::Column] {
        &[project::Column::FiscalYear, project::Column::UnitId, project::Column::Ordinal]
    }

    fn measures() -> &'static [MeasureField<project::Column>] {
        static MEASURES: LazyLock<[MeasureField<project::Column>; 3]> = LazyLock::new(|| {
            use project::Column;
            [
                aggregate::money("budget: MoneyAggregate!", "Budgets.", Column::Budget),
                aggregate::money("fiscalFunds: MoneyAggregate!", "Fiscal funds.", Column::FiscalFunds),
                aggregate::money("otherFunds: MoneyAggregate!", "Other funds.", Column::OtherFunds),
            ]
        });
        &*MEASURES
    }
}

/// The projects that a natural key names: by code, or by name where the form has no code.
///
/// # Errors
/// `BAD_USER_INPUT` when neither code nor name is given, or both.
pub fn by_key(value: &Value, at: &At) -> crate::error::AppResult<crate::service::filter::Filter> {
    use crate::service::filter::{Filter, Test};
    let mut parts = Vec::new();
    let mut named = 0;
    for (name, value) in argument::fields(value, at)? {
        if *value == Value::Null {
            continue;
        }
        let at = at.field(name);
        parts.push(match name {
            "divisionCode" => {
                Filter::column(project::Column::DivisionCode, Test::Eq(argument::text(value, &at)?.into()))
            }
            "fiscalYear" => Filter::column(project::Column::FiscalYear, Test::Eq(argument::int(value, &at)?.into())),
            "unitCode" => {
                let code = Test::Eq(argument::text(value, &at)?.into());
                Filter::related(PROJECT_UNIT, Filter::column(entity::unit::Column::Code, code))
            }
            "code" => {
                named += 1;
                Filter::column(project::Column::Code, Test::Eq(argument::text(value, &at)?.into()))
            }
            _ => {
                named += 1;
                let name = Test::Eq(argument::text(value, &at)?.into());
                let no_code = Filter::column(project::Column::Code, Test::IsNull(true));
                Filter::All(vec![no_code, Filter::column(project::Column::Name, name)])
            }
        });
    }
    if named != 1 {
        return Err(at.error("needs `code`, or `name` when the project has no code, and not both"));
    }
    Ok(Filter::All(parts))
}

/// `Objective`.
pub struct Objective;

impl Object for Objective {
    type Row = objective::Model;
    const NAME: &'static str = "Objective";

    fn fields() -> &'static Fields<objective::Model> {
        static FIELDS: LazyLock<Fields<objective::Model>> = LazyLock::new(|| {
            Fields::<objective::Model>::new("An objective (绩效目标) of a project.")
                .node(|objective| objective.id.public())
                .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |o| Value::from(o.version))
                .reads(&[objective::Column::Version])
                .one::<Project, _>("project: Project!", "The project.", OBJECTIVE_PROJECT)
                .value("ordinal: Int!", "Place in the list, from 1.", |o| Value::from(o.ordinal))
                .reads(&[objective::Column::Ordinal])
                .value("number: String", "The number as printed; null when there is none.", |o| text::text(&o.number))
                .reads(&[objective::Column::Number])
                .value("text: String!", "The objective without its number.", |o| Value::from(o.text.as_str()))
                .reads(&[objective::Column::Text])
        });
        &FIELDS
    }
}
