//! How much a caller may ask over time: requests, points of cost, mutations, bulk mutations, imports.
//!
//! Accounts are counted by name, whoever has none by address. Each process counts for itself.

mod bucket;
mod table;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{Counted, ProfileLimits, Rate};
use crate::network::ClientAddress;

use self::table::{Buckets, Table};

/// Accounts that are counted at one time: more than any installation has.
const ACCOUNTS: usize = 100_000;
/// Addresses that are counted at one time, at about 100 bytes each.
const ADDRESSES: usize = 200_000;

/// The time since any one moment; it never goes back.
pub type Elapsed = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payer {
    /// An account, by name.
    Account(Box<str>),
    /// Whoever asks from an address, or from the network of one customer.
    Address(IpAddr),
}

impl Payer {
    /// The account with this name, or whoever asks from this address.
    pub fn of(account: Option<&str>, ClientAddress(address): ClientAddress) -> Self {
        match (account, address) {
            (Some(name), _) => Self::Account(name.into()),
            (None, IpAddr::V4(_)) => Self::Address(address),
            // A customer has 2⁶⁴ addresses and more.
            (None, IpAddr::V6(address)) => {
                Self::Address(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into())
            }
        }
    }
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// What is counted.
    pub counted: Counted,
    /// How many there may be.
    pub rate: Rate,
    /// Time until there is enough of it again.
    pub wait: Duration,
}

/// How it stands with what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many there may be.
    pub rate: Rate,
    /// How many are left.
    pub left: u64,
    /// Time until all of them are there again.
    pub full_in: Duration,
}

/// The buckets of all callers.
pub struct Rates {
    accounts: Mutex<Table<Box<str>>>,
    addresses: Mutex<Table<IpAddr>>,
    elapsed: Elapsed,
}

impl Rates {
    /// Full buckets, filled by the clock of the machine.
    pub fn new() -> Self {
        let began = Instant::now();
        Self::by(Arc::new(move || began.elapsed()))
    }

    /// Full buckets, filled by another clock.
    pub fn by(elapsed: Elapsed) -> Self {
        Self { accounts: Mutex::new(Table::new(ACCOUNTS)), addresses: Mutex::new(Table::new(ADDRESSES)), elapsed }
    }

    /// Takes all of this, or nothing.
    ///
    /// # Errors
    /// With the first of it that there is too much of.
    pub fn take(&self, payer: &Payer, limits: &ProfileLimits, wanted: &[(Counted, u64)]) -> Result<(), TooMany> {
        self.with(payer, |buckets, now| {
            let mut after = *buckets;
            for &(counted, tokens) in wanted {
                let rate = limits.rate(counted);
                after.of(counted).take(tokens, rate, now).map_err(|wait| TooMany { counted, rate, wait })?;
            }
            *buckets = after;
            Ok(())
        })
    }

    /// Puts back what was taken and not used.
    pub fn give_back(&self, payer: &Payer, limits: &ProfileLimits, counted: Counted, tokens: u64) {
        self.with(payer, |buckets, _| buckets.of(counted).give_back(tokens, limits.rate(counted)));
    }

    /// How it stands with what is counted.
    pub fn standing(&self, payer: &Payer, limits: &ProfileLimits, counted: Counted) -> Standing {
        let rate = limits.rate(counted);
        self.with(payer, |buckets, now| {
            let bucket = buckets.of(counted);
            Standing { rate, left: bucket.left(rate, now), full_in: bucket.missing(now) }
        })
    }

    fn with<T>(&self, payer: &Payer, work: impl FnOnce(&mut Buckets, Duration) -> T) -> T {
        let now = (self.elapsed)();
        match payer {
            Payer::Account(name) => {
                work(self.accounts.lock().unwrap_or_else(PoisonError::into_inner).of(name, now), now)
            }
            Payer::Address(address) => {
                work(self.addresses.lock().unwrap_or_else(PoisonError::into_inner).of(address, now), now)
            }
        }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Payer, Rates, TooMany};
    use crate::limits::{Counted, ProfileLimits};
    use crate::network::ClientAddress;

    fn address(text: &str) -> Payer {
        Payer::of(None, ClientAddress(text.parse().unwrap()))
    }

    #[test]
    fn all_or_nothing_is_taken() {
        let rates = Rates::by(Arc::new(|| Duration::ZERO));
        let (payer, limits) = (Payer::of(Some("ann"), ClientAddress::UNKNOWN), ProfileLimits::STAFF);
        let left = |counted| rates.standing(&payer, &limits, counted).left;
        assert_eq!(rates.take(&payer, &limits, &[(Counted::Writes, 20), (Counted::Bulk, 20)]), Ok(()));
        let refused = rates.take(&payer, &limits, &[(Counted::Writes, 20), (Counted::Bulk, 20)]);
        let rate = limits.rate(Counted::Bulk);
        assert_eq!(refused, Err(TooMany { counted: Counted::Bulk, rate, wait: Duration::from_secs(20) }));
        assert_eq!((left(Counted::Writes), left(Counted::Bulk)), (100, 10));
        rates.give_back(&payer, &limits, Counted::Writes, 15);
        assert_eq!(left(Counted::Writes), 115);
    }

    #[test]
    fn callers_are_counted_apart_and_networks_of_a_customer_together() {
        let rates = Rates::by(Arc::new(|| Duration::ZERO));
        let limits = ProfileLimits::PUBLIC;
        let take = |payer: &Payer| rates.take(payer, &limits, &[(Counted::Requests, 60)]).is_ok();
        assert!(take(&address("203.0.113.1")) && !take(&address("203.0.113.1")));
        assert!(take(&address("203.0.113.2")));
        assert!(take(&address("2001:db8::1")) && !take(&address("2001:db8::ffff:1")));
        assert!(take(&address("2001:db8:0:1::1")));
        assert!(take(&Payer::of(Some("203.0.113.1"), ClientAddress::UNKNOWN)));
    }
}
