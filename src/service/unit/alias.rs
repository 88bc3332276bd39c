//! Other codes and names of units.

use std::collections::{HashMap, HashSet};

use entity::id::{UnitAliasId, UnitId};
use entity::value::Timestamp;
use entity::{unit, unit_alias};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use crate::error::AppResult;
use crate::service::stored::{self, KEYS_A_STATEMENT};
use crate::service::work::Work;

/// Division, code and name.
pub type Key = (String, String, String);

/// The alias of a unit by another code and name.
pub fn of(unit: &unit::Model, code: &str, name: &str, now: Timestamp) -> unit_alias::Model {
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

/// The natural key of an alias.
pub fn key(alias: &unit_alias::Model) -> Key {
    (alias.division_code.clone(), alias.code.clone(), alias.name.clone())
}

/// The units that have aliases of these codes, by the whole alias.
pub async fn holders(
    tx: &DatabaseTransaction,
    aliases: impl Iterator<Item = &unit_alias::Model>,
) -> AppResult<HashMap<Key, UnitId>> {
    let codes: HashSet<&str> = aliases.map(|alias| alias.code.as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let mut held = HashMap::new();
    for codes in codes.chunks(KEYS_A_STATEMENT) {
        let found = unit_alias::Entity::find().filter(unit_alias::Column::Code.is_in(codes.iter().copied()));
        held.extend(found.all(tx).await?.into_iter().map(|alias| (key(&alias), alias.unit_id)));
    }
    Ok(held)
}

/// Stores aliases; what is an alias already, of whichever unit, stays.
pub async fn keep(work: &mut Work<'_>, mut aliases: Vec<unit_alias::Model>) -> AppResult<()> {
    let mut held = holders(work.tx, aliases.iter()).await?;
    aliases.retain(|alias| held.insert(key(alias), alias.unit_id).is_none());
    stored::insert(work, &aliases).await
}
