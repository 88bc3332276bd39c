//! A row as it was read.

use serde_json::{Map, Value};

use super::columns::TableKind;
use super::fault::{Fault, Problem};
use super::place::{ColumnPlace, Place, RowPlace};

/// Names of members and numbers of elements, from the root of a row to a value.
pub type Path = Vec<String>;

/// A row: an input of a mutation, as far as it could be read, and where each part of it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub kind: TableKind,
    /// Where it stands.
    pub place: RowPlace,
    /// The input, as `{"key": {…}, "set": {…}}`; blank cells are absent. Not to be written when there are faults.
    pub json: Value,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// Members of `set` whose cells are blank.
    pub(super) blanks: Vec<Path>,
    /// The cells from which values came, by the place of the value in the input.
    pub(super) cells: Vec<(Path, ColumnPlace)>,
}

impl Row {
    /// A row of which nothing could be read.
    pub(super) fn faulty(kind: TableKind, place: RowPlace, problem: Problem) -> Self {
        let fault = Fault { place: place.clone().into(), problem };
        Self { kind, place, json: Value::Null, faults: vec![fault], blanks: Vec::new(), cells: Vec::new() }
    }

    /// Members of `set` whose cells are blank, which are absent in [`Self::json`].
    pub fn blanks(&self) -> impl Iterator<Item = &[String]> {
        self.blanks.iter().map(Vec::as_slice)
    }

    /// Makes blank cells clear their values (`null`) instead of keeping them. Parts of the key are never cleared.
    pub fn clear_blanks(&mut self) {
        for path in std::mem::take(&mut self.blanks) {
            put(&mut self.json, &path, Value::Null);
        }
    }

    /// Where the value at `path` of the input stands: its cell, the cell of what holds it or of its first part, or else
    /// the row.
    pub fn place_of(&self, path: &[String]) -> Place {
        let around =
            self.cells.iter().filter(|(known, _)| path.starts_with(known)).max_by_key(|(known, _)| known.len());
        let inside = || self.cells.iter().find(|(known, _)| !path.is_empty() && known.starts_with(path));
        let column = around.or_else(inside).map(|(_, column)| column.clone());
        Place { row: self.place.clone(), column }
    }
}

/// Puts a value at a path of members, making the objects on the way.
pub(super) fn put(root: &mut Value, path: &[String], value: Value) {
    let Some((last, before)) = path.split_last() else { return };
    let mut at = root;
    for name in before {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else { return };
        at = members.entry(name.clone()).or_insert(Value::Null);
    }
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Value::Object(members) = at {
        members.insert(last.clone(), value);
    }
}
