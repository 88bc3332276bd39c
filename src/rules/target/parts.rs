//! The text of a target that is given in parts: what a form would print.

use entity::value::{Comparison, Micro, TargetKind};

use super::{Target, is_date, parse};
use crate::rules::text::plain;

/// Why parts have no text that means the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartsError {
    /// A part that this kind needs is absent, or one is given that it does not have: a quantity has comparison and
    /// value, a range low and high.
    WrongParts,
    /// A qualitative target is a text already.
    IsText,
    /// The low end of a range is above the high end.
    EndsSwapped,
    /// A range with a negative end, or a number with too many digits: no form prints it so that it could be read.
    Number,
    /// The unit cannot be told from the number before it, or is a clause that is read as percent: it begins like a
    /// number or the end of a range, or speaks of a share as in 占总数的比例.
    Unit,
}

/// The target as a form prints it: `≥95%`, `10-20万人`. [`parse`] reads the same parts from it.
///
/// The unit is taken as it is read from print: without white space, full-width signs as plain ones, 百分比 as `%`.
///
/// # Errors
/// [`PartsError`] for parts that no text says.
pub fn text(target: &Target) -> Result<String, PartsError> {
    let Target { kind, comparison, value, low, high, unit } = target;
    let unit = unit.as_deref().map(canonical_unit).filter(|unit| !unit.is_empty());
    let printed = match (kind, comparison, value, low, high) {
        (TargetKind::Qualitative, _, _, _, _) => return Err(PartsError::IsText),
        (TargetKind::Quantity, Some(comparison), Some(value), None, None) => {
            format!("{}{}", sign(*comparison), value.decimal())
        }
        (TargetKind::Range, None, None, Some(low), Some(high)) if low > high => return Err(PartsError::EndsSwapped),
        (TargetKind::Range, None, None, Some(low), Some(_)) if *low < Micro(0) => return Err(PartsError::Number),
        (TargetKind::Range, None, None, Some(low), Some(high)) => range(*low, *high),
        (TargetKind::Quantity | TargetKind::Range, _, _, _, _) => return Err(PartsError::WrongParts),
    };
    let same_number = |read: &Target| {
        (read.kind, read.comparison, read.value, read.low, read.high) == (*kind, *comparison, *value, *low, *high)
    };
    if !same_number(&parse(&printed, "").target) {
        return Err(PartsError::Number);
    }
    let printed = format!("{printed}{}", unit.as_deref().unwrap_or_default());
    let read = parse(&printed, "").target;
    if same_number(&read) && read.unit == unit { Ok(printed) } else { Err(PartsError::Unit) }
}

fn canonical_unit(unit: &str) -> String {
    let unit = plain(unit);
    if unit == "百分比" { "%".to_owned() } else { unit }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Ge => "≥",
        Comparison::Gt => ">",
        Comparison::Eq => "=",
        Comparison::Lt => "<",
        Comparison::Le => "≤",
    }
}

/// Two ends with a dash. `2010.5-2012` would be a date, so zeros that say nothing follow the month.
fn range(low: Micro, high: Micro) -> String {
    let (low, high) = (low.decimal(), high.decimal());
    let printed = format!("{low}-{high}");
    if is_date(&printed) { format!("{low}00-{high}") } else { printed }
}

#[cfg(test)]
mod tests {
    use entity::value::{Comparison, Micro, TargetKind};
    use proptest::prelude::*;

    use super::{PartsError, text};
    use crate::rules::target::{Target, parse};

    const MILLION: i64 = 1_000_000;

    fn quantity(comparison: Comparison, value: i64, unit: &str) -> Target {
        let (kind, unit) = (TargetKind::Quantity, Some(unit.to_owned()).filter(|unit| !unit.is_empty()));
        Target { kind, comparison: Some(comparison), value: Some(Micro(value)), low: None, high: None, unit }
    }

