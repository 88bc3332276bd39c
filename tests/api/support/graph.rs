//! The same rows as objects in memory, as a caller sees them: a naive judge of filters and orders.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::UnitId;
use jixiao::auth::Scope;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::data::Data;

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Fact {
    /// Text, the name of an enum value, or a key.
    Text(Option<String>),
    /// A whole number, or a decimal, money or time in its smallest unit.
    Number(Option<i64>),
    /// The key of the one object that the field leads to.
    One(Option<String>),
    /// The keys of the objects that the field leads to.
    Many(Vec<String>),
}

/// The fields of an object by name.
pub type Facts = BTreeMap<&'static str, Fact>;

/// All objects that a caller sees, by type and key.
#[derive(Default)]
pub struct Graph {
    types: BTreeMap<&'static str, BTreeMap<String, Facts>>,
}

fn text(value: impl Into<String>) -> Fact {
    Fact::Text(Some(value.into()))
}

fn number(value: impl Into<i64>) -> Fact {
    Fact::Number(Some(value.into()))
}

impl Graph {
    /// What a reader of these scopes sees.
    pub fn seen(data: &Data, scopes: &[Scope]) -> Self {
        let mut units: HashSet<UnitId> = HashSet::new();
        let mut divisions: HashSet<String> = HashSet::new();
        for scope in scopes {
            let covered: Vec<_> = match scope {
                Scope::Everything => data.units.iter().collect(),
                Scope::Division(code) => data.units.iter().filter(|unit| unit.division_code == *code).collect(),
                Scope::Unit(top) => {
                    let subtree = data.subtree(*top);
                    data.units.iter().filter(|unit| subtree.contains(&unit.id)).collect()
                }
            };
            units.extend(covered.iter().map(|unit| unit.id));
            divisions.extend(covered.iter().map(|unit| unit.division_code.clone()));
        }
        let mut graph = Self::default();
        graph.fill(data, &units, &divisions);
        graph.drop_what_is_not_seen();
        graph
    }

    /// Everything.
    pub fn whole(data: &Data) -> Self {
        Self::seen(data, &[Scope::Everything])
    }

