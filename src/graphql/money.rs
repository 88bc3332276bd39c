//! Money (金额): exact, in the unit that the client asks for.

use std::sync::LazyLock;

use entity::value::Fen;

use super::engine::argument::{self, At};
use super::engine::object::{Fields, Object, Step};
use super::engine::signature::Argument;
use super::text;

/// An amount and how it was printed.
#[derive(Clone, Debug)]
pub struct Amount {
    /// The amount.
    pub fen: Fen,
    /// As printed, where it was printed.
    pub raw: Option<String>,
}

impl Amount {
    /// An amount that may be absent.
    pub fn of(fen: Option<Fen>, raw: &Option<String>) -> Option<Self> {
        fen.map(|fen| Self { fen, raw: raw.clone() })
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
                        let print = if unit == "YUAN" { text::yuan } else { text::wan_yuan };
                        Ok(Step::Value(Box::new(move |amount: &Amount| print(amount.fen))))
                    },
                )
                .value(
                    "raw: String",
                    "The number as printed, in the unit of its table unless it names its own; null in spending plans, \
                     whose points have their own `raw`.",
                    |amount| text::text(&amount.raw),
                )
        });
        &FIELDS
    }
}
