//! What a caller could do, asked before it is tried: actions on objects and places, many at once.
//!
//! It follows the writes (`service::write`) and says yes where they would not refuse the caller. What he cannot look at he
//! cannot do anything to: absent and forbidden are both no. The number of statements does not depend on the number of
//! questions: one for each kind of object that is named, and one for the units above.

mod action;
mod target;

use std::collections::{HashMap, HashSet};

use entity::id::UnitId;
use entity::unit_closure;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

pub use action::Action;
pub use target::Target;

use crate::auth::policy::Permission;
use crate::auth::{Caller, Reach, Scope};
use crate::error::AppResult;
use crate::service::read::Reader;
use action::Where;
use target::{Found, Spot};

/// A question: may this be done to that? Without a target: anywhere at all?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub action: Action,
    /// To what.
    pub target: Option<Target>,
}

/// Answers questions, in their order.
///
/// # Errors
/// What the database says.
pub async fn can(reader: Reader<'_>, checks: &[Check]) -> AppResult<Vec<bool>> {
    let targets: Vec<&Target> = checks.iter().filter_map(|check| check.target.as_ref()).collect();
    let found = target::find(reader, &targets).await?;
    let spots = found.values().filter_map(Found::spot);
    let above = Above::read(reader, &spots.filter_map(|spot| spot.unit).collect()).await?;
    let answer = |check: &Check| match &check.target {
        None => anywhere(reader.caller, check.action),
        Some(target) => found.get(target).is_some_and(|found| allowed(reader.caller, check.action, found, &above)),
    };
    Ok(checks.iter().map(answer).collect())
}

/// Whether there is anything that this could be done to.
fn anywhere(caller: &Caller, action: Action) -> bool {
    let may = |permission: &Permission| match action.place() {
        Where::Everything => caller.may_everywhere(*permission),
        Where::Record | Where::Timeless | Where::Own => caller.may(*permission).is_ok(),
    };
    action.needs().iter().all(may)
}

/// Whether this can be done to what was found.
fn allowed(caller: &Caller, action: Action, found: &Found, above: &Above) -> bool {
    if !action.fits(found) {
        return false;
    }
    match (action.place(), found) {
        (Where::Everything, Found::Account(account)) => anywhere(caller, action) && action.admits(caller, account),
        (Where::Own, Found::Operation) => anywhere(caller, action),
        (place @ (Where::Record | Where::Timeless), Found::Object { spot, published, .. }) => {
            let spot = Spot { year: spot.year.filter(|_| place == Where::Record), ..spot.clone() };
            let has = |permission: &Permission| holds(caller, *permission, &spot, above);
            let is_kept = *published && action.changes_content() && !has(&Permission::PublicationWrite);
            action.needs().iter().all(has) && !is_kept
        }
        _ => false,
    }
}

/// Whether the caller may do this there: some grant reaches the place and the year.
fn holds(caller: &Caller, permission: Permission, spot: &Spot, above: &Above) -> bool {
    let grants = match caller.reach(permission) {
        Reach::Everything => return true,
        Reach::Grants(grants) => grants,
    };
    grants.into_iter().any(|grant| {
        spot.year.is_none_or(|year| grant.years.contains(year))
            && match &grant.scope {
                Scope::Everything => true,
                Scope::Division(code) => *code == spot.division,
                Scope::Unit(top) => spot.unit.is_some_and(|unit| above.has(unit, *top)),
            }
    })
}

/// The granted units that stand above others.
struct Above(HashMap<UnitId, HashSet<UnitId>>);

impl Above {
    /// Asks for units and all that is granted to the caller, by one statement.
    async fn read(reader: Reader<'_>, units: &HashSet<UnitId>) -> AppResult<Self> {
        use unit_closure::Column;
        let granted = reader.caller.grants().iter().filter_map(|grant| match grant.scope {
            Scope::Unit(id) => Some(id),
            Scope::Everything | Scope::Division(_) => None,
        });
        let granted: HashSet<UnitId> = granted.collect();
        let mut above: HashMap<UnitId, HashSet<UnitId>> = HashMap::new();
        if units.is_empty() || granted.is_empty() {
            return Ok(Self(above));
        }
        let links = unit_closure::Entity::find()
            .select_only()
            .columns([Column::DescendantId, Column::AncestorId])
            .filter(Column::DescendantId.is_in(units.iter().copied()))
            .filter(Column::AncestorId.is_in(granted));
        for row in reader.db.query_all(&links.into_query()).await? {
            let (unit, top) = (row.try_get("", "descendant_id")?, row.try_get("", "ancestor_id")?);
            above.entry(unit).or_default().insert(top);
        }
        Ok(Self(above))
    }

    fn has(&self, unit: UnitId, top: UnitId) -> bool {
        self.0.get(&unit).is_some_and(|above| above.contains(&top))
    }
}
