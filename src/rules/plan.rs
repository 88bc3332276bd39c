//! Spending plans (5.2): reading a printed one, cumulative percents or cumulative money told apart by the last value,
//! and making one from values whose meaning is said ([`state`]).

mod stated;

pub use stated::{Fault, Stated, state, under_budget};

use entity::value::{Fen, Micro, PlanBasis};

use super::decimal::{NumberError, divide, scaled};
use super::money::MoneyUnit;
use super::quality::Rule;
use super::text::plain;

const ONE: i64 = 1_000_000;
/// The whole budget in percent.
pub(super) const HUNDRED: Micro = Micro(100 * ONE);
/// The percents of a plan that spreads the money evenly.
pub(super) const UNIFORM: [Micro; 4] = [Micro(25 * ONE), Micro(50 * ONE), Micro(75 * ONE), HUNDRED];

/// A plan, with percents and money for each point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the printed values are.
    pub basis: PlanBasis,
    /// One point for each printed value, in order.
    pub points: Vec<Point>,
}

/// Cumulative spending at one milestone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Percent of the budget, rounded half up to two decimals; `None` when there is no budget to divide by.
    pub percent: Option<Micro>,
    /// Money, derived from the exact ratio and never from the rounded percent; `None` without a budget.
    pub amount: Option<Fen>,
}

/// A printed plan as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The plan, or the rule that refuses it.
    pub plan: Result<Plan, Rule>,
    /// Rules about the form in which it is printed. What its content shows is the matter of [`super::review`].
    pub rules: Vec<Rule>,
}

/// Reads the printed values of a plan whose table prints money in `unit` and has this `budget`.
pub fn read(values: &[&str], budget: Option<Fen>, unit: MoneyUnit) -> Reading {
    let values: Vec<String> = values.iter().map(|value| plain(value)).collect();
    let mut rules = Vec::new();
    if values.iter().any(|value| value.ends_with('%')) {
        rules.push(Rule::PlanPercentSuffix);
    }
    let plan = numbers(&values).and_then(|numbers| {
        let basis = basis(&numbers, budget, unit)?;
        match basis {
            PlanBasis::Amount => rules.push(Rule::PlanAsAmount),
            PlanBasis::Fraction => rules.push(Rule::PlanAsFraction),
            PlanBasis::Percent | PlanBasis::Ambiguous => {}
        }
        Ok(Plan { basis, points: numbers.iter().map(|value| point(*value, basis, budget, unit)).collect() })
    });
    Reading { plan, rules }
}

fn numbers(values: &[String]) -> Result<Vec<Micro>, Rule> {
    let numbers: Vec<&str> = values.iter().map(|value| value.trim_end_matches('%')).collect();
    if numbers.is_empty() || numbers.iter().any(|number| number.is_empty()) {
        return Err(Rule::PlanCellEmpty);
    }
    let read = |number: &&str| match scaled(number, 6) {
        Ok(value) => Ok(Micro(value)),
        Err(NumberError::NotNumeric | NumberError::NotExact) => Err(Rule::PlanNotNumeric),
    };
    let numbers = numbers.iter().map(read).collect::<Result<Vec<Micro>, Rule>>()?;
    if numbers.is_sorted() { Ok(numbers) } else { Err(Rule::PlanDecreasing) }
}

/// The last value decides; the first case that fits is taken.
fn basis(values: &[Micro], budget: Option<Fen>, unit: MoneyUnit) -> Result<PlanBasis, Rule> {
    let last = values.last().copied().ok_or(Rule::PlanCellEmpty)?;
    let is_budget = |value: Micro| {
        let amount = unit.fen(value);
        amount
            .zip(budget)
            .is_some_and(|(amount, budget)| amount.0.abs_diff(budget.0) <= unit.tolerance().0.unsigned_abs())
    };
    if last == HUNDRED && is_budget(HUNDRED) {
        Ok(PlanBasis::Ambiguous)
    } else if last == HUNDRED {
        Ok(PlanBasis::Percent)
    } else if is_budget(last) && values.iter().all(|value| unit.fen(*value).is_some()) {
        Ok(PlanBasis::Amount)
    } else if last == Micro(ONE) {
        Ok(PlanBasis::Fraction)
    } else if last < HUNDRED {
        Ok(PlanBasis::Percent)
    } else {
        Err(Rule::PlanUnreadable)
    }
}

/// The point of a value that has this meaning.
fn point(value: Micro, basis: PlanBasis, budget: Option<Fen>, unit: MoneyUnit) -> Point {
    match basis {
        PlanBasis::Percent | PlanBasis::Ambiguous => of_percent(value, budget),
        PlanBasis::Fraction => of_share(value, ONE, budget),
        PlanBasis::Amount => {
            unit.fen(value).map_or(Point { percent: None, amount: None }, |fen| of_amount(fen, budget))
        }
    }
}

fn of_percent(percent: Micro, budget: Option<Fen>) -> Point {
    of_share(percent, HUNDRED.0, budget)
}

