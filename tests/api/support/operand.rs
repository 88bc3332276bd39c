//! Operands and whole filters for every input that the schema knows, taken from the rows that are there.

use std::collections::BTreeMap;

use proptest::prelude::{BoxedStrategy, Just, Strategy};
use proptest::{collection, option, sample};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::data::WORDS;
use super::graph::{Fact, Graph};
use super::introspection::Introspection;

/// Objects that are no business data, and have tests of their own.
const OF_THE_SERVICE: [&str; 5] = ["Account", "AccountGrant", "BulkOperation", "ServiceClient", "Session"];

/// The filter inputs and what can be asked in them.
#[derive(Clone)]
pub struct Operands {
    /// The fields of each input, with their types.
    inputs: BTreeMap<String, Vec<(String, String)>>,
    /// What a field of an object can be compared with.
    pools: BTreeMap<(String, String), Vec<Value>>,
}

/// What a field of a filter is.
pub enum Kind {
    /// Operators on a value, each with its operands.
    Value(Vec<(String, Vec<Value>)>),
    /// A filter of one other object.
    One(String),
    /// Conditions on the objects of a list.
    Many(String),
}

impl Operands {
    /// Reads the inputs from the schema and the operands from the rows.
    pub fn of(schema: &Introspection, graph: &Graph) -> Self {
        let filters = schema.types().filter(|(name, _)| name.ends_with("Filter"));
        let inputs: BTreeMap<_, _> = filters.map(|(name, _)| (name.to_owned(), schema.inputs(name))).collect();
        let mut pools = BTreeMap::new();
        for (filter, fields) in &inputs {
            let Some(object) = object_of(filter, &inputs).filter(|object| !OF_THE_SERVICE.contains(object)) else {
                continue;
            };
            for (field, ty) in fields {
                if !matches!(field.as_str(), "and" | "or" | "not") {
                    let pool = pool(schema, graph, object, field, ty);
                    pools.insert((object.to_owned(), field.clone()), pool);
                }
            }
        }
        Self { inputs, pools }
    }

    /// The fields of the filter of an object but `and`, `or` and `not`.
    pub fn fields(&self, object: &str) -> Vec<(String, Kind)> {
        let fields = self.inputs[&format!("{object}Filter")].iter();
        let own = fields.filter(|(name, _)| !matches!(name.as_str(), "and" | "or" | "not"));
        own.map(|(name, ty)| (name.clone(), self.kind(object, name, ty))).collect()
    }

    fn kind(&self, object: &str, field: &str, ty: &str) -> Kind {
        if let Some(other) = ty.strip_suffix("ListFilter") {
            return Kind::Many(other.to_owned());
        }
        if let Some(other) = object_of(ty, &self.inputs) {
            return Kind::One(other.to_owned());
        }
        let pool = &self.pools[&(object.to_owned(), field.to_owned())];
        let operators = self.inputs[ty].iter().map(|(operator, _)| (operator.clone(), operands(operator, pool)));
        Kind::Value(operators.collect())
    }

    /// Any filter of an object, so many levels deep.
    pub fn filter(&self, object: &str, depth: usize) -> BoxedStrategy<Value> {
        let fields = self.fields(object).into_iter();
        let leaves: Vec<_> = fields.filter_map(|(name, kind)| self.leaf(name, kind, depth)).collect();
        let leaf = proptest::strategy::Union::new(leaves).boxed();
        if depth == 0 {
            return leaf;
        }
        let below = self.filter(object, depth - 1);
        let both = (leaf.clone(), below.clone()).prop_map(|(leaf, below)| merged(leaf, below));
        let list = collection::vec(below.clone(), 0..3);
        proptest::prop_oneof![
            2 => leaf,
            1 => both,
            1 => list.clone().prop_map(|all| json!({"and": all})),
            2 => list.prop_map(|any| json!({"or": any})),
            2 => below.prop_map(|not| json!({"not": not})),
            1 => Just(json!({})),
        ]
        .boxed()
    }

    fn leaf(&self, field: String, kind: Kind, depth: usize) -> Option<BoxedStrategy<Value>> {
        let condition = match kind {
            Kind::Value(operators) => {
                let one = |(name, operands): (String, Vec<Value>)| {
                    sample::select(operands).prop_map(move |operand| json!({ &name: operand })).boxed()
                };
                let operators: Vec<_> = operators.into_iter().map(one).collect();
                let operator = proptest::strategy::Union::new(operators).boxed();
                (operator.clone(), option::weighted(0.2, operator))
                    .prop_map(|(one, other)| other.map_or(one.clone(), |other| merged(one, other)))
                    .boxed()
            }
            Kind::One(_) | Kind::Many(_) if depth == 0 => return None,
            Kind::One(other) => self.filter(&other, depth - 1),
            Kind::Many(other) => {
                let number = sample::select(vec![0, 1, 2, 3]);
                let operator = sample::select(vec!["eq", "ne", "lt", "gte"]);
                let count = (operator, number).prop_map(|(operator, number)| json!({"count": {operator: number}}));
                let which = sample::select(vec!["some", "every", "none"]);
                let quantified = (which, self.filter(&other, depth - 1));
                let quantified = quantified.prop_map(|(which, filter)| json!({ which: filter }));
                proptest::prop_oneof![3 => quantified, 1 => count].boxed()
            }
        };
        Some(condition.prop_map(move |condition| json!({ &field: condition })).boxed())
    }
}

