//! Other codes and names of units.

use std::collections::{HashMap, HashSet};

use entity::id::{UnitAliasId, UnitId};
use entity::value::Timestamp;
use entity::{unit, unit_alias};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::hold_back;
use super::places::Places;
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::input::unit::UnitAliasAdd;
use crate::input::{UserError, UserErrorCode, Words};
use crate::service::stored::{self, KEYS_A_STATEMENT};
use crate::service::work::Work;
use crate::service::write::{Atomicity, Outcome, Row, RowResult};

/// Division, code and name.
type Key = (String, String, String);

/// Adds aliases to units; one that the unit has already is left alone. The results name the units.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn add_alias(
    work: &mut Work<'_>,
    rows: &[Row<UnitAliasAdd>],
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    work.caller.may(Permission::UnitWrite)?;
    let keys: Vec<_> = rows.iter().filter_map(|row| row.input.unit.as_ref()).collect();
    let places = Places::read(work, Permission::UnitWrite, &keys, &[]).await?;
    let mut wanted: Vec<(RowResult, Option<unit_alias::Model>)> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut errors = row.errors.clone();
        let at = row.at();
        let key = row.input.unit.as_ref();
        let unit = key.and_then(|key| places.writable_unit(key, &at.field("unit"), &mut errors));
        if row.input.code.is_none() && row.input.name.is_none() && row.errors.is_empty() {
            let words = Words::new("Give a code, a name, or both.", "请给出 code、name，或二者都给出。");
            errors.push(UserError::validation(UserErrorCode::Required, at.path(), "oneOf", None, words));
        }
        let alias = unit.map(|unit| {
            let code = row.input.code.as_ref().unwrap_or(&unit.code);
            alias(unit, code, row.input.name.as_ref().unwrap_or(&unit.name), work.now)
        });
        let key = key.map(ToString::to_string).unwrap_or_default();
        let (id, seen) = (unit.map(|unit| unit.id.0), unit.map(|unit| unit.version));
        wanted.push((RowResult { key, outcome: Outcome::Failed, id, seen, errors }, alias));
    }
    let mut held: HashMap<Key, UnitId> =
        holders(work.tx, wanted.iter().filter_map(|(_, alias)| alias.as_ref())).await?;
    for ((result, alias), row) in wanted.iter_mut().zip(rows) {
        let Some(alias) = alias.as_ref().filter(|_| result.errors.is_empty()) else { continue };
        result.outcome = match held.get(&key_of(alias)) {
            Some(holder) if *holder == alias.unit_id => Outcome::Unchanged,
            Some(_) => {
                let words = Words::new("Another unit has this alias.", "已有其他单位使用该别名。");
                let path = row.at().path();
                result.errors.push(UserError::duplicate(UserErrorCode::Duplicate, path, None, words));
                Outcome::Failed
            }
            None => {
                held.insert(key_of(alias), alias.unit_id);
                Outcome::Created
            }
        };
    }
    let (mut results, aliases): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
    if !hold_back(&mut results, atomicity) {
        let new = results.iter().zip(aliases).filter(|(result, _)| result.outcome == Outcome::Created);
        let new: Vec<_> = new.filter_map(|(_, alias)| alias).collect();
        stored::insert(work, &new).await?;
    }
    Ok(results)
}

/// Keeps code and name of units as aliases of theirs; what is an alias already, of whichever unit, stays.
pub(super) async fn keep(work: &mut Work<'_>, former: &[unit::Model]) -> AppResult<()> {
    let aliases = former.iter().map(|unit| alias(unit, &unit.code, &unit.name, work.now));
    let mut aliases: Vec<_> = aliases.collect();
    let held = holders(work.tx, aliases.iter()).await?;
    aliases.retain(|alias| !held.contains_key(&key_of(alias)));
    stored::insert(work, &aliases).await
}

/// The alias of a unit by another code and name.
pub(super) fn alias(unit: &unit::Model, code: &str, name: &str, now: Timestamp) -> unit_alias::Model {
    unit_alias::Model {
        id: UnitAliasId::new(),
        division_code: unit.division_code.clone(),
        unit_id: unit.id,
        code: code.to_owned(),
        name: name.to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn key_of(alias: &unit_alias::Model) -> Key {
    (alias.division_code.clone(), alias.code.clone(), alias.name.clone())
}

/// The units that have aliases of these codes, by the whole alias.
pub(super) async fn holders(
    tx: &DatabaseTransaction,
    aliases: impl Iterator<Item = &unit_alias::Model>,
) -> AppResult<HashMap<Key, UnitId>> {
    let codes: HashSet<&str> = aliases.map(|alias| alias.code.as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let mut held = HashMap::new();
    for codes in codes.chunks(KEYS_A_STATEMENT) {
        let found = unit_alias::Entity::find().filter(unit_alias::Column::Code.is_in(codes.iter().copied()));
        held.extend(found.all(tx).await?.into_iter().map(|alias| (key_of(&alias), alias.unit_id)));
    }
    Ok(held)
}
