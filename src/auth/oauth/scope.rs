//! Scopes of clients: names of permissions to which a token is limited.

use std::collections::BTreeSet;

use entity::value::Role;

use crate::auth::policy::{self, Permission};

/// Longest list of scopes, in bytes: it stands in every token.
pub const MAX_BYTES: usize = 1_500;

/// Whether a scope can be given to a client: the name of what the role of systems may do. They never approve and never publish:
/// those are decisions of people.
pub fn is_for_clients(scope: &str) -> bool {
    Permission::from_name(scope).is_some_and(|permission| policy::allows(Role::Service, permission))
}

/// The scopes of a token for a client that may have `allowed` and asks for `asked`; `None` when it asks for more, or for none.
pub(super) fn narrow(allowed: &BTreeSet<String>, asked: Option<&str>) -> Option<BTreeSet<String>> {
    let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).filter(|scope| is_for_clients(scope)).collect();
    let wanted: BTreeSet<&str> = match asked {
        None => allowed.clone(),
        Some(text) => text.split(' ').filter(|scope| !scope.is_empty()).collect(),
    };
    let granted = !wanted.is_empty() && wanted.is_subset(&allowed);
    granted.then(|| wanted.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, is_for_clients, narrow};

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_client_neither_approves_nor_publishes() {
        for good in ["project:read", "indicator:write", "import:run", "audit:read", "goal:write"] {
            assert!(is_for_clients(good), "{good}");
        }
        for bad in [
            "publication:write",
            "account:read",
            "grant:write",
            "project:approve",
            "project:publish",
            "goal:return",
            "project",
            ":read",
            "project:",
            "project:read:publish",
            "Project:read",
            "project:READ",
            "project read",
            "项目:read",
            "",
        ] {
            assert!(!is_for_clients(bad), "{bad}");
        }
    }

    #[test]
    fn a_token_is_limited_to_what_is_allowed_and_asked_for() {
        let allowed = set(&["project:read", "import:run"]);
        assert_eq!(narrow(&allowed, None), Some(allowed.clone()));
        assert_eq!(narrow(&allowed, Some("project:read")), Some(set(&["project:read"])));
        assert_eq!(narrow(&allowed, Some(" import:run  project:read import:run ")), Some(allowed.clone()));
        for refused in
            ["indicator:write", "project:read indicator:write", "", " ", "PROJECT:read", "project:read\timport:run"]
        {
            assert_eq!(narrow(&allowed, Some(refused)), None, "{refused:?}");
        }
        assert_eq!(narrow(&set(&[]), None), None);
        // What a row should never hold is not given away either.
        let odd = set(&["project:publish", "project:read"]);
        assert_eq!(narrow(&odd, None), Some(set(&["project:read"])));
        assert_eq!(narrow(&odd, Some("project:publish")), None);
    }
}
