//! Reading rows in sets: one page, one page for each of many parents, and the rows that relations lead to.
//!
//! Each function runs one statement (two with totals), however many parents or rows there are.

mod columns;
mod firsts;
mod part;
mod touching;

pub use columns::Columns;
pub(super) use columns::Reading;

use std::collections::{HashMap, HashSet};

use entity::value::Timestamp;
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, ModelTrait, QueryResult, Value};
use uuid::Uuid;

use super::aggregate::{self, Measure, Totals};
use super::filter::{Context, Filter};
use super::order::{Cursor, Key, Ordering};
use super::relation::Relation;
use super::scope::{self, Scoped};
use crate::auth::Caller;
use crate::db::Executor;
use crate::error::{AppError, AppResult};
use part::place;

/// How many keys one statement takes; more are read in several statements of this size. SQLite takes 32,766 values, of
/// which a filter has up to 10,000 in its lists.
const KEYS_A_STATEMENT: usize = 20_000;

/// The largest number of rows read through a relation that has no pages.
const LIST_LIMIT: u64 = 10_000;

/// What to read through, and who reads.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The connections for reading, or the transaction of a write.
    pub db: Executor<'a>,
    /// Who reads.
    pub caller: &'a Caller,
    /// The moment whose state is read; now when absent.
    pub as_of: Option<Timestamp>,
    /// The columns of one table that are looked at; all when absent, and all of other tables.
    pub only: Option<&'a Columns>,
}

/// From which end, from where, and how many.
#[derive(Clone, Debug)]
pub struct Window {
    /// How many rows at the most.
    pub size: u64,
    /// From the end instead of from the beginning.
    pub backward: bool,
    /// Only rows after this place.
    pub after: Option<Cursor>,
    /// Only rows before this place.
    pub before: Option<Cursor>,
    /// Rows to leave out at the beginning.
    pub offset: u64,
}

impl Window {
    /// All rows of a list that has no pages.
    const ALL: Self = Self { size: LIST_LIMIT, backward: false, after: None, before: None, offset: 0 };
}

/// Which rows of a table, in which order, and which part of them.
pub struct Question<E: EntityTrait> {
    /// Which rows.
    pub filter: Filter,
    /// In which order.
    pub order: Ordering<E>,
    /// Which part.
    pub window: Window,
    /// Whether to count all rows.
    pub count: bool,
    /// What all rows come to.
    pub measures: Vec<Measure<E::Column>>,
}

impl<E: EntityTrait> Question<E> {
    /// Whether anything is asked of all rows, beside those of the page.
    fn totals(&self) -> bool {
        self.count || self.measures.iter().any(|measure| measure.sum || measure.min || measure.max)
    }

    /// What no rows come to.
    fn nothing(&self) -> Totals {
        Totals { count: 0, measured: vec![Default::default(); self.measures.len()] }
    }
}

/// A part of an ordered list.
#[derive(Clone, Debug)]
pub struct Page<M> {
    /// The rows in order.
    pub rows: Vec<M>,
    /// Whether there are rows before the first.
    pub has_previous: bool,
    /// Whether there are rows after the last.
    pub has_next: bool,
    /// What the rows of the whole list come to, as far as it was asked for.
    pub totals: Totals,
}

impl<M> Page<M> {
    fn empty<E: EntityTrait>(question: &Question<E>) -> Self {
        Self { rows: Vec::new(), has_previous: false, has_next: false, totals: question.nothing() }
    }

