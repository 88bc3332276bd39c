//! Two units that are one.

use std::collections::HashSet;
use std::hash::Hash;

use entity::id::UnitId;
use entity::{account_grant, department_goal, project, source_document, unit};
use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, QueryFilter};

use super::owned;
use super::places::Places;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult};
use crate::input::unit::UnitMerge;
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::service::scope;
use crate::service::stored::{self, Change, Stored};
use crate::service::unit::{alias, closure};
use crate::service::work::Work;
use crate::service::write::version::expect;
use crate::service::write::{Outcome, Row, RowResult};

/// So many of what two units have alike are named.
const NAMED: usize = 10;

/// Merges one unit into another: everything that it has goes over, its code and name become an alias, and it is gone.
/// What both have and only one can have — the goal of a year, a project of the same name without a code, the same
/// document — is an error that lists it, and nothing is written. A grant that an account has on both stays once; since
/// grants reach further afterwards, only an administrator merges a unit on which there are some.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of the row. More
/// than one row at a time is a mistake of the program: one merge could contradict another.
pub async fn merge(work: &mut Work<'_>, rows: &[Row<UnitMerge>]) -> AppResult<Vec<RowResult>> {
    work.caller.may(Permission::UnitWrite)?;
    let [row] = rows else { return Err(AppError::internal("units are merged one at a time")) };
    let sent = [row.input.into.as_ref(), row.input.from.as_ref()];
    let keys: Vec<_> = sent.into_iter().flatten().collect();
    let places = Places::read(work, Permission::UnitWrite, &keys, &[]).await?;
    let mut errors = row.errors.clone();
    let at = row.at();
    let into = row.input.into.as_ref().and_then(|key| places.writable_unit(key, &at.field("into"), &mut errors));
    let from = row.input.from.as_ref().and_then(|key| places.writable_unit(key, &at.field("from"), &mut errors));
    if let Some(into) = into {
        let node = into.id.public();
        expect(&at, row.input.expected_version, Some(into.version), &node, Vec::new, &mut errors);
    }
    if let Some((into, from)) = into.zip(from) {
        check(work, into, from, &at.field("from"), &mut errors).await?;
        if errors.is_empty() {
            write(work, into, from).await?;
        }
    }
    let outcome = if errors.is_empty() { Outcome::Updated } else { Outcome::Failed };
    let key = row.input.into.as_ref().map(ToString::to_string).unwrap_or_default();
    let (id, seen) = (into.map(|into| into.id.0), into.map(|into| into.version));
    Ok(vec![RowResult { key, outcome, id, seen, errors }])
}

/// Everything for which the two cannot be one.
async fn check(
    work: &Work<'_>,
    into: &unit::Model,
    from: &unit::Model,
    at: &At<'_>,
    errors: &mut Vec<UserError>,
) -> AppResult<()> {
    let mut refuse = |code, rule, en: &str, zh: &str| {
        errors.push(UserError::validation(code, at.path(), rule, None, Words::new(en, zh)));
    };
    if into.id == from.id {
        let (en, zh) = ("A unit cannot be merged into itself.", "单位不能并入自身。");
        refuse(UserErrorCode::InvalidFormat, "differ", en, zh);
        return Ok(());
    }
    if into.division_code != from.division_code {
        let (en, zh) = ("The two units are of different divisions.", "两个单位不属于同一财政区划。");
        refuse(UserErrorCode::InvalidFormat, "division", en, zh);
        return Ok(());
    }
    if closure::is_below(work.tx, into.id, from.id).await? {
        let en = "The unit that stays lies below the one that goes: put it under another unit first.";
        refuse(UserErrorCode::Cycle, "tree", en, "保留的单位位于被并单位之下：请先将其移至其他上级单位。");
    }
    let grants = account_grant::Entity::find().filter(account_grant::Column::UnitId.eq(from.id)).all(work.tx).await?;
    let both = HashSet::from([into.id, from.id]);
    if !grants.is_empty() && scope::units_within(work.tx, work.caller, Permission::GrantWrite, &both).await? != both {
        errors.push(UserError::forbidden(at.path(), Permission::GrantWrite.name()));
    }
    let taken = [
        alike::<department_goal::Entity, _>(work, into, from, department_goal::Column::UnitId, |goal| {
            Some((goal.fiscal_year, format!("goal of {} ({})", goal.fiscal_year, goal.id.public())))
        })
        .await?,
        alike::<project::Entity, _>(work, into, from, project::Column::UnitId, |project| {
            let shown = format!("project {} of {} ({})", project.name, project.fiscal_year, project.id.public());
            project.code.is_none().then(|| ((project.fiscal_year, project.name.clone()), shown))
        })
        .await?,
        alike::<source_document::Entity, _>(work, into, from, source_document::Column::UnitId, |document| {
            let shown =
                format!("document {} of {} ({})", document.file_name, document.fiscal_year, document.id.public());
            Some(((document.sha256.clone(), document.fiscal_year), shown))
        })
        .await?,
    ];
    for alike in taken.into_iter().filter(|alike| !alike.is_empty()) {
        errors.push(both_have(at, &alike));
    }
    let former = alias::of(from, &from.code, &from.name, work.now);
    let held = alias::holders(work.tx, std::iter::once(&former)).await?;
    if held.get(&alias::key(&former)).is_some_and(|holder| *holder != into.id && *holder != from.id) {
        let words = Words::new(
            format!("A third unit has the alias {} {}.", from.code, from.name),
            format!("已有第三个单位使用别名 {} {}。", from.code, from.name),
        );
        errors.push(UserError::duplicate(UserErrorCode::Duplicate, at.path(), None, words));
    }
    Ok(())
}

