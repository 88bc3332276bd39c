//! The spending plan (资金支出计划) of a working copy.

use entity::id::{PlanPointId, SpendingPlanId};
use entity::value::{Fen, Micro, PlanBasis, Timestamp};
use entity::{plan_point, project, spending_plan};

use super::check::{broken, check_part};
use super::edit::ProjectRow;
use crate::input::plan::{Point, PointFields};
use crate::input::{At, Sent, UserError, UserErrorCode, Words};
use crate::rules::plan::{self as rule, Fault, Stated};
use crate::rules::quality::Rule;
use crate::service::write::{Mode, Row};

/// A value of a point as it was stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Percent(Micro),
    Amount(Fen),
}

/// One point.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PlanPoint {
    month: i32,
    percent: Option<Micro>,
    amount: Option<Fen>,
    raw: String,
}

/// A point that a row of its own brings; none deletes it.
#[derive(Clone, Debug)]
struct Queued {
    row: usize,
    month: i32,
    value: Option<Value>,
}

/// The plan as it shall be.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    basis: Option<PlanBasis>,
    points: Vec<PlanPoint>,
    queued: Vec<Queued>,
}

impl Plan {
    /// The stored plan.
    pub(super) fn of(known: Option<&(spending_plan::Model, Vec<plan_point::Model>)>) -> Self {
        let Some((plan, points)) = known else { return Self::default() };
        let points = points.iter().map(|point| PlanPoint {
            month: point.month,
            percent: point.percent,
            amount: point.amount,
            raw: point.raw.clone(),
        });
        Self { basis: Some(plan.printed_basis), points: points.collect(), queued: Vec::new() }
    }

    /// Takes the plan away.
    pub(super) fn clear(&mut self) {
        self.basis = None;
        self.points.clear();
    }

    fn is_in_money(&self) -> Option<bool> {
        self.basis.map(|basis| match basis {
            PlanBasis::Amount => true,
            PlanBasis::Percent | PlanBasis::Fraction | PlanBasis::Ambiguous => false,
        })
    }

    /// The values as they are stated, by month.
    fn stated(&self) -> Vec<(i32, Value)> {
        let in_money = self.is_in_money() == Some(true);
        let value = |point: &PlanPoint| match (in_money, point.percent, point.amount) {
            (true, _, Some(amount)) | (false, None, Some(amount)) => Some(Value::Amount(amount)),
            (_, Some(percent), _) => Some(Value::Percent(percent)),
            (_, None, None) => None,
        };
        self.points.iter().filter_map(|point| Some((point.month, value(point)?))).collect()
    }

    /// Puts a list of points in the place of the whole plan; an empty one takes it away.
    pub(super) fn replace(&mut self, points: &[Point], budget: Option<Fen>, at: &At<'_>, errors: &mut Vec<UserError>) {
        let Some(mut values) = read(points, at, errors) else { return };
        if values.is_empty() {
            return self.clear();
        }
        values.sort_by_key(|(month, _, _)| *month);
        let kept: Vec<_> = values.iter().map(|(month, value, _)| (*month, *value)).collect();
        if let Err(faults) = self.state(&kept, budget) {
            errors.extend(faults.iter().map(|fault| {
                let index = values.get(fault.point).map_or(0, |(_, _, index)| *index);
                wrong(&at.entry(index), fault.rule)
            }));
        }
    }

    /// Changes single points.
    pub(super) fn patch(&mut self, points: &[Point], budget: Option<Fen>, at: &At<'_>, errors: &mut Vec<UserError>) {
        let Some(patches) = read(points, at, errors) else { return };
        let mut values = self.stated();
        for (month, value, index) in &patches {
            if !self.takes(*value, &values) {
                errors.push(other_kind(&at.entry(*index)));
                return;
            }
            put(&mut values, *month, Some(*value));
        }
        if let Err(faults) = self.state(&values, budget) {
            errors.extend(faults.iter().map(|fault| {
                let month = values.get(fault.point).map(|(month, _)| *month);
                let before = fault.point.checked_sub(1).and_then(|point| values.get(point)).map(|(month, _)| *month);
                let of = |wanted: Option<i32>| patches.iter().find(|(month, _, _)| Some(*month) == wanted);
                let index = of(month).or_else(|| of(before)).map_or(0, |(_, _, index)| *index);
                wrong(&at.entry(index), fault.rule)
            }));
        }
    }

