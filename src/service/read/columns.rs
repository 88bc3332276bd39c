//! Reading only those columns that somebody looks at.

use entity::part::Parts;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{EntityTrait, FromQueryResult, IdenStatic, Iterable, PrimaryKeyToColumn, QueryResult};

use super::Reader;
use crate::error::AppResult;
use crate::service::scope::Scoped;

/// Columns of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    table: &'static str,
    names: Vec<&'static str>,
}

impl Columns {
    /// None of a table's columns.
    pub fn none_of(table: &'static str) -> Self {
        Self { table, names: Vec::new() }
    }

    /// Adds some.
    pub fn add(&mut self, names: impl IntoIterator<Item = &'static str>) {
        for name in names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }

    /// Both; none where they are of different tables.
    pub fn and(mut self, other: Self) -> Option<Self> {
        if self.table != other.table {
            return None;
        }
        self.add(other.names);
        Some(self)
    }

    /// What they are called.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }
}

/// How the rows of a statement are read.
pub(in crate::service) struct Reading<E: EntityTrait> {
    /// The columns of its answer.
    pub columns: Vec<E::Column>,
    /// For rows in part: how, and where each column of the table stands.
    part: Option<(Parts<E>, Vec<Option<usize>>)>,
}

impl<E: Scoped> Reading<E> {
    /// The rows of an answer.
    pub fn rows(&self, rows: &[QueryResult]) -> AppResult<Vec<E::Model>> {
        let mut models = Vec::with_capacity(rows.len());
        for row in rows {
            models.push(self.row(row)?);
        }
        Ok(models)
    }

    /// The row in one of an answer.
    pub fn row(&self, row: &QueryResult) -> AppResult<E::Model> {
        Ok(match &self.part {
            None => E::Model::from_query_result(row, "")?,
            Some((parts, places)) => (parts.read)(row, places)?,
        })
    }

    /// The same where other columns stand before these.
    #[must_use]
    pub fn behind(mut self, columns: usize) -> Self {
        if let Some((_, places)) = &mut self.part {
            places.iter_mut().flatten().for_each(|place| *place += columns);
        }
        self
    }
}

impl Reader<'_> {
    /// The columns that are read of a table: those that somebody looks at, its key, and `also`.
    pub(super) fn reading<E: Scoped>(self, also: &[E::Column]) -> Reading<E> {
        let wanted = self.only.filter(|only| only.table == E::default().table_name());
        let Some((wanted, parts)) = wanted.zip(E::part()) else {
            return Reading { columns: E::Column::iter().collect(), part: None };
        };
        let keys: Vec<&str> = E::PrimaryKey::iter().map(|key| key.into_column().as_str()).collect();
        let is_read = |name: &str| {
            wanted.names.contains(&name) || keys.contains(&name) || also.iter().any(|column| column.as_str() == name)
        };
        let columns: Vec<E::Column> = E::Column::iter().filter(|column| is_read(column.as_str())).collect();
        let mut place = 0;
        let places = parts.columns.iter().map(|name| {
            is_read(name).then(|| {
                place += 1;
                place - 1
            })
        });
        let places = places.collect();
        Reading { columns, part: Some((parts, places)) }
    }

    /// Makes a statement select the columns that are read.
    pub(in crate::service) fn narrow<E: Scoped>(self, select: &mut SelectStatement, also: &[E::Column]) -> Reading<E> {
        let reading = self.reading::<E>(also);
        for column in &reading.columns {
            select.column((E::default(), *column));
        }
        reading
    }
}