    fn range(low: i64, high: i64, unit: &str) -> Target {
        let (kind, unit) = (TargetKind::Range, Some(unit.to_owned()).filter(|unit| !unit.is_empty()));
        Target { kind, comparison: None, value: None, low: Some(Micro(low)), high: Some(Micro(high)), unit }
    }

    #[test]
    fn parts_are_written_as_forms_print_them() {
        let table = [
            (quantity(Comparison::Ge, 95 * MILLION, "%"), "≥95%"),
            (quantity(Comparison::Eq, 5 * MILLION, "月"), "=5月"),
            (quantity(Comparison::Lt, -MILLION / 2, "万元/公里"), "<-0.5万元/公里"),
            (quantity(Comparison::Le, 90 * MILLION, "百分比"), "≤90%"),
            (quantity(Comparison::Gt, 3 * MILLION, " 人 次 "), ">3人次"),
            (quantity(Comparison::Ge, MILLION, "台套件及其他设备"), "≥1台套件及其他设备"),
            (range(10 * MILLION, 20 * MILLION, "万人"), "10-20万人"),
            (range(2_010_500_000, 2_012 * MILLION, ""), "2010.500-2012"),
        ];
        for (target, expected) in table {
            assert_eq!(text(&target).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn parts_that_no_text_says_are_refused() {
        let incomplete = Target { value: None, ..quantity(Comparison::Ge, 1, "") };
        let mixed = Target { low: Some(Micro(1)), ..quantity(Comparison::Ge, 1, "") };
        let words = Target { kind: TargetKind::Qualitative, ..quantity(Comparison::Ge, 1, "") };
        let table = [
            (incomplete, PartsError::WrongParts),
            (mixed, PartsError::WrongParts),
            (words, PartsError::IsText),
            (range(2, 1, ""), PartsError::EndsSwapped),
            (range(-1, 1, ""), PartsError::Number),
            (quantity(Comparison::Ge, i64::MIN, ""), PartsError::Number),
            (quantity(Comparison::Ge, MILLION, "5人"), PartsError::Unit),
            (quantity(Comparison::Ge, MILLION, "-5人"), PartsError::Unit),
            (quantity(Comparison::Ge, MILLION, ".人"), PartsError::Unit),
            (quantity(Comparison::Ge, MILLION, "满意群众占总数"), PartsError::Unit),
        ];
        for (target, expected) in table {
            assert_eq!(text(&target), Err(expected), "{target:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_as_a_number_can_be_written_again(
            text in "(≥|≤|>|<|=|不低于|)-?[0-9]{1,5}(\\.[0-9]{1,4})?([-~至][0-9]{1,5}(\\.[0-9]{1,4})?)?[人次年月的占%元/-]{0,4}",
        ) {
            let read = parse(&text, "").target;
            if read.kind != TargetKind::Qualitative {
                let written = super::text(&read);
                prop_assert_eq!(written.map(|text| parse(&text, "").target), Ok(read));
            }
        }

        #[test]
        fn the_text_says_the_parts_again(
            numbers in (-10_000i64..10_000, 0i64..3_000, 0i64..3_000, 0usize..7),
            comparison in proptest::sample::select(Comparison::ALL),
            unit in "[人次年月日个%元℃/·-]{0,5}",
            is_range: bool,
        ) {
            let (value, one, other, decimals) = numbers;
            let scale = MILLION / 10_i64.pow(u32::try_from(decimals).expect("few"));
            let target = match is_range {
                true => range(one.min(other) * scale, one.max(other) * scale, &unit),
                false => quantity(comparison, value * scale, &unit),
            };
            match text(&target) {
                Ok(printed) => {
                    let read = parse(&printed, "").target;
                    let unit = target.unit.as_deref().map(super::canonical_unit);
                    prop_assert_eq!(read, Target { unit, ..target });
                }
                // Numbers of this size are always written; only a unit can be in the way.
                Err(error) => {
                    prop_assert_eq!(error, PartsError::Unit);
                    prop_assert!(unit.contains(['-', '月', '年']), "{}", unit);
                }
            }
        }
    }
}
