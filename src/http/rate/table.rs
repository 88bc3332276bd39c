//! The buckets of many callers in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use super::bucket::Bucket;
use crate::limits::Counted;

/// The buckets of one caller.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buckets([Bucket; Counted::ALL.len()]);

impl Buckets {
    /// The bucket of what is counted.
    pub fn of(&mut self, counted: Counted) -> &mut Bucket {
        let [requests, points, writes, bulk, imports] = &mut self.0;
        match counted {
            Counted::Requests => requests,
            Counted::Points => points,
            Counted::Writes => writes,
            Counted::Bulk => bulk,
            Counted::Imports => imports,
        }
    }

    /// Whether all are full, so that nothing is lost by forgetting them.
    fn are_full(&self, now: Duration) -> bool {
        self.0.iter().all(|bucket| bucket.missing(now) == Duration::ZERO)
    }
}

/// Shortest time between two searches for what can be forgotten.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// The buckets of callers by key, of so many at the most.
///
/// When there is no place for one more, it shares the buckets of a crowd with all others who came too late: those who are
/// known keep theirs.
#[derive(Debug)]
pub struct Table<K> {
    known: HashMap<K, Buckets>,
    most: usize,
    crowd: Buckets,
    swept_at: Duration,
}

impl<K: Eq + Hash + Clone> Table<K> {
    /// A table of so many callers.
    pub fn new(most: usize) -> Self {
        Self { known: HashMap::new(), most, crowd: Buckets::default(), swept_at: Duration::ZERO }
    }

    /// The buckets of a caller.
    pub fn of(&mut self, key: &K, now: Duration) -> &mut Buckets {
        if self.known.len() >= self.most && !self.known.contains_key(key) {
            if now >= self.swept_at + SWEEP_PAUSE {
                self.known.retain(|_, buckets| !buckets.are_full(now));
                self.swept_at = now;
            }
            if self.known.len() >= self.most {
                return &mut self.crowd;
            }
        }
        self.known.entry(key.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Table;
    use crate::limits::{Counted, ProfileLimits};

    #[test]
    fn a_million_callers_do_not_grow_it_without_end() {
        let rate = ProfileLimits::PUBLIC.rate(Counted::Requests);
        let mut table = Table::new(1_000);
        let mut served = 0;
        for caller in 0_u32..1_000_000 {
            // All within a second: nobody's bucket is full again.
            let now = Duration::from_secs(10) + Duration::from_nanos(caller.into());
            served += usize::from(table.of(&caller, now).of(Counted::Requests).take(1, rate, now).is_ok());
        }
        assert_eq!(table.known.len(), 1_000);
        assert_eq!(served, 1_000 + 60, "those who came too late share the buckets of one");
        // Those who are known keep theirs.
        let now = Duration::from_secs(10) + Duration::from_millis(1);
        assert_eq!(table.of(&7, now).of(Counted::Requests).left(rate, now), 59);
        // When their buckets are full again, others take their places.
        let now = Duration::from_secs(12);
        assert_eq!(table.of(&999_999, now).of(Counted::Requests).left(rate, now), 60);
        assert_eq!(table.known.len(), 1);
    }
}