    fn put(&mut self, name: &'static str, id: String, facts: impl IntoIterator<Item = (&'static str, Fact)>) {
        let mut facts: Facts = facts.into_iter().collect();
        facts.insert("id", text(id.clone()));
        self.types.entry(name).or_default().insert(id, facts);
    }

    fn fill(&mut self, data: &Data, units: &HashSet<UnitId>, divisions: &HashSet<String>) {
        let keys_of = |ids: Vec<String>| Fact::Many(ids);
        for row in &data.levels {
            let facts = [
                ("regime", text(row.regime.code())),
                ("code", Fact::Text(row.code.clone())),
                ("standardCode", Fact::Text(row.standard_code.clone())),
                ("rank", number(row.rank)),
                ("name", text(&row.name_zh)),
            ];
            self.put("IndicatorLevel", row.id.public(), facts);
        }
        for row in data.divisions.iter().filter(|row| divisions.contains(&row.code)) {
            let below = data.units.iter().filter(|unit| unit.division_code == row.code).map(|unit| unit.id.public());
            let facts = [
                ("code", text(&row.code)),
                ("name", Fact::Text(row.name.clone())),
                ("units", keys_of(below.collect())),
            ];
            self.put("Division", row.id.public(), facts);
        }
        for row in data.units.iter().filter(|row| units.contains(&row.id)) {
            let division = data.divisions.iter().find(|division| division.code == row.division_code);
            let projects = data.projects.iter().filter(|project| project.unit_id == row.id);
            let goals = data.goals.iter().filter(|goal| goal.unit_id == row.id);
            let children = data.units.iter().filter(|unit| unit.parent_id == Some(row.id));
            let documents = data.documents.iter().filter(|document| document.unit_id == row.id);
            let findings = data.findings.iter().filter(|finding| finding.unit_id == row.id);
            let facts = [
                ("divisionCode", text(&row.division_code)),
                ("code", text(&row.code)),
                ("name", text(&row.name)),
                ("level", Fact::Text(row.level.map(|level| level.code().to_owned()))),
                ("updatedAt", number(row.updated_at.0)),
                ("division", Fact::One(division.map(|division| division.id.public()))),
                ("parent", Fact::One(row.parent_id.map(|id| id.public()))),
                ("children", keys_of(children.map(|unit| unit.id.public()).collect())),
                ("projects", keys_of(projects.map(|project| project.id.public()).collect())),
                ("goals", keys_of(goals.map(|goal| goal.id.public()).collect())),
                ("sourceDocuments", keys_of(documents.map(|document| document.id.public()).collect())),
                ("findings", keys_of(findings.map(|finding| finding.id.public()).collect())),
            ];
            self.put("Unit", row.id.public(), facts);
        }
        for row in data.goals.iter().filter(|row| units.contains(&row.unit_id)) {
            let facts = [
                ("divisionCode", text(&row.division_code)),
                ("fiscalYear", number(row.fiscal_year)),
                ("overall", Fact::Text(row.overall.clone())),
                ("publication", text(row.publication.code())),
                ("updatedAt", number(row.updated_at.0)),
                ("unit", Fact::One(Some(row.unit_id.public()))),
            ];
            self.put("DepartmentGoal", row.id.public(), facts);
        }
        for row in data.documents.iter().filter(|row| units.contains(&row.unit_id)) {
            let findings = data.findings.iter().filter(|finding| finding.source_id == Some(row.id));
            let projects = data.projects.iter().filter(|project| project.source_id == Some(row.id));
            let goals = data.goals.iter().filter(|goal| goal.source_id == Some(row.id));
            let facts = [
                ("divisionCode", text(&row.division_code)),
                ("fiscalYear", number(row.fiscal_year)),
                ("sha256", text(&row.sha256)),
                ("fileName", text(&row.file_name)),
                ("format", text(row.format.code())),
                ("title", Fact::Text(row.title.clone())),
                ("importedAt", number(row.created_at.0)),
                ("unit", Fact::One(Some(row.unit_id.public()))),
                ("projects", keys_of(projects.map(|project| project.id.public()).collect())),
                ("goals", keys_of(goals.map(|goal| goal.id.public()).collect())),
                ("findings", keys_of(findings.map(|finding| finding.id.public()).collect())),
            ];
            self.put("SourceDocument", row.id.public(), facts);
        }
        for row in data.projects.iter().filter(|row| units.contains(&row.unit_id)) {
            let indicators = data.indicators.iter().filter(|indicator| indicator.project_id == row.id);
            let findings = data.findings.iter().filter(|finding| finding.project_id == Some(row.id));
            let facts = [
                ("divisionCode", text(&row.division_code)),
                ("fiscalYear", number(row.fiscal_year)),
                ("ordinal", number(row.ordinal)),
                ("code", Fact::Text(row.code.clone())),
                ("name", text(&row.name)),
                ("purpose", Fact::Text(row.purpose.clone())),
                ("goalLevel", text(row.goal_level.code())),
                ("publication", text(row.publication.code())),
                ("budget", Fact::Number(row.budget.map(|fen| fen.0))),
                ("fiscalFunds", Fact::Number(row.fiscal_funds.map(|fen| fen.0))),
                ("otherFunds", Fact::Number(row.other_funds.map(|fen| fen.0))),
                ("updatedAt", number(row.updated_at.0)),
                ("unitId", text(row.unit_id.public())),
                ("unit", Fact::One(Some(row.unit_id.public()))),
                ("indicators", keys_of(indicators.map(|indicator| indicator.id.public()).collect())),
                ("findings", keys_of(findings.map(|finding| finding.id.public()).collect())),
            ];
            self.put("Project", row.id.public(), facts);
        }
        for row in data.indicators.iter().filter(|row| units.contains(&row.unit_id)) {
            let findings = data.findings.iter().filter(|finding| finding.indicator_id == Some(row.id));
            let facts = [
                ("divisionCode", text(&row.division_code)),
                ("fiscalYear", number(row.fiscal_year)),
                ("ordinal", number(row.ordinal)),
                ("level1Raw", Fact::Text(row.level1_raw.clone())),
                ("level2Raw", Fact::Text(row.level2_raw.clone())),
                ("name", text(&row.name)),
                ("description", Fact::Text(row.description.clone())),
                ("basis", Fact::Text(row.basis.clone())),
                ("targetKind", text(row.target_kind.code())),
                ("comparison", Fact::Text(row.comparison.map(|comparison| comparison.code().to_owned()))),
                ("value", Fact::Number(row.value.map(|micro| micro.0))),
                ("targetUnit", Fact::Text(row.target_unit.clone())),
                ("targetRaw", text(&row.target_raw)),
                ("weight", Fact::Number(row.weight.map(|micro| micro.0))),
                ("updatedAt", number(row.updated_at.0)),
                ("level1", Fact::One(Some(row.level1_id.public()))),
                ("level2", Fact::One(row.level2_id.map(|id| id.public()))),
                ("projectId", text(row.project_id.public())),
                ("project", Fact::One(Some(row.project_id.public()))),
                ("unit", Fact::One(Some(row.unit_id.public()))),
                ("findings", keys_of(findings.map(|finding| finding.id.public()).collect())),
            ];
            self.put("Indicator", row.id.public(), facts);
        }
        for row in data.findings.iter().filter(|row| units.contains(&row.unit_id)) {
            let facts = [
                ("divisionCode", text(&row.division_code)),
                ("fiscalYear", number(row.fiscal_year)),
                ("rule", text(&row.rule)),
                ("severity", text(row.severity.code())),
                ("detail", text(&row.detail)),
                ("createdAt", number(row.created_at.0)),
                ("acknowledgedAt", Fact::Number(row.acknowledged_at.map(|time| time.0))),
                ("unit", Fact::One(Some(row.unit_id.public()))),
                ("project", Fact::One(row.project_id.map(|id| id.public()))),
                ("indicator", Fact::One(row.indicator_id.map(|id| id.public()))),
                ("source", Fact::One(row.source_id.map(|id| id.public()))),
            ];
            self.put("Finding", row.id.public(), facts);
        }
    }

    /// Fields lead only to what is seen.
    fn drop_what_is_not_seen(&mut self) {
        let seen: HashSet<String> = self.types.values().flat_map(|rows| rows.keys().cloned()).collect();
        for facts in self.types.values_mut().flat_map(|rows| rows.values_mut()) {
            for fact in facts.values_mut() {
                match fact {
                    Fact::One(one) => *one = one.take().filter(|id| seen.contains(id)),
                    Fact::Many(many) => many.retain(|id| seen.contains(id)),
                    Fact::Text(_) | Fact::Number(_) => {}
                }
            }
        }
    }

    /// The objects of a type.
    pub fn of(&self, name: &str) -> &BTreeMap<String, Facts> {
        static NOTHING: BTreeMap<String, Facts> = BTreeMap::new();
        self.types.get(name).unwrap_or(&NOTHING)
    }

    /// Every key.
    pub fn keys(&self) -> HashSet<&str> {
        self.types.values().flat_map(|rows| rows.keys().map(String::as_str)).collect()
    }

    /// One object.
    pub fn object(&self, id: &str) -> &Facts {
        let rows = self.types.values().find_map(|rows| rows.get(id));
        rows.unwrap_or_else(|| panic!("no object {id}"))
    }

    /// The keys that a field leads to.
    pub fn many(&self, id: &str, field: &str) -> &[String] {
        match &self.object(id)[field] {
            Fact::Many(many) => many,
            other => panic!("{field} is no list: {other:?}"),
        }
    }

    /// The keys of the objects of a type that pass a filter, in an order.
    pub fn list(&self, name: &str, filter: &Value, order: &Value, default: &[&str]) -> Vec<String> {
        let mut found: Vec<_> = self.of(name).keys().filter(|id| self.passes(id, filter)).cloned().collect();
        self.sort(&mut found, order, default);
        found
    }

    /// Sorts keys by `orderBy`, or by these fields where it is empty; at last by key.
    pub fn sort(&self, keys: &mut [String], order: &Value, default: &[&str]) {
        let asked = order.as_array().filter(|keys| !keys.is_empty());
        let by: Vec<(String, bool, bool)> = match asked {
            None => default.iter().map(|field| ((*field).to_owned(), false, false)).collect(),
            Some(asked) => asked
                .iter()
                .map(|key| {
                    let field = camel_case(key["field"].as_str().expect("an order names its field"));
                    (field, key["direction"] == "DESC", key["nulls"] == "FIRST")
                })
                .collect(),
        };
        let values: HashMap<String, Vec<Fact>> = keys
            .iter()
            .map(|id| (id.clone(), by.iter().map(|(field, ..)| self.object(id)[field.as_str()].clone()).collect()))
            .collect();
        keys.sort_by(|a, b| {
            let places = values[a].iter().zip(&values[b]).zip(&by);
            let differ = places.map(|((a, b), (_, down, nulls_first))| compare(a, b, *down, *nulls_first));
            let down = by.last().is_some_and(|(_, down, _)| *down);
            differ.fold(Ordering::Equal, Ordering::then).then_with(|| if down { b.cmp(a) } else { a.cmp(b) })
        });
    }

    /// Whether an object passes a filter.
    pub fn passes(&self, id: &str, filter: &Value) -> bool {
        let Value::Object(fields) = filter else { return true };
        fields.iter().filter(|(_, value)| !value.is_null()).all(|(name, value)| match name.as_str() {
            "and" => items(value).iter().all(|filter| self.passes(id, filter)),
            "or" => items(value).iter().any(|filter| self.passes(id, filter)),
            "not" => !self.passes(id, value),
            field => self.holds(&self.object(id)[field], value),
        })
    }

    fn holds(&self, fact: &Fact, operators: &Value) -> bool {
        match fact {
            Fact::One(one) => one.as_ref().is_some_and(|one| self.passes(one, operators)),
            Fact::Many(many) => entries(operators).all(|(name, operand)| match name.as_str() {
                "some" => many.iter().any(|one| self.passes(one, operand)),
                "every" => many.iter().all(|one| self.passes(one, operand)),
                "none" => !many.iter().any(|one| self.passes(one, operand)),
                "count" => {
                    let count = Some(i64::try_from(many.len()).expect("a small number"));
                    entries(operand).all(|(operator, operand)| number_passes(count, operator, operand))
                }
                other => panic!("no quantifier {other}"),
            }),
            Fact::Text(text) => entries(operators).all(|(name, operand)| text_passes(text.as_deref(), name, operand)),
            Fact::Number(number) => entries(operators).all(|(name, operand)| number_passes(*number, name, operand)),
        }
    }
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().expect("operators are an object").iter()
}

