//! Rows and cost of an operation, estimated from the document alone before any statement reaches the database.
//!
//! An object costs 1, a list its rows times the cost of one row; scalars are free. How long a list is follows from the
//! conventions of the schema: `first` or `last` on a field, `ids` on a look-up by ids, and for a connection (`nodes`,
//! `edges`) without them the default page. Lists without such an argument hang on one object and are short; they count as
//! one object. A bulk mutation costs 1 for each of its `rows`, and has as many `results`. What lies below `__schema` and `__type` is free, its size is bounded by the limits of [`super::expansion`].

use std::collections::HashMap;
use std::convert::Infallible;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned, ServerError, Value, Variables, value};
use async_graphql_value::Value as Literal;

use crate::error::ErrorCode;
use crate::http::errors::refusal;
use crate::limits::ProfileLimits;

/// Cost and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    cost: u64,
    rows: u64,
}

impl Load {
    fn plus(self, other: Self) -> Self {
        Self { cost: self.cost.saturating_add(other.cost), rows: self.rows.saturating_add(other.rows) }
    }

    fn times(self, count: u64) -> Self {
        Self { cost: self.cost.saturating_mul(count), rows: self.rows.saturating_mul(count) }
    }
}

/// The load of a selection set: once for the object it is selected on, and for each row of the page around it. Being free
/// of the page's length it is the same wherever a fragment is spread.
#[derive(Clone, Copy, Debug, Default)]
struct SetLoad {
    once: Load,
    each: Load,
    /// Whether it selects what only a connection has.
    connection: bool,
}

impl SetLoad {
    /// The load of a field that is no part of a connection.
    fn once(once: Load) -> Self {
        Self { once, ..Self::default() }
    }
}

/// Compares the cost and rows of an operation, and every page in it, with the limits.
///
/// The document must have passed [`super::expansion::expand`], which excludes cycles and bounds the recursion.
///
/// # Errors
/// `COST_LIMIT` with the estimate and the limit, `BAD_USER_INPUT` for a page that is too large.
pub fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &ProfileLimits,
) -> Result<(), ServerError> {
    let mut estimate = Estimate { document, operation, variables, limits, fragments: HashMap::new() };
    let set = estimate.set(&operation.selection_set.node)?;
    let load = set.once.plus(set.each);
    for (name, what, requested, limit) in
        [("rows", "a number of rows", load.rows, limits.rows), ("cost", "a cost", load.cost, limits.cost)]
    {
        if requested > limit {
            let message = format!(
                "The document asks for {what} of about {requested}; {limit} is allowed. Select fewer levels or smaller pages (`first`)."
            );
            let mut error = refusal(ErrorCode::CostLimit, message, Some(operation.selection_set.pos));
            let numbers = value!({ "requested": requested, "limit": limit });
            error.extensions.get_or_insert_default().set(name, numbers);
            return Err(error);
        }
    }
    Ok(())
}

struct Estimate<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    limits: &'a ProfileLimits,
    fragments: HashMap<&'a str, SetLoad>,
}

