//! The pure knowledge of the field: plain functions and types with the section of the field's rules that they follow.
//!
//! Nothing here may use the database, GraphQL, the file system or the clock; from `entity` only the stored value types.
//! Numbers are integers throughout (分, or a decimal times 10⁶): no floating point.

pub mod decimal;
pub mod money;
pub mod numbering;
pub mod plan;
pub mod project_code;
pub mod quality;
pub mod review;
pub mod search;
pub mod target;
pub mod taxonomy;
pub mod text;

#[cfg(test)]
mod tests {
    use entity::value::Fen;
    use proptest::prelude::*;

    use super::money::MoneyUnit::{WanYuan, Yuan};
    use super::{decimal, money, numbering, plan, project_code, target, taxonomy, text};

    /// Signs that the readers look at, with digits often enough to make large numbers.
    fn printed() -> impl Strategy<Value = String> {
        "[0-9]{0,20}[-0-9.,%≥≤><=不低于年月底至~（）()分万元指标率 　\u{A0}A-Z]{0,24}"
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(first in printed(), second in printed(), any in ".{0,24}") {
            for text in [&first, &second, &any] {
                let _ = (decimal::scaled(text, 6), text::norm(text), project_code::ProjectCode::read(text));
                let _ = (target::parse(text, &second), taxonomy::PrintedLevel::read(text));
                let _ = (numbering::is_malformed(text), numbering::split(text));
                for unit in [WanYuan, Yuan] {
                    let budget = money::parse(text, unit).ok();
                    let _ = plan::read(&[&first, &second], budget, unit);
                    let _ = plan::read(&["0", text], Some(Fen(i64::MIN)), unit);
                }
            }
        }

        #[test]
        fn amounts_survive_their_printing(fen in -1_000_000_000_000_000i64..1_000_000_000_000_000) {
            let sign = if fen < 0 { "-" } else { "" };
            let printed = format!("{sign}{}.{:06}", fen.unsigned_abs() / 1_000_000, fen.unsigned_abs() % 1_000_000);
            prop_assert_eq!(money::parse(&printed, WanYuan), Ok(Fen(fen)));
        }
    }
}