/// A list, or one value that counts as a list of one.
fn items(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

fn text_passes(text: Option<&str>, operator: &str, operand: &Value) -> bool {
    if operator == "isNull" {
        return text.is_none() == (*operand == Value::Bool(true));
    }
    let Some(text) = text else { return false };
    let operand_text = || operand.as_str().expect("text");
    match operator {
        "eq" => text == operand_text(),
        "ne" => text != operand_text(),
        "in" => items(operand).iter().any(|item| *item == text),
        "notIn" => !items(operand).iter().any(|item| *item == text),
        "startsWith" => text.starts_with(operand_text()),
        "contains" => text.contains(operand_text()),
        other => panic!("no operator {other}"),
    }
}

fn number_passes(number: Option<i64>, operator: &str, operand: &Value) -> bool {
    if operator == "isNull" {
        return number.is_none() == (*operand == Value::Bool(true));
    }
    let Some(number) = number.map(i128::from) else { return false };
    match operator {
        "eq" => number == smallest(operand),
        "ne" => number != smallest(operand),
        "lt" => number < smallest(operand),
        "lte" => number <= smallest(operand),
        "gt" => number > smallest(operand),
        "gte" => number >= smallest(operand),
        "in" => items(operand).iter().any(|item| number == smallest(item)),
        "notIn" => !items(operand).iter().any(|item| number == smallest(item)),
        "between" => smallest(&operand["min"]) <= number && number <= smallest(&operand["max"]),
        other => panic!("no operator {other}"),
    }
}

/// A number, decimal, amount or time in its smallest unit.
fn smallest(operand: &Value) -> i128 {
    match operand {
        Value::Number(number) => number.as_i64().expect("a whole number").into(),
        Value::Object(money) => match money.get("yuan") {
            Some(yuan) => scaled(yuan.as_str().expect("a decimal"), 2),
            None => scaled(money["wanYuan"].as_str().expect("a decimal"), 6),
        },
        Value::String(time) if time.contains('T') => {
            OffsetDateTime::parse(time, &Rfc3339).expect("a time").unix_timestamp_nanos() / 1000
        }
        Value::String(decimal) => scaled(decimal, 6),
        other => panic!("no number: {other}"),
    }
}

fn scaled(decimal: &str, places: usize) -> i128 {
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    format!("{whole}{part:0<places$}").parse().expect("a decimal")
}

fn compare(a: &Fact, b: &Fact, down: bool, nulls_first: bool) -> Ordering {
    let absent = |fact: &Fact| matches!(fact, Fact::Text(None) | Fact::Number(None));
    let by_value = match (a, b) {
        _ if absent(a) || absent(b) => {
            let absent_last = absent(a).cmp(&absent(b));
            return if nulls_first { absent_last.reverse() } else { absent_last };
        }
        (Fact::Text(a), Fact::Text(b)) => a.cmp(b),
        (Fact::Number(a), Fact::Number(b)) => a.cmp(b),
        _ => panic!("{a:?} and {b:?} have no order"),
    };
    if down { by_value.reverse() } else { by_value }
}

/// `FISCAL_YEAR` as `fiscalYear`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |text, word| text + &word[..1].to_uppercase() + &word[1..])
}
