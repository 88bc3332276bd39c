//! Which divisions and units the rows mean: locked, loaded, and what the caller may do in them.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::UnitId;
use entity::{division, unit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::input::key::UnitKey;
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Work;
use crate::service::{division as divisions, scope};

/// Everything that keys of units can mean.
pub(in crate::service::write) struct Places {
    /// The permission to write what the keys are about.
    permission: Permission,
    /// Divisions of which the caller sees something.
    divisions: HashSet<String>,
    /// Those in the whole of which he may write.
    whole: HashSet<String>,
    /// The division that is meant where a key names none.
    only_division: Option<String>,
    by_code: HashMap<(String, String), UnitId>,
    units: HashMap<UnitId, unit::Model>,
    visible: HashSet<UnitId>,
    writable: HashSet<UnitId>,
}

impl Places {
    /// Locks the divisions of the keys, and loads their units and those of further codes in these divisions.
    pub(in crate::service::write) async fn read(
        work: &mut Work<'_>,
        permission: Permission,
        keys: &[&UnitKey],
        more: &[&str],
    ) -> AppResult<Self> {
        let needs_division = keys.iter().any(|key| key.division_code.is_none());
        let only_division = if needs_division { divisions::only(work).await? } else { None };
        let named = keys.iter().filter_map(|key| key.division_code.as_ref().or(only_division.as_ref()));
        let named: BTreeSet<String> = named.cloned().collect();
        let locked: Vec<String> = divisions::lock(work, &named).await?.into_keys().collect();
        let seen = scope::find::<division::Entity>(work.caller)?.filter(division::Column::Code.is_in(&locked));
        let seen = seen.all(work.tx).await?.into_iter().map(|division| division.code);
        let whole = locked.iter().filter(|code| scope::covers_division(work.caller, permission, code, None)).cloned();
        let mut places = Self {
            permission,
            divisions: seen.collect(),
            whole: whole.collect(),
            only_division,
            by_code: HashMap::new(),
            units: HashMap::new(),
            visible: HashSet::new(),
            writable: HashSet::new(),
        };

        let codes: HashSet<&str> =
            keys.iter().filter_map(|key| key.code.as_deref()).chain(more.iter().copied()).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        for codes in codes.chunks(KEYS_A_STATEMENT) {
            let found = unit::Entity::find()
                .filter(unit::Column::DivisionCode.is_in(&locked))
                .filter(unit::Column::Code.is_in(codes.iter().copied()));
            for unit in found.all(work.tx).await? {
                places.by_code.insert((unit.division_code.clone(), unit.code.clone()), unit.id);
                places.units.insert(unit.id, unit);
            }
        }
        let above = places.units.values().filter_map(|unit| unit.parent_id);
        let all: HashSet<UnitId> = places.units.keys().copied().chain(above).collect();
        places.visible = scope::units_within(work.tx, work.caller, Permission::UnitRead, &all).await?;
        places.writable = scope::units_within(work.tx, work.caller, permission, &all).await?;
        Ok(places)
    }

    /// The division that a key means.
    ///
    /// # Errors
    /// When the caller sees none, or the key does not tell which of several.
    pub(in crate::service::write) fn division<'a>(
        &'a self,
        key: &'a UnitKey,
        at: &At<'_>,
    ) -> Result<&'a str, UserError> {
        let at = at.field("divisionCode");
        let code = key.division_code.as_ref().or(self.only_division.as_ref()).ok_or_else(|| {
            let words = Words::new(
                "There are several divisions, or none: name the divisionCode.",
                "有多个财政区划或尚无财政区划：请给出 divisionCode。",
            );
            UserError::validation(UserErrorCode::Required, at.path(), "required", None, words)
        })?;
        match self.divisions.get(code) {
            Some(code) => Ok(code),
            None => Err(UserError::not_found(at.path(), &format!("division {code}"))),
        }
    }

    /// The stored unit with this code, whether the caller sees it or not.
    pub(super) fn stored(&self, division_code: &str, code: &str) -> Option<&unit::Model> {
        self.units.get(self.by_code.get(&(division_code.to_owned(), code.to_owned()))?)
    }

    /// All stored units that were loaded.
    pub(in crate::service::write) fn ids(&self) -> impl Iterator<Item = UnitId> {
        self.units.keys().copied()
    }

    /// Whether the caller sees a unit.
    pub(super) fn sees(&self, unit: UnitId) -> bool {
        self.visible.contains(&unit)
    }

    /// The mistake of a row that is about what the caller sees and may not write.
    pub(super) fn forbidden(&self, path: Vec<String>) -> UserError {
        UserError::forbidden(path, self.permission.name())
    }

    /// Whether the caller may write a unit and below it.
    pub(super) fn may_write(&self, unit: UnitId) -> bool {
        self.writable.contains(&unit)
    }

    /// Whether the caller may write under a unit, or in the whole division where there is none.
    pub(super) fn may_write_under(&self, parent: Option<UnitId>, division_code: &str) -> bool {
        match parent {
            Some(parent) => self.may_write(parent),
            None => self.whole.contains(division_code),
        }
    }

    /// The stored unit of a key, in which the caller may write; none for a key that was not readable, whose mistakes are
    /// known already.
    pub(in crate::service::write) fn writable_unit(
        &self,
        key: &UnitKey,
        at: &At<'_>,
        errors: &mut Vec<UserError>,
    ) -> Option<&unit::Model> {
        let code = key.code.as_ref()?;
        let found = self.division(key, at).and_then(|division| {
            let unit = self.stored(division, code).filter(|unit| self.sees(unit.id));
            let unit = unit.ok_or_else(|| UserError::not_found(at.path(), &format!("unit {key}")))?;
            if self.may_write(unit.id) { Ok(unit) } else { Err(self.forbidden(at.path())) }
        });
        match found {
            Ok(unit) => Some(unit),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }
}
