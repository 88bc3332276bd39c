//! The first of what is found on PostgreSQL, whose index gives entries in no order: few are found and then sorted, many are met in
//! the order of their numbers until the page is full.
//!
//! Its planner can only guess how many there are, and a wrong guess costs a walk through all of them: so they are counted up to
//! [`FEW`] first, and the statements leave it no choice. What is found and what is met is the same.

use entity::search_entry::{self, Column};
use entity::value::SearchKind;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend};

use super::hits::{Hit, Looking, hit, number};
use crate::error::{AppError, AppResult};
use crate::rules::search::Fit;

/// Up to this number entries are few. Where more are found among a million, a page of 20 is full when some 40,000 were met.
pub const FEW: u64 = 500;

const POSTGRES: DbBackend = DbBackend::Postgres;
const SCORE: &str = "score";

/// The first entries of a page and one more.
pub(super) async fn first(looking: &Looking<'_>) -> AppResult<Vec<Hit>> {
    let Looking { sought, kinds, .. } = *looking;
    match up_to_few(looking, sought.candidates(kinds, POSTGRES)).await? {
        0 => Ok(Vec::new()),
        1..=FEW => {
            let found = sought.at_least(kinds, Fit::Text, POSTGRES);
            Ok(sorted(looking, found, sought.score(), &behind(looking))
                .await?
                .into_iter()
                .map(|(hit, _)| hit)
                .collect())
        }
        _ => one_fit_after_the_other(looking).await,
    }
}

async fn one_fit_after_the_other(looking: &Looking<'_>) -> AppResult<Vec<Hit>> {
    let mut hits = Vec::new();
    for fit in Fit::ALL {
        if hits.len() as u64 >= looking.rows {
            break;
        }
        let mut of_fit = Vec::new();
        for kind in looking.kinds {
            of_fit.extend(of_kind(looking, *kind, fit).await?);
        }
        of_fit.sort_unstable_by_key(|(_, number)| std::cmp::Reverse(*number));
        hits.extend(of_fit.into_iter().map(|(hit, _)| hit));
    }
    Ok(hits)
}

/// The first of a kind that fit so, each with the number of its entry.
async fn of_kind(looking: &Looking<'_>, kind: SearchKind, fit: Fit) -> AppResult<Vec<(Hit, i64)>> {
    let Some(below) = looking.below(fit) else { return Ok(Vec::new()) };
    let found = looking.sought.exactly(&[kind], fit, POSTGRES);
    match up_to_few(looking, found.clone()).await? {
        0 => Ok(Vec::new()),
        1..=FEW => {
            let below = Condition::all().add(Column::Number.lt(below));
            sorted(looking, found, Expr::val(fit.score()), &below).await
        }
        _ => met(looking, kind, fit, below).await,
    }
}

/// Meets the entries of a kind from a number downwards, first a few, then more and more, until enough were found.
async fn met(looking: &Looking<'_>, kind: SearchKind, fit: Fit, mut below: i64) -> AppResult<Vec<(Hit, i64)>> {
    let mut found = Vec::new();
    let mut window = looking.rows * 16;
    loop {
        let from = further(looking, kind, below, window).await?;
        let mut met = looking.sought.met(kind, fit);
        met.columns([Column::Kind, Column::ObjectId, Column::Number].map(|column| (search_entry::Entity, column)))
            .expr_as(Expr::val(fit.score()), SCORE)
            .and_where(Column::Number.lt(below))
            .and_where_option(from.map(|from| Column::Number.gte(from)))
            .cond_where(looking.visible.clone())
            .order_by(Column::Number, Order::Desc)
            .limit(looking.rows - found.len() as u64);
        found.extend(rows(looking, &met).await?);
        match from {
            Some(from) if (found.len() as u64) < looking.rows => below = from,
            Some(_) | None => return Ok(found),
        }
        window *= 8;
    }
}

/// The number of the entry of a kind that stands so many further below; none when there are fewer.
async fn further(looking: &Looking<'_>, kind: SearchKind, below: i64, entries: u64) -> AppResult<Option<i64>> {
    let entry = Query::select()
        .column(Column::Number)
        .from(search_entry::Entity)
        .and_where(Column::Kind.eq(kind))
        .and_where(Column::Number.lt(below))
        .order_by(Column::Number, Order::Desc)
        .offset(entries - 1)
        .limit(1)
        .take();
    let row = looking.reader.db.query_one(&entry).await?;
    Ok(row.map(|row| row.try_get("", "number")).transpose()?)
}

/// The number of the rows of a statement, up to one more than are few.
async fn up_to_few(looking: &Looking<'_>, mut rows: SelectStatement) -> AppResult<u64> {
    rows.expr(Expr::val(1)).limit(FEW + 1);
    number(looking.reader, rows).await
}

/// Finds entries, sorts them, and only then asks of one after the other whether the caller may see it.
async fn sorted(
    looking: &Looking<'_>,
    mut found: SelectStatement,
    score: SimpleExpr,
    behind: &Condition,
) -> AppResult<Vec<(Hit, i64)>> {
    let order = [(Alias::new(SCORE), Order::Desc), (Alias::new("number"), Order::Desc)];
    found
        .columns([Column::Kind, Column::ObjectId, Column::Number].map(|column| (search_entry::Entity, column)))
        .expr_as(score, SCORE)
        .order_by_columns(order.clone())
        // What is inside is done first.
        .offset(0);
    let first = Query::select()
        .columns(["kind", "object_id", "number", SCORE])
        .from_subquery(found, search_entry::Entity)
        .cond_where(behind.clone())
        .cond_where(looking.visible.clone())
        .order_by_columns(order)
        .limit(looking.rows)
        .take();
    rows(looking, &first).await
}

/// That an entry with its score stands behind the place where the page begins.
fn behind(looking: &Looking<'_>) -> Condition {
    let Some((fit, number)) = looking.after else { return Condition::all() };
    let score = || Expr::col(SCORE);
    let like = Condition::all().add(score().eq(fit.score())).add(Expr::col("number").lt(number));
    Condition::any().add(score().lt(fit.score())).add(like)
}

async fn rows(looking: &Looking<'_>, select: &SelectStatement) -> AppResult<Vec<(Hit, i64)>> {
    let rows = looking.reader.db.query_all(select).await?;
    let hits = rows.iter().map(|row| {
        let fit = Fit::of_score(row.try_get("", SCORE)?);
        let fit = fit.ok_or_else(|| AppError::internal("an entry has an unknown score"))?;
        Ok((hit(row, fit)?, row.try_get("", "number")?))
    });
    hits.collect()
}
