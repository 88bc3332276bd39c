//! Order of rows and the cursors that go with it: a place in an order is the values of all its keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::sea_query::{Expr, ExprTrait, NullOrdering, Order, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, Iterable, ModelTrait, PrimaryKeyToColumn, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{AppError, AppResult};

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// Where rows without a value stand, whatever the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Nulls {
    /// Before all others.
    First,
    /// After all others.
    #[default]
    Last,
}

/// One key of an order.
#[derive(Clone, Copy, Debug)]
pub struct Key<C> {
    /// The column.
    pub column: C,
    /// Up or down.
    pub direction: Direction,
    /// Where empty values stand.
    pub nulls: Nulls,
}

impl<C: ColumnTrait> Key<C> {
    /// Ascending, empty values last.
    pub fn up(column: C) -> Self {
        Self { column, direction: Direction::Ascending, nulls: Nulls::Last }
    }

    fn nullable(&self) -> bool {
        self.column.def().is_null()
    }

    fn reversed(&self) -> Self {
        Self {
            column: self.column,
            direction: match self.direction {
                Direction::Ascending => Direction::Descending,
                Direction::Descending => Direction::Ascending,
            },
            nulls: match self.nulls {
                Nulls::First => Nulls::Last,
                Nulls::Last => Nulls::First,
            },
        }
    }

    fn sql_order(&self, nullable: bool) -> (Order, Option<NullOrdering>) {
        let order = match self.direction {
            Direction::Ascending => Order::Asc,
            Direction::Descending => Order::Desc,
        };
        let nulls = match self.nulls {
            Nulls::First => NullOrdering::First,
            Nulls::Last => NullOrdering::Last,
        };
        (order, nullable.then_some(nulls))
    }

    /// Rows whose value stands after `place` in this key alone.
    fn after(&self, place: &Place, nullable: bool) -> Option<SimpleExpr> {
        let column = self.column.into_expr();
        let beyond = |value: Value| match self.direction {
            Direction::Ascending => column.clone().gt(value),
            Direction::Descending => column.clone().lt(value),
        };
        match (place.value(), self.nulls) {
            (None, Nulls::First) => Some(column.is_not_null()),
            (None, Nulls::Last) => None,
            (Some(value), Nulls::Last) if nullable => Some(beyond(value).or(column.is_null())),
            (Some(value), _) => Some(beyond(value)),
        }
    }

    fn at(&self, place: &Place) -> SimpleExpr {
        match place.value() {
            Some(value) => self.column.into_expr().eq(value),
            None => self.column.into_expr().is_null(),
        }
    }
}

/// A total order of the rows of a table: some keys, and the primary key last, so that no two rows are equal.
///
/// The primary key has the direction of the key before it: an index of both gives the rows in order, read from either end.
#[derive(Clone, Debug)]
pub struct Ordering<E: EntityTrait> {
    keys: Vec<Key<E::Column>>,
    /// Whether all rows have a value in the first key, though its column may be empty.
    filled: bool,
}

impl<E: EntityTrait> Ordering<E> {
    /// The order by these keys, then by the primary key.
    pub fn by(keys: impl IntoIterator<Item = Key<E::Column>>) -> Self {
        let mut keys: Vec<_> = keys.into_iter().collect();
        let direction = keys.last().map_or_else(Direction::default, |key| key.direction);
        keys.extend(E::PrimaryKey::iter().map(|key| Key { direction, ..Key::up(key.into_column()) }));
        Self { keys, filled: false }
    }

    /// The same order from the other end.
    pub fn reversed(&self) -> Self {
        Self { keys: self.keys.iter().map(Key::reversed).collect(), filled: self.filled }
    }

    /// The same order, of rows that all have a value in its first key.
    pub(super) fn filled(&self) -> Self {
        Self { filled: true, ..self.clone() }
    }

    /// The same order, of rows that are alike in its first key.
    pub(super) fn rest(&self) -> Self {
        Self { keys: self.keys[1..].to_vec(), filled: false }
    }

    /// The column of the first key, when there may be rows without a value in it.
    pub(super) fn may_be_empty(&self) -> Option<E::Column> {
        self.nullable(0).then(|| self.keys[0].column)
    }

    fn nullable(&self, key: usize) -> bool {
        self.keys[key].nullable() && !(key == 0 && self.filled)
    }

    /// Adds `ORDER BY`.
    pub fn apply(&self, select: &mut SelectStatement) {
        for (n, key) in self.keys.iter().enumerate() {
            match key.sql_order(self.nullable(n)) {
                (order, Some(nulls)) => select.order_by_with_nulls((E::default(), key.column), order, nulls),
                (order, None) => select.order_by((E::default(), key.column), order),
            };
        }
    }

