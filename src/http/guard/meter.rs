//! What an answer cost: the formula of [`super::cost`] on what is in the answer, in place of what could be.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};

/// The fields of a document that cost something, by selection set.
///
/// Made beside the estimate. Only what costs something is in it, so reading an answer by it takes no more steps than the
/// estimate has points.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    sets: Vec<Vec<Part>>,
    root: usize,
}

/// A selection that costs something.
#[derive(Clone, Debug)]
pub enum Part {
    /// A field with an object or a list of them.
    Field {
        /// Where its value stands in the answer.
        key: Name,
        /// Which set is selected of it.
        set: usize,
        /// Whether its length was estimated: then each entry counts, else the costliest.
        paged: bool,
        /// Points beside those of the objects: rows that it writes, and what it reads more than it answers.
        beside: u64,
    },
    /// All of another set.
    Spread(usize),
}

impl Meter {
    /// The set in which nothing costs anything.
    pub const EMPTY: usize = 0;

    /// A meter without fields.
    pub fn new() -> Self {
        Self { sets: vec![Vec::new()], root: Self::EMPTY }
    }

    /// Adds a set.
    pub fn add(&mut self, parts: Vec<Part>) -> usize {
        if parts.is_empty() {
            return Self::EMPTY;
        }
        self.sets.push(parts);
        self.sets.len() - 1
    }

    /// Begins with this set.
    pub fn start_at(&mut self, root: usize) {
        self.root = root;
    }

    /// The cost of an answer.
    pub fn read(&self, data: &Value) -> u64 {
        match data {
            Value::Object(object) => self.set(self.root, object),
            _ => 0,
        }
    }

    fn set(&self, set: usize, object: &IndexMap<Name, Value>) -> u64 {
        self.sets.get(set).into_iter().flatten().map(|part| self.part(part, object)).fold(0, u64::saturating_add)
    }

    fn part(&self, part: &Part, object: &IndexMap<Name, Value>) -> u64 {
        match part {
            Part::Spread(set) => self.set(*set, object),
            Part::Field { key, set, paged, beside } => match object.get(key) {
                None | Some(Value::Null) => 0,
                Some(value) => self.value(value, *set, *paged).saturating_add(*beside),
            },
        }
    }

    fn value(&self, value: &Value, set: usize, paged: bool) -> u64 {
        match value {
            Value::Object(object) => self.set(set, object).saturating_add(1),
            Value::List(entries) => {
                let entries = entries.iter().map(|entry| self.value(entry, set, paged));
                if paged { entries.fold(0, u64::saturating_add) } else { entries.max().unwrap_or(0) }
            }
            _ => 0,
        }
    }
}
