//! Points of a spending plan (资金支出计划) as they are sent.

use std::sync::LazyLock;

use entity::value::{Fen, Micro};

use super::key::{self, PartKey, ProjectBy};
use super::write::Write;
use super::{Input, Sent, scalar};

/// The most points of a plan: one for each month.
pub const POINTS: usize = 12;

/// What is sent for one point: percent or amount, not both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointFields {
    /// Cumulative percent of the budget.
    pub percent: Sent<Micro>,
    /// Cumulative amount.
    pub amount: Sent<Fen>,
}

/// One point of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// Month at whose end it holds, 1 to 12.
    pub month: Option<i32>,
    /// Its value.
    pub fields: PointFields,
}

/// A row of `planPointsUpsert`.
pub type PointWrite = Write<PartKey, PointFields>;

/// A whole spending plan, or its deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanWrite {
    /// The project.
    pub project: Option<ProjectBy>,
    /// The version of the plan that the caller expects.
    pub expected_version: Option<i32>,
    /// All its points.
    pub points: Sent<Vec<Point>>,
}

const MONTH: &str = "Month at whose end it holds, 1 to 12; 3, 6, 10 and 12 in the printed forms.";
const PERCENT: &str = "Cumulative percent of the budget, 0 to 100; give this or `amount`.";
const AMOUNT: &str = "Cumulative amount; give this or `percent`.";

/// `PlanPointInput`.
pub fn point() -> &'static Input<Point> {
    static INPUT: LazyLock<Input<Point>> = LazyLock::new(|| {
        Input::new("PlanPointInput", "Cumulative spending at the end of a month, as percent or as amount.")
            .int("month: Int!", MONTH, 1, 12, |point: &mut Point| &mut point.month)
            .value("percent: Decimal", PERCENT, scalar::decimal, |point| &mut point.fields.percent)
            .value("amount: MoneyInput", AMOUNT, scalar::money, |point| &mut point.fields.amount)
    });
    &INPUT
}

fn fields() -> &'static Input<PointFields> {
    static INPUT: LazyLock<Input<PointFields>> = LazyLock::new(|| {
        Input::new("PlanPointFieldsInput", "The value of a point, as percent or as amount.")
            .value("percent: Decimal", PERCENT, scalar::decimal, |point: &mut PointFields| &mut point.percent)
            .value("amount: MoneyInput", AMOUNT, scalar::money, |point| &mut point.amount)
    });
    &INPUT
}

fn point_key() -> &'static Input<PartKey> {
    static INPUT: LazyLock<Input<PartKey>> = LazyLock::new(|| {
        Input::new("PlanPointKeyInput", "Natural key of a point of a spending plan.")
            .object("project: ProjectKeyInput!", "The project.", key::project, |key: &mut PartKey| &mut key.project)
            .int("month: Int!", MONTH, 1, 12, |key| &mut key.number)
    });
    &INPUT
}

/// `PlanPointUpsertInput`.
pub fn write() -> &'static Input<PointWrite> {
    static INPUT: LazyLock<Input<PointWrite>> = LazyLock::new(|| {
        Input::new("PlanPointUpsertInput", "One point of a spending plan: made when it is new, changed when it is not.")
            .object("key: PlanPointKeyInput!", "Which point.", point_key, |row: &mut PointWrite| &mut row.key)
            .object("set: PlanPointFieldsInput!", "Its value.", fields, |row| &mut row.set)
    });
    &INPUT
}

fn of_project(name: &'static str, description: &'static str) -> Input<PlanWrite> {
    Input::new(name, description)
        .object("project: ProjectBy!", "The project.", key::project_by, |row: &mut PlanWrite| &mut row.project)
        .expected_version(0, |row| &mut row.expected_version)
        .client_mutation_id()
}

fn with_points(name: &'static str, description: &'static str) -> Input<PlanWrite> {
    of_project(name, description)
        .list("set: [PlanPointInput!]!", "All its points.", point, POINTS, |row| &mut row.points)
}

/// `SpendingPlanCreateInput`.
pub fn create_plan() -> &'static Input<PlanWrite> {
    static INPUT: LazyLock<Input<PlanWrite>> = LazyLock::new(|| {
        with_points("SpendingPlanCreateInput", "The plan of a project that has none; one that is known is an error.")
    });
    &INPUT
}

/// `SpendingPlanUpdateInput`.
pub fn update_plan() -> &'static Input<PlanWrite> {
    static INPUT: LazyLock<Input<PlanWrite>> = LazyLock::new(|| {
        with_points("SpendingPlanUpdateInput", "The whole plan of a project anew; one that is not known is an error.")
    });
    &INPUT
}

/// `SpendingPlanUpsertInput`.
pub fn upsert_plan() -> &'static Input<PlanWrite> {
    static INPUT: LazyLock<Input<PlanWrite>> = LazyLock::new(|| {
        with_points("SpendingPlanUpsertInput", "The whole plan of a project, whether it has one or not.")
    });
    &INPUT
}

/// `SpendingPlanDeleteInput`.
pub fn delete_plan() -> &'static Input<PlanWrite> {
    static INPUT: LazyLock<Input<PlanWrite>> =
        LazyLock::new(|| of_project("SpendingPlanDeleteInput", "The plan of a project to delete, with its points."));
    &INPUT
}
