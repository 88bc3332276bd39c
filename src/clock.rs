//! The time, as an argument: what needs it takes a [`Timestamp`] or a [`Clock`], so that tests choose it and never sleep.

use std::time::{SystemTime, UNIX_EPOCH};

use entity::value::Timestamp;

/// Tells the time.
pub type Clock = fn() -> Timestamp;

/// The clock of the machine.
pub fn system() -> Timestamp {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    };
    Timestamp(micros)
}

/// 2026-11-22, when this version was made: no clock that runs right shows an earlier time.
const MADE: Timestamp = Timestamp(1_795_305_600_000_000);

/// Whether a time can be true. A clock that is years behind would take expired tokens for valid ones.
pub fn is_plausible(now: Timestamp) -> bool {
    now >= MADE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_reset_is_noticed() {
        assert!(is_plausible(Timestamp(1_795_305_600_000_000)));
        assert!(!is_plausible(Timestamp(1_795_305_599_999_999)));
        assert!(!is_plausible(Timestamp(0)));
    }

    #[test]
    fn the_clock_counts_microseconds_since_1970() {
        let elapsed = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64;
        let (before, told, after) = (elapsed(), system().0, elapsed());
        assert!(before <= told && told <= after, "{before} {told} {after}");
    }
}
