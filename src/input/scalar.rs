//! Single values of an input: each is read exactly, or a mistake says what was wanted.

use entity::value::{Fen, Listed, Micro, Timestamp};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{At, UserError, UserErrorCode, Words};

/// A decimal in plain notation times 10 to the power of `places`; none where it is of another form, is no whole number
/// then, or does not fit.
pub fn scaled(text: &str, places: u32) -> Option<i64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-') {
        return None;
    }
    let decimal = Decimal::from_str_exact(text).ok()?.normalize();
    let factor = 10_i128.checked_pow(places.checked_sub(decimal.scale())?)?;
    i64::try_from(decimal.mantissa().checked_mul(factor)?).ok()
}

/// The same of a value to write, which has no more than `places` digits after the point either.
fn written(value: &Json, places: usize) -> Option<i64> {
    let text = value.as_str().filter(|text| text.split_once('.').is_none_or(|(_, part)| part.len() <= places))?;
    scaled(text, u32::try_from(places).ok()?)
}

fn wrong(at: &At<'_>, rule: &str, value: &Json, en: &str, zh: &str) -> UserError {
    let shown = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    UserError::validation(UserErrorCode::InvalidFormat, at.path(), rule, Some(&shown), Words::new(en, zh))
}

/// A point in time, RFC 3339 with offset.
pub fn moment(text: &str) -> Option<Timestamp> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 1000).ok().map(Timestamp)
}

/// A point in time as [`moment`] reads it.
///
/// # Errors
/// `INVALID_FORMAT`.
pub fn time(value: &Json, at: &At<'_>) -> Result<Timestamp, UserError> {
    value.as_str().and_then(moment).ok_or_else(|| {
        let en = "This must be a time with offset such as \"2020-03-31T16:00:00Z\".";
        wrong(at, "time", value, en, "此处应为带时区的时间，如 \"2020-03-31T16:00:00Z\"。")
    })
}

/// Text of at most `longest` characters that is not blank.
///
/// # Errors
/// `INVALID_FORMAT`, `REQUIRED` for a blank text, `TOO_LONG`.
pub fn text(value: &Json, at: &At<'_>, longest: usize) -> Result<String, UserError> {
    let Json::String(text) = value else {
        return Err(wrong(at, "text", value, "This must be a text.", "此处应为文本。"));
    };
    if text.contains('\0') {
        let (en, zh) = ("The text must not hold the character U+0000.", "文本中不能有字符 U+0000。");
        return Err(wrong(at, "text", &Json::Null, en, zh));
    }
    if text.trim().is_empty() {
        let words = Words::new("The text must not be blank; null clears the field.", "文本不能为空；要清除请用 null。");
        return Err(UserError::validation(UserErrorCode::Required, at.path(), "text", Some(text), words));
    }
    let length = text.chars().count();
    if length > longest {
        let words = Words::new(
            format!("The text has {length} characters; {longest} are allowed."),
            format!("文本有{length}个字符，最多允许{longest}个。"),
        );
        return Err(UserError::validation(UserErrorCode::TooLong, at.path(), "text", Some(text), words));
    }
    Ok(text.clone())
}

/// A whole number from `least` to `most`.
///
/// # Errors
/// `INVALID_FORMAT`, `OUT_OF_RANGE`.
pub fn int(value: &Json, at: &At<'_>, least: i32, most: i32) -> Result<i32, UserError> {
    let Some(number) = value.as_i64() else {
        return Err(wrong(at, "int", value, "This must be a whole number.", "此处应为整数。"));
    };
    i32::try_from(number).ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        let words = Words::new(
            format!("{number} is not between {least} and {most}."),
            format!("{number} 不在 {least} 与 {most} 之间。"),
        );
        UserError::validation(UserErrorCode::OutOfRange, at.path(), "int", Some(&number.to_string()), words)
    })
}

/// A truth value.
///
/// # Errors
/// `INVALID_FORMAT`.
pub fn truth(value: &Json, at: &At<'_>) -> Result<bool, UserError> {
    value
        .as_bool()
        .ok_or_else(|| wrong(at, "boolean", value, "This must be true or false.", "此处应为 true 或 false。"))
}

/// A name of an enum.
///
/// # Errors
/// `INVALID_FORMAT` with all names.
pub fn name<T: Copy>(value: &Json, at: &At<'_>, names: &[(&'static str, T)]) -> Result<T, UserError> {
    let found = value.as_str().and_then(|sent| names.iter().find(|(name, _)| *name == sent));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let all = names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        wrong(at, "enum", value, &format!("This must be one of {all}."), &format!("此处应为 {all} 之一。"))
    })
}

