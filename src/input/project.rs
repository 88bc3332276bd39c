//! Projects (预算项目) as they are sent, with what is written inside them.

use std::sync::LazyLock;

use entity::value::Fen;

use super::indicator::{self, IndicatorFields, IndicatorPatch};
use super::item::{self, ItemPatch};
use super::key::{self, ProjectBy, ProjectKey};
use super::plan::{self, Point};
use super::write::{Delete, Write};
use super::{Input, Sent, scalar};

/// Longest purpose, in characters.
const PURPOSE: usize = 20_000;
/// The most objectives of a project.
const OBJECTIVES: usize = 200;
/// The most indicators of a project.
const INDICATORS: usize = 500;

/// What is sent for a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFields {
    /// Code.
    pub code: Sent<String>,
    /// Name.
    pub name: Sent<String>,
    /// Budget.
    pub budget: Sent<Fen>,
    /// Of it, fiscal funds.
    pub fiscal_funds: Sent<Fen>,
    /// Of it, other funds.
    pub other_funds: Sent<Fen>,
    /// Purpose of the money.
    pub purpose: Sent<String>,
    /// All objectives.
    pub objectives: Sent<Vec<String>>,
    /// Changes of single objectives.
    pub objectives_patch: Sent<Vec<ItemPatch>>,
    /// All points of the spending plan.
    pub plan: Sent<Vec<Point>>,
    /// Changes of single points.
    pub plan_patch: Sent<Vec<Point>>,
    /// All indicators.
    pub indicators: Sent<Vec<IndicatorFields>>,
    /// Changes of single indicators.
    pub indicators_patch: Sent<Vec<IndicatorPatch>>,
}

/// A row of `projectsUpsert`, and the input of `projectUpsert`.
pub type ProjectWrite = Write<ProjectKey, ProjectFields>;

/// The input of `projectUpdate`.
pub type ProjectChange = Write<ProjectBy, ProjectFields>;

/// The input of `projectDelete`.
pub type ProjectDeletion = Delete<ProjectBy>;

fn objective_patch() -> &'static Input<ItemPatch> {
    static INPUT: LazyLock<Input<ItemPatch>> = LazyLock::new(|| {
        item::patch(
            "ObjectivePatchInput",
            "A change of one objective; the others of the project stay as they are.",
            "Which one, by `ordinal`; a new one when no objective of the project has it.",
        )
    });
    &INPUT
}

/// `ProjectFieldsInput`.
pub fn fields() -> &'static Input<ProjectFields> {
    static INPUT: LazyLock<Input<ProjectFields>> = LazyLock::new(|| {
        Input::new(
            "ProjectFieldsInput",
            "Fields of a project. Absent keeps, null clears. A list replaces the whole list; its `…Patch` touches \
             single entries instead, and only one of the two may be given.",
        )
        .text("code: String", "Project code (项目编码).", key::CODE, |fields: &mut ProjectFields| &mut fields.code)
        .text("name: String", "Name (项目名称); a new project needs it.", key::NAME, |fields| &mut fields.name)
        .value(
            "budget: MoneyInput",
            "Budget (预算数); together with the funds it must be their sum.",
            scalar::money,
            |fields| &mut fields.budget,
        )
        .value("fiscalFunds: MoneyInput", "Of it, fiscal funds (财政资金).", scalar::money, |fields| {
            &mut fields.fiscal_funds
        })
        .value("otherFunds: MoneyInput", "Of it, other funds (其他资金).", scalar::money, |fields| {
            &mut fields.other_funds
        })
        .text("purpose: String", "What the money is for (资金用途).", PURPOSE, |fields| &mut fields.purpose)
        .texts(
            "objectives: [String!]",
            "Objectives (绩效目标) in order, each with its number as a form prints it.",
            OBJECTIVES,
            item::TEXT,
            |fields| &mut fields.objectives,
        )
        .list(
            "objectivesPatch: [ObjectivePatchInput!]",
            "Changes of single objectives.",
            objective_patch,
            OBJECTIVES,
            |fields| &mut fields.objectives_patch,
        )
        .list(
            "plan: [PlanPointInput!]",
            "Spending plan (资金支出计划): its points, cumulative and never falling.",
            plan::point,
            plan::POINTS,
            |fields| &mut fields.plan,
        )
        .list("planPatch: [PlanPointInput!]", "Changes of single points.", plan::point, plan::POINTS, |fields| {
            &mut fields.plan_patch
        })
        .list(
            "indicators: [IndicatorFieldsInput!]",
            "Indicators (绩效指标) in order; their ordinals count from 1.",
            indicator::fields,
            INDICATORS,
            |fields| &mut fields.indicators,
        )
        .list(
            "indicatorsPatch: [IndicatorPatchInput!]",
            "Changes of single indicators.",
            indicator::patch,
            INDICATORS,
            |fields| &mut fields.indicators_patch,
        )
    });
    &INPUT
}

