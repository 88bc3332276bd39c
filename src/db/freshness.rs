//! How new what is read must be: what a client carries from its writes to its reads.

use std::fmt;
use std::str::FromStr;

/// A place in the log of PostgreSQL. All that was committed before it was told stands before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u64);

impl Position {
    /// By what PostgreSQL says, in bytes since the beginning of its log.
    pub(super) fn of(bytes: i64) -> Self {
        Self(u64::try_from(bytes).unwrap_or_default())
    }
}

/// How new what is read must be. Its text is the token of clients: 16 digits, or `latest`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// As new as any replica that is not passed over.
    #[default]
    Any,
    /// Not older than this place in the log of the primary.
    Since(Position),
    /// All that is committed.
    Latest,
}

/// The token of what the primary knows at the moment of the read.
const LATEST: &str = "latest";

/// How many digits the token of a place has.
const DIGITS: usize = 16;

/// What is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAToken;

impl FromStr for Freshness {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        if text == LATEST {
            return Ok(Self::Latest);
        }
        let digits = text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let place = digits.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        place.map(|place| Self::Since(Position(place))).ok_or(NotAToken)
    }
}

impl fmt::Display for Freshness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => write!(formatter, "{:0DIGITS$x}", 0),
            Self::Since(Position(place)) => write!(formatter, "{place:0DIGITS$x}"),
            Self::Latest => formatter.write_str(LATEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Freshness, NotAToken, Position};

    #[test]
    fn a_token_is_read_as_it_was_written() {
        for (freshness, text) in [
            (Freshness::Latest, "latest"),
            (Freshness::Since(Position(0)), "0000000000000000"),
            (Freshness::Since(Position(0x0150_0a68)), "0000000001500a68"),
            (Freshness::Since(Position(u64::MAX)), "ffffffffffffffff"),
        ] {
            assert_eq!((freshness.to_string().as_str(), text.parse()), (text, Ok(freshness)));
        }
    }

    #[test]
    fn nothing_else_is_a_token() {
        for text in
            ["", "Latest", "0", "00000000015000a68", "+000000001500a68", "0000000001500A68", "0/1500A68", "最新的"]
        {
            assert_eq!(text.parse::<Freshness>(), Err(NotAToken), "{text}");
        }
    }
}
