//! A plan from values whose meaning is said, and a known plan under another budget.

use entity::value::{Fen, Micro, PlanBasis};

use super::{HUNDRED, Plan, Point, of_amount, of_percent};
use crate::rules::quality::Rule;

/// Cumulative values of a plan in the order of their months, all of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// Percent of the budget.
    Percents(Vec<Micro>),
    /// Money.
    Amounts(Vec<Fen>),
}

/// What is wrong with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `PLAN_DECREASING` for a value below the one before, `PLAN_UNREADABLE` for one that is negative or over the whole
    /// budget.
    pub rule: Rule,
    /// Index of the value.
    pub point: usize,
}

impl Stated {
    /// Each value as a form prints it, percents as in `33.33` and money in 万元: the raw text of a point that nobody
    /// printed.
    pub fn printed(&self) -> Vec<String> {
        match self {
            Self::Percents(percents) => percents.iter().map(|percent| percent.decimal()).collect(),
            Self::Amounts(amounts) => amounts.iter().map(|amount| amount.wan_yuan()).collect(),
        }
    }
}

/// The plan of these values under this budget: percents with two decimals, rounded half up, and money from the exact
/// ratio, as [`read`](super::read) computes them. Without a budget, or with a budget of nothing, one of the two is
/// absent.
///
/// # Errors
/// Every [`Fault`], in the order of the values.
pub fn state(values: &Stated, budget: Option<Fen>) -> Result<Plan, Vec<Fault>> {
    match values {
        Stated::Percents(percents) => {
            check(percents, Micro(0), Some(HUNDRED))?;
            let points = percents.iter().map(|percent| of_percent(*percent, budget)).collect();
            Ok(Plan { basis: PlanBasis::Percent, points })
        }
        Stated::Amounts(amounts) => {
            check(amounts, Fen(0), budget)?;
            let points = amounts.iter().map(|amount| of_amount(*amount, budget)).collect();
            Ok(Plan { basis: PlanBasis::Amount, points })
        }
    }
}

/// The same plan when the project gets another budget: a plan in money keeps its money, any other its percents, and the
/// other half is computed anew. Where percent and money were the same because the budget was 100
/// ([`PlanBasis::Ambiguous`]), percent is what stays.
///
/// # Errors
/// Every [`Fault`]: the money of a plan can be over the new budget.
pub fn under_budget(plan: &Plan, budget: Option<Fen>) -> Result<Plan, Vec<Fault>> {
    match plan.basis {
        PlanBasis::Amount => {
            let amounts: Vec<Fen> = plan.points.iter().filter_map(|point| point.amount).collect();
            check(&amounts, Fen(0), budget)?;
            let again = |point: &Point| point.amount.map_or(*point, |amount| of_amount(amount, budget));
            Ok(Plan { basis: plan.basis, points: plan.points.iter().map(again).collect() })
        }
        PlanBasis::Percent | PlanBasis::Fraction | PlanBasis::Ambiguous => {
            let again = |point: &Point| point.percent.map_or(*point, |percent| of_percent(percent, budget));
            let points: Vec<Point> = plan.points.iter().map(again).collect();
            let parts_ways = plan.basis == PlanBasis::Ambiguous && points != plan.points;
            Ok(Plan { basis: if parts_ways { PlanBasis::Percent } else { plan.basis }, points })
        }
    }
}