    /// Puts rows, read from the end of the window they were asked from and one more than wanted, into order.
    fn cut(mut rows: Vec<M>, window: &Window, totals: Totals) -> Self {
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        if window.backward {
            rows.reverse();
            Self { rows, has_previous: more, has_next: window.before.is_some(), totals }
        } else {
            Self { rows, has_previous: window.after.is_some() || window.offset > 0, has_next: more, totals }
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads the present state.
    pub fn new(db: Executor<'a>, caller: &'a Caller) -> Self {
        Self { db, caller, as_of: None, only: None }
    }

    /// Reads the state of a moment; of tables whose past is not kept, the present one.
    #[must_use]
    pub fn at(self, as_of: Option<Timestamp>) -> Self {
        Self { as_of, ..self }
    }

    /// Reads only these columns and keys of a table: the other fields of its rows are empty, whatever is stored.
    #[must_use]
    pub fn only(self, only: Option<&'a Columns>) -> Self {
        Self { only, ..self }
    }

    pub(super) fn context(self) -> Context<'a> {
        Context { caller: self.caller, backend: self.db.backend(), as_of: self.as_of }
    }

    /// Selects the rows of a table that the caller may see and that pass a filter; no columns yet.
    pub(super) fn matching<E: Scoped>(self, filter: &Filter) -> AppResult<SelectStatement> {
        if self.as_of.is_some() && filter.is_of_the_present() {
            let message = "`search` finds what is there now: it cannot be asked together with `asOf`.";
            return Err(AppError::bad_input(message));
        }
        let mut select = scope::rows::<E>(self.caller)?;
        select.cond_where(filter.condition(self.context()));
        if let Some(moment) = self.as_of {
            E::at(&mut select, moment);
        }
        Ok(select)
    }

    /// One page of the rows of a table.
    pub async fn page<E: Scoped>(self, question: &Question<E>) -> AppResult<Page<E::Model>> {
        let mut select = self.matching::<E>(&question.filter)?;
        let totals = match question.totals() {
            true => {
                let row = self.db.query_one(&summed(&select, question)).await?;
                row.map(|row| totals(&row, question)).transpose()?.unwrap_or_default()
            }
            false => Totals::default(),
        };
        let reading = self.narrow::<E>(&mut select, &[]);
        let rows = reading.rows(&self.db.query_all(&self.part(select, question, &reading.columns)).await?)?;
        Ok(Page::cut(rows, &question.window, totals))
    }

    /// For each parent, one page of the rows that the relation leads to; parents without rows get an empty page.
    pub async fn pages<P: EntityTrait, C: Scoped>(
        self,
        relation: Relation<P, C>,
        parents: &[P::Model],
        question: &Question<C>,
    ) -> AppResult<Vec<Page<C::Model>>> {
        let keys = keys_of(relation, parents);
        let mut rows: HashMap<ParentKey, Vec<C::Model>> = HashMap::new();
        let mut of_parents: HashMap<ParentKey, Totals> = HashMap::new();
        for keys in distinct(&keys).chunks(KEYS_A_STATEMENT) {
            let mut select = self.matching::<C>(&question.filter)?;
            if question.totals() {
                let sums = summed(&select, question)
                    .and_where(is_one_of(relation.to, keys.iter().map(ParentKey::value)))
                    .expr_as(relation.to.into_expr(), Alias::new("parent"))
                    .group_by_col((C::default(), relation.to))
                    .take();
                for row in self.db.query_all(&sums).await? {
                    of_parents.insert(ParentKey::read(&row)?, totals(&row, question)?);
                }
            }
            let reading = self.narrow::<C>(&mut select, &[relation.to]);
            let select = match keys {
                [key] => {
                    select.and_where(relation.to.eq(key.value()));
                    self.part(select, question, &reading.columns)
                }
                _ => {
                    let order = place(&mut select, &question.order, &question.window);
                    let wanted = keys.iter().map(ParentKey::value).collect();
                    self.first_of_each(select, relation.to, wanted, &order, &question.window, &reading.columns)
                }
            };
            for row in reading.rows(&self.db.query_all(&select).await?)? {
                if let Some(key) = ParentKey::of(row.get(relation.to)) {
                    rows.entry(key).or_default().push(row);
                }
            }
        }
        let totals: Vec<Totals> = keys
            .iter()
            .map(|key| key.as_ref().and_then(|key| of_parents.get(key)).cloned().unwrap_or_else(|| question.nothing()))
            .collect();
        let pages = dealt(&keys, rows).into_iter().zip(totals).zip(&keys).map(|((rows, totals), key)| match key {
            None => Page::empty(question),
            Some(_) => Page::cut(rows, &question.window, totals),
        });
        Ok(pages.collect())
    }

    /// For each parent, all rows that the relation leads to, in order.
    pub async fn lists<P: EntityTrait, C: Scoped>(
        self,
        relation: Relation<P, C>,
        parents: &[P::Model],
        filter: &Filter,
        order: impl IntoIterator<Item = Key<C::Column>>,
    ) -> AppResult<Vec<Vec<C::Model>>> {
        let order = Ordering::<C>::by(order);
        let keys = keys_of(relation, parents);
        let mut rows: HashMap<ParentKey, Vec<C::Model>> = HashMap::new();
        for keys in distinct(&keys).chunks(KEYS_A_STATEMENT) {
            let mut select = self.matching::<C>(filter)?;
            let reading = self.narrow::<C>(&mut select, &[relation.to]);
            let wanted = keys.iter().map(ParentKey::value);
            let select = match self.db.backend() {
                // It would rather read all of a small table than look up a list of parameters.
                DbBackend::Postgres if keys.len() > 1 => {
                    self.first_of_each(select, relation.to, wanted.collect(), &order, &Window::ALL, &reading.columns)
                }
                _ => {
                    order.apply(select.and_where(is_one_of(relation.to, wanted)));
                    select.limit(LIST_LIMIT * keys.len() as u64).take()
                }
            };
            for row in reading.rows(&self.db.query_all(&select).await?)? {
                if let Some(key) = ParentKey::of(row.get(relation.to)) {
                    rows.entry(key).or_default().push(row);
                }
            }
        }
        Ok(dealt(&keys, rows))
    }

    /// For each parent, the one row that the relation leads to, where there is one that the caller may see.
    pub async fn ones<P: EntityTrait, C: Scoped>(
        self,
        relation: Relation<P, C>,
        parents: &[P::Model],
        filter: &Filter,
    ) -> AppResult<Vec<Option<C::Model>>> {
        let lists = self.lists(relation, parents, filter, []).await?;
        Ok(lists.into_iter().map(|list| list.into_iter().next()).collect())
    }

    /// The row that passes the filter, where there is one that the caller may see.
    pub async fn one<E: Scoped>(self, filter: &Filter) -> AppResult<Option<E::Model>> {
        let mut select = self.matching::<E>(filter)?;
        let reading = self.narrow::<E>(&mut select, &[]);
        Ok(reading.rows(&self.db.query_all(select.limit(1)).await?)?.into_iter().next())
    }

    /// The rows with these keys that the caller may see.
    pub async fn keyed<E: Scoped>(
        self,
        column: E::Column,
        keys: impl IntoIterator<Item = Uuid>,
    ) -> AppResult<Vec<(Uuid, E::Model)>> {
        let keys: HashSet<Uuid> = keys.into_iter().collect();
        let mut rows = Vec::with_capacity(keys.len());
        for keys in Vec::from_iter(keys).chunks(KEYS_A_STATEMENT) {
            let mut select = self.matching::<E>(&Filter::everything())?;
            select.and_where(is_one_of(column, keys.iter().copied().map(Value::from)));
            let reading = self.narrow::<E>(&mut select, &[column]);
            for row in reading.rows(&self.db.query_all(&select).await?)? {
                if let Value::Uuid(Some(key)) = row.get(column) {
                    rows.push((key, row));
                }
            }
        }
        Ok(rows)
    }

    /// All rows that pass the filter, in order; for tables that are small or filters that are narrow.
    pub async fn all<E: Scoped>(
        self,
        filter: &Filter,
        order: impl IntoIterator<Item = Key<E::Column>>,
    ) -> AppResult<Vec<E::Model>> {
        let mut select = self.matching::<E>(filter)?;
        Ordering::<E>::by(order).apply(&mut select);
        let reading = self.narrow::<E>(&mut select, &[]);
        reading.rows(&self.db.query_all(select.limit(LIST_LIMIT)).await?)
    }
}

/// The statement that asks of all selected rows what a question asks of them together.
fn summed<E: EntityTrait>(select: &SelectStatement, question: &Question<E>) -> SelectStatement {
    let mut sums = select.clone();
    sums.clear_selects().expr_as(Expr::cust("COUNT(*)"), Alias::new("total"));
    aggregate::select(&mut sums, &question.measures);
    sums
}

fn totals<E: EntityTrait>(row: &QueryResult, question: &Question<E>) -> AppResult<Totals> {
    let count: i64 = row.try_get_by_index(0)?;
    Ok(Totals { count: count.unsigned_abs(), measured: aggregate::read(row, &question.measures, 1)? })
}

/// The value that joins a child to its parent: a key, or the code of a division.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ParentKey {
    Id(Uuid),
    Code(String),
}

