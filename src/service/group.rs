//! Groups of rows: how many rows there are of each value of some keys, and what their numbers come to.
//!
//! Rows are grouped after they were found for the caller, so no group tells of a row that he may not see; a group without
//! rows is not there. A page of groups is one statement, with the units that they are made by, and one more where all groups are
//! counted.

mod keys;
mod units;

use entity::unit;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, NullOrdering, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{DbBackend, EntityTrait, QueryResult, Value};

pub use keys::{Grouped, Key};
use units::OfKey;

use super::aggregate::{self, Measure, Totals, halves_of, name};
use super::filter::{self, Filter, Test};
use super::order::{Cursor, Direction, Place};
use super::read::{Columns, Reader};
use crate::error::AppResult;

/// A part of a group, by which groups can be chosen and sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key at this place.
    Key(usize),
    /// The number of rows.
    Count,
    /// The sum of the measure at this place.
    Sum(usize),
    /// Its smallest number.
    Min(usize),
    /// Its largest number.
    Max(usize),
}

impl Part {
    /// The columns that hold it, the weightier one first.
    fn columns(self) -> Vec<String> {
        match self {
            Self::Key(place) => vec![format!("k{place}")],
            Self::Count => vec!["number".to_owned()],
            Self::Sum(place) => vec![name(place, "high"), name(place, "low")],
            Self::Min(place) => vec![name(place, "min")],
            Self::Max(place) => vec![name(place, "max")],
        }
    }
}

/// Which rows are grouped, how, and which of the groups are wanted.
pub struct Grouping<E: EntityTrait> {
    /// Which rows.
    pub filter: Filter,
    /// By what; at least one.
    pub keys: Vec<Key>,
    /// What the rows of a group come to.
    pub measures: Vec<Measure<E::Column>>,
    /// Which groups: all of these hold.
    pub having: Vec<(Part, Test)>,
    /// In which order; groups that are equal in it by their keys. What is empty comes last.
    pub order: Vec<(Part, Direction)>,
    /// How many groups at the most.
    pub size: u64,
    /// Only groups after this place.
    pub after: Option<Cursor>,
    /// Whether to count all groups.
    pub count: bool,
    /// The keys whose units are read with the groups, and which of their columns.
    pub units: Vec<(Key, Columns)>,
}

/// Some rows that have their keys in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The keys, with their values.
    pub keys: Vec<(Key, Place)>,
    /// What its rows come to.
    pub totals: Totals,
    /// The units that were read with it, each with the key that it is.
    pub units: Vec<(Key, unit::Model)>,
}

/// A part of a list of groups.
#[derive(Clone, Debug)]
pub struct GroupPage {
    /// The groups in order, each with its cursor.
    pub groups: Vec<(Group, Cursor)>,
    /// Whether there are groups before the first.
    pub has_previous: bool,
    /// Whether there are groups after the last.
    pub has_next: bool,
    /// The number of all groups, where it was asked for.
    pub total: Option<u64>,
}

impl<E: Grouped> Grouping<E> {
    /// One page of groups.
    ///
    /// # Errors
    /// What reading can end with, `FORBIDDEN` for a key that the caller may not look at.
    pub async fn page(&self, reader: Reader<'_>) -> AppResult<GroupPage> {
        let grouped = Query::select()
            .column(Asterisk)
            .from_subquery(self.grouped(reader)?, Alias::new("grouped"))
            .and_where(self.chosen(reader.db.backend()))
            .take();
        let total = match self.count {
            true => {
                let all = grouped.clone().clear_selects().expr(Expr::cust("COUNT(*)")).take();
                let row = reader.db.query_one(&all).await?;
                Some(row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?.unwrap_or(0).unsigned_abs())
            }
            false => None,
        };
        let mut page = grouped;
        let columns = self.columns();
        if let Some(after) = &self.after {
            page.and_where(beyond(&columns, after.places()));
        }
        sort(&mut page, &columns);
        page.limit(self.size + 1);
        let units = self.with_units(&mut page, reader)?;
        if !units.is_empty() {
            sort(&mut page, &columns);
        }
        let rows = reader.db.query_all(&page).await?;
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let signature = self.signature();
        let groups = rows.iter().take(size).map(|row| {
            let group = self.read(row, &units)?;
            let cursor = Cursor::new(signature.clone(), self.places(&group));
            Ok((group, cursor))
        });
        Ok(GroupPage {
            groups: groups.collect::<AppResult<_>>()?,
            has_previous: self.after.is_some(),
            has_next: rows.len() > size,
            total,
        })
    }

