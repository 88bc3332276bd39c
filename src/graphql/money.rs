//! Money (金额): exact, in the unit that the client asks for.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::value::{Fen, plain};

use super::engine::argument::{self, At};
use super::engine::object::{Fields, Object, Step};
use super::engine::signature::Argument;
use super::text;

/// An amount and how it was printed.
#[derive(Clone, Debug)]
pub struct Amount {
    /// The amount in 分; a sum can be larger than a stored one.
    pub fen: i128,
    /// As printed, where it was printed.
    pub raw: Option<String>,
}

impl Amount {
    /// An amount that may be absent.
    pub fn of(fen: Option<Fen>, raw: &Option<String>) -> Option<Self> {
        fen.map(|fen| Self { fen: fen.0.into(), raw: raw.clone() })
    }
}

/// What was computed is printed nowhere.
impl From<i128> for Amount {
    fn from(fen: i128) -> Self {
        Self { fen, raw: None }
    }
}

/// `Money`.
pub struct Money;

impl Object for Money {
    type Row = Amount;
    const NAME: &'static str = "Money";

    fn fields() -> &'static Fields<Amount> {
        static FIELDS: LazyLock<Fields<Amount>> = LazyLock::new(|| {
            Fields::<Amount>::new("An exact amount of money (金额).")
                .field(
                    "amount: Decimal!",
                    "The amount in the unit asked for (万元 by default), plain notation without trailing zeros.",
                    vec![Argument::new("unit: MoneyUnit! = WAN_YUAN", "Unit of the number.")],
                    |asked| {
                        let unit = argument::name(&asked.required("unit")?, &At::top("unit"))?;
                        let places = if unit == "YUAN" { 2 } else { 6 };
                        Ok(Step::value(move |amount: &Amount| Value::from(plain(amount.fen, places))))
                    },
                )
                .value(
                    "raw: String",
                    "The number as printed, in the unit of its table unless it names its own; null in spending plans, \
                     whose points have their own `raw`, and for what was computed.",
                    |amount| text::text(&amount.raw),
                )
        });
        &FIELDS
    }
}

#[cfg(test)]
mod tests {
    use entity::value::plain;

    #[test]
    fn numbers_are_plain_and_exact() {
        let (yuan, wan_yuan) = (|fen| plain(fen, 2), |fen| plain(fen, 6));
        assert_eq!(wan_yuan(88_800_000), "88.8");
        assert_eq!(wan_yuan(104_150_000), "104.15");
        assert_eq!(wan_yuan(22_000_000), "22");
        assert_eq!(wan_yuan(-1), "-0.000001");
        assert_eq!(yuan(900_719_925_474_099_301), "9007199254740993.01");
        assert_eq!(yuan(i64::MIN.into()), "-92233720368547758.08");
        assert_eq!(yuan(i128::from(i64::MAX) * 10), "922337203685477580.7");
    }
}
