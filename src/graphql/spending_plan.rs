//! Spending plans (资金支出计划).

use std::sync::LazyLock;

use async_graphql::Value;
use entity::{plan_point, spending_plan};

use super::engine::object::{Fields, Object};
use super::money::{Amount, Money};
use super::project::Project;
use super::text;
use crate::service::order::Key;
use crate::service::relation::{PLAN_POINTS, PLAN_PROJECT};

/// `SpendingPlan`.
pub struct SpendingPlan;

impl Object for SpendingPlan {
    type Row = spending_plan::Model;
    const NAME: &'static str = "SpendingPlan";

    fn fields() -> &'static Fields<spending_plan::Model> {
        static FIELDS: LazyLock<Fields<spending_plan::Model>> = LazyLock::new(|| {
            Fields::<spending_plan::Model>::new(
                "Planned cumulative spending (资金支出计划) at the end of March, June, October and December. Not \
                 quarters: the third date is the end of October.",
            )
            .node(|plan| plan.id.public())
            .value(
                "version: Int!",
                "Starts at 1 and grows by 1 with each change of the plan itself; a changed point does not count.",
                |p| Value::from(p.version),
            )
            .reads(&[spending_plan::Column::Version])
            .one::<Project, _>("project: Project!", "The project.", PLAN_PROJECT)
            .value(
                "printedBasis: PlanBasis!",
                "What the printed values are; some documents print money under a header that says percent.",
                |p| text::name(p.printed_basis.code()),
            )
            .reads(&[spending_plan::Column::PrintedBasis])
            .list::<PlanPoint, _>("points: [PlanPoint!]!", "The points, by month.", PLAN_POINTS, || {
                vec![Key::up(plan_point::Column::Month)]
            })
        });
        &FIELDS
    }
}

/// `PlanPoint`.
pub struct PlanPoint;

impl Object for PlanPoint {
    type Row = plan_point::Model;
    const NAME: &'static str = "PlanPoint";

    fn fields() -> &'static Fields<plan_point::Model> {
        static FIELDS: LazyLock<Fields<plan_point::Model>> =
            LazyLock::new(|| {
                Fields::<plan_point::Model>::new("Planned cumulative spending at the end of one month.")
                .value("month: Int!", "The month at whose end it holds: 3, 6, 10 or 12 in every form seen.", |p| {
                    Value::from(p.month)
                }).reads(&[plan_point::Column::Month])
                .value(
                    "percent: Decimal",
                    "Percent of the budget, rounded to two decimals; null when money is printed and the budget is 0.",
                    |p| p.percent.map(text::decimal).into(),
                ).reads(&[plan_point::Column::Percent])
                .inline::<Money>(
                    "amount: Money",
                    "Planned amount, from the exact ratio and not from the rounded percent; null when the budget is \
                     absent.",
                    |p| Amount::of(p.amount, &None),
                ).reads(&[plan_point::Column::Amount])
                .value("raw: String!", "As printed.", |p| Value::from(p.raw.as_str())).reads(&[plan_point::Column::Raw])
            });
        &FIELDS
    }
}
