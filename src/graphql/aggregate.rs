//! What numbers come to: sum, smallest, largest and average, exact.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::value::plain;

use super::engine::aggregate::{Kind, MeasureField};
use super::engine::argument;
use super::engine::object::{Fields, Object};
use super::engine::plan::Plan;
use super::money::{Amount, Money};
use crate::service::aggregate::Measured;

/// Money that is summed up.
pub fn money<C>(signature: &'static str, description: &'static str, column: C) -> MeasureField<C> {
    let kind = Kind {
        name: MoneyAggregate::NAME,
        filter: "MoneyAggregateFilter",
        plan: |asked| Plan::compile::<MoneyAggregate>(asked),
        operand: |value, at| argument::money(value, at).map(|fen| fen.0.into()),
    };
    MeasureField { signature, description, column, kind }
}

/// Decimals that are summed up.
pub fn decimal<C>(signature: &'static str, description: &'static str, column: C) -> MeasureField<C> {
    let kind = Kind {
        name: DecimalAggregate::NAME,
        filter: "DecimalAggregateFilter",
        plan: |asked| Plan::compile::<DecimalAggregate>(asked),
        operand: |value, at| argument::micro(value, at).map(Into::into),
    };
    MeasureField { signature, description, column, kind }
}

/// `MoneyAggregate`.
pub struct MoneyAggregate;

impl Object for MoneyAggregate {
    type Row = Measured;
    const NAME: &'static str = "MoneyAggregate";

    fn fields() -> &'static Fields<Measured> {
        static FIELDS: LazyLock<Fields<Measured>> = LazyLock::new(|| {
            Fields::<Measured>::new("What amounts of money come to, exactly; absent amounts are left out.")
                .inline::<Money>("sum: Money", "Their sum; null where there are none.", |m| m.sum().map(Amount::from))
                .inline::<Money>("min: Money", "The smallest; null where there are none.", |m| {
                    m.min.map(|fen| Amount::from(i128::from(fen)))
                })
                .inline::<Money>("max: Money", "The largest; null where there are none.", |m| {
                    m.max.map(|fen| Amount::from(i128::from(fen)))
                })
                .inline::<Money>(
                    "avg: Money",
                    "Their average, rounded to 分 (0.01 元), half to even; null where there are none.",
                    |m| m.average().map(Amount::from),
                )
        });
        &FIELDS
    }
}

/// `DecimalAggregate`.
pub struct DecimalAggregate;

impl Object for DecimalAggregate {
    type Row = Measured;
    const NAME: &'static str = "DecimalAggregate";

    fn fields() -> &'static Fields<Measured> {
        fn decimal(micros: Option<i128>) -> Value {
            micros.map(|micros| plain(micros, 6)).into()
        }
        static FIELDS: LazyLock<Fields<Measured>> = LazyLock::new(|| {
            Fields::<Measured>::new("What decimals come to, exactly; absent ones are left out.")
                .value("sum: Decimal", "Their sum; null where there are none.", |m| decimal(m.sum()))
                .value("min: Decimal", "The smallest; null where there are none.", |m| decimal(m.min.map(Into::into)))
                .value("max: Decimal", "The largest; null where there are none.", |m| decimal(m.max.map(Into::into)))
                .value(
                    "avg: Decimal",
                    "Their average, rounded to 6 decimals, half to even; null where there are none.",
                    |m| decimal(m.average()),
                )
        });
        &FIELDS
    }
}
