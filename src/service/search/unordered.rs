//! The first of what is found on PostgreSQL, whose index gives entries in no order: few are found and then sorted, many are met in
//! the order of their numbers until the page is full.
//!
//! Its planner can only guess how many there are, and a wrong guess costs a walk through all of them: so they are counted up to
//! [`FEW`] while they are found, and the statements leave it no choice. Where many have the words, the newest entries are likely to
//! fill the page: they are met before more is counted, and at once where the words filled a page the last time. What is found and
//! what is met is the same.

use std::sync::{LazyLock, Mutex, PoisonError};

use entity::search_entry::{self, Column};
use entity::value::SearchKind;
use hashlink::LruCache;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryResult};

use super::hits::{Hit, Looking, hit};
use super::query::Sought;
use crate::error::{AppError, AppResult};
use crate::rules::search::Fit;

/// Up to this number entries are few. Where more are found among a million, a page of 20 is full when some 40,000 were met.
pub const FEW: u64 = 500;

/// What is sought, and in which kinds.
type Words = (Sought, Vec<SearchKind>);

/// What filled its page with many when it was last sought: it begins without a count. Only the order in which ways are tried
/// depends on it, not what they find.
static FILLED: LazyLock<Mutex<LruCache<Words, ()>>> = LazyLock::new(|| Mutex::new(LruCache::new(1_000)));

const POSTGRES: DbBackend = DbBackend::Postgres;
const NUMBER: &str = "number";
const SCORE: &str = "score";
const ALL: &str = "all_found";

/// The first entries of a page and one more.
pub(super) async fn first(looking: &Looking<'_>) -> AppResult<Vec<Hit>> {
    let words = (looking.sought.clone(), looking.kinds.to_vec());
    if !FILLED.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&words)
        && let Some(few) = few_at_least(looking, Fit::Text).await?
    {
        return Ok(few);
    }
    let hits = one_fit_after_the_other(looking).await?;
    let mut filled = FILLED.lock().unwrap_or_else(PoisonError::into_inner);
    match hits.len() as u64 >= looking.rows {
        true => filled.insert(words, ()),
        false => filled.remove(&words),
    };
    Ok(hits)
}

async fn one_fit_after_the_other(looking: &Looking<'_>) -> AppResult<Vec<Hit>> {
    // Where many have the words, seldom many begin with them.
    let (mut hits, fits) = match few_at_least(looking, Fit::Beginning).await? {
        Some(few) => (few, [Fit::Name, Fit::Text].as_slice()),
        None => (Vec::new(), Fit::ALL.as_slice()),
    };
    for fit in fits {
        if hits.len() as u64 >= looking.rows {
            break;
        }
        let Some(below) = looking.below(*fit) else { continue };
        let mut of_fit = Vec::new();
        for kind in looking.kinds {
            of_fit.extend(of_kind(looking, *kind, *fit, below).await?);
        }
        of_fit.sort_unstable_by_key(|(_, number)| std::cmp::Reverse(*number));
        hits.extend(of_fit.into_iter().map(|(hit, _)| hit));
    }
    Ok(hits)
}

/// The first that fit so or better, where they are few.
async fn few_at_least(looking: &Looking<'_>, fit: Fit) -> AppResult<Option<Vec<Hit>>> {
    let found = looking.sought.at_least(looking.kinds, fit, POSTGRES);
    let few = few(looking, found, looking.sought.score(), behind(looking)).await?;
    Ok(few.map(|few| few.into_iter().map(|(hit, _)| hit).collect()))
}

/// The first of a kind that fit so, each with the number of its entry: the newest, then the others if they are few, else those in one
/// window after the other, each larger than the one before.
async fn of_kind(looking: &Looking<'_>, kind: SearchKind, fit: Fit, mut below: i64) -> AppResult<Vec<(Hit, i64)>> {
    let mut hits = Vec::new();
    let mut window = looking.rows * 16;
    let mut are_many = false;
    loop {
        let missing = looking.rows - hits.len() as u64;
        let met = met(looking, kind, fit, below, window, missing).await?;
        let is_full = met.len() as u64 == missing;
        hits.extend(met);
        if is_full {
            return Ok(hits);
        }
        let Some(last) = last_of(looking, kind, below, window).await? else { return Ok(hits) };
        below = last;
        if !are_many {
            let found = looking.sought.exactly(&[kind], fit, POSTGRES);
            let below = Condition::all().add(Expr::col(NUMBER).lt(below));
            if let Some(few) = few(looking, found, Expr::val(fit.score()), below).await? {
                hits.extend(few);
                return Ok(hits);
            }
            are_many = true;
        }
        window *= 8;
    }
}