fn merged(one: Value, other: Value) -> Value {
    let (Value::Object(mut fields), Value::Object(other)) = (one, other) else { panic!("filters are objects") };
    fields.extend(other);
    Value::Object(fields)
}

/// The object that an input filters: `Project` of `ProjectFilter`; operators filter none.
fn object_of<'a>(filter: &'a str, inputs: &BTreeMap<String, Vec<(String, String)>>) -> Option<&'a str> {
    let combines = inputs.get(filter)?.iter().any(|(name, _)| name == "and");
    filter.strip_suffix("Filter").filter(|_| combines)
}

/// The operands of one operator.
fn operands(operator: &str, pool: &[Value]) -> Vec<Value> {
    match operator {
        "isNull" => vec![json!(true), json!(false)],
        "in" | "notIn" => {
            let mut lists = vec![json!([]), json!(pool), json!([pool[0]])];
            lists.extend(pool.windows(3).step_by(2).map(|some| json!(some)));
            lists
        }
        "between" => {
            let bounds = pool.iter().zip(pool.iter().rev());
            bounds.map(|(min, max)| json!({"min": min, "max": max})).collect()
        }
        _ => pool.to_vec(),
    }
}

/// Up to so many values of a field are compared with.
const VALUES: usize = 12;

fn pool(schema: &Introspection, graph: &Graph, object: &str, field: &str, ty: &str) -> Vec<Value> {
    let facts: Vec<&Fact> = graph.of(object).values().filter_map(|facts| facts.get(field)).collect();
    assert!(!facts.is_empty(), "no object {object} knows the filter field {field}");
    let mut numbers: Vec<i64> =
        facts.iter().filter_map(|fact| if let Fact::Number(n) = fact { *n } else { None }).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(VALUES);
    let mut texts: Vec<&str> =
        facts.iter().filter_map(|fact| if let Fact::Text(text) = fact { text.as_deref() } else { None }).collect();
    texts.sort_unstable();
    texts.dedup();
    match ty {
        "StringFilter" => {
            let some = texts.iter().step_by((texts.len() / VALUES).max(1)).map(|text| json!(text));
            let middle = texts.iter().filter_map(|text| text.get(1..)).take(3).map(|text| json!(text));
            // All of them where they are at home, some of them in other fields.
            let words = WORDS.iter().step_by(if field == "name" { 1 } else { 7 }).map(|word| json!(word));
            some.chain(middle).chain(words).chain([json!("")]).collect()
        }
        "IntFilter" => numbers.iter().map(|n| json!(n)).chain([json!(-1), json!(i32::MAX)]).collect(),
        "DecimalFilter" => numbers.iter().map(|n| json!(decimal(*n, 6))).chain([json!("0.5")]).collect(),
        "MoneyFilter" => {
            numbers.iter().flat_map(|n| [json!({"yuan": decimal(*n, 2)}), json!({"wanYuan": decimal(*n, 6)})]).collect()
        }
        "DateTimeFilter" => {
            numbers.iter().map(|n| json!(time(*n))).chain([json!("2020-01-01T08:00:00+08:00")]).collect()
        }
        "IdFilter" => {
            let some = texts.iter().step_by((texts.len() / 5).max(1)).map(|id| json!(id));
            some.chain([json!("nonsense"), json!("fnd_00000000000000000000000000")]).collect()
        }
        other => {
            let values = other.strip_suffix("Filter").map(|name| schema.values(name)).unwrap_or_default();
            values.into_iter().map(Value::from).collect()
        }
    }
}

/// A scaled number as a decimal.
pub fn decimal(scaled: i64, places: u32) -> String {
    let scale = 10_u64.pow(places);
    let (whole, part) = (scaled.unsigned_abs() / scale, scaled.unsigned_abs() % scale);
    format!("{}{whole}.{part:0places$}", if scaled < 0 { "-" } else { "" }, places = places as usize)
}

/// Microseconds since 1970 as RFC 3339.
pub fn time(micros: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).expect("a time");
    moment.format(&Rfc3339).expect("a text")
}
