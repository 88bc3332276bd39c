//! Deleting units, alone or with everything below them.

use std::collections::{HashMap, HashSet};

use entity::id::{ProjectId, UnitId};
use entity::{department_goal, finding, project, unit, unit_alias, unit_closure};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::dependants::{self, Dependants};
use super::hold_back;
use super::places::Places;
use super::tree::from_above;
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::input::unit::UnitDelete;
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::service::department_goal as goals;
use crate::service::project::{Batch, Known};
use crate::service::stored::{self, KEYS_A_STATEMENT};
use crate::service::work::Work;
use crate::service::write::version::expect;
use crate::service::write::{Atomicity, Outcome, Row, RowResult};

/// Deletes units. One on which something hangs is refused with the list of it, unless the row says `cascade`: then the
/// units below go too, with the projects, goals and aliases of all of them.
///
/// Documents and grants never go along. A document is what was published, and everything that was read from it points to
/// it; a grant is what an administrator allowed. A unit that was made by mistake and has documents is merged into another.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn delete(work: &mut Work<'_>, rows: &[Row<UnitDelete>], atomicity: Atomicity) -> AppResult<Vec<RowResult>> {
    work.caller.may(Permission::UnitWrite)?;
    let keys: Vec<_> = rows.iter().filter_map(|row| row.input.key.as_ref()).collect();
    let places = Places::read(work, Permission::UnitWrite, &keys, &[]).await?;
    let mut named = HashSet::new();
    let mut asked: Vec<(RowResult, Option<UnitId>)> = rows.iter().map(|row| find(row, &places, &mut named)).collect();

    let roots: Vec<UnitId> = asked.iter().filter_map(|(_, unit)| *unit).collect();
    let below = below(work, &roots).await?;
    let all: HashSet<UnitId> = below.values().flatten().copied().collect();
    let all: Vec<UnitId> = all.into_iter().collect();
    let dependants = dependants::read(work.tx, &all).await?;
    for ((result, unit), row) in asked.iter_mut().zip(rows) {
        let Some(unit) = unit else { continue };
        let units = below.get(unit).map(Vec::as_slice).unwrap_or_default();
        result.errors.extend(refused(&row.at(), *unit, units, row.input.cascade == Some(true), &dependants));
        if result.errors.is_empty() {
            (result.outcome, result.id) = (Outcome::Deleted, None);
        }
    }
    let (mut results, units): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    if !hold_back(&mut results, atomicity) {
        let good = results.iter().zip(units).filter(|(result, _)| result.outcome == Outcome::Deleted);
        let gone = good.filter_map(|(_, unit)| below.get(&unit?)).flatten().copied();
        write(work, gone.collect()).await?;
    }
    Ok(results)
}

/// The unit that a row means, and the result that it has so far.
fn find(row: &Row<UnitDelete>, places: &Places, named: &mut HashSet<UnitId>) -> (RowResult, Option<UnitId>) {
    let at = row.at();
    let mut errors = row.errors.clone();
    let key = row.input.key.as_ref();
    let unit = key.and_then(|key| places.writable_unit(key, &at.field("key"), &mut errors));
    if let Some(unit) = unit {
        if !named.insert(unit.id) {
            let words =
                Words::new("An earlier row of this request names the same unit.", "本次请求中前面的行已指明同一单位。");
            let path = at.field("key").path();
            errors.push(UserError::duplicate(UserErrorCode::DuplicateInRequest, path, None, words));
        }
        let (expected, node) = (row.input.expected_version, unit.id.public());
        expect(&at, expected, Some(unit.version), &node, Vec::new, &mut errors);
    }
    let (id, seen) = (unit.map(|unit| unit.id), unit.map(|unit| unit.version));
    let key = key.map(ToString::to_string).unwrap_or_default();
    (RowResult { key, outcome: Outcome::Failed, id: id.map(|id| id.0), seen, errors }, id)
}

