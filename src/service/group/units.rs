//! The units that groups are made by, read in the statement that makes the groups.

use entity::unit;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, JoinType, Query, SelectStatement};
use sea_orm::{DbBackend, QueryResult};
use uuid::Uuid;

use super::{Grouped, Grouping, Key};
use crate::error::AppResult;
use crate::service::filter::Filter;
use crate::service::read::{Reader, Reading};

/// How the unit of a key is read.
pub(super) struct OfKey {
    key: Key,
    reading: Reading<unit::Entity>,
    /// Where its id stands, which is the first of its columns.
    id: usize,
}

impl OfKey {
    /// The unit in a row; none where there is none that the caller may see.
    pub(super) fn read(&self, row: &QueryResult) -> AppResult<Option<(Key, unit::Model)>> {
        match row.try_get_by_index::<Option<Uuid>>(self.id)? {
            Some(_) => Ok(Some((self.key, self.reading.row(row)?))),
            None => Ok(None),
        }
    }
}

impl<E: Grouped> Grouping<E> {
    /// Adds to a page of groups the units of their keys, each looked up by itself, as the caller may see them. Where it adds
    /// some, the page has no order any more.
    pub(super) fn with_units(&self, page: &mut SelectStatement, reader: Reader<'_>) -> AppResult<Vec<OfKey>> {
        let place = |key: &Key| self.keys.iter().position(|known| known == key);
        let wanted: Vec<_> =
            self.units.iter().filter_map(|(key, columns)| Some((*key, columns, place(key)?))).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let groups = Alias::new("page");
        let mut all = Query::select().column(Asterisk).from_subquery(page.take(), groups.clone()).take();
        let mut width = self.keys.len() + 1 + self.measures.iter().map(|measure| measure.width()).sum::<usize>();
        let mut read = Vec::with_capacity(wanted.len());
        for (key, columns, place) in wanted {
            let (name, of_group) = (Alias::new(format!("u{place}")), (groups.clone(), Alias::new(format!("k{place}"))));
            let mut units = reader.matching::<unit::Entity>(&Filter::everything())?;
            let reading = reader.only(Some(columns)).narrow::<unit::Entity>(&mut units, &[]);
            let id = width;
            width += reading.columns.len();
            match reader.db.backend() {
                DbBackend::Sqlite => {
                    let same = Expr::col((name.clone(), unit::Column::Id)).equals(of_group);
                    all.join_subquery(JoinType::LeftJoin, units, name, same);
                }
                _ => {
                    // It would rather read all of a table than look up what it guesses to be many.
                    units.and_where(Expr::col((unit::Entity, unit::Column::Id)).equals(of_group)).offset(0);
                    all.join_lateral(JoinType::LeftJoin, units, name, Expr::cust("TRUE"));
                }
            }
            read.push(OfKey { key, reading: reading.behind(id), id });
        }
        *page = all;
        Ok(read)
    }
}