/// Those that fit so among so many entries of a kind, from a number downwards.
async fn met(
    looking: &Looking<'_>,
    kind: SearchKind,
    fit: Fit,
    below: i64,
    window: u64,
    rows: u64,
) -> AppResult<Vec<(Hit, i64)>> {
    let mut newest = entries(kind, below);
    newest.column(Asterisk).limit(window);
    let mut met = looking.sought.met(newest, kind, fit);
    met.columns([Column::Kind, Column::ObjectId, Column::Number].map(|column| (search_entry::Entity, column)))
        .expr_as(Expr::val(fit.score()), SCORE)
        .cond_where(looking.visible.clone())
        .order_by(Column::Kind, Order::Desc)
        .order_by(Column::Number, Order::Desc)
        .limit(rows);
    let rows = looking.reader.db.query_all(&met).await?;
    rows.iter().map(numbered).collect()
}

/// The number of the last of so many entries; none when there are fewer.
async fn last_of(looking: &Looking<'_>, kind: SearchKind, below: i64, window: u64) -> AppResult<Option<i64>> {
    let mut entry = entries(kind, below);
    entry.column(Column::Number).offset(window - 1).limit(1);
    let row = looking.reader.db.query_one(&entry).await?;
    Ok(row.map(|row| row.try_get("", NUMBER)).transpose()?)
}

/// The entries of a kind from a number downwards, without columns yet.
fn entries(kind: SearchKind, below: i64) -> SelectStatement {
    let columns = || Expr::tuple([Column::Kind.into_expr(), Column::Number.into_expr()]);
    let place = |number: i64| Expr::tuple([Expr::val(kind), Expr::val(number)]);
    // By the index of both: with the kind as a condition alone, the entries of all kinds would do as well for the order.
    Query::select()
        .from(search_entry::Entity)
        .and_where(columns().lt(place(below)))
        .and_where(columns().gt(place(i64::MIN)))
        .order_by(Column::Kind, Order::Desc)
        .order_by(Column::Number, Order::Desc)
        .take()
}

/// The first of what is found, where it is few: sorted, and only then one after the other asked whether the caller may see it.
async fn few(
    looking: &Looking<'_>,
    mut found: SelectStatement,
    score: SimpleExpr,
    behind: Condition,
) -> AppResult<Option<Vec<(Hit, i64)>>> {
    found
        .columns([Column::Kind, Column::ObjectId, Column::Number].map(|column| (search_entry::Entity, column)))
        .expr_as(score, SCORE)
        .limit(FEW + 1);
    let order = [(Alias::new(SCORE), Order::Desc), (Alias::new(NUMBER), Order::Desc)];
    let entry = ["kind", "object_id", NUMBER, SCORE];
    let counted = Query::select()
        .columns(entry)
        .expr_as(Expr::cust("COUNT(*) OVER ()"), ALL)
        .from_subquery(found, "few")
        .order_by_columns(order.clone())
        // What is inside is done first.
        .offset(0)
        .take();
    let many = Expr::col(ALL).gt(FEW);
    let first = Query::select()
        .columns(entry)
        .column(ALL)
        .from_subquery(counted, search_entry::Entity)
        .cond_where(Condition::any().add(many).add(behind.add(looking.visible.clone())))
        .order_by_columns(order)
        .limit(looking.rows)
        .take();
    let rows = looking.reader.db.query_all(&first).await?;
    if let Some(row) = rows.first()
        && row.try_get::<i64>("", ALL)?.unsigned_abs() > FEW
    {
        return Ok(None);
    }
    rows.iter().map(numbered).collect::<AppResult<_>>().map(Some)
}

/// That an entry with its score stands behind the place where the page begins.
fn behind(looking: &Looking<'_>) -> Condition {
    let Some((fit, number)) = looking.after else { return Condition::all() };
    let score = || Expr::col(SCORE);
    let like = Condition::all().add(score().eq(fit.score())).add(Expr::col(NUMBER).lt(number));
    Condition::all().add(Condition::any().add(score().lt(fit.score())).add(like))
}

/// What a row with kind, object, score and number says.
fn numbered(row: &QueryResult) -> AppResult<(Hit, i64)> {
    let fit = Fit::of_score(row.try_get("", SCORE)?);
    let fit = fit.ok_or_else(|| AppError::internal("an entry has an unknown score"))?;
    Ok((hit(row, fit)?, row.try_get("", NUMBER)?))
}