impl ParentKey {
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Uuid(Some(id)) => Some(Self::Id(id)),
            Value::String(Some(code)) => Some(Self::Code(code)),
            _ => None,
        }
    }

    fn read(row: &QueryResult) -> AppResult<Self> {
        if let Ok(id) = row.try_get::<Uuid>("", "parent") {
            return Ok(Self::Id(id));
        }
        Ok(Self::Code(row.try_get("", "parent")?))
    }

    fn value(&self) -> Value {
        match self {
            Self::Id(id) => Value::from(*id),
            Self::Code(code) => Value::from(code.clone()),
        }
    }
}

fn keys_of<P: EntityTrait, C: EntityTrait>(relation: Relation<P, C>, parents: &[P::Model]) -> Vec<Option<ParentKey>> {
    parents.iter().map(|parent| ParentKey::of(parent.get(relation.from))).collect()
}

/// For each key its rows.
fn dealt<M: Clone>(keys: &[Option<ParentKey>], mut rows: HashMap<ParentKey, Vec<M>>) -> Vec<Vec<M>> {
    let mut uses: HashMap<&ParentKey, usize> = HashMap::new();
    for key in keys.iter().flatten() {
        *uses.entry(key).or_default() += 1;
    }
    // What several keys want is copied for all of them but the last.
    let mut of_key = |key: &ParentKey| {
        let left = uses.get_mut(key)?;
        *left -= 1;
        if *left == 0 { rows.remove(key) } else { rows.get(key).cloned() }
    };
    keys.iter().map(|key| key.as_ref().and_then(&mut of_key).unwrap_or_default()).collect()
}

/// Whether a column holds one of these keys.
fn is_one_of(column: impl ColumnTrait, keys: impl Iterator<Item = Value>) -> Expr {
    let keys: Vec<Value> = keys.collect();
    let last = keys.last().cloned();
    column.is_in(padded(keys, last))
}

/// These keys and as many of another as make a power of two, or thousands: so there are few different statements, and the
/// database keeps them prepared.
fn padded(mut keys: Vec<Value>, other: Option<Value>) -> Vec<Value> {
    let places = if keys.len() <= 1024 { keys.len().next_power_of_two() } else { keys.len().next_multiple_of(1024) };
    if let Some(other) = other {
        keys.resize(places, other);
    }
    keys
}

fn distinct(keys: &[Option<ParentKey>]) -> Vec<ParentKey> {
    let mut seen = HashSet::new();
    keys.iter().flatten().filter(|key| seen.insert(*key)).cloned().collect()
}