impl<'a> Estimate<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<SetLoad, ServerError> {
        let mut sum = SetLoad::default();
        for selection in &set.items {
            let load = match &selection.node {
                Selection::Field(field) => self.field(field)?,
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            sum.once = sum.once.plus(load.once);
            sum.each = sum.each.plus(load.each);
            sum.connection |= load.connection;
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<SetLoad, ServerError> {
        if let Some(load) = self.fragments.get(name.as_str()) {
            return Ok(*load);
        }
        let load = match self.document.fragments.get(name) {
            Some(fragment) => self.set(&fragment.node.selection_set.node)?,
            None => SetLoad::default(),
        };
        self.fragments.insert(name, load);
        Ok(load)
    }

    fn field(&mut self, field: &'a Positioned<Field>) -> Result<SetLoad, ServerError> {
        let name = field.node.name.node.as_str();
        if matches!(name, "__schema" | "__type") {
            return Ok(SetLoad::default());
        }
        let page = self.page(field)?;
        let inside = self.set(&field.node.selection_set.node)?;
        let leaf = field.node.selection_set.node.items.is_empty();
        let object = Load { cost: u64::from(!leaf), rows: 0 }.plus(inside.once);
        if let Some(written) = self.written_rows(field)? {
            let writing = Load { cost: written, rows: 0 };
            return Ok(SetLoad::once(object.plus(writing).plus(inside.each.times(written))));
        }
        let rows = page.unwrap_or(self.limits.page_default);
        Ok(match (self.ids(field), name) {
            (Some(ids), _) => SetLoad::once(row(object).times(ids)),
            (None, "nodes" | "edges" | "results") => {
                SetLoad { each: row(object.plus(inside.each.times(rows))), connection: true, ..SetLoad::default() }
            }
            (None, "pageInfo" | "totalCount" | "aggregate") => {
                SetLoad { once: object, connection: true, ..SetLoad::default() }
            }
            // A list that is paged itself, without a connection.
            (None, _) if page.is_some() && !inside.connection => SetLoad::once(row(object).times(rows)),
            (None, _) => SetLoad::once(object.plus(inside.each.times(rows))),
        })
    }

    /// The value of `first` or `last`, the larger if both are given.
    ///
    /// A page beyond the limit is refused here, in the words of `graphql`, before anything runs. What
    /// is no page at all (a negative number) counts nothing and is left to the field.
    fn page(&self, field: &Positioned<Field>) -> Result<Option<u64>, ServerError> {
        let mut page = None;
        for argument in ["first", "last"] {
            let Some(Value::Number(number)) = self.argument(&field.node, argument) else { continue };
            let rows = number.as_u64().unwrap_or(if number.is_i64() { 0 } else { u64::MAX });
            if rows > self.limits.page_max {
                let message = self.limits.page_refusal(argument, number);
                return Err(refusal(ErrorCode::BadUserInput, message, Some(field.pos)));
            }
            page = page.max(Some(rows));
        }
        Ok(page)
    }

    /// The number of rows that a bulk mutation writes: the length of `rows` in its `input`.
    ///
    /// More than the limit are refused here, in the words of `graphql`, before anything runs. The rows are counted where
    /// they are: a copy of them would cost more than all else here.
    fn written_rows(&self, field: &Positioned<Field>) -> Result<Option<u64>, ServerError> {
        let length = |value: &Value| match value {
            Value::List(rows) => rows.len(),
            Value::Null => 0,
            _ => 1,
        };
        let rows = match field.node.get_argument("input").map(|input| &input.node) {
            Some(Literal::Object(input)) => match input.get("rows") {
                Some(Literal::List(rows)) => Some(rows.len()),
                Some(Literal::Variable(name)) => self.variables.get(name).map(length),
                rows => rows.map(|_| 1),
            },
            Some(Literal::Variable(name)) => match self.variables.get(name) {
                Some(Value::Object(input)) => input.get("rows").map(length),
                _ => None,
            },
            _ => None,
        };
        match rows {
            Some(rows) if rows as u64 > self.limits.bulk_rows => {
                let message = self.limits.bulk_refusal(rows);
                Err(refusal(ErrorCode::CostLimit, message, Some(field.pos)))
            }
            rows => Ok(rows.map(|rows| rows as u64)),
        }
    }

    /// The number of `ids` that a look-up names.
    fn ids(&self, field: &Positioned<Field>) -> Option<u64> {
        match self.argument(&field.node, "ids")? {
            Value::List(ids) => Some(ids.len() as u64),
            _ => Some(1),
        }
    }

    /// An argument with its variables put in; `None` if it is absent or null.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let literal = field.get_argument(name)?.node.clone();
        let value = literal.into_const_with(|name| Ok::<_, Infallible>(self.variable(&name).unwrap_or(Value::Null)));
        match value {
            Ok(Value::Null) => None,
            Ok(value) => Some(value),
            Err(never) => match never {},
        }
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        let given = self.variables.get(name).cloned();
        given.or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| value.node.clone())
        })
    }
}