fn by_key(name: &'static str, description: &'static str) -> Input<ProjectWrite> {
    Input::new(name, description)
        .object("key: ProjectKeyInput!", "Which project.", key::project, |row: &mut ProjectWrite| &mut row.key)
        .object("set: ProjectFieldsInput!", "What changes.", fields, |row| &mut row.set)
        .client_mutation_id()
}

/// `ProjectCreateInput`.
pub fn create() -> &'static Input<ProjectWrite> {
    static INPUT: LazyLock<Input<ProjectWrite>> =
        LazyLock::new(|| by_key("ProjectCreateInput", "A new project; one that is known is an error."));
    &INPUT
}

/// `ProjectUpsertInput`.
pub fn write() -> &'static Input<ProjectWrite> {
    static INPUT: LazyLock<Input<ProjectWrite>> = LazyLock::new(|| {
        by_key("ProjectUpsertInput", "One project: made when it is new, changed when it is not.")
            .expected_version(0, |row| &mut row.expected_version)
    });
    &INPUT
}

/// `ProjectUpdateInput`.
pub fn update() -> &'static Input<ProjectChange> {
    static INPUT: LazyLock<Input<ProjectChange>> = LazyLock::new(|| {
        Input::new("ProjectUpdateInput", "A change of a project; one that is not known is an error.")
            .object("by: ProjectBy!", "Which project.", key::project_by, |row: &mut ProjectChange| &mut row.key)
            .expected_version(0, |row| &mut row.expected_version)
            .object("set: ProjectFieldsInput!", "What changes.", fields, |row| &mut row.set)
            .client_mutation_id()
    });
    &INPUT
}

/// `ProjectDeleteInput`.
pub fn delete() -> &'static Input<ProjectDeletion> {
    static INPUT: LazyLock<Input<ProjectDeletion>> = LazyLock::new(|| {
        Input::new("ProjectDeleteInput", "A project to delete.")
            .object("by: ProjectBy!", "Which project.", key::project_by, |row: &mut ProjectDeletion| &mut row.key)
            .expected_version(0, |row| &mut row.expected_version)
            .value(
                "cascade: Boolean",
                "Deletes plan, objectives and indicators with it; otherwise a project that has them is refused.",
                scalar::truth,
                |row| &mut row.cascade,
            )
            .client_mutation_id()
    });
    &INPUT
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Sent, write};
    use crate::input::{At, UserErrorCode};

    #[test]
    fn absent_keeps_null_clears_and_a_value_sets() {
        let mut errors = Vec::new();
        let row = json!({"key": {"fiscalYear": 2020, "code": "A"}, "set": {"purpose": null, "name": "甲"}});
        let row = write().read(&row, &At::ROOT, &mut errors);
        let set = row.set.unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!((set.purpose, set.name, set.budget), (Sent::Clear, Sent::Set("甲".to_owned()), Sent::Absent));
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let mut errors = Vec::new();
        let row = json!({
            "key": {"code": "A"},
            "set": {
                "budgett": {"yuan": "1"},
                "budget": {"yuan": 1},
                "plan": [{"month": 13, "percent": "x"}, {"percent": "1"}],
                "indicators": [{"target": {"text": "≥1", "range": {"low": "1", "high": "2"}}}],
            },
        });
        write().read(&row, &At::ROOT.entry(3), &mut errors);
        let mut found: Vec<_> = errors.iter().map(|error| (error.path.join("."), error.code)).collect();
        found.sort();
        use UserErrorCode::{InvalidFormat, OutOfRange, Required, UnknownField};
        let expected = [
            ("3.key.fiscalYear", Required),
            ("3.set.budget.yuan", InvalidFormat),
            ("3.set.budgett", UnknownField),
            ("3.set.indicators.0.target", InvalidFormat),
            ("3.set.plan.0.month", OutOfRange),
            ("3.set.plan.0.percent", InvalidFormat),
            ("3.set.plan.1.month", Required),
        ];
        assert_eq!(found, expected.map(|(path, code)| (path.to_owned(), code)));
    }
}
