//! Scopes of clients: names of permissions, `noun:verb`, to which a token is limited.

use std::collections::BTreeSet;

/// What a system may do with anything at all. It never approves and never publishes: those are decisions of people.
const VERBS: [&str; 3] = ["read", "write", "run"];

/// Longest list of scopes, in bytes: it stands in every token.
pub const MAX_BYTES: usize = 1_500;

/// Whether a scope can be given to a client: `project:read`, `indicator:write`, `import:run`.
pub fn is_for_clients(scope: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    scope.split_once(':').is_some_and(|(noun, verb)| word(noun) && VERBS.contains(&verb))
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
        for good in ["project:read", "indicator:write", "import:run", "audit:read", "spending_plan:write"] {
            assert!(is_for_clients(good), "{good}");
        }
        for bad in [
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
