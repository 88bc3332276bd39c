//! Points of a spending plan (资金支出计划) as they are sent.

use std::sync::LazyLock;

use entity::value::{Fen, Micro};

use super::key::{self, ProjectKey};
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

/// The key of one point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointKey {
    /// The project.
    pub project: Option<ProjectKey>,
    /// The month.
    pub month: Option<i32>,
}

/// A row of `planPointsUpsert`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointWrite {
    /// Which point.
    pub key: Option<PointKey>,
    /// Its value.
    pub set: Option<PointFields>,
}

const MONTH: &str = "Month at whose end it holds, 1 to 12; 3, 6, 10 and 12 in the printed forms.";
const PERCENT: &str = "Cumulative percent of the budget, 0 to 100; give this or `amount`.";
const AMOUNT: &str = "Cumulative amount; give this or `percent`.";

/// `PlanPointInput`.
pub fn point() -> &'static Input<Point> {
    static INPUT: LazyLock<Input<Point>> = LazyLock::new(|| {
        Input::new("PlanPointInput", "Cumulative spending at the end of a month, as percent or as amount.")
            .option(
                "month: Int!",
                MONTH,
                |value, at| scalar::int(value, at, 1, 12),
                |point: &mut Point| &mut point.month,
            )
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

fn point_key() -> &'static Input<PointKey> {
    static INPUT: LazyLock<Input<PointKey>> = LazyLock::new(|| {
        Input::new("PlanPointKeyInput", "Natural key of a point of a spending plan.")
            .object("project: ProjectKeyInput!", "The project.", key::project, |key: &mut PointKey| &mut key.project)
            .option("month: Int!", MONTH, |value, at| scalar::int(value, at, 1, 12), |key| &mut key.month)
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
