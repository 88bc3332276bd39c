//! Who failed to show that it is a client, how often: a bound for each client and address, and one for each address.
//!
//! Never for a client alone: whoever knows its name could lock it out. A secret has 256 random bits, so these bounds keep
//! noise away; they hold in each process for itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entity::value::Timestamp;

/// Failures of a client from one address before it is locked out.
const OF_CLIENT: u32 = 5;
/// Failures from one address, whatever the client.
const OF_ADDRESS: u32 = 20;
/// In which they are counted, and for which the lock holds, in microseconds: 15 minutes.
const WINDOW: i64 = 15 * 60 * 1_000_000;
/// Most counts kept; what comes beyond is not counted until others have ended.
const MAX_COUNTS: usize = 20_000;
/// Longest name that is told from others.
const MAX_NAME: usize = 64;

/// An address, and the name of a client where the count is for it.
type Source = (IpAddr, Option<String>);

/// Failures, and until when they count or lock.
struct Count {
    failures: u32,
    until: Timestamp,
}

/// The counts.
#[derive(Default)]
pub(super) struct Failures(Mutex<HashMap<Source, Count>>);

impl Failures {
    /// Lets a try pass, or tells how long to wait.
    pub(super) fn admit(&self, from: IpAddr, client: &str, now: Timestamp) -> Result<(), Duration> {
        let counts = self.counts();
        let wait = sources(from, client).into_iter().filter_map(|(source, limit)| {
            let count = counts.get(&source)?;
            let left = u64::try_from(count.until.0.saturating_sub(now.0)).ok().filter(|left| *left > 0)?;
            (count.failures >= limit).then(|| Duration::from_micros(left))
        });
        wait.max().map_or(Ok(()), Err)
    }

    /// Counts a failure.
    pub(super) fn count(&self, from: IpAddr, client: &str, now: Timestamp) {
        let mut counts = self.counts();
        if counts.len() >= MAX_COUNTS {
            counts.retain(|_, count| now < count.until);
        }
        for (source, limit) in sources(from, client) {
            let full = counts.len() >= MAX_COUNTS;
            let until = Timestamp(now.0.saturating_add(WINDOW));
            let count = match counts.entry(source) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(_) if full => continue,
                Entry::Vacant(place) => place.insert(Count { failures: 0, until }),
            };
            if count.until <= now {
                *count = Count { failures: 0, until };
            }
            count.failures += 1;
            if count.failures >= limit {
                count.until = until;
            }
        }
    }

    /// Forgets the failures of a client that has shown who it is. Those of its address stay: others may be there.
    pub(super) fn forget(&self, from: IpAddr, client: &str) {
        let [(source, _), _] = sources(from, client);
        self.counts().remove(&source);
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Source, Count>> {
        // Counts are whole after every operation.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a failure counts for, with the bound of each: the client at the address, and the address.
fn sources(from: IpAddr, client: &str) -> [(Source, u32); 2] {
    let from = network(from);
    let name = client.chars().take(MAX_NAME).collect();
    [((from, Some(name)), OF_CLIENT), ((from, None), OF_ADDRESS)]
}

/// An address as far as it is one client's: of IPv6, whoever has one address has the 64 bits behind it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::{Failures, OF_ADDRESS, OF_CLIENT, Timestamp, WINDOW};

    const NOW: Timestamp = Timestamp(1_790_000_000_000_000);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn later(micros: i64) -> Timestamp {
        Timestamp(NOW.0 + micros)
    }

    #[test]
    fn a_client_is_locked_out_at_one_address_only() {
        let (failures, here, there) = (Failures::default(), address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..OF_CLIENT {
            assert_eq!(failures.admit(here, "a", NOW), Ok(()));
            failures.count(here, "a", NOW);
        }
        assert_eq!(failures.admit(here, "a", NOW), Err(Duration::from_secs(900)));
        assert_eq!(failures.admit(here, "a", later(WINDOW - 1)), Err(Duration::from_micros(1)));
        assert_eq!(failures.admit(here, "b", NOW), Ok(()));
        assert_eq!(failures.admit(there, "a", NOW), Ok(()));
        assert_eq!(failures.admit(here, "a", later(WINDOW)), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_names_is_locked_out() {
        let (failures, here) = (Failures::default(), address("2001:db8::1"));
        for name in 0..OF_ADDRESS {
            assert_eq!(failures.admit(here, "good", NOW), Ok(()));
            failures.count(here, &name.to_string(), NOW);
        }
        assert!(failures.admit(here, "good", NOW).is_err());
        assert!(failures.admit(address("2001:db8::2:3"), "good", NOW).is_err(), "the same network");
        assert_eq!(failures.admit(address("2001:db8:0:1::1"), "good", NOW), Ok(()));
        // Who had one secret right does not wash the others clean.
        failures.forget(here, "good");
        assert!(failures.admit(here, "good", NOW).is_err());
    }

    #[test]
    fn failures_are_forgotten_after_success_and_after_a_while() {
        let (failures, here) = (Failures::default(), address("192.0.2.1"));
        for round in 0..3 {
            for _ in 1..OF_CLIENT {
                failures.count(here, "a", NOW);
            }
            assert_eq!(failures.admit(here, "a", NOW), Ok(()), "{round}");
            failures.forget(here, "a");
        }
        for n in 0..10 {
            failures.count(here, "b", later(n * WINDOW / 3));
        }
        assert_eq!(failures.admit(here, "b", later(9 * WINDOW / 3)), Ok(()));
    }
}
