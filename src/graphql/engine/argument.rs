//! Reading argument values into exact types, with errors that say where.

use async_graphql::Value;
use entity::value::{Fen, Timestamp};

use crate::error::{AppError, AppResult};
use crate::input::scalar;

/// Where a value stands in the request, for messages: `filter.budget.gt`.
#[derive(Clone, Debug, Default)]
pub struct At(String);

impl At {
    /// A place at the top of the arguments.
    pub fn top(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The place of a field below.
    pub fn field(&self, name: &str) -> Self {
        Self(format!("{}.{name}", self.0))
    }

    /// The place of an entry below.
    pub fn entry(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// An error at this place.
    pub fn error(&self, what: &str) -> AppError {
        AppError::bad_input(format!("`{}` {what}.", self.0))
    }
}

/// Text without U+0000, which PostgreSQL cannot hold and at which SQLite ends a pattern.
pub fn text(value: &Value, at: &At) -> AppResult<String> {
    match value {
        Value::String(text) if text.contains('\0') => Err(at.error("must not hold the character U+0000")),
        Value::String(text) => Ok(text.clone()),
        _ => Err(at.error("must be a string")),
    }
}

/// The name of an enum value, sent as a name or, in variables, as a string.
pub fn name(value: &Value, at: &At) -> AppResult<String> {
    match value {
        Value::Enum(name) => Ok(name.to_string()),
        Value::String(name) => Ok(name.clone()),
        _ => Err(at.error("must be a name")),
    }
}

/// A whole number of 32 bits.
pub fn int(value: &Value, at: &At) -> AppResult<i32> {
    let number = match value {
        Value::Number(number) => number.as_i64().and_then(|number| i32::try_from(number).ok()),
        _ => None,
    };
    number.ok_or_else(|| at.error("must be a whole number of 32 bits"))
}

/// A truth value.
pub fn truth(value: &Value, at: &At) -> AppResult<bool> {
    match value {
        Value::Boolean(truth) => Ok(*truth),
        _ => Err(at.error("must be true or false")),
    }
}

/// A list; one value alone counts as a list of one.
pub fn list<T>(value: &Value, at: &At, read: impl Fn(&Value, &At) -> AppResult<T>) -> AppResult<Vec<T>> {
    match value {
        Value::List(items) => items.iter().enumerate().map(|(n, item)| read(item, &at.entry(n))).collect(),
        single => Ok(vec![read(single, at)?]),
    }
}

/// An exact decimal, scaled: `places` digits after the point at the most.
fn scaled(value: &Value, at: &At, places: u32) -> AppResult<i64> {
    let read = if let Value::String(text) = value { scalar::scaled(text, places) } else { None };
    read.ok_or_else(|| at.error(&format!("must be a decimal string such as \"104.15\" with at most {places} decimals")))
}

/// A decimal times 10⁶.
pub fn micro(value: &Value, at: &At) -> AppResult<i64> {
    scaled(value, at, 6)
}

/// Money as `{yuan: "…"}` or `{wanYuan: "…"}`, exactly one of them.
pub fn money(value: &Value, at: &At) -> AppResult<Fen> {
    let (unit, amount) = one_of(value, at)?;
    let at = at.field(unit);
    match unit {
        "yuan" => scaled(amount, &at, 2).map(Fen),
        "wanYuan" => scaled(amount, &at, 6).map(Fen),
        _ => Err(at.error("is not known; use yuan or wanYuan")),
    }
}

/// The only field of a `@oneOf` input.
pub fn one_of<'a>(value: &'a Value, at: &At) -> AppResult<(&'a str, &'a Value)> {
    if let Value::Object(fields) = value
        && let [(name, value)] = fields.iter().collect::<Vec<_>>()[..]
        && *value != Value::Null
    {
        return Ok((name.as_str(), value));
    }
    Err(at.error("must have exactly one field, and that must not be null"))
}

/// A point in time, RFC 3339 with offset.
pub fn timestamp(value: &Value, at: &At) -> AppResult<Timestamp> {
    let form = || at.error("must be a time with offset such as \"2020-03-31T16:00:00Z\"");
    let Value::String(text) = value else { return Err(form()) };
    scalar::moment(text).ok_or_else(form)
}

/// The fields of an input object.
pub fn fields<'a>(value: &'a Value, at: &At) -> AppResult<impl Iterator<Item = (&'a str, &'a Value)>> {
    match value {
        Value::Object(fields) => Ok(fields.iter().map(|(name, value)| (name.as_str(), value))),
        _ => Err(at.error("must be an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_never_numbers() {
        let at = At::top("x");
        assert_eq!(micro(&Value::from("104.15"), &at).unwrap(), 104_150_000);
        assert_eq!(micro(&Value::from("-0.000001"), &at).unwrap(), -1);
        assert_eq!(micro(&Value::from("9007199254740.993001"), &at).unwrap(), 9_007_199_254_740_993_001);
        for bad in ["1e3", "0.0000001", "", ".", "1,000", "١", "99999999999999", " 1"] {
            assert!(micro(&Value::from(bad), &at).is_err(), "{bad}");
        }
        assert!(micro(&Value::from(20.5), &at).is_err());
    }

    #[test]
    fn money_takes_one_unit() {
        let at = At::top("filter.budget.gt");
        let input = |json: serde_json::Value| Value::from_json(json).unwrap();
        assert_eq!(money(&input(serde_json::json!({"wanYuan": "88.8"})), &at).unwrap(), Fen(88_800_000));
        assert_eq!(money(&input(serde_json::json!({"yuan": "0.01"})), &at).unwrap(), Fen(1));
        let both = input(serde_json::json!({"yuan": "1", "wanYuan": "1"}));
        assert!(money(&both, &at).is_err());
        let error = money(&input(serde_json::json!({"yuan": "0.001"})), &at).unwrap_err();
        assert!(error.message().starts_with("`filter.budget.gt.yuan` must be a decimal"), "{error}");
    }
}
