//! What a search finds, the best first: by how well the words fit, then the newest entry first.
//!
//! The index of SQLite gives entries in the order of their numbers: each fit is asked for by a statement of its own, the best first,
//! until the page is full, and a word which stands everywhere costs no more than one that stands seldom. That of PostgreSQL gives
//! them in no order: see [`super::unordered`].

use std::sync::Arc;

use entity::search_entry::{self, Column};
use entity::value::SearchKind;
use entity::{department_goal, indicator, project, unit};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryResult, QueryTrait};
use uuid::Uuid;

use super::query::{self, Sought};
use super::unordered;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult};
use crate::rules::search::Fit;
use crate::service::read::Reader;
use crate::service::scope::{self, Scoped};

/// Objects are counted up to this number.
pub const COUNTED: u64 = 10_000;

/// A number behind all entries.
const LAST: i64 = i64::MAX;

/// A page of what is found.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is searched for.
    pub sought: Arc<Sought>,
    /// In which kinds of objects; those that the caller may not look at are left out.
    pub kinds: Vec<SearchKind>,
    /// How many at the most.
    pub size: u64,
    /// Only what stands after this place.
    pub after: Option<Place>,
    /// Whether to count all that is found.
    pub count: bool,
}

/// A place in the order of what is found. It names the object and not the number of its entry, which would tell how many
/// entries there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How well the words fit.
    pub fit: Fit,
    /// The object that stands there.
    pub object: Uuid,
}

impl Place {
    /// The place of an object with this score.
    pub fn of(score: i32, object: Uuid) -> Option<Self> {
        Fit::of_score(score).map(|fit| Self { fit, object })
    }
}

/// An object that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: SearchKind,
    /// Where it stands in the order.
    pub place: Place,
}

/// A page of objects.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// The objects in order.
    pub hits: Vec<Hit>,
    /// Whether there are more.
    pub has_next: bool,
    /// The number of all, up to one more than [`COUNTED`], where it was asked for.
    pub total: Option<u64>,
}

impl Search {
    /// The page, as the reader's caller may see it.
    ///
    /// # Errors
    /// When the database fails, `UNAUTHENTICATED` or `FORBIDDEN` for who may look at none of the kinds, and `BAD_USER_INPUT` when
    /// the object at the place to go on from is not there for the caller.
    pub async fn find(&self, reader: Reader<'_>) -> AppResult<Hits> {
        let kinds: Vec<SearchKind> =
            self.kinds.iter().copied().filter(|kind| reader.caller.may(permission(*kind)).is_ok()).collect();
        if kinds.is_empty() {
            self.kinds.first().map_or(Ok(()), |kind| reader.caller.may(permission(*kind)))?;
            return Ok(Hits { total: self.count.then_some(0), ..Hits::default() });
        }
        let visible = visible(&kinds, reader)?;
        let after = match self.after {
            Some(place) => Some((place.fit, number_of(reader, place.object, &visible).await?)),
            None => None,
        };
        let total = match self.count {
            true => Some(self.total(reader, &kinds, &visible).await?),
            false => None,
        };
        let looking = Looking { reader, sought: &self.sought, kinds: &kinds, visible, after, rows: self.size + 1 };
        let mut hits = match reader.db.backend() {
            DbBackend::Sqlite => looking.in_order().await?,
            _ => unordered::first(&looking).await?,
        };
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let has_next = hits.len() > size;
        hits.truncate(size);
        Ok(Hits { hits, has_next, total })
    }

    async fn total(&self, reader: Reader<'_>, kinds: &[SearchKind], visible: &Condition) -> AppResult<u64> {
        let mut found = self.sought.at_least(kinds, Fit::Text, reader.db.backend());
        found.expr(Expr::val(1)).cond_where(visible.clone()).limit(COUNTED + 1);
        number(reader, found).await
    }
}

/// What a page is made of.
pub(super) struct Looking<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) sought: &'a Sought,
    pub(super) kinds: &'a [SearchKind],
    /// Which entries the caller may see.
    pub(super) visible: Condition,
    /// The place behind which the page begins: a fit and the number of an entry.
    pub(super) after: Option<(Fit, i64)>,
    /// How many at the most, one more than the page has.
    pub(super) rows: u64,
}

