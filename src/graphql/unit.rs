//! Budgeted units (预算单位) and their other names.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::UnitId;
use entity::value::SearchKind;
use entity::{department_goal, unit, unit_alias};

use super::department_goal::DepartmentGoal;
use super::division::Division;
use super::engine::argument::{self, At};
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object};
use super::engine::order::OrderField;
use super::engine::signature::Argument;
use super::finding::Finding;
use super::history::Change;
use super::project::Project;
use super::source_document::SourceDocument;
use super::{summary, text};
use crate::service::filter::{Filter, Test};
use crate::service::order::Key;
use crate::service::relation::{
    UNIT_ALIASES, UNIT_CHILDREN, UNIT_DIVISION, UNIT_DOCUMENTS, UNIT_FINDINGS, UNIT_GOALS, UNIT_HISTORY, UNIT_PARENT,
    UNIT_PROJECTS,
};

/// `Unit`.
pub struct Unit;

impl Object for Unit {
    type Row = unit::Model;
    const NAME: &'static str = "Unit";

    fn fields() -> &'static Fields<unit::Model> {
        static FIELDS: LazyLock<Fields<unit::Model>> = LazyLock::new(|| {
            Fields::<unit::Model>::new(
                "A budgeted unit (预算单位). It lives across years and stands in a tree below its department.",
            )
            .node(|unit| unit.id.public())
            .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |u| Value::from(u.version))
            .reads(&[unit::Column::Version])
            .one::<Division, _>("division: Division!", "The division.", UNIT_DIVISION)
            .value("code: String!", "Code, unique inside the division; usually 6 digits.", |u| {
                Value::from(u.code.as_str())
            })
            .reads(&[unit::Column::Code])
            .value("name: String!", "Name.", |u| Value::from(u.name.as_str()))
            .reads(&[unit::Column::Name])
            .value(
                "level: UnitLevel",
                "Rank, told by the length of the code: three characters are a department, six a unit; null for \
                 another length.",
                |u| u.level.map(|level| text::name(level.code())).into(),
            )
            .reads(&[unit::Column::Level])
            .one::<Unit, _>(
                "parent: Unit",
                "The unit above; null at the top and where it is out of scope.",
                UNIT_PARENT,
            )
            .connection::<Unit, _>("children: UnitConnection!", "The units directly below.", UNIT_CHILDREN)
            .list::<UnitAlias, _>(
                "aliases: [UnitAlias!]!",
                "Other codes and names under which documents print the unit.",
                UNIT_ALIASES,
                || vec![Key::up(unit_alias::Column::Code), Key::up(unit_alias::Column::Name)],
            )
            .one_where::<DepartmentGoal, _>(
                "goal: DepartmentGoal",
                "The department goal (部门整体绩效目标) of one year; null when there is none.",
                vec![Argument::new("fiscalYear: Int!", "Fiscal year.")],
                UNIT_GOALS,
                |asked| {
                    let year = argument::int(&asked.required("fiscalYear")?, &At::top("fiscalYear"))?;
                    Ok(Filter::column(department_goal::Column::FiscalYear, Test::Eq(year.into())))
                },
            )
            .field(
                "summary: UnitSummary!",
                "What the unit and all units below it come to in a year.",
                vec![Argument::new("fiscalYear: Int!", "Fiscal year.")],
                summary::of_unit,
            )
            .connection::<DepartmentGoal, _>(
                "goals: DepartmentGoalConnection!",
                "The department goals of all years.",
                UNIT_GOALS,
            )
            .connection::<Project, _>("projects: ProjectConnection!", "The projects of all years.", UNIT_PROJECTS)
            .connection::<SourceDocument, _>(
                "sourceDocuments: SourceDocumentConnection!",
                "The documents that the unit published.",
                UNIT_DOCUMENTS,
            )
            .connection::<Finding, _>("findings: FindingConnection!", "What rules noticed in its data.", UNIT_FINDINGS)
            .connection::<Change, _>(
                "history: ChangeConnection!",
                "What was done to the unit and its other names, the newest first.",
                UNIT_HISTORY,
            )
            .value("createdAt: DateTime!", "When the row was made.", |u| text::time(u.created_at))
            .reads(&[unit::Column::CreatedAt])
            .value("updatedAt: DateTime!", "When the row last changed.", |u| text::time(u.updated_at))
            .reads(&[unit::Column::UpdatedAt])
        });
        &FIELDS
    }
}

impl Connected for Unit {
    type Entity = unit::Entity;
    const AGGREGATE: &'static str = "UnitAggregate";

    const KIND: Option<SearchKind> = Some(SearchKind::Unit);

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            Filters::new("UnitFilter", "Conditions on units; all fields given must hold.")
                .id("id: IdFilter", "Id.", unit::Column::Id, |id| UnitId::parse(id).map(|id| id.0))
                .text("divisionCode: StringFilter", "Code of the fiscal division.", unit::Column::DivisionCode)
                .text("code: StringFilter", "Code.", unit::Column::Code)
                .text("name: StringFilter", "Name.", unit::Column::Name)
                .code("level: UnitLevelFilter", "Rank.", unit::Column::Level)
                .time("updatedAt: DateTimeFilter", "When the row last changed.", unit::Column::UpdatedAt)
                .related("division: DivisionFilter", "The division.", UNIT_DIVISION, Division::filters)
                .related(
                    "parent: UnitFilter",
                    "The unit above; a unit at the top does not match.",
                    UNIT_PARENT,
                    Unit::filters,
                )
                .many("projects: ProjectListFilter", "Its projects.", UNIT_PROJECTS, Project::filters)
                .many("goals: DepartmentGoalListFilter", "Its department goals.", UNIT_GOALS, DepartmentGoal::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<unit::Column>] {
        &[
            OrderField {
                name: "DIVISION_CODE",
                description: "Code of the division.",
                column: unit::Column::DivisionCode,
            },
            OrderField { name: "CODE", description: "Code.", column: unit::Column::Code },
            OrderField { name: "NAME", description: "Name, by code point.", column: unit::Column::Name },
            OrderField {
                name: "UPDATED_AT",
                description: "When the row last changed.",
                column: unit::Column::UpdatedAt,
            },
        ]
    }

    const DEFAULT_ORDER: &'static str = "code of the division, then code";

    fn default_order() -> &'static [unit::Column] {
        &[unit::Column::DivisionCode, unit::Column::Code]
    }
}

/// `UnitAlias`.
pub struct UnitAlias;

impl Object for UnitAlias {
    type Row = unit_alias::Model;
    const NAME: &'static str = "UnitAlias";

    fn fields() -> &'static Fields<unit_alias::Model> {
        static FIELDS: LazyLock<Fields<unit_alias::Model>> = LazyLock::new(|| {
            Fields::<unit_alias::Model>::new(
                "Another code and name under which a document prints a unit, e.g. a mistyped code.",
            )
            .value("code: String!", "Code as printed.", |alias| Value::from(alias.code.as_str()))
            .value("name: String!", "Name as printed.", |alias| Value::from(alias.name.as_str()))
        });
        &FIELDS
    }
}