/// An object that is a row.
fn row(object: Load) -> Load {
    object.plus(Load { cost: 0, rows: 1 })
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::{Load, check};
    use crate::limits::ProfileLimits;

    /// Cost and rows as the refusals tell them when nothing is allowed.
    fn load(text: &str, variables: serde_json::Value) -> Load {
        let refused = |limits: ProfileLimits| {
            let document = parse_query(text).unwrap();
            let (_, operation) = document.operations.iter().next().unwrap();
            match check(&document, &operation.node, &Variables::from_json(variables.clone()), &limits) {
                Ok(()) => 0,
                Err(error) => {
                    let words = error.message.split(" of about ").nth(1).and_then(|rest| rest.split(';').next());
                    words.unwrap_or_else(|| panic!("{}", error.message)).parse().unwrap()
                }
            }
        };
        Load {
            cost: refused(ProfileLimits { cost: 0, rows: u64::MAX, bulk_rows: 9, ..ProfileLimits::PUBLIC }),
            rows: refused(ProfileLimits { rows: 0, cost: u64::MAX, bulk_rows: 9, ..ProfileLimits::PUBLIC }),
        }
    }

    #[test]
    fn rows_multiply_what_is_selected_for_each() {
        for (text, cost, rows) in [
            ("{ __typename }", 0, 0),
            ("{ service { version } }", 1, 0),
            ("{ projects(first: 10) { totalCount pageInfo { hasNextPage } } }", 2, 0),
            ("{ projects(first: 10) { nodes { name unit { name } } } }", 1 + 10 * 2, 10),
            ("{ projects(last: 3) { edges { node { name } cursor } } }", 1 + 3 * 2, 3),
            ("{ projects { nodes { name } } }", 1 + 20, 20),
            ("{ projects(first: 10) { nodes { indicators(first: 5) { nodes { name } } } } }", 1 + 10 * (1 + 1 + 5), 60),
            ("{ projectGroups(first: 7) { count } }", 7, 7),
            ("{ nodes(ids: [\"a\", \"b\"]) { id } }", 2, 2),
            ("{ __schema { types { fields { name } } } }", 0, 0),
            (
                "{ a: projects(first: 2) { ...C } b: projects(first: 3) { ...C } } fragment C on PC { nodes { name } }",
                7,
                5,
            ),
            ("{ projects(first: 9) { ...C } } fragment C on PC { totalCount }", 1, 0),
            ("query($n: Int = 4) { projects(first: $n) { nodes { name } } }", 5, 4),
            ("query($n: Int) { projects(first: $n) { nodes { name } } }", 21, 20),
        ] {
            assert_eq!(load(text, json!({})), Load { cost, rows }, "{text}");
        }
        let text = "query($n: Int = 4, $ids: [ID!]) { projects(first: $n) { nodes { name } } nodes(ids: $ids) { id } }";
        assert_eq!(load(text, json!({ "n": 6, "ids": ["a", "b", "c"] })), Load { cost: 1 + 6 + 3, rows: 9 });
    }

    #[test]
    fn rows_that_are_written_count_and_so_do_their_results() {
        let rows = json!([{}, {}, {}, {}]);
        let selection = "{ committed results { outcome project { unit { name } } } }";
        for (text, variables) in [
            (format!("mutation($i: I!) {{ a(input: $i) {selection} }}"), json!({ "i": { "rows": rows } })),
            (format!("mutation($r: R!) {{ a(input: {{ rows: $r }}) {selection} }}"), json!({ "r": rows })),
            (format!("mutation {{ a(input: {{ rows: [{{}}, {{}}, {{}}, {{}}] }}) {selection} }}"), json!({})),
        ] {
            // The payload, the writing of each row, and for each a result with a project and its unit.
            assert_eq!(load(&text, variables), Load { cost: 1 + 4 + 4 * 3, rows: 4 }, "{text}");
        }
        let none = "mutation($i: I!) { a(input: $i) { outcome } }";
        assert_eq!(load(none, json!({ "i": { "key": {} } })), Load { cost: 1, rows: 0 });
    }

    #[test]
    fn more_rows_than_allowed_are_refused() {
        let document = parse_query("mutation($i: I!) { a(input: $i) { committed } }").unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let limits = ProfileLimits { bulk_rows: 3, ..ProfileLimits::SERVICE };
        let refused = |rows: usize| {
            let variables = Variables::from_json(json!({ "i": { "rows": vec![json!({}); rows] } }));
            check(&document, &operation.node, &variables, &limits).err().map(|error| error.message)
        };
        assert_eq!(refused(3), None);
        let message = "`rows` has 4 entries; the limit is 3. Send them in several requests.";
        assert_eq!(refused(4).as_deref(), Some(message));
    }

    #[test]
    fn a_deep_product_does_not_overflow() {
        let mut text = String::from("name");
        for _ in 0..20 {
            text = format!("a(first: 50) {{ nodes {{ {text} }} }}");
        }
        assert_eq!(load(&format!("{{ {text} }}"), json!({})), Load { cost: u64::MAX, rows: u64::MAX });
    }

    #[test]
    fn a_page_beyond_the_limit_is_refused_by_name() {
        let refused = |first: &str, variables| {
            let text = format!("query($n: Int) {{ projects(first: {first}) {{ totalCount }} }}");
            let document = parse_query(&text).unwrap();
            let (_, operation) = document.operations.iter().next().unwrap();
            let checked = check(&document, &operation.node, &Variables::from_json(variables), &ProfileLimits::PUBLIC);
            checked.err().map(|error| error.message)
        };
        let limit = "the limit is 50. Ask for 50 and go on with `after`.";
        assert_eq!(refused("51", json!({})), Some(format!("`first` is 51; {limit}")));
        assert_eq!(refused("$n", json!({ "n": 51 })), Some(format!("`first` is 51; {limit}")));
        let backward = "`last` is 51; the limit is 50. Ask for 50 and go on with `before`.";
        assert_eq!(refused("1, last: 51", json!({})).as_deref(), Some(backward));
        assert!(refused("99999999999999999999", json!({})).is_some_and(|message| message.ends_with(limit)));
        assert_eq!(refused("50", json!({})), None);
        assert_eq!(refused("-1", json!({})), None);
    }
}
