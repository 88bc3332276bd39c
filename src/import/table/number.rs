//! Numbers as a workbook stores them: the nearest binary fraction, printed with up to 17 digits and an exponent.

/// Digits to which spreadsheets show and compare numbers.
const DIGITS: usize = 15;
/// Zeros that are written out at most; larger exponents are no number of a table.
const ZEROS: usize = 40;

/// The number that a spreadsheet shows for a stored one, times 10^`shift`, in plain notation: the shortest text that
/// stands for the same binary fraction, and where that has more than 15 digits (`0.30000000000000004`), what is left
/// at 15. `None` for what is no number, or far too large or small to be one of a table.
pub fn shown(stored: &str, shift: i32) -> Option<String> {
    let value: f64 = stored.trim().parse().ok().filter(|value: &f64| value.is_finite())?;
    let shortest = format!("{value:e}");
    let digits = |text: &str| text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let text = if digits(&shortest) > DIGITS { format!("{value:.*e}", DIGITS - 1) } else { shortest };
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    if digits == "0" {
        return Some(digits);
    }
    // The point stands behind so many digits; before them, where the count is not positive.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(shift)?;
    let plain = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => {
            let zeros = point - digits.len();
            if zeros > ZEROS {
                return None;
            }
            format!("{digits}{}", "0".repeat(zeros))
        }
        Ok(point) if point > 0 => {
            let (whole, fraction) = digits.split_at(point);
            format!("{whole}.{fraction}")
        }
        Ok(_) | Err(_) => {
            let zeros = usize::try_from(point.unsigned_abs()).ok().filter(|zeros| *zeros <= ZEROS)?;
            format!("0.{}{digits}", "0".repeat(zeros))
        }
    };
    Some(format!("{sign}{plain}"))
}

/// The digits of a stored number that is a code; `None` when it is no whole number, or has so many digits that the
/// last ones may have been lost.
pub fn code(stored: &str) -> Option<String> {
    let digits = shown(stored, 0)?;
    (digits.len() <= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::{code, shown};

    #[test]
    fn a_stored_number_is_what_the_spreadsheet_shows() {
        for (stored, expected) in [
            ("20.100000000000001", "20.1"),
            ("0.30000000000000004", "0.3"),
            ("1.30304E+05", "130304"),
            ("1.1e-3", "0.0011"),
            ("-12.50", "-12.5"),
            ("0", "0"),
            ("-0", "0"),
            ("104.15", "104.15"),
            ("0.33333333333333331", "0.333333333333333"),
            ("123456789012345678", "123456789012346000"),
        ] {
            assert_eq!(shown(stored, 0).as_deref(), Some(expected), "{stored}");
        }
        assert_eq!(shown("0.25", 2).as_deref(), Some("25"));
        assert_eq!(shown("1E-3", 2).as_deref(), Some("0.1"));
        assert_eq!(shown("1.15", 2).as_deref(), Some("115"));
        for stored in ["", "x", "NaN", "1e300", "1e-300", "inf"] {
            assert_eq!(shown(stored, 0), None, "{stored}");
        }
    }

    #[test]
    fn a_code_comes_back_exactly_or_not_at_all() {
        assert_eq!(code("1.30304E+05").as_deref(), Some("130304"));
        assert_eq!(code("450002").as_deref(), Some("450002"));
        assert_eq!(code("999999999999999").as_deref(), Some("999999999999999"));
        for stored in ["1000000000000000", "1.3030426E+20", "450002.5", "-1"] {
            assert_eq!(code(stored), None, "{stored}");
        }
    }
}
