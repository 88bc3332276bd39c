//! What is refused before its end: single tokens, sessions, and what an account was issued before a moment.
//!
//! The set stands in memory, because every request asks it; `service::revocation` keeps it equal to the database.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use entity::id::AccountId;
use entity::value::Timestamp;

use super::token::Claims;

/// What can be revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// One token, by its `jti`.
    Token(String),
    /// All tokens of a session, by its `sid`.
    Session(String),
    /// All tokens of an account that were issued before a time. Tokens tell the second of their issue, so those of the same second
    /// are among them.
    Account(AccountId, Timestamp),
}

/// Everything that is revoked at this moment.
#[derive(Debug, Default)]
pub struct RevokedSet(RwLock<Held>);

/// By what is revoked, the time when all of it has ended by itself.
#[derive(Debug, Default)]
struct Held {
    tokens: HashMap<String, Timestamp>,
    sessions: HashMap<String, Timestamp>,
    accounts: HashMap<AccountId, (Timestamp, Timestamp)>,
}

impl RevokedSet {
    /// Adds what was revoked, each with the time when it has ended by itself, and forgets what has ended by `now`.
    pub fn add(&self, revoked: impl IntoIterator<Item = (Revoked, Timestamp)>, now: Timestamp) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (what, until) in revoked {
            match what {
                Revoked::Token(jti) => drop(held.tokens.insert(jti, until)),
                Revoked::Session(sid) => drop(held.sessions.insert(sid, until)),
                Revoked::Account(id, before) => {
                    let known = held.accounts.entry(id).or_insert((before, until));
                    *known = (known.0.max(before), known.1.max(until));
                }
            }
        }
        held.tokens.retain(|_, until| now < *until);
        held.sessions.retain(|_, until| now < *until);
        held.accounts.retain(|_, (_, until)| now < *until);
    }

    /// Whether a token of an account is refused.
    pub fn refuses(&self, claims: &Claims, account: Option<AccountId>) -> bool {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let named = |names: &HashMap<String, Timestamp>, name: &Option<String>| {
            name.as_ref().is_some_and(|name| names.contains_key(name))
        };
        named(&held.tokens, &claims.jti)
            || named(&held.sessions, &claims.session)
            || account.and_then(|id| held.accounts.get(&id)).is_some_and(|(before, _)| claims.issued_at < *before)
    }
}

#[cfg(test)]
mod tests {
    use entity::id::AccountId;
    use entity::value::Timestamp;

    use super::{Revoked, RevokedSet};
    use crate::auth::token::Claims;

    const NOW: Timestamp = Timestamp(1_790_000_000_500_000);
    const SOON: Timestamp = Timestamp(1_790_000_900_000_000);

    fn token(jti: &str, session: Option<&str>, issued_at: i64) -> Claims {
        Claims {
            subject: "known".to_owned(),
            external: false,
            scopes: None,
            jti: Some(jti.to_owned()),
            session: session.map(str::to_owned),
            client_id: None,
            issued_at: Timestamp(issued_at * 1_000_000),
            expires_at: SOON,
        }
    }

    #[test]
    fn each_kind_refuses_its_own_and_nothing_else() {
        let (set, account) = (RevokedSet::default(), AccountId::new());
        let one = token("a", Some("s"), 1_790_000_000);
        assert!(!set.refuses(&one, Some(account)));
        set.add([(Revoked::Token("s".to_owned()), SOON), (Revoked::Session("a".to_owned()), SOON)], NOW);
        assert!(!set.refuses(&one, Some(account)), "a session is no token");
        set.add([(Revoked::Token("a".to_owned()), SOON)], NOW);
        assert!(set.refuses(&one, Some(account)));
        let other = token("b", Some("s"), 1_790_000_000);
        assert!(!set.refuses(&other, Some(account)));
        set.add([(Revoked::Session("s".to_owned()), SOON)], NOW);
        assert!(set.refuses(&other, Some(account)));
    }

    #[test]
    fn an_account_is_refused_what_it_was_issued_before() {
        let (set, account) = (RevokedSet::default(), AccountId::new());
        set.add([(Revoked::Account(account, NOW), SOON)], NOW);
        // Later news of an earlier moment change nothing.
        set.add([(Revoked::Account(account, Timestamp(NOW.0 - 5_000_000)), NOW)], Timestamp(NOW.0 - 1));
        for (issued, refused) in [(1_789_999_999, true), (1_790_000_000, true), (1_790_000_001, false)] {
            assert_eq!(set.refuses(&token("a", None, issued), Some(account)), refused, "{issued}");
        }
        assert!(!set.refuses(&token("a", None, 1_789_999_999), Some(AccountId::new())));
        assert!(!set.refuses(&token("a", None, 1_789_999_999), None));
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let (set, account) = (RevokedSet::default(), AccountId::new());
        let all = [
            Revoked::Token("a".to_owned()),
            Revoked::Session("s".to_owned()),
            Revoked::Account(account, Timestamp(i64::MAX)),
        ];
        set.add(all.map(|revoked| (revoked, SOON)), NOW);
        let one = token("a", Some("s"), 1_790_000_000);
        set.add([], Timestamp(SOON.0 - 1));
        assert!(set.refuses(&one, Some(account)));
        set.add([], SOON);
        assert!(!set.refuses(&one, Some(account)));
    }
}
