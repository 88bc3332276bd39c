//! What a caller's grants mean to the second wall: the reach that the policies of PostgreSQL ask (`migration::row_security`).
//!
//! The first wall is [`super::scope`], which makes conditions of the same grants; the two share nothing but the grants.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::auth::policy::Permission;
use crate::auth::{Caller, Reach, Scope, Years};
use crate::db::Asker;

/// Permissions to look at rows of units.
const OF_UNITS: [Permission; 6] = [
    Permission::UnitRead,
    Permission::ProjectRead,
    Permission::IndicatorRead,
    Permission::GoalRead,
    Permission::FindingRead,
    Permission::DocumentRead,
];

impl Asker for Caller {
    fn who(&self) -> Option<Uuid> {
        self.identity().map(|account| account.id.0)
    }

    fn reach(&self) -> String {
        let mut reach = Map::new();
        let mut add = |name: &str, value: Value| drop(reach.insert(name.to_owned(), value));
        for permission in OF_UNITS {
            if let Some(places) = places(self, permission) {
                add(permission.name(), places);
            }
        }
        if self.may_everywhere(Permission::AccountRead) {
            add(Permission::AccountRead.name(), json!("all"));
        }
        if self.may(Permission::HistoryRead).is_ok() {
            add(Permission::HistoryRead.name(), json!("all"));
        }
        if self.may(Permission::OperationRead).is_ok() {
            if self.may_everywhere(Permission::Operate) {
                add(Permission::OperationRead.name(), json!("all"));
            }
            if let Some(account) = self.identity() {
                add("account", json!(account.id.0));
            }
        }
        Value::Object(reach).to_string()
    }
}

/// Where a caller may look; `None` for nowhere.
fn places(caller: &Caller, permission: Permission) -> Option<Value> {
    caller.may(permission).ok()?;
    let grants = match caller.reach(permission) {
        Reach::Everything if caller.sees_only_published() => return Some(json!("published")),
        Reach::Everything => return Some(json!("all")),
        // The public has one grant, on everything.
        Reach::Grants(_) if caller.sees_only_published() => return None,
        Reach::Grants(grants) => grants,
    };
    let (mut divisions, mut units, mut limited) = (Vec::new(), Vec::new(), Vec::new());
    for grant in grants {
        let Years { first, last } = grant.years;
        match &grant.scope {
            Scope::Division(code) if grant.years == Years::ALL => divisions.push(code),
            Scope::Unit(id) if grant.years == Years::ALL => units.push(id.0),
            Scope::Division(code) => limited.push(json!({"first": first, "last": last, "division": code})),
            Scope::Unit(id) => limited.push(json!({"first": first, "last": last, "unit": id.0})),
            Scope::Everything => limited.push(json!({"first": first, "last": last})),
        }
    }
    Some(json!({"divisions": divisions, "units": units, "limited": limited}))
}
