//! How the text of an argument becomes its value. An error says what the text must be; clap says where it stands.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use entity::value::Role;

use crate::auth::token::{MAX_LIFE, MAX_NAME};
use crate::service::client::MAX_SECRET_LIFE;

/// Most digits of a division's code.
const DIVISION_DIGITS: usize = 9;

/// A unit by division and code, e.g. `130304/450002`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitKey {
    /// Code of the division.
    pub division: String,
    /// Code of the unit inside it.
    pub code: String,
}

/// Reads `130304/450002`.
pub fn unit_key(text: &str) -> Result<UnitKey, String> {
    let form = || "must be division and unit, e.g. 130304/450002".to_owned();
    let (division, code) = text.split_once('/').ok_or_else(form)?;
    let code = code.trim();
    if code.is_empty() || code.contains('/') {
        return Err(form());
    }
    Ok(UnitKey { division: self::division(division)?, code: code.to_owned() })
}

/// Reads the code of a division.
pub fn division(text: &str) -> Result<String, String> {
    let digits = (1..=DIVISION_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err("the code of a division is 1 to 9 digits, e.g. 130304".to_owned()) }
}

/// Reads the life of a token: seconds, minutes or hours, an hour at most.
pub fn token_life(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds: Option<u64> = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        _ => None,
    };
    let life = seconds.zip(number.parse::<u64>().ok()).and_then(|(unit, number)| unit.checked_mul(number));
    let allowed = life.map(Duration::from_secs).filter(|life| (Duration::from_secs(1)..=MAX_LIFE).contains(life));
    allowed.ok_or_else(|| "must be a time from 1s to 1h, e.g. 90s, 15m, 1h".to_owned())
}

/// Reads the life of a secret: days, 400 at most.
pub fn days(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = days.and_then(|digits| digits.parse::<u64>().ok()?.checked_mul(24 * 3600));
    let allowed = seconds.map(Duration::from_secs).filter(|life| !life.is_zero() && *life <= MAX_SECRET_LIFE);
    allowed.ok_or_else(|| "must be a number of days from 1d to 400d, e.g. 90d".to_owned())
}

/// Reads what a token names itself or its session.
pub fn name_in_token(text: &str) -> Result<String, &'static str> {
    let fits = (1..=MAX_NAME).contains(&text.len()) && !text.contains('\0');
    if fits { Ok(text.to_owned()) } else { Err("must be 1 to 128 characters, as the token has it") }
}

/// Reads a role, in capitals or not.
pub fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.iter().map(|role| role.code()))
        .try_map(|text| Role::from_code(&text.to_ascii_uppercase()).ok_or("no role of this name"))
}

#[cfg(test)]
mod tests {
    use super::{Duration, token_life, unit_key};

    #[test]
    fn the_life_of_a_token_is_a_number_with_a_unit() {
        for (text, seconds) in [("1s", 1), ("90s", 90), ("15m", 900), ("60m", 3600), ("1h", 3600)] {
            assert_eq!(token_life(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "0s", "15", "m", "61m", "2h", "3601s", "1d", "-1s", "1.5h", "99999999999999999999h", "1h "] {
            assert!(token_life(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_life_of_a_secret_is_days() {
        for (text, days) in [("1d", 1), ("90d", 90), ("400d", 400)] {
            assert_eq!(super::days(text), Ok(Duration::from_secs(days * 86_400)), "{text}");
        }
        for bad in ["", "d", "0d", "401d", "90", "1h", "-1d", "+1d", "1.5d", "99999999999999999999d"] {
            assert!(super::days(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_unit_is_named_by_division_and_code() {
        let unit = unit_key("130304/450002").unwrap();
        assert_eq!((unit.division.as_str(), unit.code.as_str()), ("130304", "450002"));
        for bad in ["", "450002", "130304/", "/450002", "130304/450002/1", "1303040000/1", "北戴河/450002"] {
            assert!(unit_key(bad).is_err(), "{bad}");
        }
    }
}
