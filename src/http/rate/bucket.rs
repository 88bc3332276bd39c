//! One token bucket in one number: the time at which it is full again.

use std::time::Duration;

use crate::limits::Rate;

/// A bucket that holds [`Rate::most`] tokens and fills evenly within [`Rate::period`]; new ones are full.
///
/// Times count from any one moment. A bucket that is full again is the same as a new one, so it can be forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    full_at: Duration,
}

impl Bucket {
    /// Takes tokens.
    ///
    /// # Errors
    /// With the time until there are enough of them; nothing is taken then.
    pub fn take(&mut self, tokens: u64, rate: Rate, now: Duration) -> Result<(), Duration> {
        let missing = self.missing(now) + worth(tokens, rate);
        match missing.checked_sub(rate.period) {
            None | Some(Duration::ZERO) => {
                self.full_at = now + missing;
                Ok(())
            }
            Some(wait) => Err(wait.min(rate.period)),
        }
    }

    /// Puts tokens back, as far as they go in.
    pub fn give_back(&mut self, tokens: u64, rate: Rate) {
        self.full_at = self.full_at.saturating_sub(worth(tokens, rate));
    }

    /// Tokens that are left.
    pub fn left(&self, rate: Rate, now: Duration) -> u64 {
        let filled = rate.period.saturating_sub(self.missing(now)).as_nanos();
        let left = filled * u128::from(rate.most) / rate.period.as_nanos().max(1);
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// Time until it is full.
    pub fn missing(&self, now: Duration) -> Duration {
        self.full_at.saturating_sub(now)
    }
}

/// The time in which so many tokens come; more than fit come never.
fn worth(tokens: u64, rate: Rate) -> Duration {
    if tokens > rate.most {
        return rate.period.saturating_mul(2);
    }
    // Not longer than the period, and that is no more than an hour.
    let nanos = rate.period.as_nanos() * u128::from(tokens) / u128::from(rate.most.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::Bucket;
    use crate::limits::Rate;

    const RATE: Rate = Rate { most: 60, period: Duration::from_secs(60) };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_is_full_at_first_and_fills_evenly() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.left(RATE, seconds(5)), 60);
        assert_eq!(bucket.take(50, RATE, seconds(5)), Ok(()));
        assert_eq!((bucket.left(RATE, seconds(5)), bucket.missing(seconds(5))), (10, seconds(50)));
        assert_eq!(bucket.take(11, RATE, seconds(5)), Err(seconds(1)));
        assert_eq!(bucket.left(RATE, seconds(5)), 10, "a refusal takes nothing");
        assert_eq!(bucket.left(RATE, seconds(15)), 20);
        assert_eq!(bucket.take(20, RATE, seconds(15)), Ok(()));
        assert_eq!(bucket.take(1, RATE, seconds(15)), Err(seconds(1)));
        assert_eq!(bucket.left(RATE, seconds(1_000)), 60, "no more than it holds");
    }

    #[test]
    fn what_is_given_back_is_there_and_no_more() {
        let mut bucket = Bucket::default();
        bucket.take(40, RATE, seconds(0)).unwrap();
        bucket.give_back(30, RATE);
        assert_eq!(bucket.left(RATE, seconds(0)), 50);
        bucket.give_back(30, RATE);
        assert_eq!(bucket.left(RATE, seconds(0)), 60);
    }

    #[test]
    fn more_than_it_holds_never_comes() {
        assert_eq!(Bucket::default().take(61, RATE, seconds(0)), Err(seconds(60)));
        let nothing = Rate { most: 0, ..RATE };
        assert_eq!(Bucket::default().take(1, nothing, seconds(0)), Err(seconds(60)));
        assert_eq!(Bucket::default().take(0, nothing, seconds(0)), Ok(()));
        assert_eq!(Bucket::default().left(nothing, seconds(0)), 0);
    }

    proptest! {
        /// In no stretch of time more is given than it held and what came in meanwhile, and who waits as told is served.
        #[test]
        fn no_more_is_given_than_came_in(
            most in 1_u64..2_000,
            takes in prop::collection::vec((0_u64..30_000, 1_u64..200), 1..60),
        ) {
            let rate = Rate { most, period: Duration::from_secs(60) };
            let (mut bucket, mut now, mut given) = (Bucket::default(), Duration::ZERO, 0_u128);
            for (pause, tokens) in takes {
                now += Duration::from_millis(pause);
                let left = bucket.left(rate, now);
                match bucket.take(tokens, rate, now) {
                    Ok(()) => {
                        prop_assert!(tokens <= left + 1);
                        given += u128::from(tokens);
                    }
                    Err(wait) if tokens <= most => {
                        prop_assert!(tokens > left);
                        let mut later = bucket;
                        prop_assert_eq!(later.take(tokens, rate, now + wait), Ok(()));
                    }
                    Err(wait) => prop_assert_eq!(wait, rate.period),
                }
                let came = u128::from(most) + now.as_nanos() * u128::from(most) / rate.period.as_nanos();
                // Each take rounds by less than a nanosecond.
                prop_assert!(given <= came + 1);
            }
        }
    }
}
