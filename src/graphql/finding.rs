//! Findings (数据质量问题).

use std::sync::LazyLock;

use async_graphql::Value;
use entity::finding;
use entity::id::FindingId;

use super::department_goal::DepartmentGoal;
use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object, Step};
use super::engine::order::OrderField;
use super::engine::signature::Argument;
use super::indicator::{Indicator, language};
use super::project::Project;
use super::source_document::{Place, SourceDocument, SourceRef};
use super::text;
use super::unit::Unit;
use crate::error::AppResult;
use crate::service::filter::{Filter, Test};
use crate::service::relation::{FINDING_GOAL, FINDING_INDICATOR, FINDING_PROJECT, FINDING_SOURCE, FINDING_UNIT};

/// `Finding`.
pub struct Finding;

impl Object for Finding {
    type Row = finding::Model;
    const NAME: &'static str = "Finding";

    fn fields() -> &'static Fields<finding::Model> {
        static FIELDS: LazyLock<Fields<finding::Model>> = LazyLock::new(|| {
            Fields::<finding::Model>::new("Something that a data-quality rule (数据质量规则) noticed in a document.")
                .node(|finding| finding.id.public())
                .value("rule: String!", "Identifier of the rule, e.g. `PLAN_AS_AMOUNT`; new ones may come.", |f| {
                    Value::from(f.rule.as_str())
                })
                .value("severity: Severity!", "How much it matters.", |f| text::name(f.severity.code()))
                .field(
                    "message: String!",
                    "What was noticed, in words.",
                    vec![Argument::new("lang: Lang", "The language; that of `Accept-Language` when absent.")],
                    |asked| {
                        let lang = language(asked)?;
                        Ok(Step::value(move |finding: &finding::Model| {
                            Value::from(crate::service::finding::message(finding, lang))
                        }))
                    },
                )
                .value(
                    "subject: String!",
                    "What it is about, by ordinals, e.g. `project 3, indicator 2`; an empty string when it is about \
                     no stored project.",
                    |f| Value::from(f.subject.as_str()),
                )
                .value(
                    "detail: String!",
                    "The text that was noticed, its first 200 characters; an empty string where there is none, e.g. \
                     for a missing budget.",
                    |f| Value::from(f.detail.as_str()),
                )
                .value("fiscalYear: Int!", "Fiscal year of the document.", |f| Value::from(f.fiscal_year))
                .inline::<SourceRef>(
                    "place: SourceRef",
                    "Where it stands; without line, table and row when something is absent from the whole document. Null \
                     for what was noticed in values that came without a document.",
                    |f| Place::of(f.source_id, f.source_line, f.source_table, f.source_row),
                )
                .one::<SourceDocument, _>(
                    "source: SourceDocument",
                    "The document; null when there is none, or when it belongs to a unit out of scope.",
                    FINDING_SOURCE,
                )
                .one::<Unit, _>("unit: Unit!", "The unit it belongs to.", FINDING_UNIT)
                .one::<DepartmentGoal, _>(
                    "goal: DepartmentGoal",
                    "The department goal it is about; null when it is about something else.",
                    FINDING_GOAL,
                )
                .one::<Project, _>(
                    "project: Project",
                    "The project it is about, itself or a part of it; null when it is about something else.",
                    FINDING_PROJECT,
                )
                .one::<Indicator, _>(
                    "indicator: Indicator",
                    "The indicator it is about; null when it is about something else.",
                    FINDING_INDICATOR,
                )
                .value("createdAt: DateTime!", "When it was noticed first.", |f| text::time(f.created_at))
                .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |f| {
                    Value::from(f.version)
                })
                .value("acknowledgedAt: DateTime", "When someone acknowledged it; null while nobody has.", |f| {
                    f.acknowledged_at.map_or(Value::Null, text::time)
                })
                .value("acknowledgedBy: String", "Name of the account that acknowledged it.", |f| {
                    text::text(&f.acknowledged_by)
                })
                .value("acknowledgedReason: String", "Why it may stay as it is.", |f| {
                    text::text(&f.acknowledged_reason)
                })
        });
        &FIELDS
    }
}

impl Connected for Finding {
    type Entity = finding::Entity;
    const AGGREGATE: &'static str = "FindingAggregate";

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use finding::Column;
            Filters::new("FindingFilter", "Conditions on findings; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| FindingId::parse(id).map(|id| id.0))
                .text("divisionCode: StringFilter", "Code of the fiscal division.", Column::DivisionCode)
                .int("fiscalYear: IntFilter", "Fiscal year of the document.", Column::FiscalYear)
                .text("rule: StringFilter", "Identifier of the rule.", Column::Rule)
                .code("severity: SeverityFilter", "Severity.", Column::Severity)
                .text("detail: StringFilter", "The text that was noticed.", Column::Detail)
                .time("createdAt: DateTimeFilter", "When it was noticed first.", Column::CreatedAt)
                .time(
                    "acknowledgedAt: DateTimeFilter",
                    "When someone acknowledged it; `isNull: true` asks for those that nobody has.",
                    Column::AcknowledgedAt,
                )
                .related("unit: UnitFilter", "The unit.", FINDING_UNIT, Unit::filters)
                .related("project: ProjectFilter", "The project it is about.", FINDING_PROJECT, Project::filters)
                .related(
                    "indicator: IndicatorFilter",
                    "The indicator it is about.",
                    FINDING_INDICATOR,
                    Indicator::filters,
                )
                .related("source: SourceDocumentFilter", "The document.", FINDING_SOURCE, SourceDocument::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<finding::Column>] {
        use finding::Column;
        &[
            OrderField { name: "RULE", description: "Identifier of the rule.", column: Column::Rule },
            OrderField { name: "FISCAL_YEAR", description: "Fiscal year.", column: Column::FiscalYear },
            OrderField { name: "CREATED_AT", description: "When it was noticed first.", column: Column::CreatedAt },
        ]
    }

    const DEFAULT_ORDER: &'static str = "identifier of the rule";

    fn default_order() -> &'static [finding::Column] {
        &[finding::Column::Rule]
    }
}

/// The findings of the severity that a field asks for; all when it asks for none.
pub fn of_severity(asked: &Asked<'_>) -> AppResult<Filter> {
    let severity = asked.argument("severity")?.filter(|value| *value != Value::Null);
    Ok(match severity {
        None => Filter::everything(),
        Some(value) => {
            let name = argument::name(&value, &At::top("severity"))?;
            Filter::column(finding::Column::Severity, Test::Eq(name.into()))
        }
    })
}
