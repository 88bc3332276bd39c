//! The first of what is found on PostgreSQL, whose index gives entries in no order: few are found and then sorted, many are met in
//! the order of their numbers until the page is full.
//!
//! Its planner can only guess how many there are, and guesses badly: so they are counted up to [`FEW`] first, and the statements
//! leave it no choice. What is found and what is met is the same.

use entity::search_entry::{self, Column};
use entity::value::SearchKind;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend};

use super::hits::{Hit, Looking, hit, number};
use crate::error::{AppError, AppResult};
use crate::rules::search::Fit;

/// Up to this number entries are few. Of a kind with a million entries more than these have one in a thousand at least, so that a
/// page of 20 is full when 20,000 were met.
pub const FEW: u64 = 1_000;

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
    let Some(behind) = looking.behind(fit, &Column::Number.into_expr()) else { return Ok(Vec::new()) };
    let found = looking.sought.exactly(&[kind], fit, POSTGRES);
    match up_to_few(looking, found.clone()).await? {
        0 => Ok(Vec::new()),
        1..=FEW => sorted(looking, found, Expr::val(fit.score()), &behind).await,
        _ => {
            let mut met = looking.sought.met(kind, fit);
            met.columns([Column::Kind, Column::ObjectId, Column::Number].map(|column| (search_entry::Entity, column)))
                .expr_as(Expr::val(fit.score()), SCORE)
                .cond_where(behind)
                .cond_where(looking.visible.clone())
                .order_by(Column::Number, Order::Desc)
                .limit(looking.rows);
            rows(looking, &met).await
        }
    }
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
