//! Stored values as the text and names that the API shows.

use async_graphql::{Name, Value};
use entity::value::{Fen, Micro, Timestamp};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A decimal.
pub fn decimal(micros: Micro) -> Value {
    Value::from(micros.decimal())
}

/// Money in 万元.
pub fn wan_yuan(fen: Fen) -> Value {
    Value::from(fen.wan_yuan())
}

/// Money in 元.
pub fn yuan(fen: Fen) -> Value {
    Value::from(fen.yuan())
}

/// A time in UTC, RFC 3339.
pub fn time(Timestamp(micros): Timestamp) -> Value {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000);
    moment.ok().and_then(|moment| moment.format(&Rfc3339).ok()).into()
}

/// A name of an enum.
pub fn name(code: &'static str) -> Value {
    Value::Enum(Name::new(code))
}

/// Text that may be absent.
pub fn text(text: &Option<String>) -> Value {
    text.as_deref().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_and_exact() {
        assert_eq!(wan_yuan(Fen(88_800_000)), Value::from("88.8"));
        assert_eq!(wan_yuan(Fen(104_150_000)), Value::from("104.15"));
        assert_eq!(wan_yuan(Fen(22_000_000)), Value::from("22"));
        assert_eq!(wan_yuan(Fen(-1)), Value::from("-0.000001"));
        assert_eq!(yuan(Fen(900_719_925_474_099_301)), Value::from("9007199254740993.01"));
        assert_eq!(yuan(Fen(i64::MIN)), Value::from("-92233720368547758.08"));
        assert_eq!(time(Timestamp(1_585_670_399_000_000)), Value::from("2020-03-31T15:59:59Z"));
    }
}