/// A value by its code.
///
/// # Errors
/// `INVALID_FORMAT` with all codes.
pub fn code<T: Listed + Copy>(value: &Json, at: &At<'_>) -> Result<T, UserError> {
    name(value, at, &T::listed().collect::<Vec<_>>())
}

/// An exact decimal with at most 6 decimals; only as a string.
///
/// # Errors
/// `INVALID_FORMAT`.
pub fn decimal(value: &Json, at: &At<'_>) -> Result<Micro, UserError> {
    written(value, 6).map(Micro).ok_or_else(|| {
        let en = "This must be a decimal as a string such as \"104.15\", with at most 6 decimals.";
        wrong(at, "decimal", value, en, "此处应为字符串形式的小数，如 \"104.15\"，最多6位小数。")
    })
}

/// Money: `{"wanYuan": "12.50"}` or `{"yuan": "125000.00"}`, exact in 分 and not negative.
///
/// # Errors
/// `INVALID_FORMAT`, `OUT_OF_RANGE` for a negative amount.
pub fn money(value: &Json, at: &At<'_>) -> Result<Fen, UserError> {
    let form = || {
        let en = "Money is {wanYuan: \"12.50\"} or {yuan: \"125000.00\"}, with one of the two fields.";
        wrong(at, "money", value, en, "金额写作 {wanYuan: \"12.50\"} 或 {yuan: \"125000.00\"}，二者选一。")
    };
    let fields = value.as_object().filter(|fields| fields.len() == 1).ok_or_else(form)?;
    let (unit, amount) = fields.iter().next().ok_or_else(form)?;
    // The decimals of the unit down to the 分.
    let places = match unit.as_str() {
        "wanYuan" => 6,
        "yuan" => 2,
        _ => return Err(form()),
    };
    let place = at.field(unit);
    let fen = written(amount, places).ok_or_else(|| {
        wrong(
            &place,
            "money",
            amount,
            &format!("An amount is a decimal as a string with at most {places} decimals, exact in 分."),
            &format!("金额应为字符串形式的小数，最多{places}位小数，精确到分。"),
        )
    })?;
    if fen < 0 {
        let words = Words::new("An amount must not be negative.", "金额不能为负数。");
        let shown = amount.as_str();
        return Err(UserError::validation(UserErrorCode::OutOfRange, place.path(), "money", shown, words));
    }
    Ok(Fen(fen))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{At, Fen, UserErrorCode, decimal, money, scaled, text};

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(scaled("104.15", 6), Some(104_150_000));
        assert_eq!(scaled("-0.000001", 6), Some(-1));
        for bad in ["1e3", "0.0000001", "", ".", "1,000", "١", "99999999999999", " 1", "+1"] {
            assert_eq!(scaled(bad, 6), None, "{bad}");
        }
        assert!(decimal(&json!("1.000000"), &At::ROOT).is_ok() && decimal(&json!("1.0000000"), &At::ROOT).is_err());
    }

    #[test]
    fn money_is_one_unit_and_exact() {
        let root = At::ROOT;
        let at = root.field("budget");
        assert_eq!(money(&json!({"wanYuan": "88.8"}), &at), Ok(Fen(88_800_000)));
        assert_eq!(money(&json!({"yuan": "0.01"}), &at), Ok(Fen(1)));
        for (bad, code, path) in [
            (json!({"yuan": "0.001"}), UserErrorCode::InvalidFormat, vec!["budget", "yuan"]),
            (json!({"yuan": 1}), UserErrorCode::InvalidFormat, vec!["budget", "yuan"]),
            (json!({"yuan": "-1"}), UserErrorCode::OutOfRange, vec!["budget", "yuan"]),
            (json!({"yuan": "1", "wanYuan": "1"}), UserErrorCode::InvalidFormat, vec!["budget"]),
            (json!("1"), UserErrorCode::InvalidFormat, vec!["budget"]),
        ] {
            let error = money(&bad, &at).unwrap_err();
            assert_eq!((error.code, error.path), (code, path.into_iter().map(str::to_owned).collect()), "{bad}");
        }
    }

    #[test]
    fn texts_are_neither_blank_nor_too_long() {
        let code = |value| text(&value, &At::ROOT, 2).map_err(|error| error.code);
        assert_eq!(code(json!("甲乙")), Ok("甲乙".to_owned()));
        assert_eq!(code(json!("甲乙丙")), Err(UserErrorCode::TooLong));
        assert_eq!(code(json!(" \u{3000}")), Err(UserErrorCode::Required));
        assert_eq!(code(json!("\0")), Err(UserErrorCode::InvalidFormat));
        assert_eq!(code(json!(1)), Err(UserErrorCode::InvalidFormat));
    }
}
