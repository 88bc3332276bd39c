//! Cells under headings become a row of JSON.

use serde_json::{Map, Value, json};

use super::cell::Cell;
use super::columns::{Column, Target};
use super::fault::{Fault, Problem};
use super::header::{Header, Meaning};
use super::place::{ColumnPlace, Place, RowPlace};
use super::row::{Path, Row, put};
use crate::rules::money::MoneyUnit;

/// A row being put together.
pub struct Assembly<'a> {
    header: &'a Header,
    row: Row,
    /// Points of the plan: month, percent and cell; the percent is none for a blank cell.
    plan: Vec<(u8, Option<Value>, ColumnPlace)>,
    name: Option<Name>,
    has_code: bool,
}

/// Name of the project: where it goes with and without a code, and its cell.
struct Name {
    key: &'static [&'static str],
    field: Option<&'static [&'static str]>,
    value: Option<Value>,
    place: ColumnPlace,
}

impl<'a> Assembly<'a> {
    /// An empty row of this table.
    pub fn new(header: &'a Header, place: RowPlace) -> Self {
        let json = json!({ "key": {}, "set": {} });
        let row = Row { kind: header.kind, place, json, faults: Vec::new(), blanks: Vec::new(), cells: Vec::new() };
        Self { header, row, plan: Vec::new(), name: None, has_code: false }
    }

    /// Takes the cell in a column of the file.
    pub fn put(&mut self, at: usize, cell: &Cell, place: ColumnPlace) {
        match self.header.headings.get(at).map(|heading| &heading.meaning) {
            Some(Meaning::Column(column, unit)) => self.take(column, *unit, cell, place),
            Some(Meaning::Result) => {}
            Some(Meaning::None) | None if cell.is_blank() => {}
            Some(Meaning::None) | None => self.fault(Some(place), Problem::NoHeading),
        }
    }

    /// Says that something is wrong with a cell, or with the row.
    pub fn fault(&mut self, column: Option<ColumnPlace>, problem: Problem) {
        self.row.faults.push(Fault { place: Place { row: self.row.place.clone(), column }, problem });
    }

    fn take(&mut self, column: &'static Column, unit: MoneyUnit, cell: &Cell, place: ColumnPlace) {
        let value = match cell.read(column.form, unit) {
            Ok(value) => value,
            Err(problem) => return self.fault(Some(place), problem),
        };
        match (column.target, value) {
            (Target::Member(path), Some(value)) => {
                self.has_code |= path.last() == Some(&"code");
                self.set(path, value, place);
            }
            (Target::Member(path), None) => {
                if let ["set", member, ..] = path {
                    self.row.blanks.push(owned(&["set", member]));
                }
                self.row.cells.push((owned(path), place));
            }
            (Target::Name { key, field }, value) => self.name = Some(Name { key, field, value, place }),
            (Target::Plan(month), percent) => self.plan.push((month, percent, place)),
        }
    }

    fn set(&mut self, path: &[&str], value: Value, place: ColumnPlace) {
        let path = owned(path);
        put(&mut self.row.json, &path, value);
        self.row.cells.push((path, place));
    }

    /// The row.
    pub fn finish(mut self) -> Row {
        if let Some(Name { key, field, value, place }) = self.name.take() {
            match (if self.has_code { field } else { Some(key) }, value) {
                (Some(path), Some(value)) => self.set(path, value, place),
                (Some(path), None) if self.has_code => {
                    self.row.blanks.push(owned(path));
                    self.row.cells.push((owned(path), place));
                }
                (Some(path), None) => self.row.cells.push((owned(path), place)),
                (None, _) => {}
            }
        }
        self.plan();
        self.row
    }

    fn plan(&mut self) {
        let plan = std::mem::take(&mut self.plan);
        let root = || owned(&["set", "plan"]);
        let Some((_, _, first)) = plan.first() else { return };
        if plan.iter().all(|(_, percent, _)| percent.is_none()) {
            self.row.blanks.push(root());
            self.row.cells.push((root(), first.clone()));
            return;
        }
        if let Some((_, _, place)) = plan.iter().find(|(_, percent, _)| percent.is_none()) {
            return self.fault(Some(place.clone()), Problem::PlanPartlyBlank);
        }
        let mut plan = plan;
        plan.sort_by_key(|(month, _, _)| *month);
        let mut points = Vec::new();
        for (index, (month, percent, place)) in plan.into_iter().enumerate() {
            let mut path = root();
            path.push(index.to_string());
            self.row.cells.push((path, place));
            points.push(Value::Object(Map::from_iter([
                ("month".to_owned(), Value::from(month)),
                ("percent".to_owned(), percent.unwrap_or_default()),
            ])));
        }
        put(&mut self.row.json, &root(), Value::from(points));
    }
}

fn owned(path: &[&str]) -> Path {
    path.iter().map(|name| (*name).to_owned()).collect()
}