    /// Reads a cursor of a list of groups as this one.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the text is no cursor, or one of another list.
    pub fn read_cursor(&self, text: &str) -> AppResult<Cursor> {
        Cursor::read(text, &self.signature(), |places| {
            let parts = self.parts().flat_map(|(part, _)| part.columns().into_iter().map(move |_| part));
            let parts: Vec<Part> = parts.collect();
            parts.len() == places.len() && parts.iter().zip(places).all(|(part, place)| self.fits(*part, place))
        })
    }

    /// The statement that makes the groups.
    fn grouped(&self, reader: Reader<'_>) -> AppResult<SelectStatement> {
        let mut select = reader.matching::<E>(&self.filter)?;
        select.clear_selects();
        for (place, key) in self.keys.iter().enumerate() {
            let value = E::key(*key, &mut select, reader.caller)?;
            select.expr_as(value.clone(), Alias::new(format!("k{place}"))).add_group_by([value]);
        }
        select.expr_as(Expr::cust(E::NUMBER), Alias::new("number"));
        aggregate::select(&mut select, &self.measures);
        if let Some(present) = E::PRESENT {
            select.and_having(Expr::cust(present));
        }
        Ok(select)
    }

    /// The condition that chooses groups.
    fn chosen(&self, backend: DbBackend) -> SimpleExpr {
        let tests = self.having.iter().map(|(part, test)| match part {
            Part::Sum(place) => of_sum(&name(*place, "high"), &name(*place, "low"), test),
            Part::Key(_) | Part::Count | Part::Min(_) | Part::Max(_) => {
                let column = part.columns().swap_remove(0);
                filter::apply(Expr::col(Alias::new(column)), test, backend)
            }
        });
        tests.reduce(ExprTrait::and).unwrap_or_else(|| Expr::cust("1 = 1"))
    }

    /// What the groups are sorted by, keys last.
    fn parts(&self) -> impl Iterator<Item = (Part, Direction)> {
        let keys = (0..self.keys.len()).map(Part::Key).filter(|key| !self.order.iter().any(|(part, _)| part == key));
        self.order.iter().copied().chain(keys.map(|key| (key, Direction::Ascending)))
    }

    /// The columns that the groups are sorted by.
    fn columns(&self) -> Vec<(String, Direction)> {
        self.parts()
            .flat_map(|(part, direction)| part.columns().into_iter().map(move |column| (column, direction)))
            .collect()
    }

    /// The place of a group in the order: a value for each of its columns.
    fn places(&self, group: &Group) -> Vec<Place> {
        let number = |number: Option<i64>| number.map_or(Place::Null(()), Place::Int);
        let measured = |place: usize| group.totals.measured.get(place).copied().unwrap_or_default();
        let places = self.parts().flat_map(|(part, _)| match part {
            Part::Key(place) => vec![group.keys[place].1.clone()],
            Part::Count => vec![number(i64::try_from(group.totals.count).ok())],
            Part::Sum(place) => match measured(place).sum().map(halves_of) {
                Some((high, low)) => vec![number(i64::try_from(high).ok()), Place::Int(low)],
                None => vec![Place::Null(()), Place::Null(())],
            },
            Part::Min(place) => vec![number(measured(place).min)],
            Part::Max(place) => vec![number(measured(place).max)],
        });
        places.collect()
    }

    fn fits(&self, part: Part, place: &Place) -> bool {
        match (part, place) {
            (_, Place::Null(())) => part != Part::Count,
            (Part::Key(key), place) => self.keys[key].holds(place),
            (Part::Count | Part::Sum(_) | Part::Min(_) | Part::Max(_), place) => matches!(place, Place::Int(_)),
        }
    }

    /// Tells lists of groups apart.
    fn signature(&self) -> String {
        format!("{:?}{:?}", self.keys, self.order)
    }

