//! Department goals (部门整体绩效目标) with sub-goals and measures.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::DepartmentGoalId;
use entity::value::{GoalItemKind, SearchKind};
use entity::{department_goal, finding, goal_item};

use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object};
use super::engine::order::OrderField;
use super::engine::signature::Argument;
use super::finding::{self as findings, Finding};
use super::source_document::{Place, SourceRef};
use super::text;
use super::unit::Unit;
use crate::service::filter::{Filter, Test};
use crate::service::order::Key;
use crate::service::relation::{GOAL_FINDINGS, GOAL_ITEMS, GOAL_UNIT};

/// `DepartmentGoal`.
pub struct DepartmentGoal;

fn of_kind(kind: GoalItemKind) -> Filter {
    Filter::column(goal_item::Column::Kind, Test::Eq(kind.code().into()))
}

impl Object for DepartmentGoal {
    type Row = department_goal::Model;
    const NAME: &'static str = "DepartmentGoal";

    fn fields() -> &'static Fields<department_goal::Model> {
        static FIELDS: LazyLock<Fields<department_goal::Model>> = LazyLock::new(|| {
            Fields::<department_goal::Model>::new(
                "The goal of a whole department or unit (部门整体绩效目标) for one fiscal year.",
            )
            .node(|goal| goal.id.public())
            .value(
                "version: Int!",
                "Starts at 1 and grows by 1 with each change of the goal or of an item of it.",
                |g| Value::from(g.version),
            )
            .one::<Unit, _>("unit: Unit!", "The unit.", GOAL_UNIT)
            .value("fiscalYear: Int!", "Fiscal year (预算年度).", |g| Value::from(g.fiscal_year))
            .value(
                "overall: String",
                "Overall goal (总体绩效目标), one paragraph a line; null when the document prints none.",
                |g| text::text(&g.overall),
            )
            .list_where::<GoalItem, _>(
                "items: [GoalItem!]!",
                "Sub-goals (分项绩效目标), in printed order.",
                Vec::new(),
                GOAL_ITEMS,
                || vec![Key::up(goal_item::Column::Ordinal)],
                |_| Ok(of_kind(GoalItemKind::SubGoal)),
            )
            .list_where::<SafeguardMeasure, _>(
                "measures: [SafeguardMeasure!]!",
                "Safeguard measures (工作保障措施), in printed order.",
                Vec::new(),
                GOAL_ITEMS,
                || vec![Key::up(goal_item::Column::Ordinal)],
                |_| Ok(of_kind(GoalItemKind::Measure)),
            )
            .list_where::<Finding, _>(
                "findings: [Finding!]!",
                "What rules noticed in the goal.",
                vec![Argument::new("severity: Severity", "Only findings of this severity.")],
                GOAL_FINDINGS,
                || vec![Key::up(finding::Column::Rule)],
                findings::of_severity,
            )
            .inline::<SourceRef>("source: SourceRef", "Where the goal was read; null when it was not imported.", |g| {
                Place::of(g.source_id, g.source_line, g.source_table, g.source_row)
            })
            .value("createdAt: DateTime!", "When the row was made.", |g| text::time(g.created_at))
            .value("publication: Publication!", "Whether the public sees it.", |g| text::name(g.publication.code()))
            .value("publishedAt: DateTime", "Since when the public sees it; null for a draft.", |g| {
                g.published_at.map(text::time).unwrap_or_default()
            })
            .value("updatedAt: DateTime!", "When the row last changed.", |g| text::time(g.updated_at))
        });
        &FIELDS
    }
}

impl Connected for DepartmentGoal {
    type Entity = department_goal::Entity;
    const AGGREGATE: &'static str = "DepartmentGoalAggregate";

    const KIND: Option<SearchKind> = Some(SearchKind::DepartmentGoal);

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use department_goal::Column;
            Filters::new("DepartmentGoalFilter", "Conditions on department goals; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| DepartmentGoalId::parse(id).map(|id| id.0))
                .text("divisionCode: StringFilter", "Code of the fiscal division.", Column::DivisionCode)
                .int("fiscalYear: IntFilter", "Fiscal year.", Column::FiscalYear)
                .text("overall: StringFilter", "Text of the overall goal.", Column::Overall)
                .code("publication: PublicationFilter", "Draft or published.", Column::Publication)
                .time("updatedAt: DateTimeFilter", "When the row last changed.", Column::UpdatedAt)
                .related("unit: UnitFilter", "The unit.", GOAL_UNIT, Unit::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<department_goal::Column>] {
        use department_goal::Column;
        &[
            OrderField { name: "FISCAL_YEAR", description: "Fiscal year.", column: Column::FiscalYear },
            OrderField { name: "UPDATED_AT", description: "When the row last changed.", column: Column::UpdatedAt },
        ]
    }

    const DEFAULT_ORDER: &'static str = "fiscal year";

    fn default_order() -> &'static [department_goal::Column] {
        &[department_goal::Column::FiscalYear]
    }
}

/// `GoalItem`.
pub struct GoalItem;

/// `SafeguardMeasure`.
pub struct SafeguardMeasure;

fn entry(description: &'static str) -> Fields<goal_item::Model> {
    Fields::<goal_item::Model>::new(description)
        .value("id: ID!", "Opaque id, stable for ever.", |item| Value::from(item.id.public()))
        .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |item| Value::from(item.version))
        .value("ordinal: Int!", "Place in the list, from 1.", |item| Value::from(item.ordinal))
        .value("number: String", "The number as printed; null when there is none.", |item| text::text(&item.number))
        .value("text: String!", "The paragraph without its number.", |item| Value::from(item.text.as_str()))
}

impl Object for GoalItem {
    type Row = goal_item::Model;
    const NAME: &'static str = "GoalItem";

    fn fields() -> &'static Fields<goal_item::Model> {
        static FIELDS: LazyLock<Fields<goal_item::Model>> =
            LazyLock::new(|| entry("A paragraph of the sub-goals (分项绩效目标) of a department goal."));
        &FIELDS
    }
}

impl Object for SafeguardMeasure {
    type Row = goal_item::Model;
    const NAME: &'static str = "SafeguardMeasure";

    fn fields() -> &'static Fields<goal_item::Model> {
        static FIELDS: LazyLock<Fields<goal_item::Model>> =
            LazyLock::new(|| entry("A paragraph of the safeguard measures (工作保障措施) of a department goal."));
        &FIELDS
    }
}
