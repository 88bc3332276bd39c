//! What many rows come to together: their number, and of their numbers the sum, the smallest, the largest and the average.
//!
//! Everything is exact. A sum can be larger than the 64 bits of a column, so both databases add up the upper and the lower 32
//! bits of each number apart; the two halves are put together here, and compared in SQL one after the other.

use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{ColumnTrait, QueryResult};

use crate::error::AppResult;

/// A column of numbers, and what is wanted of it.
#[derive(Clone, Copy, Debug)]
pub struct Measure<C> {
    /// The column.
    pub column: C,
    /// Whether the sum is wanted, or the average, which comes from it.
    pub sum: bool,
    /// Whether the smallest is wanted.
    pub min: bool,
    /// Whether the largest is wanted.
    pub max: bool,
}

impl<C> Measure<C> {
    /// Nothing of a column yet.
    pub fn of(column: C) -> Self {
        Self { column, sum: false, min: false, max: false }
    }

    /// How many columns of a statement tell what is wanted.
    pub(super) fn width(&self) -> usize {
        3 * usize::from(self.sum) + usize::from(self.min) + usize::from(self.max)
    }
}

/// What the numbers of a column come to; empty cells are no numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// How many numbers were added up.
    pub values: i64,
    /// Their sum; 0 where there are none.
    pub sum: i128,
    /// The smallest.
    pub min: Option<i64>,
    /// The largest.
    pub max: Option<i64>,
}

impl Measured {
    /// The sum; none where there are no numbers.
    pub fn sum(self) -> Option<i128> {
        (self.values > 0).then_some(self.sum)
    }

    /// The average, rounded to a whole number of units, half to even; none where there are no numbers.
    pub fn average(self) -> Option<i128> {
        let count = i128::from(self.values);
        let (whole, rest) = (self.sum.checked_div_euclid(count)?, self.sum.checked_rem_euclid(count)?);
        let up = match (rest * 2).cmp(&count) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => whole.rem_euclid(2),
            std::cmp::Ordering::Greater => 1,
        };
        Some(whole + up)
    }
}

/// What some rows come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many there are.
    pub count: u64,
    /// What the measures come to, in their order.
    pub measured: Vec<Measured>,
}

/// The name under which a part of the measure at this place stands in a statement.
pub(super) fn name(place: usize, part: &str) -> String {
    format!("m{place}_{part}")
}

/// The sum of a number as two halves: the upper, which can be of any size, and the lower, from 0 to 2³² − 1.
///
/// The lower halves of 2³¹ rows still fit into 64 bits.
fn halves(number: &str) -> [(&'static str, String); 2] {
    const LOWER: u32 = u32::MAX;
    let lower = format!("CAST(SUM({number} & {LOWER}) AS BIGINT)");
    [("high", format!("CAST(SUM({number} >> 32) AS BIGINT) + ({lower} >> 32)")), ("low", format!("{lower} & {LOWER}"))]
}

/// Makes a statement over rows select what the measures want of them.
pub(super) fn select<C: ColumnTrait>(select: &mut SelectStatement, measures: &[Measure<C>]) {
    for (place, measure) in measures.iter().enumerate() {
        let number = format!("\"{}\".\"{}\"", measure.column.entity_name(), measure.column.as_str());
        let mut expressions = Vec::new();
        if measure.sum {
            expressions.push(("values", format!("COUNT({number})")));
            expressions.extend(halves(&number));
        }
        if measure.min {
            expressions.push(("min", format!("MIN({number})")));
        }
        if measure.max {
            expressions.push(("max", format!("MAX({number})")));
        }
        for (part, sql) in expressions {
            select.expr_as(Expr::cust(sql), Alias::new(name(place, part)));
        }
    }
}

/// Reads what [`select`] selected, from this column on.
pub(super) fn read<C>(row: &QueryResult, measures: &[Measure<C>], first: usize) -> AppResult<Vec<Measured>> {
    // By places: to look for names would take as long as all else that is done with a row.
    let mut places = first..;
    let mut next = || row.try_get_by_index::<Option<i64>>(places.next().unwrap_or_default());
    let mut read = |measure: &Measure<C>| {
        let mut measured = Measured::default();
        if measure.sum {
            let half = |half: Option<i64>| i128::from(half.unwrap_or(0));
            measured.values = next()?.unwrap_or(0);
            measured.sum = (half(next()?) << 32) + half(next()?);
        }
        if measure.min {
            measured.min = next()?;
        }
        if measure.max {
            measured.max = next()?;
        }
        Ok(measured)
    };
    measures.iter().map(&mut read).collect()
}

/// A sum as its two halves, as [`select`] selects it.
pub(super) fn halves_of(sum: i128) -> (i128, i64) {
    // The lower half has 32 bits.
    (sum >> 32, (sum & i128::from(u32::MAX)) as i64)
}

#[cfg(test)]
mod tests {
    use super::{Measured, halves_of};

    #[test]
    fn averages_are_rounded_half_to_even() {
        let average = |sum, values| Measured { values, sum, ..Measured::default() }.average();
        for (sum, values, expected) in
            [(10, 4, 2), (14, 4, 4), (11, 4, 3), (9, 4, 2), (-10, 4, -2), (-14, 4, -4), (-9, 4, -2), (7, 7, 1)]
        {
            assert_eq!(average(sum, values), Some(expected), "{sum} / {values}");
        }
        assert_eq!(average(0, 0), None);
        assert_eq!(average(i128::from(i64::MAX) * 3, 3), Some(i128::from(i64::MAX)));
    }

    #[test]
    fn halves_make_the_whole() {
        for number in [0, 1, -1, i64::MIN.into(), i128::from(i64::MAX) * 5, 1 << 32, -(1 << 32) - 1] {
            let (high, low) = halves_of(number);
            assert!((0..=i64::from(u32::MAX)).contains(&low));
            assert_eq!((high << 32) + i128::from(low), number);
        }
    }
}