    fn read(&self, row: &QueryResult, units: &[OfKey]) -> AppResult<Group> {
        let keys = self.keys.iter().enumerate().map(|(place, key)| Ok((*key, key.read(row, place)?)));
        let count: i64 = row.try_get_by_index(self.keys.len())?;
        let measured = aggregate::read(row, &self.measures, self.keys.len() + 1)?;
        let units = units.iter().filter_map(|unit| unit.read(row).transpose());
        Ok(Group {
            keys: keys.collect::<AppResult<_>>()?,
            totals: Totals { count: count.unsigned_abs(), measured },
            units: units.collect::<AppResult<_>>()?,
        })
    }
}

impl Group {
    /// The value of a key; none where it is empty, or the groups are not made by it.
    pub fn key(&self, key: Key) -> Option<&Place> {
        let found = self.keys.iter().find(|(known, _)| *known == key).map(|(_, place)| place);
        found.filter(|place| **place != Place::Null(()))
    }

    /// The unit that a key is, where it was read with the group; none where the caller may not see it.
    pub fn unit(&self, key: Key) -> Option<&unit::Model> {
        self.units.iter().find(|(known, _)| *known == key).map(|(_, unit)| unit)
    }
}

/// Sorts groups; what is empty stands last.
fn sort(groups: &mut SelectStatement, columns: &[(String, Direction)]) {
    for (column, direction) in columns {
        let order = match direction {
            Direction::Ascending => Order::Asc,
            Direction::Descending => Order::Desc,
        };
        groups.order_by_with_nulls(Alias::new(column), order, NullOrdering::Last);
    }
}

/// The groups that stand after a place; what is empty stands last in every column.
fn beyond(columns: &[(String, Direction)], places: &[Place]) -> SimpleExpr {
    let mut reached = Expr::cust("1 = 1");
    let mut after = Expr::cust("1 = 0");
    for ((column, direction), place) in columns.iter().zip(places) {
        let column = Expr::col(Alias::new(column));
        match place.value() {
            Some(value) => {
                let beyond = match direction {
                    Direction::Ascending => column.clone().gt(value.clone()),
                    Direction::Descending => column.clone().lt(value.clone()),
                };
                after = after.or(reached.clone().and(beyond.or(column.clone().is_null())));
                reached = reached.and(column.eq(value));
            }
            None => reached = reached.and(column.is_null()),
        }
    }
    after
}

/// A test of a sum, which stands in two columns.
fn of_sum(high: &str, low: &str, test: &Test) -> SimpleExpr {
    let (high, low) = (|| Expr::col(Alias::new(high)), || Expr::col(Alias::new(low)));
    let halves = |value: &Value| {
        // Only whole numbers are compared with sums.
        let sum = if let Value::BigInt(Some(sum)) = value { *sum } else { 0 };
        let (above, below) = halves_of(sum.into());
        (i64::try_from(above).unwrap_or_default(), below)
    };
    let equal = |value: &Value| {
        let (above, below) = halves(value);
        high().eq(above).and(low().eq(below))
    };
    let less = |value: &Value, or_equal: bool| {
        let (above, below) = halves(value);
        let rest = if or_equal { low().lte(below) } else { low().lt(below) };
        high().lt(above).or(high().eq(above).and(rest))
    };
    let any = |values: &[Value]| values.iter().map(equal).reduce(ExprTrait::or).unwrap_or_else(|| Expr::cust("1 = 0"));
    let is_there = || high().is_not_null();
    match test {
        Test::Eq(value) => equal(value),
        Test::Ne(value) => is_there().and(equal(value).not()),
        Test::In(values) => any(values),
        Test::NotIn(values) => is_there().and(any(values).not()),
        Test::Lt(value) => less(value, false),
        Test::Lte(value) => less(value, true),
        Test::Gt(value) => is_there().and(less(value, true).not()),
        Test::Gte(value) => is_there().and(less(value, false).not()),
        Test::IsNull(true) => high().is_null(),
        Test::IsNull(false) => is_there(),
        // The schema offers no patterns for numbers.
        Test::StartsWith(_) | Test::Contains(_) => Expr::cust("1 = 0"),
    }
}