    /// Computes the other half of each value anew under another budget.
    pub(super) fn under(&mut self, budget: Option<Fen>, at: &At<'_>, errors: &mut Vec<UserError>) {
        let Some(basis) = self.basis else { return };
        let points = self.points.iter().map(|point| rule::Point { percent: point.percent, amount: point.amount });
        match rule::under_budget(&rule::Plan { basis, points: points.collect() }, budget) {
            Ok(plan) => {
                self.basis = Some(plan.basis);
                for (point, again) in self.points.iter_mut().zip(plan.points) {
                    (point.percent, point.amount) = (again.percent, again.amount);
                }
            }
            Err(faults) => errors.extend(faults.first().map(|fault| wrong(at, fault.rule))),
        }
    }

    /// Keeps a point that a row of its own brings until all rows are known.
    pub(super) fn queue(
        &mut self,
        row_index: usize,
        month: i32,
        fields: Option<PointFields>,
        mode: Mode,
        row: &Row<ProjectRow>,
        errors: &mut Vec<UserError>,
    ) {
        let at = row.at();
        let known = self.points.iter().any(|point| point.month == month);
        check_part(row, mode, fields.is_none(), known.then_some(1), "", errors);
        let value = match fields {
            None => None,
            Some(fields) => match value(&fields, &at.field("set")) {
                Ok(value) => Some(value),
                Err(error) => {
                    errors.push(error);
                    return;
                }
            },
        };
        if errors.is_empty() {
            self.queued.push(Queued { row: row_index, month, value });
        }
    }

    /// Applies the queued points together. Where they do not fit, the row that brought the value that breaks the plan
    /// fails, and the others are judged again; gives the rows that failed.
    pub(super) fn settle(&mut self, budget: Option<Fen>, rows: &[Row<ProjectRow>]) -> Vec<(usize, UserError)> {
        let mut queued = std::mem::take(&mut self.queued);
        let mut failed = Vec::new();
        let error = |row: usize, make: &dyn Fn(&At<'_>) -> UserError| {
            let path = rows.get(row).map(|row| row.path.clone()).unwrap_or_default();
            (row, make(&At::below(&path).field("set")))
        };
        while !queued.is_empty() {
            let mut values = self.stated();
            let odd = queued.iter().position(|queued| queued.value.is_some_and(|value| !self.takes(value, &values)));
            if let Some(odd) = odd {
                failed.push(error(queued.remove(odd).row, &other_kind));
                continue;
            }
            for queued in &queued {
                put(&mut values, queued.month, queued.value);
            }
            if values.is_empty() {
                self.clear();
                break;
            }
            let Err(faults) = self.state(&values, budget) else { break };
            let Some(fault) = faults.first() else { break };
            let month = |point: usize| values.get(point).map(|(month, _)| *month);
            let of = |wanted: Option<i32>| queued.iter().position(|queued| Some(queued.month) == wanted);
            let guilty =
                of(month(fault.point)).or_else(|| fault.point.checked_sub(1).and_then(|before| of(month(before))));
            match guilty {
                Some(guilty) => failed.push(error(queued.remove(guilty).row, &|at| wrong(at, fault.rule))),
                // No queued value is near: the budget of another row broke the plan, which that row answers for.
                None => break,
            }
        }
        failed
    }

    /// Whether a value is of the kind in which the plan is stated.
    fn takes(&self, value: Value, values: &[(i32, Value)]) -> bool {
        values.first().is_none_or(|(_, first)| same_kind(*first, value))
    }

    /// States the whole plan; points that say the same as before keep their printed text, and a plan that says the same
    /// stays as it is.
    fn state(&mut self, values: &[(i32, Value)], budget: Option<Fen>) -> Result<(), Vec<Fault>> {
        let before = self.stated();
        let percents = || {
            values.iter().filter_map(|(_, value)| match value {
                Value::Percent(percent) => Some(*percent),
                Value::Amount(_) => None,
            })
        };
        let amounts = || {
            values.iter().filter_map(|(_, value)| match value {
                Value::Amount(amount) => Some(*amount),
                Value::Percent(_) => None,
            })
        };
        let stated = match values.first() {
            Some((_, Value::Amount(_))) => Stated::Amounts(amounts().collect()),
            Some((_, Value::Percent(_))) | None => Stated::Percents(percents().collect()),
        };
        let plan = rule::state(&stated, budget)?;
        let printed = stated.printed();
        let points = values.iter().zip(plan.points).zip(printed).map(|(((month, value), point), raw)| {
            let same = before.iter().any(|known| known == &(*month, *value));
            let known = self.points.iter().find(|known| same && known.month == *month);
            let raw = known.map_or(raw, |known| known.raw.clone());
            PlanPoint { month: *month, percent: point.percent, amount: point.amount, raw }
        });
        let points: Vec<PlanPoint> = points.collect();
        if before != values || self.basis.is_none() {
            self.basis = Some(plan.basis);
        }
        self.points = points;
        Ok(())
    }

