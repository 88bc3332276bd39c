//! Stored values as the text and names that the API shows.

use async_graphql::{Name, Value};
use entity::value::{Micro, Timestamp};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A decimal.
pub fn decimal(micros: Micro) -> Value {
    Value::from(micros.decimal())
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
    fn times_are_in_utc() {
        assert_eq!(time(Timestamp(1_585_670_399_000_000)), Value::from("2020-03-31T15:59:59Z"));
    }
}
