//! The same answers from the rows in memory.

use std::collections::{BTreeMap, HashSet};

use entity::id::UnitId;
use entity::value::Fen;
use entity::{indicator, project, unit};
use jixiao::auth::{Grant, Scope};
use serde_json::{Value, json};

use crate::support::data::Data;

/// What a caller sees.
pub struct Seen<'a> {
    data: &'a Data,
    grants: Vec<Grant>,
}

/// Groups as a set: their keys and what they come to.
pub fn shown(groups: &Value) -> BTreeMap<String, Value> {
    let groups = groups.as_array().expect("groups").iter();
    groups.map(|group| (key_of(group), come_to(group))).collect()
}

const SUMMED: [&str; 5] = ["count", "budget", "fiscalFunds", "otherFunds", "weight"];

fn key_of(group: &Value) -> String {
    let fields = group.as_object().expect("a group").iter();
    let keys = fields.filter(|(name, value)| !SUMMED.contains(&name.as_str()) && !value.is_null());
    keys.map(|(name, value)| format!("{name}={value} ")).collect()
}

fn come_to(group: &Value) -> Value {
    let fields = group.as_object().expect("a group").iter();
    let summed = fields.filter(|(name, _)| SUMMED.contains(&name.as_str()));
    Value::Object(summed.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn decimal(scaled: i128, places: u32) -> Value {
    let scale = 10_i128.pow(places);
    let (sign, scaled) = (if scaled < 0 { "-" } else { "" }, scaled.abs());
    let part = format!("{:0width$}", scaled % scale, width = places as usize);
    let part = part.trim_end_matches('0');
    json!(if part.is_empty() {
        format!("{sign}{}", scaled / scale)
    } else {
        format!("{sign}{}.{part}", scaled / scale)
    })
}

/// Half to even, by the remainder's double.
fn average(sum: i128, count: i128) -> i128 {
    let floor = sum.div_euclid(count);
    let twice = 2 * (sum - floor * count);
    floor + i128::from(twice > count || (twice == count && floor % 2 != 0))
}

fn sums(values: impl Iterator<Item = i64>, show: impl Fn(i128) -> Value) -> Value {
    let values: Vec<i128> = values.map(i128::from).collect();
    let (Some(min), Some(max)) = (values.iter().min(), values.iter().max()) else {
        return json!({"sum": null, "min": null, "max": null, "avg": null});
    };
    let sum: i128 = values.iter().sum();
    json!({"sum": show(sum), "min": show(*min), "max": show(*max), "avg": show(average(sum, values.len() as i128))})
}

fn money(values: impl Iterator<Item = Option<Fen>>) -> Value {
    sums(values.flatten().map(|fen| fen.0), |fen| json!({ "amount": decimal(fen, 2) }))
}

pub fn of_projects(rows: &[&project::Model]) -> Value {
    json!({
        "count": rows.len(),
        "budget": money(rows.iter().map(|row| row.budget)),
        "fiscalFunds": money(rows.iter().map(|row| row.fiscal_funds)),
        "otherFunds": money(rows.iter().map(|row| row.other_funds)),
    })
}

pub fn of_indicators(rows: &[&indicator::Model]) -> Value {
    let weights = rows.iter().filter_map(|row| row.weight).map(|weight| weight.0);
    json!({"count": rows.len(), "weight": sums(weights, |micros| decimal(micros, 6))})
}

impl<'a> Seen<'a> {
    pub fn by(data: &'a Data, grants: &[Grant]) -> Self {
        Self { data, grants: grants.to_vec() }
    }

    fn sees(&self, division: &str, unit: UnitId, year: Option<i32>) -> bool {
        self.grants.iter().any(|grant| {
            let place = match &grant.scope {
                Scope::Everything => true,
                Scope::Division(code) => code == division,
                Scope::Unit(top) => self.data.subtree(*top).contains(&unit),
            };
            place && year.is_none_or(|year| grant.years.contains(year))
        })
    }

    fn sees_unit(&self, unit: &unit::Model) -> bool {
        self.sees(&unit.division_code, unit.id, None)
    }

    pub fn projects(&self) -> impl Iterator<Item = &'a project::Model> {
        self.data.projects.iter().filter(|row| self.sees(&row.division_code, row.unit_id, Some(row.fiscal_year)))
    }

    pub fn indicators(&self) -> impl Iterator<Item = &'a indicator::Model> {
        self.data.indicators.iter().filter(|row| self.sees(&row.division_code, row.unit_id, Some(row.fiscal_year)))
    }

    /// The visible unit at the top of the tree.
    fn department(&self, unit: UnitId) -> Value {
        let above = self.data.closure.iter().filter(|link| link.descendant_id == unit).max_by_key(|link| link.depth);
        let top =
            above.and_then(|link| self.data.units.iter().find(|unit| unit.id == link.ancestor_id)).expect("a unit");
        if self.sees_unit(top) { json!({ "id": top.id.public() }) } else { Value::Null }
    }

    fn rules(&self, about: impl Fn(&entity::finding::Model) -> bool) -> Vec<Value> {
        let seen = |row: &&entity::finding::Model| self.sees(&row.division_code, row.unit_id, Some(row.fiscal_year));
        let rules: HashSet<&str> =
            self.data.findings.iter().filter(|row| about(row)).filter(seen).map(|row| row.rule.as_str()).collect();
        if rules.is_empty() { vec![Value::Null] } else { rules.into_iter().map(|rule| json!(rule)).collect() }
    }

    fn grouped<R>(
        rows: impl Iterator<Item = R>,
        keys: &str,
        value: impl Fn(&R, &str) -> (&'static str, Vec<Value>),
        come_to: impl Fn(&[R]) -> Value,
    ) -> BTreeMap<String, Value>
    where
        R: Copy,
    {
        let mut groups: BTreeMap<String, Vec<R>> = BTreeMap::new();
        for row in rows {
            let mut of_row = vec![json!({})];
            for key in keys.split(", ") {
                let (name, values) = value(&row, key);
                let with = |group: &Value| -> Vec<Value> {
                    let add = |value: &Value| {
                        let mut group = group.clone();
                        group[name] = value.clone();
                        group
                    };
                    values.iter().map(add).collect()
                };
                of_row = of_row.iter().flat_map(with).collect();
            }
            for group in of_row {
                groups.entry(key_of(&group)).or_default().push(row);
            }
        }
        groups.into_iter().map(|(key, rows)| (key, come_to(&rows))).collect()
    }

    pub fn project_groups(&self, keys: &str) -> BTreeMap<String, Value> {
        let value = |row: &&project::Model, key: &str| match key {
            "FISCAL_YEAR" => ("fiscalYear", vec![json!(row.fiscal_year)]),
            "DIVISION" => ("division", vec![json!({"code": row.division_code})]),
            "DEPARTMENT" => ("department", vec![self.department(row.unit_id)]),
            "UNIT" => ("unit", vec![json!({"id": row.unit_id.public()})]),
            "GOAL_LEVEL" => ("goalLevel", vec![json!(row.goal_level.code())]),
            "FUNDING_KIND" => {
                let stated = |funds: Option<Fen>| funds.is_some_and(|funds| funds.0 != 0);
                let kind = match (stated(row.fiscal_funds), stated(row.other_funds)) {
                    (true, true) => json!("BOTH"),
                    (true, false) => json!("FISCAL"),
                    (false, true) => json!("OTHER"),
                    (false, false) => Value::Null,
                };
                ("fundingKind", vec![kind])
            }
            _ => ("rule", self.rules(|finding| finding.project_id == Some(row.id))),
        };
        Self::grouped(self.projects(), keys, value, of_projects)
    }

    pub fn indicator_groups(&self, keys: &str, weights: bool) -> BTreeMap<String, Value> {
        let value = |row: &&indicator::Model, key: &str| match key {
            "FISCAL_YEAR" => ("fiscalYear", vec![json!(row.fiscal_year)]),
            "DIVISION" => ("division", vec![json!({"code": row.division_code})]),
            "DEPARTMENT" => ("department", vec![self.department(row.unit_id)]),
            "UNIT" => ("unit", vec![json!({"id": row.unit_id.public()})]),
            "LEVEL1" => ("level1", vec![json!({"id": row.level1_id.public()})]),
            "LEVEL2" => ("level2", vec![row.level2_id.map_or(Value::Null, |level| json!({"id": level.public()}))]),
            "TARGET_KIND" => ("targetKind", vec![json!(row.target_kind.code())]),
            _ => ("rule", self.rules(|finding| finding.indicator_id == Some(row.id))),
        };
        let come_to =
            |rows: &[&indicator::Model]| if weights { of_indicators(rows) } else { json!({"count": rows.len()}) };
        Self::grouped(self.indicators(), keys, value, come_to)
    }

    /// The groups of projects that pass a test; the tests are those that the suite asks.
    pub fn chosen(&self, keys: &str, having: &str) -> BTreeMap<String, Value> {
        let yuan = |group: &Value, field: &str, of: &str| group[field][of]["amount"].as_str().map(fen);
        let passes = |group: &Value| match having {
            "having: {count: {gt: 1}}," => group["count"].as_i64() > Some(1),
            "having: {budget: {sum: {lt: {yuan: \"900719925474099\"}}}}," => {
                yuan(group, "budget", "sum").is_some_and(|sum| sum < 90_071_992_547_409_900)
            }
            "having: {budget: {min: {isNull: false}}}," => yuan(group, "budget", "min").is_some(),
            "having: {fiscalFunds: {sum: {notIn: [{yuan: \"0\"}]}}}," => {
                yuan(group, "fiscalFunds", "sum").is_some_and(|sum| sum != 0)
            }
            _ => true,
        };
        self.project_groups(keys).into_iter().filter(|(_, group)| passes(group)).collect()
    }

    pub fn summary(&self, unit: &str, year: i32) -> Value {
        let top = self.data.units.iter().find(|row| row.id.public() == unit).expect("a unit").id;
        let subtree = self.data.subtree(top);
        let projects: Vec<_> =
            self.projects().filter(|row| row.fiscal_year == year && subtree.contains(&row.unit_id)).collect();
        let ids: HashSet<_> = projects.iter().map(|row| row.id).collect();
        let plans: HashSet<_> =
            self.data.plans.iter().filter(|row| ids.contains(&row.project_id)).map(|row| row.id).collect();
        let mut months: BTreeMap<i32, Option<i128>> = BTreeMap::new();
        for point in self.data.points.iter().filter(|row| plans.contains(&row.plan_id)) {
            let amount = months.entry(point.month).or_default();
            if let Some(fen) = point.amount {
                *amount = Some(amount.unwrap_or(0) + i128::from(fen.0));
            }
        }
        let plan: Vec<Value> = months
            .into_iter()
            .map(|(month, sum)| json!({"month": month, "amount": sum.map(|sum| json!({"amount": decimal(sum, 2)}))}))
            .collect();
        let within = |division: &str, unit: UnitId, of: i32| {
            of == year && subtree.contains(&unit) && self.sees(division, unit, Some(of))
        };
        let mut findings: BTreeMap<&str, usize> = BTreeMap::new();
        for row in self.data.findings.iter().filter(|row| within(&row.division_code, row.unit_id, row.fiscal_year)) {
            *findings.entry(row.severity.code()).or_default() += 1;
        }
        let findings: Vec<Value> =
            findings.into_iter().map(|(severity, count)| json!({"severity": severity, "count": count})).collect();
        let mut summary = of_projects(&projects);
        let fields = summary.as_object_mut().expect("an object");
        let count = fields.remove("count").expect("a count");
        fields.insert("projects".to_owned(), count);
        let units = self.data.units.iter().filter(|row| subtree.contains(&row.id) && self.sees_unit(row)).count();
        fields.insert("units".to_owned(), json!(units));
        let indicators =
            self.indicators().filter(|row| row.fiscal_year == year && subtree.contains(&row.unit_id)).count();
        fields.insert("indicators".to_owned(), json!(indicators));
        let goals =
            self.data.goals.iter().filter(|row| within(&row.division_code, row.unit_id, row.fiscal_year)).count();
        fields.insert("goals".to_owned(), json!(goals));
        fields.insert("plan".to_owned(), json!(plan));
        fields.insert("findings".to_owned(), json!(findings));
        summary
    }
}

/// Yuan as printed, in 分.
fn fen(text: &str) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<2}").parse().expect("a number")
}