impl Looking<'_> {
    async fn in_order(&self) -> AppResult<Vec<Hit>> {
        let mut hits = Vec::new();
        for fit in Fit::ALL {
            let missing = self.rows.saturating_sub(hits.len() as u64);
            if missing == 0 {
                break;
            }
            let number = query::number(DbBackend::Sqlite);
            let Some(below) = self.below(fit) else { continue };
            let mut select = self.sought.exactly(self.kinds, fit, DbBackend::Sqlite);
            select
                .columns([Column::Kind, Column::ObjectId].map(|column| (search_entry::Entity, column)))
                .and_where_option((below < LAST).then(|| number.clone().lt(below)))
                .cond_where(self.visible.clone())
                .order_by_expr(number, Order::Desc)
                .limit(missing);
            for row in &self.reader.db.query_all(&select).await? {
                hits.push(hit(row, fit)?);
            }
        }
        Ok(hits)
    }

    /// Below which number entries of a fit stand behind the place; none when all stand before it.
    pub(super) fn below(&self, fit: Fit) -> Option<i64> {
        match self.after {
            Some((last, _)) if last < fit => None,
            Some((last, entry)) if last == fit => Some(entry),
            Some(_) | None => Some(LAST),
        }
    }
}

/// What a row with kind and object says.
pub(super) fn hit(row: &QueryResult, fit: Fit) -> AppResult<Hit> {
    let place = Place { fit, object: row.try_get("", "object_id")? };
    Ok(Hit { kind: row.try_get("", "kind")?, place })
}

/// The number of the entry of an object that is there for the caller.
async fn number_of(reader: Reader<'_>, object: Uuid, visible: &Condition) -> AppResult<i64> {
    let entry = Query::select()
        .from(search_entry::Entity)
        .column((search_entry::Entity, Column::Number))
        .and_where(Column::ObjectId.eq(object))
        .cond_where(visible.clone())
        .take();
    let row = reader.db.query_one(&entry).await?;
    let gone = "The object at `after` is not there any more: ask without `after` again.";
    let row = row.ok_or_else(|| AppError::bad_input(gone))?;
    Ok(row.try_get("", "number")?)
}

/// The number of rows of a statement.
async fn number(reader: Reader<'_>, rows: SelectStatement) -> AppResult<u64> {
    let count = Query::select().expr(Expr::cust("COUNT(*)")).from_subquery(rows, "found").take();
    let row = reader.db.query_one(&count).await?;
    let number: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(number.unsigned_abs())
}

/// What looking at objects of a kind needs.
pub fn permission(kind: SearchKind) -> Permission {
    match kind {
        SearchKind::Unit => unit::Entity::READ,
        SearchKind::Project => project::Entity::READ,
        SearchKind::Indicator => indicator::Entity::READ,
        SearchKind::DepartmentGoal => department_goal::Entity::READ,
    }
}

/// That the object of an entry is one of these kinds, and there for the caller.
fn visible(kinds: &[SearchKind], reader: Reader<'_>) -> AppResult<Condition> {
    let mut visible = Condition::any();
    for kind in kinds {
        let there = match kind {
            SearchKind::Unit => there::<unit::Entity>(unit::Column::Id, reader)?,
            SearchKind::Project => there::<project::Entity>(project::Column::Id, reader)?,
            SearchKind::Indicator => there::<indicator::Entity>(indicator::Column::Id, reader)?,
            SearchKind::DepartmentGoal => there::<department_goal::Entity>(department_goal::Column::Id, reader)?,
        };
        visible = visible.add(Column::Kind.eq(*kind).and(there));
    }
    Ok(visible)
}

fn there<E: Scoped>(key: E::Column, reader: Reader<'_>) -> AppResult<SimpleExpr> {
    let mut object = scope::find::<E>(reader.caller)?.into_query();
    object.clear_selects().expr(Expr::val(1)).and_where(key.into_expr().eq(Column::ObjectId.into_expr()));
    if reader.db.backend() == DbBackend::Postgres {
        // Asked of one entry after the other, when the first are known, and not joined with all objects.
        object.offset(0);
    }
    Ok(Expr::exists(object))
}