/// No value is below `least` or the one before it, none above `most`.
fn check<T: Copy + Ord>(values: &[T], least: T, most: Option<T>) -> Result<(), Vec<Fault>> {
    let befores = std::iter::once(None).chain(values.iter().map(Some));
    let faults: Vec<Fault> = befores
        .zip(values)
        .enumerate()
        .filter_map(|(point, (before, value))| {
            if *value < least || most.is_some_and(|most| *value > most) {
                Some(Fault { rule: Rule::PlanUnreadable, point })
            } else if before.is_some_and(|before| value < before) {
                Some(Fault { rule: Rule::PlanDecreasing, point })
            } else {
                None
            }
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use entity::value::{Fen, Micro, PlanBasis};
    use proptest::prelude::*;

    use super::{Fault, Stated, state, under_budget};
    use crate::rules::money::MoneyUnit::WanYuan;
    use crate::rules::plan::{Plan, Point, read};
    use crate::rules::quality::Rule;

    fn percents(values: &[i64]) -> Stated {
        Stated::Percents(values.iter().map(|value| Micro(value * 10_000)).collect())
    }

    fn amounts(values: &[i64]) -> Stated {
        Stated::Amounts(values.iter().map(|value| Fen(*value)).collect())
    }

    fn faults(values: &Stated, budget: Option<i64>) -> Vec<(usize, &'static str)> {
        let faults: Vec<Fault> = state(values, budget.map(Fen)).expect_err("a plan with faults");
        faults.iter().map(|fault| (fault.point, fault.rule.id())).collect()
    }

    fn of(plan: &Plan) -> Vec<(Option<i64>, Option<i64>)> {
        plan.points.iter().map(|point| (point.percent.map(|p| p.0 / 10_000), point.amount.map(|a| a.0))).collect()
    }

    #[test]
    fn every_fault_is_named_with_its_point() {
        let (falls, out) = (Rule::PlanDecreasing.id(), Rule::PlanUnreadable.id());
        assert_eq!(faults(&percents(&[6_000, 5_000, 7_500, 7_400]), Some(100)), [(1, falls), (3, falls)]);
        assert_eq!(faults(&percents(&[-1, 5_000, 10_001]), None), [(0, out), (2, out)]);
        assert_eq!(faults(&amounts(&[50, 40, 101]), Some(100)), [(1, falls), (2, out)]);
        assert_eq!(faults(&amounts(&[-1, 40]), None), [(0, out)]);
    }

    #[test]
    fn both_halves_are_computed_where_there_is_a_budget() {
        let plan = state(&percents(&[3_333, 10_000]), Some(Fen(15_000_000))).expect("a plan");
        assert_eq!(of(&plan), [(Some(3_333), Some(4_999_500)), (Some(10_000), Some(15_000_000))]);
        let plan = state(&amounts(&[1_000_000, 15_000_000]), Some(Fen(15_000_000))).expect("a plan");
        assert_eq!((plan.basis, of(&plan)[0]), (PlanBasis::Amount, (Some(667), Some(1_000_000))));
        let plan = state(&percents(&[2_500]), None).expect("a plan");
        assert_eq!(of(&plan), [(Some(2_500), None)]);
        let plan = state(&amounts(&[0]), Some(Fen(0))).expect("a plan");
        assert_eq!(of(&plan), [(None, Some(0))]);
    }

    #[test]
    fn another_budget_changes_the_half_that_is_derived() {
        let plan = state(&percents(&[2_500, 10_000]), Some(Fen(400))).expect("a plan");
        let plan = under_budget(&plan, Some(Fen(800))).expect("a plan");
        assert_eq!(of(&plan), [(Some(2_500), Some(200)), (Some(10_000), Some(800))]);
        let plan = state(&amounts(&[100, 400]), Some(Fen(400))).expect("a plan");
        assert_eq!(of(&under_budget(&plan, Some(Fen(800))).expect("a plan"))[1], (Some(5_000), Some(400)));
        let over = Fault { rule: Rule::PlanUnreadable, point: 1 };
        assert_eq!(under_budget(&plan, Some(Fen(399))), Err(vec![over]));
        let without = under_budget(&plan, None).expect("a plan");
        assert_eq!(of(&without), [(None, Some(100)), (None, Some(400))]);
        assert_eq!(under_budget(&without, Some(Fen(400))), Ok(plan));
    }

    #[test]
    fn percent_stays_when_both_readings_agreed() {
        let points = vec![Point { percent: Some(Micro(25_000_000)), amount: Some(Fen(25_000_000)) }];
        let plan = Plan { basis: PlanBasis::Ambiguous, points };
        assert_eq!(under_budget(&plan, Some(Fen(100_000_000))), Ok(plan.clone()));
        let twice = under_budget(&plan, Some(Fen(200_000_000))).expect("a plan");
        assert_eq!((twice.basis, of(&twice)[0]), (PlanBasis::Percent, (Some(2_500), Some(50_000_000))));
    }

    proptest! {
        #[test]
        fn a_stated_plan_is_read_the_same_from_its_print(
            mut cents in proptest::collection::vec(0i64..10_000, 0..4),
            budget in 200_000_000i64..1_000_000_000_000,
            in_money: bool,
        ) {
            cents.sort_unstable();
            cents.push(10_000);
            let stated = match in_money {
                true => Stated::Amounts(cents.iter().map(|cents| Fen(budget / 10_000 * cents)).collect()),
                false => percents(&cents),
            };
            let budget = if in_money { budget / 10_000 * 10_000 } else { budget };
            let printed = stated.printed();
            let values: Vec<&str> = printed.iter().map(String::as_str).collect();
            let read = read(&values, Some(Fen(budget)), WanYuan).plan;
            prop_assert_eq!(read, state(&stated, Some(Fen(budget))).map_err(|_| Rule::PlanUnreadable));
        }
    }
}
