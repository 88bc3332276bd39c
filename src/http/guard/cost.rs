//! Rows and cost of an operation, estimated from the document alone before any statement reaches the database.
//!
//! An object costs 1 (what reads much more than it answers costs more), a list its rows times the cost of one row; scalars are
//! free. How long a list is follows from the conventions of the schema: `first` or `last` on a field, `ids` on a look-up by
//! ids, `checks` on questions, and for a connection (`nodes`,
//! `edges`) without them the default page. Lists without such an argument hang on one object and are short; they count as
//! one object. Words that are searched for (`search`, `query`) add a fixed cost. A bulk mutation costs 1 for each of its `rows` (or of its `expectedCount`), and has as many `results`. What lies below `__schema` and
//! `__type` is free, its size is bounded by the limits of [`super::expansion`]. The schema says the same by `@cost` and
//! `@listSize`; `docs/limits.md` says it to those who write clients.

use std::collections::HashMap;
use std::convert::Infallible;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value, Variables, value};
use async_graphql_value::Value as Literal;
use serde_json::Value as Json;

use super::meter::{Meter, Part};
use crate::error::ErrorCode;
use crate::graphql::engine::cost;
use crate::graphql::held::Held;
use crate::http::errors::refusal;
use crate::limits::ProfileLimits;

/// What an operation asks for.
#[derive(Clone, Debug, Default)]
pub struct Price {
    /// Its cost in points.
    pub cost: u64,
    /// Rows of all its lists.
    pub rows: u64,
    /// Its mutations.
    pub writes: u64,
    /// Those that write many rows at once.
    pub bulk: u64,
    /// Those that start an import.
    pub imports: u64,
    /// Tells what the answer cost.
    pub meter: Meter,
}

impl Price {
    /// Compares cost and rows with the limits.
    ///
    /// # Errors
    /// `COST_LIMIT` with the estimate and the limit.
    pub fn admit(&self, operation: &OperationDefinition, limits: &ProfileLimits) -> Result<(), ServerError> {
        for (name, what, requested, limit) in
            [("rows", "a number of rows", self.rows, limits.rows), ("cost", "a cost", self.cost, limits.cost)]
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
}

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
    /// Whether it selects anything but `__typename`.
    named: bool,
    /// Its place in the meter.
    set: usize,
}

impl SetLoad {
    /// The load of a field that is no part of a connection.
    fn once(once: Load) -> Self {
        Self { once, ..Self::default() }
    }
}

/// Estimates cost and rows of an operation, and compares every page in it with the limits.
///
/// The document must have passed [`super::expansion::expand`], which excludes cycles and bounds the recursion.
///
/// # Errors
/// `BAD_USER_INPUT` for a page that is too large, `COST_LIMIT` for too many rows of a bulk mutation.
pub fn estimate(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    held: &Held,
    limits: &ProfileLimits,
) -> Result<Price, ServerError> {
    let (fragments, meter) = (HashMap::new(), Meter::new());
    let mut estimate = Estimate { document, operation, variables, held, limits, fragments, meter };
    let set = estimate.set(&operation.selection_set.node)?;
    let Load { cost, rows } = set.once.plus(set.each);
    let mut price = Price { cost, rows, ..Price::default() };
    if operation.ty == OperationType::Mutation {
        estimate.count_writes(&operation.selection_set.node, &mut price)?;
    }
    estimate.meter.start_at(set.set);
    Ok(Price { meter: estimate.meter, ..price })
}

struct Estimate<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    held: &'a Held,
    limits: &'a ProfileLimits,
    fragments: HashMap<&'a str, SetLoad>,
    meter: Meter,
}