/// Fails where groups do not stand in the order that was asked for; what is empty stands last.
pub fn assert_sorted(groups: &[Value], order: &str) {
    let place = |group: &Value| -> Vec<(bool, i128)> {
        let amount = |field: &str, of: &str, sign: i128| {
            let amount = group[field][of]["amount"].as_str().map(fen);
            (amount.is_none(), amount.unwrap_or(0) * sign)
        };
        let number = |field: &str, sign: i128| (false, i128::from(group[field].as_i64().expect("a number")) * sign);
        match order {
            "orderBy: [{field: COUNT, direction: DESC}, {field: UNIT}]," => vec![number("count", -1)],
            "orderBy: [{field: BUDGET}]," => vec![amount("budget", "sum", 1)],
            "orderBy: [{field: BUDGET, of: MAX, direction: DESC}]," => vec![amount("budget", "max", -1)],
            "orderBy: [{field: FISCAL_YEAR, direction: DESC}, {field: OTHER_FUNDS, of: MIN}]," => {
                vec![number("fiscalYear", -1), amount("otherFunds", "min", 1)]
            }
            "orderBy: [{field: FISCAL_FUNDS, direction: DESC}]," => vec![amount("fiscalFunds", "sum", -1)],
            _ => Vec::new(),
        }
    };
    assert!(groups.windows(2).all(|pair| place(&pair[0]) <= place(&pair[1])), "{order}: {groups:#?}");
}
