//! Giving units other codes and names.

use std::collections::HashMap;

use entity::id::UnitId;
use entity::unit_alias;

use super::hold_back;
use super::places::Places;
use crate::auth::Action;
use crate::error::AppResult;
use crate::input::unit::UnitAliasAdd;
use crate::input::{UserError, UserErrorCode, Words};
use crate::service::stored;
use crate::service::unit::alias::{self, Key};
use crate::service::work::Work;
use crate::service::write::{Atomicity, Outcome, Row, RowResult};

/// Adds aliases to units; one that the unit has already is left alone. The results name the units.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn add_alias(
    work: &mut Work<'_>,
    rows: &[Row<UnitAliasAdd>],
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    work.caller.may(Action::Write)?;
    let keys: Vec<_> = rows.iter().filter_map(|row| row.input.unit.as_ref()).collect();
    let places = Places::read(work, &keys, &[]).await?;
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
            alias::of(unit, code, row.input.name.as_ref().unwrap_or(&unit.name), work.now)
        });
        let key = key.map(ToString::to_string).unwrap_or_default();
        let (id, seen) = (unit.map(|unit| unit.id.0), unit.map(|unit| unit.version));
        wanted.push((RowResult { key, outcome: Outcome::Failed, id, seen, errors }, alias));
    }
    let mut held: HashMap<Key, UnitId> =
        alias::holders(work.tx, wanted.iter().filter_map(|(_, alias)| alias.as_ref())).await?;
    for ((result, alias), row) in wanted.iter_mut().zip(rows) {
        let Some(alias) = alias.as_ref().filter(|_| result.errors.is_empty()) else { continue };
        result.outcome = match held.get(&alias::key(alias)) {
            Some(holder) if *holder == alias.unit_id => Outcome::Unchanged,
            Some(_) => {
                let words = Words::new("Another unit has this alias.", "已有其他单位使用该别名。");
                let path = row.at().path();
                result.errors.push(UserError::duplicate(UserErrorCode::Duplicate, path, None, words));
                Outcome::Failed
            }
            None => {
                held.insert(alias::key(alias), alias.unit_id);
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