impl<'a> Estimate<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<SetLoad, ServerError> {
        let mut sum = SetLoad::default();
        let mut parts = Vec::new();
        for selection in &set.items {
            let load = match &selection.node {
                Selection::Field(field) => {
                    let (load, part) = self.field(field)?;
                    parts.extend(part);
                    load
                }
                Selection::InlineFragment(fragment) => {
                    let load = self.set(&fragment.node.selection_set.node)?;
                    parts.extend((load.set != Meter::EMPTY).then_some(Part::Spread(load.set)));
                    load
                }
                Selection::FragmentSpread(spread) => {
                    let load = self.fragment(&spread.node.fragment_name.node)?;
                    parts.extend((load.set != Meter::EMPTY).then_some(Part::Spread(load.set)));
                    load
                }
            };
            sum.once = sum.once.plus(load.once);
            sum.each = sum.each.plus(load.each);
            sum.connection |= load.connection;
            sum.named |= load.named;
        }
        Ok(SetLoad { set: self.meter.add(parts), ..sum })
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

    /// The load of a field, and how it is measured if it costs anything.
    fn field(&mut self, field: &'a Positioned<Field>) -> Result<(SetLoad, Option<Part>), ServerError> {
        let name = field.node.name.node.as_str();
        if matches!(name, "__schema" | "__type") {
            return Ok((SetLoad::default(), None));
        }
        let page = self.page(field)?;
        let inside = self.set(&field.node.selection_set.node)?;
        let leaf = field.node.selection_set.node.items.is_empty();
        let weight = cost::weight(name, |argument| field.node.get_argument(argument).is_some());
        let searched = self.searched(&field.node);
        let object = Load { cost: if leaf { 0 } else { weight } + searched, rows: 0 }.plus(inside.once);
        let written = self.written_rows(field)?;
        let rows = page.unwrap_or(self.limits.page_default);
        let (load, paged) = match (written, self.ids(field), name) {
            (Some(written), _, _) => {
                let writing = Load { cost: written, rows: 0 };
                (SetLoad::once(object.plus(writing).plus(inside.each.times(written))), false)
            }
            (None, Some(ids), _) => (SetLoad::once(row(object).times(ids)), true),
            (None, None, "nodes" | "edges" | "results") => {
                let each = row(object.plus(inside.each.times(rows)));
                (SetLoad { each, connection: true, ..SetLoad::default() }, true)
            }
            (None, None, "pageInfo" | "totalCount" | "aggregate") => {
                (SetLoad { once: object, connection: true, ..SetLoad::default() }, false)
            }
            // A list that is paged itself, without a connection.
            (None, None, _) if page.is_some() && inside.named && !inside.connection => {
                (SetLoad::once(row(object).times(rows)), true)
            }
            (None, None, _) => (SetLoad::once(object.plus(inside.each.times(rows))), false),
        };
        let key = field.node.response_key().node.clone();
        let beside = written.unwrap_or(0).saturating_add(weight - 1 + searched);
        let part = Part::Field { key, set: inside.set, paged, beside };
        Ok((SetLoad { named: name != "__typename", ..load }, (!leaf).then_some(part)))
    }

    /// What is added for words that are searched for.
    fn searched(&self, field: &Field) -> u64 {
        let given = |name: &Name| cost::searches(name) && self.argument(field, name).is_some();
        if field.arguments.iter().any(|(name, _)| given(&name.node)) { cost::SEARCH } else { 0 }
    }

    /// Counts the mutations on the level of the root, in fragments too.
    fn count_writes(&self, set: &'a SelectionSet, price: &mut Price) -> Result<(), ServerError> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    price.writes += 1;
                    price.bulk += u64::from(self.written_rows(field)?.is_some());
                    price.imports += u64::from(name == "importStart");
                }
                Selection::InlineFragment(fragment) => {
                    self.count_writes(&fragment.node.selection_set.node, price)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.count_writes(&fragment.node.selection_set.node, price)?;
                    }
                }
            }
        }
        Ok(())
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

    /// The number of rows that a bulk mutation writes: the length of `rows` in its `input`, or its `expectedCount`.
    ///
    /// More `rows` than the limit are refused here, in the words of `graphql`, before anything runs. They are counted where
    /// they are: a copy of them would cost more than all else here.
    fn written_rows(&self, field: &Positioned<Field>) -> Result<Option<u64>, ServerError> {
        if let Some(rows) = self.in_input(field, "rows", |given| given.length()) {
            if rows > self.limits.bulk_rows {
                let message = self.limits.bulk_refusal(rows);
                return Err(refusal(ErrorCode::CostLimit, message, Some(field.pos)));
            }
            return Ok(Some(rows));
        }
        let expected = self.in_input(field, "expectedCount", |given| given.number());
        Ok(expected.map(|rows| rows.min(self.limits.bulk_rows)))
    }

    /// What a field of the argument `input` counts, however it is given.
    fn in_input(&self, field: &Positioned<Field>, name: &str, count: fn(Given<'_>) -> u64) -> Option<u64> {
        match &field.node.get_argument("input")?.node {
            Literal::Object(input) => match input.get(name)? {
                Literal::Variable(variable) => self.variables.get(variable).map(|value| count(Given::Value(value))),
                literal => Some(count(Given::Literal(literal))),
            },
            Literal::Variable(variable) => match (self.held.get(variable), self.variables.get(variable)) {
                (Some(input), _) => input.get(name).map(|value| count(Given::Held(value))),
                (None, Some(Value::Object(input))) => input.get(name).map(|value| count(Given::Value(value))),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number of `ids` that a look-up names, or of `checks` that a question has.
    fn ids(&self, field: &Positioned<Field>) -> Option<u64> {
        match self.argument(&field.node, "ids").or_else(|| self.argument(&field.node, "checks"))? {
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

/// A field of an input, as it was given.
enum Given<'a> {
    Literal(&'a Literal),
    Value(&'a Value),
    Held(&'a Json),
}

impl Given<'_> {
    /// The entries of a list; null has none, and a single value counts as one.
    fn length(&self) -> u64 {
        match self {
            Self::Literal(Literal::Null) | Self::Value(Value::Null) | Self::Held(Json::Null) => 0,
            Self::Literal(Literal::List(entries)) => entries.len() as u64,
            Self::Value(Value::List(entries)) => entries.len() as u64,
            Self::Held(Json::Array(entries)) => entries.len() as u64,
            Self::Literal(_) | Self::Value(_) | Self::Held(_) => 1,
        }
    }

    /// A number; what is none counts nothing and is left to the field.
    fn number(&self) -> u64 {
        let number = match self {
            Self::Literal(Literal::Number(number)) => number.as_u64(),
            Self::Value(Value::Number(number)) => number.as_u64(),
            Self::Held(value) => value.as_u64(),
            Self::Literal(_) | Self::Value(_) => None,
        };
        number.unwrap_or(0)
    }
}

/// An object that is a row.
fn row(object: Load) -> Load {
    object.plus(Load { cost: 0, rows: 1 })
}

#[cfg(test)]
mod tests;
