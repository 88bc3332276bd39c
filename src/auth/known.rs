//! Callers of the last half second: who asks often is not looked up for each request.
//!
//! What a token says and what its account may do are taken as they were when they were looked up, for half a second at the most
//! and only as long as this process has committed nothing that can change who may do what. So a grant that this process takes
//! away is gone with the next request, and one that another process takes away within half a second, as revocations are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Caller;
use super::token::Claims;

/// How long a caller is remembered.
const MOMENT: Duration = Duration::from_millis(500);
/// How many are.
const MOST: usize = 10_000;

/// What was found out about a token.
#[derive(Clone)]
pub struct Entry {
    /// What it says.
    pub claims: Claims,
    /// Whose it is.
    pub caller: Caller,
}

/// See the module.
pub struct Known {
    changes: Arc<AtomicU64>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// All entries were found when this many changes had been committed.
    changes: u64,
    /// With the time when they were found.
    entries: HashMap<String, (Instant, Entry)>,
}

impl Known {
    /// Knows nobody; `changes` counts what this process commits.
    pub fn new(changes: Arc<AtomicU64>) -> Self {
        Self { changes, held: Mutex::default() }
    }

    /// How much has been committed: asked for before somebody is looked up.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// What was found out a moment ago.
    pub fn get(&self, token: &str) -> Option<Entry> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (found, entry) = held.entries.get(token)?;
        (held.changes == self.changes() && found.elapsed() < MOMENT).then(|| entry.clone())
    }

    /// Remembers what was found out since so many changes had been committed.
    pub fn put(&self, token: &str, entry: Entry, changes: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.changes != changes || held.entries.len() >= MOST {
            // An older number of changes came late: what it found may be outdated.
            if held.changes > changes {
                return;
            }
            held.entries.clear();
            held.changes = changes;
        }
        held.entries.insert(token.to_owned(), (Instant::now(), entry));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use entity::value::Timestamp;

    use super::{Entry, Known, MOMENT};
    use crate::auth::Caller;
    use crate::auth::token::Claims;

    fn entry() -> Entry {
        let claims = Claims {
            subject: "known".to_owned(),
            external: false,
            scopes: None,
            jti: None,
            session: None,
            client_id: None,
            issued_at: Timestamp(0),
            expires_at: Timestamp(0),
        };
        Entry { claims, caller: Caller::operator() }
    }

    #[test]
    fn what_was_found_before_a_change_is_not_given_after_it() {
        let changes = Arc::new(AtomicU64::new(7));
        let known = Known::new(Arc::clone(&changes));
        known.put("a", entry(), known.changes());
        assert!(known.get("a").is_some() && known.get("b").is_none());
        let before = known.changes();
        changes.fetch_add(1, Ordering::AcqRel);
        assert!(known.get("a").is_none());
        known.put("a", entry(), before);
        assert!(known.get("a").is_none(), "it was looked up before the change");
        known.put("b", entry(), known.changes());
        assert!(known.get("b").is_some() && known.get("a").is_none());
        known.put("a", entry(), before);
        assert!(known.get("b").is_some() && known.get("a").is_none(), "it came late");
    }

    #[test]
    fn a_moment_ends() {
        let known = Known::new(Arc::default());
        known.put("a", entry(), 0);
        std::thread::sleep(MOMENT);
        assert!(known.get("a").is_none());
    }
}
