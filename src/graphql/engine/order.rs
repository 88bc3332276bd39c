//! Order inputs as tables: the keys of a type that rows can be sorted by.

use async_graphql::Value;
use sea_orm::EntityTrait;

use super::argument::{self, At};
use crate::error::AppResult;
use crate::service::order::{Direction, Key, Nulls, Ordering};

/// A key that rows can be sorted by.
pub struct OrderField<C> {
    /// Name in the enum.
    pub name: &'static str,
    /// What it sorts by.
    pub description: &'static str,
    /// The column.
    pub column: C,
}

/// The most keys that one order takes.
pub const KEYS: usize = 5;

/// Reads `orderBy`; without one the rows come in the order `default`, in this `direction`.
///
/// # Errors
/// `BAD_USER_INPUT` when a key is named twice or there are more than five, and what `admit` says of a key.
pub fn read<E: EntityTrait>(
    value: Option<&Value>,
    fields: &[OrderField<E::Column>],
    default: &[E::Column],
    direction: Direction,
    admit: impl Fn(&str) -> AppResult<()>,
) -> AppResult<Ordering<E>> {
    let at = At::top("orderBy");
    let asked = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(value) => argument::list(value, &at, |item, at| {
            let mut key = None;
            let mut direction = Direction::default();
            let mut nulls = Nulls::default();
            for (name, value) in argument::fields(item, at)? {
                let name_of = |value| argument::name(value, &at.field(name));
                match name {
                    "field" => {
                        let wanted = name_of(value)?;
                        key = fields.iter().find(|field| field.name == wanted);
                    }
                    "direction" if name_of(value)? == "DESC" => direction = Direction::Descending,
                    "nulls" if name_of(value)? == "FIRST" => nulls = Nulls::First,
                    _ => {}
                }
            }
            let field = key.ok_or_else(|| at.field("field").error("must be a key of this type"))?;
            Ok((field.name, Key { column: field.column, direction, nulls }))
        })?,
    };
    if asked.len() > KEYS {
        return Err(at.error(&format!("may have {KEYS} keys at the most")));
    }
    for (n, (name, _)) in asked.iter().enumerate() {
        if asked[..n].iter().any(|(earlier, _)| earlier == name) {
            return Err(at.entry(n).error("names a key for the second time"));
        }
    }
    for (name, _) in &asked {
        admit(name)?;
    }
    if asked.is_empty() {
        return Ok(Ordering::by(default.iter().map(|column| Key { direction, ..Key::up(*column) })));
    }
    Ok(Ordering::by(asked.into_iter().map(|(_, key)| key)))
}