    /// The columns of all keys.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| sea_orm::IdenStatic::as_str(&key.column))
    }

    /// The keys as `column order nulls`, for a window function.
    pub fn window(&self) -> Vec<(SimpleExpr, Order, Option<NullOrdering>)> {
        self.keys
            .iter()
            .enumerate()
            .map(|(n, key)| {
                let (order, nulls) = key.sql_order(self.nullable(n));
                (key.column.into_expr(), order, nulls)
            })
            .collect()
    }

    /// The rows that stand after a cursor.
    ///
    /// Keys of one direction that are never empty compare as one row value, which an index answers directly; of others it
    /// answers where the first of them begins.
    pub fn after(&self, cursor: &Cursor) -> SimpleExpr {
        let first = &self.keys[0];
        let is_plain = |(n, key): (usize, &Key<E::Column>)| key.direction == first.direction && !self.nullable(n);
        let values: Option<Vec<Value>> = cursor.places.iter().map(Place::value).collect();
        if let Some(values) = values
            && self.keys.iter().enumerate().all(is_plain)
        {
            let columns = Expr::tuple(self.keys.iter().map(|key| key.column.into_expr()));
            let values = Expr::tuple(values.into_iter().map(SimpleExpr::from));
            return match first.direction {
                Direction::Ascending => columns.gt(values),
                Direction::Descending => columns.lt(values),
            };
        }
        let mut reached: Option<SimpleExpr> = None;
        let mut after: Option<SimpleExpr> = None;
        for (n, (key, place)) in self.keys.iter().zip(&cursor.places).enumerate() {
            let step = match (key.after(place, self.nullable(n)), &reached) {
                (Some(step), Some(reached)) => Some(reached.clone().and(step)),
                (step, None) => step,
                (None, Some(_)) => None,
            };
            if let Some(step) = step {
                after = Some(match after {
                    Some(after) => after.or(step),
                    None => step,
                });
            }
            let at = key.at(place);
            reached = Some(match reached {
                Some(reached) => reached.and(at),
                None => at,
            });
        }
        let after = after.unwrap_or_else(|| Expr::cust("1 = 0"));
        match cursor.places[0].value() {
            Some(value) if !self.nullable(0) => match first.direction {
                Direction::Ascending => first.column.gte(value).and(after),
                Direction::Descending => first.column.lte(value).and(after),
            },
            _ => after,
        }
    }

    /// The cursor of a row.
    pub fn cursor(&self, row: &E::Model) -> String {
        let places: Vec<Place> = self.keys.iter().map(|key| Place::of(row.get(key.column))).collect();
        Cursor { order: self.signature(), places }.text()
    }

    /// Reads a cursor of this order.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the text is no cursor, or one of another order.
    pub fn read_cursor(&self, text: &str) -> AppResult<Cursor> {
        Cursor::read(text, &self.signature(), |places| {
            places.len() == self.keys.len() && places.iter().zip(&self.keys).all(|(place, key)| place.fits(key))
        })
    }

    /// Tells orders apart: the columns with direction and null order.
    fn signature(&self) -> String {
        use sea_orm::IdenStatic;
        let mut text = String::new();
        for key in &self.keys {
            text.push_str(key.column.as_str());
            text.push(match (key.direction, key.nulls) {
                (Direction::Ascending, Nulls::Last) => '+',
                (Direction::Ascending, Nulls::First) => '^',
                (Direction::Descending, Nulls::Last) => '-',
                (Direction::Descending, Nulls::First) => 'v',
            });
        }
        text
    }
}

/// A place in an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "o")]
    order: String,
    #[serde(rename = "k")]
    places: Vec<Place>,
}

impl Cursor {
    /// A place in the order that is told apart by `order`.
    pub(super) fn new(order: String, places: Vec<Place>) -> Self {
        Self { order, places }
    }

    /// The values of the keys.
    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    /// As clients get it.
    pub fn text(&self) -> String {
        // The fields are numbers and text only, which JSON always takes.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cursor of the order that is told apart by `order`, whose values fit its keys.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the text is no cursor, or one of another order.
    pub(super) fn read(text: &str, order: &str, fits: impl Fn(&[Place]) -> bool) -> AppResult<Self> {
        let cursor: Option<Self> =
            URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match cursor {
            // U+0000 stands in no row, and PostgreSQL refuses it.
            Some(cursor)
                if cursor.order == order && fits(&cursor.places) && !cursor.places.iter().any(Place::is_odd) =>
            {
                Ok(cursor)
            }
            Some(_) => Err(AppError::bad_input(
                "The cursor belongs to another `orderBy`; use it with the order it came from, or start without it.",
            )),
            None => {
                Err(AppError::bad_input("This is not a cursor of this service; use one from `edges` or `pageInfo`."))
            }
        }
    }
}

fn column_type(column: impl ColumnTrait) -> sea_orm::ColumnType {
    column.def().get_column_type().clone()
}

fn is_integer(column: impl ColumnTrait) -> bool {
    matches!(column_type(column), sea_orm::ColumnType::BigInteger | sea_orm::ColumnType::Integer)
}

fn is_text(column: impl ColumnTrait) -> bool {
    matches!(column_type(column), sea_orm::ColumnType::Text | sea_orm::ColumnType::String(_))
}

fn is_uuid(column: impl ColumnTrait) -> bool {
    matches!(column_type(column), sea_orm::ColumnType::Uuid)
}

/// The value of one key at a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// None.
    Null(()),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// A key.
    Id {
        /// The key.
        id: Uuid,
    },
}

impl Place {
    fn of(value: Value) -> Self {
        match value {
            Value::BigInt(Some(number)) => Self::Int(number),
            Value::Int(Some(number)) => Self::Int(i64::from(number)),
            Value::String(Some(text)) => Self::Text(text),
            Value::Uuid(Some(id)) => Self::Id { id },
            _ => Self::Null(()),
        }
    }

    fn fits<C: ColumnTrait>(&self, key: &Key<C>) -> bool {
        match self {
            Self::Null(()) => key.nullable(),
            Self::Int(_) => is_integer(key.column),
            Self::Text(_) => is_text(key.column),
            Self::Id { .. } => is_uuid(key.column),
        }
    }

    fn is_odd(&self) -> bool {
        matches!(self, Self::Text(text) if text.contains('\0'))
    }

    /// As a value of a statement; none where it is empty.
    pub(super) fn value(&self) -> Option<Value> {
        match self {
            Self::Null(()) => None,
            Self::Int(number) => Some(Value::from(*number)),
            Self::Text(text) => Some(Value::from(text.clone())),
            Self::Id { id } => Some(Value::from(*id)),
        }
    }
}