/// The share `value / whole` of the budget.
fn of_share(Micro(value): Micro, whole: i64, budget: Option<Fen>) -> Point {
    let (value, whole) = (i128::from(value), i128::from(whole));
    Point {
        percent: two_decimals(value * i128::from(HUNDRED.0), whole),
        amount: budget.and_then(|budget| divide(i128::from(budget.0) * value, whole)).map(Fen),
    }
}

fn of_amount(amount: Fen, budget: Option<Fen>) -> Point {
    let budget = budget.filter(|budget| budget.0 != 0);
    let percent =
        budget.and_then(|budget| two_decimals(i128::from(amount.0) * i128::from(HUNDRED.0), i128::from(budget.0)));
    Point { percent, amount: Some(amount) }
}

/// `numerator / denominator` (times 10⁶) rounded half up to two decimals.
fn two_decimals(numerator: i128, denominator: i128) -> Option<Micro> {
    divide(numerator, denominator.checked_mul(10_000)?).and_then(|value| value.checked_mul(10_000)).map(Micro)
}

#[cfg(test)]
mod tests {
    use entity::value::{Fen, Micro, PlanBasis};

    use super::{Point, read};
    use crate::rules::money::MoneyUnit::{WanYuan, Yuan};
    use crate::rules::quality::Rule;

    fn percents(values: &[&str], budget: i64) -> (PlanBasis, Vec<i64>, Vec<Rule>) {
        let reading = read(values, Some(Fen(budget)), WanYuan);
        let plan = reading.plan.expect("a readable plan");
        let percents = plan.points.iter().map(|point| point.percent.expect("a budget").0 / 10_000).collect();
        (plan.basis, percents, reading.rules)
    }

    #[test]
    fn the_last_value_decides_between_percent_and_money() {
        let amounts = percents(&["1.00", "5.00", "10.00", "15.00"], 15_000_000);
        assert_eq!(amounts, (PlanBasis::Amount, vec![667, 3_333, 6_667, 10_000], vec![Rule::PlanAsAmount]));
        let percent = percents(&["10%", "50 %", "75％", "100%"], 22_000_000);
        assert_eq!(percent, (PlanBasis::Percent, vec![1_000, 5_000, 7_500, 10_000], vec![Rule::PlanPercentSuffix]));
        let both = percents(&["25", "50", "75", "100"], 100_000_000);
        assert_eq!(both, (PlanBasis::Ambiguous, vec![2_500, 5_000, 7_500, 10_000], vec![]));
        let fraction = percents(&["0.1", "0.5", "0.8", "1"], 50_000_000);
        assert_eq!(fraction, (PlanBasis::Fraction, vec![1_000, 5_000, 8_000, 10_000], vec![Rule::PlanAsFraction]));
        let short = percents(&["10", "20", "30", "95"], 50_000_000);
        assert_eq!(short, (PlanBasis::Percent, vec![1_000, 2_000, 3_000, 9_500], vec![]));
    }

    #[test]
    fn money_comes_from_the_exact_ratio() {
        let plan = read(&["25", "50", "75", "100"], Some(Fen(4_100_000)), WanYuan).plan.expect("a plan");
        let amounts: Vec<i64> = plan.points.iter().map(|point| point.amount.expect("a budget").0).collect();
        assert_eq!(amounts, [1_025_000, 2_050_000, 3_075_000, 4_100_000]);
        let thirds = read(&["5", "15"], Some(Fen(15_000_000)), WanYuan).plan.expect("a plan");
        let first = Point { percent: Some(Micro(33_330_000)), amount: Some(Fen(5_000_000)) };
        assert_eq!(thirds.points.first(), Some(&first));
        let in_yuan = read(&["100.5", "200"], Some(Fen(20_000)), Yuan).plan.expect("a plan");
        assert_eq!(in_yuan.basis, PlanBasis::Amount);
        assert_eq!(in_yuan.points[0], Point { percent: Some(Micro(50_250_000)), amount: Some(Fen(10_050)) });
    }

    #[test]
    fn a_plan_that_cannot_be_read_is_refused_with_its_rule() {
        let refused = |values: &[&str]| read(values, Some(Fen(50_000_000)), WanYuan).plan;
        assert_eq!(refused(&["", "50", "75", "100"]), Err(Rule::PlanCellEmpty));
        assert_eq!(refused(&["约10", "50", "75", "100"]), Err(Rule::PlanNotNumeric));
        assert_eq!(refused(&["60", "50", "75", "100"]), Err(Rule::PlanDecreasing));
        assert_eq!(refused(&["60", "70", "75", "120"]), Err(Rule::PlanUnreadable));
    }

    #[test]
    fn without_a_budget_percents_stand_alone() {
        let plan = read(&["30", "100"], None, WanYuan).plan.expect("a plan");
        assert_eq!(plan.points[0], Point { percent: Some(Micro(30_000_000)), amount: None });
    }
}