/// What both units have under the same key, as `into` has it.
async fn alike<E, K: Eq + Hash>(
    work: &Work<'_>,
    into: &unit::Model,
    from: &unit::Model,
    unit: E::Column,
    key: impl Fn(&E::Model) -> Option<(K, String)>,
) -> AppResult<Vec<String>>
where
    E: EntityTrait<Model: ModelTrait + Send + Sync>,
{
    let of = async |id: UnitId| E::find().filter(unit.eq(id)).all(work.tx).await;
    let theirs: HashSet<K> = of(from.id).await?.iter().filter_map(&key).map(|(key, _)| key).collect();
    let ours = of(into.id).await?;
    Ok(ours.iter().filter_map(&key).filter(|(key, _)| theirs.contains(key)).map(|(_, shown)| shown).collect())
}

fn both_have(at: &At<'_>, alike: &[String]) -> UserError {
    let mut list = alike.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if alike.len() > NAMED {
        list.push_str(", …");
    }
    let words = Words::new(
        format!("Both units have these {}, of which one unit can have only one: {list}.", alike.len()),
        format!("两个单位都有以下{}项，而同一单位只能有一项：{list}。", alike.len()),
    );
    UserError::duplicate(UserErrorCode::Duplicate, at.path(), None, words)
}

async fn write(work: &mut Work<'_>, into: &unit::Model, from: &unit::Model) -> AppResult<()> {
    drop_double_grants(work, into, from).await?;
    owned::hand_over(work, from.id, into.id).await?;
    let children = unit::Entity::find().filter(unit::Column::ParentId.eq(from.id)).all(work.tx).await?;
    let mut changes: Vec<Change<unit::Model>> = Vec::new();
    for child in children {
        let wanted = unit::Model { parent_id: Some(into.id), ..child.clone() };
        changes.extend(Change::between(&child, wanted, work.now));
    }
    let moved: Vec<UnitId> = changes.iter().map(|change| change.new.id).collect();
    // What the unit has is another than before, so who expects its former version is told.
    let mut new = into.clone();
    new.touch(into, work.now);
    changes.push(Change { old: into.clone(), new });
    stored::update(work, &changes).await?;
    stored::delete(work, std::slice::from_ref(from)).await?;
    closure::rebuild(work.tx, &moved).await?;
    alias::keep(work, vec![alias::of(into, &from.code, &from.name, work.now)]).await
}

async fn drop_double_grants(work: &mut Work<'_>, into: &unit::Model, from: &unit::Model) -> AppResult<()> {
    let of = async |id: UnitId| {
        account_grant::Entity::find().filter(account_grant::Column::UnitId.eq(id)).all(work.tx).await
    };
    let kept: HashSet<_> = of(into.id).await?.into_iter().map(|grant| (grant.account_id, grant.role)).collect();
    let mut double = of(from.id).await?;
    double.retain(|grant| kept.contains(&(grant.account_id, grant.role)));
    stored::delete(work, &double).await
}
