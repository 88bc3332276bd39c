//! Exact decimal numbers as printed: reading into scaled integers, and division with rounding half up.

/// Why a text is not the number that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The text is not a decimal number.
    NotNumeric,
    /// It is a number, but has more decimals or more digits than can be kept exactly.
    NotExact,
}

/// Splits the number at the start of `text` from the rest: optional minus, digits or groups of three with commas,
/// optional decimals. `None` when the text does not start with a number.
pub fn number_prefix(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let start = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(start);
    if whole == 0 {
        return None;
    }
    let mut end = start + whole;
    if whole <= 3 {
        while bytes.get(end) == Some(&b',') && digits(end + 1) == 3 {
            end += 4;
        }
    }
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction > 0 {
            end += 1 + fraction;
        }
    }
    Some(text.split_at(end))
}

/// Reads the whole of `text` as a number times 10^`decimals`, exactly. Commas between thousands are allowed.
///
/// # Errors
/// [`NumberError`] when the text is not a number, or would have to be rounded or does not fit.
pub fn scaled(text: &str, decimals: u32) -> Result<i64, NumberError> {
    let (number, rest) = number_prefix(text).ok_or(NumberError::NotNumeric)?;
    if !rest.is_empty() {
        return Err(NumberError::NotNumeric);
    }
    let negative = number.starts_with('-');
    let (whole, fraction) =
        number.trim_start_matches('-').split_once('.').unwrap_or((number.trim_start_matches('-'), ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = (decimals as usize).checked_sub(fraction.len()).ok_or(NumberError::NotExact)?;
    let digits = whole.chars().filter(|c| *c != ',').chain(fraction.chars()).chain(std::iter::repeat_n('0', missing));
    let mut value: i64 = 0;
    for digit in digits {
        let digit = i64::from(digit.to_digit(10).ok_or(NumberError::NotNumeric)?);
        value = value.checked_mul(10).and_then(|value| value.checked_add(digit)).ok_or(NumberError::NotExact)?;
    }
    Ok(if negative { -value } else { value })
}

/// `numerator / denominator` rounded half away from zero; `None` when the denominator is zero or the result does not
/// fit.
pub fn divide(numerator: i128, denominator: i128) -> Option<i64> {
    if denominator == 0 {
        return None;
    }
    let sign = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    let (numerator, denominator) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let rounded = (numerator + denominator / 2) / denominator;
    i128::try_from(rounded).ok().and_then(|value| i64::try_from(sign * value).ok())
}

#[cfg(test)]
mod tests {
    use super::{NumberError, divide, number_prefix, scaled};

    #[test]
    fn numbers_are_read_exactly() {
        assert_eq!(scaled("88.8", 6), Ok(88_800_000));
        assert_eq!(scaled("1,234,567.5", 2), Ok(123_456_750));
        assert_eq!(scaled("-0.05", 2), Ok(-5));
        assert_eq!(scaled("10.500000000", 1), Ok(105));
        assert_eq!(scaled("9223372036854.775807", 6), Ok(i64::MAX));
    }

    #[test]
    fn what_is_not_exact_or_not_a_number_is_told_apart() {
        assert_eq!(scaled("0.001", 2), Err(NumberError::NotExact));
        assert_eq!(scaled("9223372036854.775808", 6), Err(NumberError::NotExact));
        for text in ["", "-", ".5", "1.", "1,23", "12a", "1 2", "1e5"] {
            assert_eq!(scaled(text, 6), Err(NumberError::NotNumeric), "{text:?}");
        }
    }

    #[test]
    fn a_number_ends_where_its_form_ends() {
        assert_eq!(number_prefix("1,234.50元"), Some(("1,234.50", "元")));
        assert_eq!(number_prefix("1,23"), Some(("1", ",23")));
        assert_eq!(number_prefix("24.小时"), Some(("24", ".小时")));
        assert_eq!(number_prefix("≥1"), None);
    }

    #[test]
    fn division_rounds_half_away_from_zero() {
        assert_eq!(divide(5, 10), Some(1));
        assert_eq!(divide(4, 10), Some(0));
        assert_eq!(divide(-5, 10), Some(-1));
        assert_eq!(divide(1, 0), None);
    }
}
