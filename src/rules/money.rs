//! Money as printed (5.1): 万元 or 元 to 分, exactly.

use entity::value::{Fen, Micro};

use super::decimal::{NumberError, scaled};
use super::text::{plain, squeeze};

/// The unit in which a table prints its money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyUnit {
    /// 万元, the usual one: 10,000 元.
    WanYuan,
    /// 元.
    Yuan,
}

impl MoneyUnit {
    /// Reads the unit cell of a table, as in `单位：万元`; `None` for a unit that is not known.
    pub fn from_cell(text: &str) -> Option<Self> {
        let text = plain(text);
        let (_, unit) = text.rsplit_once(':')?;
        match unit {
            "万元" => Some(Self::WanYuan),
            "元" => Some(Self::Yuan),
            _ => None,
        }
    }

    /// A number of this unit (times 10⁶) in 分; `None` when it has parts of a 分.
    pub fn fen(self, value: Micro) -> Option<Fen> {
        match self {
            Self::WanYuan => Some(Fen(value.0)),
            Self::Yuan => (value.0 % 10_000 == 0).then_some(Fen(value.0 / 10_000)),
        }
    }

    /// Differences up to this count as equal: 0.005 万元, nothing for 元 (5.1).
    pub fn tolerance(self) -> Fen {
        match self {
            Self::WanYuan => Fen(5_000),
            Self::Yuan => Fen(0),
        }
    }

    /// Decimals down to the 分.
    pub const fn decimals(self) -> u32 {
        match self {
            Self::WanYuan => 6,
            Self::Yuan => 2,
        }
    }
}

/// Whether a budget is the sum of fiscal and other funds up to `tolerance`, blank funds counted as 0; so too where there is
/// nothing to compare, because the budget or both funds are blank (5.1).
pub fn adds_up(budget: Option<Fen>, funds: [Option<Fen>; 2], tolerance: Fen) -> bool {
    let sum: i128 = funds.iter().flatten().map(|part| i128::from(part.0)).sum();
    budget.is_none_or(|budget| (i128::from(budget.0) - sum).abs() <= i128::from(tolerance.0)) || funds == [None, None]
}

/// Whether a cell says that there is no amount: nothing, a stroke, or 无.
pub fn is_absent(text: &str) -> bool {
    matches!(squeeze(text).as_str(), "" | "-" | "—" | "——" | "–" | "/" | "无")
}

/// Reads an amount printed in `unit`; a unit behind the number (`65万元`, `250万`, `300元`) goes before the table's.
///
/// # Errors
/// [`NumberError::NotNumeric`] for anything but a number, [`NumberError::NotExact`] for parts of a 分.
pub fn parse(text: &str, unit: MoneyUnit) -> Result<Fen, NumberError> {
    let text = plain(text);
    let (number, unit) = own_unit(&text).unwrap_or((text.as_str(), unit));
    scaled(number, unit.decimals()).map(Fen)
}

/// Splits a plain text from the unit behind its number, if it names one.
pub fn own_unit(text: &str) -> Option<(&str, MoneyUnit)> {
    [("万元", MoneyUnit::WanYuan), ("万", MoneyUnit::WanYuan), ("元", MoneyUnit::Yuan)]
        .into_iter()
        .find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|number| (number, unit)))
}

/// Whether the amount is printed with exactly two decimals, as the forms ask for.
pub fn has_two_decimals(text: &str) -> bool {
    plain(text).split_once('.').is_some_and(|(_, decimals)| decimals.len() == 2)
}

#[cfg(test)]
mod tests {
    use entity::value::Fen;

    use super::{MoneyUnit, has_two_decimals, is_absent, parse};
    use crate::rules::decimal::NumberError;

    #[test]
    fn amounts_are_exact() {
        assert_eq!(parse("88.8", MoneyUnit::WanYuan), Ok(Fen(88_800_000)));
        assert_eq!(parse("10606.7522", MoneyUnit::WanYuan), Ok(Fen(10_606_752_200)));
        assert_eq!(parse("１，０００．５０", MoneyUnit::Yuan), Ok(Fen(100_050)));
        assert_eq!(parse("65万元", MoneyUnit::Yuan), Ok(Fen(65_000_000)));
        assert_eq!(parse("250万", MoneyUnit::Yuan), Ok(Fen(250_000_000)));
        assert_eq!(parse("300 元", MoneyUnit::WanYuan), Ok(Fen(30_000)));
    }

    #[test]
    fn parts_of_a_fen_are_refused_not_rounded() {
        assert_eq!(parse("0.0000001", MoneyUnit::WanYuan), Err(NumberError::NotExact));
        assert_eq!(parse("0.005", MoneyUnit::Yuan), Err(NumberError::NotExact));
        assert_eq!(parse("约20", MoneyUnit::WanYuan), Err(NumberError::NotNumeric));
    }

    #[test]
    fn the_unit_stands_in_its_cell() {
        assert_eq!(MoneyUnit::from_cell("单位：万元"), Some(MoneyUnit::WanYuan));
        assert_eq!(MoneyUnit::from_cell("金额单位: 元"), Some(MoneyUnit::Yuan));
        assert_eq!(MoneyUnit::from_cell("单位：亿元"), None);
        assert_eq!(MoneyUnit::from_cell("万元"), None);
    }

    #[test]
    fn strokes_mean_no_amount_and_decimals_are_counted() {
        assert!(is_absent(" \u{A0}") && is_absent("——") && !is_absent("0"));
        assert!(has_two_decimals("20.00") && !has_two_decimals("22") && !has_two_decimals("88.8"));
    }
}
