//! What a caller may do at the places that rows are about: units, each in a fiscal year.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::UnitId;

use crate::auth::Scope;
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::service::scope;
use crate::service::work::Work;

/// Where each of some permissions holds.
pub(in crate::service::write) struct Rights(HashMap<(Permission, i32), HashSet<UnitId>>);

impl Rights {
    /// Asks for units and years, by one statement for each different set of grants.
    pub(in crate::service::write) async fn read(
        work: &Work<'_>,
        permissions: &[Permission],
        years: &BTreeSet<i32>,
        units: &HashSet<UnitId>,
    ) -> AppResult<Self> {
        let mut known: HashMap<Vec<Scope>, HashSet<UnitId>> = HashMap::new();
        let mut rights = HashMap::new();
        for permission in permissions {
            for year in years {
                let within = match scope::scopes(work.caller, *permission, Some(*year)) {
                    None => units.clone(),
                    Some(scopes) => match known.get(&scopes) {
                        Some(within) => within.clone(),
                        None => {
                            let within = scope::units_of(work.tx, &scopes, units).await?;
                            known.insert(scopes, within.clone());
                            within
                        }
                    },
                };
                rights.insert((*permission, *year), within);
            }
        }
        Ok(Self(rights))
    }

    /// Whether the caller may do this there; false for what was not asked.
    pub(in crate::service::write) fn has(&self, permission: Permission, unit: UnitId, year: i32) -> bool {
        self.0.get(&(permission, year)).is_some_and(|units| units.contains(&unit))
    }
}
