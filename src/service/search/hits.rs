//! What a search finds, the best first: by how well the words fit, then the newest entry first.
//!
//! One statement finds a page: for each fit one part of its own, which the index gives in order and which ends with the page.
//! So a word that stands everywhere costs no more than one that stands seldom.

use std::sync::Arc;

use entity::value::SearchKind;
use entity::{department_goal, indicator, project, search_entry, unit};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryTrait};
use uuid::Uuid;

use super::query::{self, Sought};
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::rules::search::Fit;
use crate::service::read::Reader;
use crate::service::scope::{self, Scoped};

/// Objects are counted up to this number.
pub const COUNTED: u64 = 10_000;

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

/// A place in the order of what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How well the words fit.
    pub fit: Fit,
    /// The number of the entry.
    pub number: i64,
}

impl Place {
    /// The place with these two numbers.
    pub fn of(score: i32, number: i64) -> Option<Self> {
        Fit::of_score(score).map(|fit| Self { fit, number })
    }
}

/// An object that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: SearchKind,
    /// Its key.
    pub object: Uuid,
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
    /// When the database fails, and `UNAUTHENTICATED` or `FORBIDDEN` for who may look at none of the kinds.
    pub async fn find(&self, reader: Reader<'_>) -> AppResult<Hits> {
        let kinds: Vec<SearchKind> =
            self.kinds.iter().copied().filter(|kind| reader.caller.may(permission(*kind)).is_ok()).collect();
        if kinds.is_empty() {
            self.kinds.first().map_or(Ok(()), |kind| reader.caller.may(permission(*kind)))?;
            return Ok(Hits { total: self.count.then_some(0), ..Hits::default() });
        }
        let backend = reader.db.backend();
        let visible = visible(&kinds, reader.caller)?;
        let total = match self.count {
            true => Some(self.total(reader, &kinds, &visible).await?),
            false => None,
        };
        let mut parts = Fit::ALL.into_iter().filter_map(|fit| self.part(&kinds, fit, &visible, backend));
        let Some(mut select) = parts.next() else { return Ok(Hits { total, ..Hits::default() }) };
        for part in parts {
            select.union(UnionType::All, part);
        }
        let rows = reader.db.query_all(&select).await?;
        let hits: AppResult<Vec<Option<Hit>>> = rows
            .iter()
            .map(|row| {
                let place = Place::of(row.try_get("", "fit")?, row.try_get("", "number")?);
                let (kind, object) = (row.try_get("", "kind")?, row.try_get("", "object_id")?);
                Ok(place.map(|place| Hit { kind, object, place }))
            })
            .collect();
        let mut hits: Vec<Hit> = hits?.into_iter().flatten().collect();
        hits.sort_unstable_by_key(|hit| std::cmp::Reverse((hit.place.fit, hit.place.number)));
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let has_next = hits.len() > size;
        hits.truncate(size);
        Ok(Hits { hits, has_next, total })
    }

    /// The first of those that fit so, one more than the page has; none where they all stand before it.
    fn part(
        &self,
        kinds: &[SearchKind],
        fit: Fit,
        visible: &Condition,
        backend: DbBackend,
    ) -> Option<SelectStatement> {
        let mut select = self.sought.exactly(kinds, fit, backend);
        match self.after {
            Some(place) if place.fit < fit => return None,
            Some(place) if place.fit == fit => {
                select.and_where(query::number(backend).lt(place.number));
            }
            Some(_) | None => {}
        }
        select
            .expr_as(Expr::val(fit.score()), "fit")
            .columns([search_entry::Column::Kind, search_entry::Column::ObjectId, search_entry::Column::Number].map(|column| (search_entry::Entity, column)))
            .cond_where(visible.clone())
            .order_by_expr(query::number(backend), Order::Desc)
            .limit(self.size + 1);
        let part = Alias::new(format!("fit_{}", fit.score()));
        Some(Query::select().columns(["fit", "kind", "object_id", "number"]).from_subquery(select, part).take())
    }

    async fn total(&self, reader: Reader<'_>, kinds: &[SearchKind], visible: &Condition) -> AppResult<u64> {
        let mut found = self.sought.at_least(kinds, Fit::Text, reader.db.backend());
        found.expr(Expr::val(1)).cond_where(visible.clone()).limit(COUNTED + 1);
        let count = Query::select().expr(Expr::cust("COUNT(*)")).from_subquery(found, "found").take();
        let row = reader.db.query_one(&count).await?;
        let number: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        Ok(number.unsigned_abs())
    }
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
fn visible(kinds: &[SearchKind], caller: &Caller) -> AppResult<Condition> {
    let mut visible = Condition::any();
    for kind in kinds {
        let there = match kind {
            SearchKind::Unit => there::<unit::Entity>(unit::Column::Id, caller)?,
            SearchKind::Project => there::<project::Entity>(project::Column::Id, caller)?,
            SearchKind::Indicator => there::<indicator::Entity>(indicator::Column::Id, caller)?,
            SearchKind::DepartmentGoal => there::<department_goal::Entity>(department_goal::Column::Id, caller)?,
        };
        visible = visible.add(search_entry::Column::Kind.eq(*kind).and(there));
    }
    Ok(visible)
}

fn there<E: Scoped>(key: E::Column, caller: &Caller) -> AppResult<SimpleExpr> {
    let mut object = scope::find::<E>(caller)?.into_query();
    object
        .clear_selects()
        .expr(Expr::val(1))
        .and_where(key.into_expr().eq(search_entry::Column::ObjectId.into_expr()));
    Ok(Expr::exists(object))
}