    /// The rows to store; none where there is no plan.
    pub(super) fn rows(
        &self,
        project: &project::Model,
        now: Timestamp,
    ) -> Option<(spending_plan::Model, Vec<plan_point::Model>)> {
        let printed_basis = self.basis?;
        let plan = spending_plan::Model {
            id: SpendingPlanId::new(),
            division_code: project.division_code.clone(),
            unit_id: project.unit_id,
            project_id: project.id,
            printed_basis,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let points = self.points.iter().map(|point| plan_point::Model {
            id: PlanPointId::new(),
            division_code: project.division_code.clone(),
            unit_id: project.unit_id,
            plan_id: plan.id,
            month: point.month,
            percent: point.percent,
            amount: point.amount,
            raw: point.raw.clone(),
            version: 1,
            created_at: now,
            updated_at: now,
        });
        let points = points.collect();
        Some((plan, points))
    }
}

/// Each point with its value and its place in the list; none when a point has mistakes.
fn read(points: &[Point], at: &At<'_>, errors: &mut Vec<UserError>) -> Option<Vec<(i32, Value, usize)>> {
    let known = errors.len();
    let mut values: Vec<(i32, Value, usize)> = Vec::with_capacity(points.len());
    for (index, point) in points.iter().enumerate() {
        let here = at.entry(index);
        // A month that could not be read is a mistake already.
        let month = point.month?;
        if values.iter().any(|(other, _, _)| *other == month) {
            let words = Words::new("The month stands twice in the list.", "列表中该月份重复。");
            let path = here.field("month").path();
            errors.push(UserError::duplicate(UserErrorCode::DuplicateInRequest, path, None, words));
        }
        match value(&point.fields, &here) {
            Ok(value) if values.first().is_some_and(|(_, first, _)| !same_kind(*first, value)) => {
                errors.push(other_kind(&here));
            }
            Ok(value) => values.push((month, value, index)),
            Err(error) => errors.push(error),
        }
    }
    (errors.len() == known).then_some(values)
}

fn same_kind(one: Value, other: Value) -> bool {
    matches!((one, other), (Value::Percent(_), Value::Percent(_)) | (Value::Amount(_), Value::Amount(_)))
}

fn value(fields: &PointFields, at: &At<'_>) -> Result<Value, UserError> {
    match (&fields.percent, &fields.amount) {
        (Sent::Set(percent), Sent::Absent | Sent::Clear) => Ok(Value::Percent(*percent)),
        (Sent::Absent | Sent::Clear, Sent::Set(amount)) => Ok(Value::Amount(*amount)),
        (Sent::Set(_), Sent::Set(_)) | (Sent::Absent | Sent::Clear, Sent::Absent | Sent::Clear) => {
            let words = Words::new(
                "A point has either `percent` or `amount`; the other is computed.",
                "每个时点给出 percent 或 amount 之一，另一个由系统计算。",
            );
            Err(UserError::validation(UserErrorCode::InvalidFormat, at.path(), "oneOf", None, words))
        }
    }
}

fn put(values: &mut Vec<(i32, Value)>, month: i32, value: Option<Value>) {
    values.retain(|(known, _)| *known != month);
    if let Some(value) = value {
        values.push((month, value));
        values.sort_by_key(|(month, _)| *month);
    }
}

fn wrong(at: &At<'_>, rule: Rule) -> UserError {
    let words = if rule == Rule::PlanDecreasing {
        Words::new(
            "The cumulative spending plan falls here: a later value must not be below an earlier one.",
            "累计支出计划在此下降：后面的值不能小于前面的值。",
        )
    } else {
        Words::new(
            "The value lies outside the budget: percents go from 0 to 100, amounts from 0 to the budget.",
            "数值超出预算：百分比为0至100，金额为0至预算数。",
        )
    };
    broken(at, rule, None, words)
}

fn other_kind(at: &At<'_>) -> UserError {
    let words = Words::new(
        "The points of one plan are all percents or all amounts; replace the whole plan to change the kind.",
        "同一计划的各时点须全为百分比或全为金额；要改变类型请整体替换计划。",
    );
    UserError::validation(UserErrorCode::InvalidFormat, at.path(), "planKind", None, words)
}