/// Each unit with itself and everything below it.
async fn below(work: &Work<'_>, units: &[UnitId]) -> AppResult<HashMap<UnitId, Vec<UnitId>>> {
    let mut below: HashMap<UnitId, Vec<UnitId>> = HashMap::new();
    for units in units.chunks(KEYS_A_STATEMENT) {
        let rows = unit_closure::Entity::find().filter(unit_closure::Column::AncestorId.is_in(units.iter().copied()));
        for row in rows.all(work.tx).await? {
            below.entry(row.ancestor_id).or_default().push(row.descendant_id);
        }
    }
    Ok(below)
}

/// Why a unit cannot be deleted, if it cannot.
fn refused(
    at: &At<'_>,
    unit: UnitId,
    below: &[UnitId],
    cascade: bool,
    dependants: &HashMap<UnitId, Vec<Dependants>>,
) -> Option<UserError> {
    let of = |unit: &UnitId| dependants.get(unit).map(Vec::as_slice).unwrap_or_default();
    let found: Vec<&Dependants> = match cascade {
        true => below.iter().flat_map(of).filter(|found| !found.go_along()).collect(),
        false => of(&unit).iter().collect(),
    };
    if found.is_empty() {
        return None;
    }
    let list = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let stays = found.iter().any(|found| !found.go_along());
    let (path, words) = match stays {
        true => (
            at.field("key").path(),
            Words::new(
                format!(
                    "On the unit hang {list}. Documents and grants are not deleted with it: merge the unit into another \
                     one, and let an administrator revoke the grants."
                ),
                format!(
                    "该单位下还有 {list}。公开文本和账户授权不会随之删除：请将该单位并入其他单位，授权由管理员撤销。"
                ),
            ),
        ),
        false => (
            at.field("cascade").path(),
            Words::new(
                format!("On the unit hang {list}; `cascade: true` deletes them with it."),
                format!("该单位下还有 {list}；cascade: true 会一并删除。"),
            ),
        ),
    };
    Some(UserError::validation(UserErrorCode::HasDependants, path, "dependants", Some(&list), words))
}

/// Deletes units with what goes along, the lowest first.
async fn write(work: &mut Work<'_>, gone: HashSet<UnitId>) -> AppResult<()> {
    let ids: Vec<UnitId> = gone.into_iter().collect();
    let mut projects = Batch::default();
    let mut known = Known::default();
    let (mut units, mut aliases, mut findings, mut of_units) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ids in ids.chunks(KEYS_A_STATEMENT) {
        let ids = || ids.iter().copied();
        units.extend(unit::Entity::find().filter(unit::Column::Id.is_in(ids())).all(work.tx).await?);
        aliases.extend(unit_alias::Entity::find().filter(unit_alias::Column::UnitId.is_in(ids())).all(work.tx).await?);
        let about_units = finding::Entity::find()
            .filter(finding::Column::UnitId.is_in(ids()))
            .filter(finding::Column::ProjectId.is_null())
            .filter(finding::Column::GoalId.is_null());
        findings.extend(about_units.all(work.tx).await?);
        let found = project::Entity::find().select_only().column(project::Column::Id);
        let found = found.filter(project::Column::UnitId.is_in(ids()));
        let found: Vec<ProjectId> = found.into_tuple().all(work.tx).await?;
        known.read_ids(work.tx, &found).await?;
        for project in found.iter().filter_map(|id| known.get(*id)) {
            projects.delete(project);
        }
        of_units.extend(goals::read(work.tx, department_goal::Column::UnitId.is_in(ids())).await?);
    }
    let mut batch = goals::Batch::default();
    of_units.iter().for_each(|goal| batch.delete(goal));
    projects.write(work).await?;
    batch.write(work).await?;
    stored::delete(work, &findings).await?;
    stored::delete(work, &aliases).await?;
    let mut units = from_above(units);
    units.reverse();
    stored::delete(work, &units).await
}
