//! Divisions (财政区划).

use std::collections::{BTreeSet, HashMap};

use entity::id::{DivisionId, ProjectId};
use entity::{audit_head, division, project};
use sea_orm::sea_query::{Expr, OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, Iterable, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::journal::Heads;
use super::stored::{self, Tally};
use super::work::Work;
use crate::auth::policy::Permission;
use crate::db::lock_and_read;
use crate::error::{AppError, AppResult};

/// Stores a division and holds it until the end of the transaction, so that two writers of one division take turns.
///
/// A name that is not given leaves the known one.
pub async fn hold(work: &mut Work<'_>, code: &str, name: Option<&str>) -> AppResult<(division::Model, Tally)> {
    super::scope::may_in_division(work.caller, Permission::ImportRun, code, None)?;
    let mut tally = Tally::default();
    let new = division::Model {
        id: DivisionId::new(),
        code: code.to_owned(),
        name: name.map(str::to_owned),
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    let ignore = OnConflict::column(division::Column::Code).do_nothing().to_owned();
    division::Entity::insert(new.clone().into_active_model())
        .on_conflict(ignore)
        .exec_without_returning(work.tx)
        .await?;
    let held = division::Entity::find().filter(division::Column::Code.eq(code)).lock_exclusive().one(work.tx).await?;
    work.locked([code]).await?;
    let held = held.ok_or_else(|| AppError::internal("a division that was just stored is missing"))?;
    if held.id == new.id {
        work.created(std::slice::from_ref(&held));
        tally.created += 1;
        return Ok((held, tally));
    }
    let wanted = division::Model { name: new.name.clone().or_else(|| held.name.clone()), ..new };
    let division = stored::put(work, Some(held), wanted, &mut tally).await?;
    Ok((division, tally))
}

/// Locks the divisions of these codes until the end of the transaction, always in the same order, so that two writers
/// never wait for each other in a circle; gives those that there are.
pub async fn lock(work: &mut Work<'_>, codes: &BTreeSet<String>) -> AppResult<HashMap<String, division::Model>> {
    let codes: Vec<&String> = codes.iter().collect();
    let mut found = HashMap::new();
    for codes in codes.chunks(stored::KEYS_A_STATEMENT) {
        let locked = division::Entity::find()
            .filter(division::Column::Code.is_in(codes.iter().copied()))
            .order_by_asc(division::Column::Code)
            .lock_exclusive();
        found.extend(locked.all(work.tx).await?.into_iter().map(|row| (row.code.clone(), row)));
    }
    work.locked(found.keys().map(String::as_str)).await?;
    Ok(found)
}

/// The division of a project.
pub(super) fn of_project(project: ProjectId) -> Expr {
    let code = Query::select()
        .column(project::Column::DivisionCode)
        .from(project::Entity)
        .and_where(project::Column::Id.eq(project))
        .take();
    division::Column::Code.in_subquery(code)
}

/// Selects the heads of the chains of the divisions that `which` finds, and locks both, as [`lock`] and [`Work::locked`] do one after
/// the other: first a division, then its chain, in the order of the codes.
pub(super) fn chains(which: Expr) -> SelectStatement {
    let chain =
        division::Entity::belongs_to(audit_head::Entity).from(division::Column::Code).to(audit_head::Column::Chain);
    let heads = division::Entity::find()
        .select_only()
        .columns(audit_head::Column::iter())
        .join(JoinType::InnerJoin, chain.into())
        .filter(which)
        .order_by_asc(division::Column::Code)
        .lock_exclusive();
    heads.into_query()
}

/// Notes that [`chains`] were locked. Gives the codes of their divisions; those are missing of which nothing was ever written.
pub(super) fn hold_chains(work: &mut Work<'_>, heads: Vec<audit_head::Model>) -> Vec<String> {
    let heads = heads.into_iter().map(|head| (head.chain.clone(), head)).collect::<Heads>();
    let codes = heads.keys().cloned().collect();
    work.holds(heads);
    codes
}

/// Locks the divisions that `which` finds with their [`chains`], and gives the codes of those of which something was ever written.
pub(super) async fn lock_with_chains(work: &mut Work<'_>, which: Expr) -> AppResult<Vec<String>> {
    let (heads, []) = lock_and_read(work.tx, chains(which), []).await?;
    Ok(hold_chains(work, heads.models()?))
}

/// The one division that the caller sees; none when there are several, or none at all.
///
/// # Errors
/// When the caller may not read, or the database fails.
pub async fn only(work: &Work<'_>) -> AppResult<Option<String>> {
    let some = super::scope::find::<division::Entity>(work.caller)?.limit(2).all(work.tx).await?;
    match &some[..] {
        [only] => Ok(Some(only.code.clone())),
        _ => Ok(None),
    }
}
