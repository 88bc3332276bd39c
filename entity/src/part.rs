//! Rows of which only some columns were read.
//!
//! A column that was not read has the empty value of its type. Whoever reads a part of a row must know which columns are looked
//! at afterwards; for the rest of them the row lies.

use sea_orm::{DbErr, EntityTrait, QueryResult, TryGetable};

use crate::{indicator, objective, plan_point, project, spending_plan, unit};

/// A table whose rows can be read in part.
pub trait Part: EntityTrait {
    /// Its columns, in the order of its row.
    const COLUMNS: &'static [&'static str];

    /// Reads a row; `places` has, for each of [`Part::COLUMNS`], where it stands in the answer, if it was asked for.
    ///
    /// # Errors
    /// When a column is not of its type.
    fn read(row: &QueryResult, places: &[Option<usize>]) -> Result<Self::Model, DbErr>;
}

/// See [`Part::read`].
pub type Read<E> = fn(&QueryResult, &[Option<usize>]) -> Result<<E as EntityTrait>::Model, DbErr>;

/// How the rows of a table are read in part.
pub struct Parts<E: EntityTrait> {
    /// See [`Part::COLUMNS`].
    pub columns: &'static [&'static str],
    /// See [`Part::read`].
    pub read: Read<E>,
}

impl<E: Part> Parts<E> {
    /// As the table says.
    pub fn of() -> Self {
        Self { columns: E::COLUMNS, read: E::read }
    }
}

/// The value of a column that was not read.
pub(crate) trait Empty {
    fn empty() -> Self;
}

impl Empty for String {
    fn empty() -> Self {
        Self::new()
    }
}

impl Empty for i32 {
    fn empty() -> Self {
        0
    }
}

impl<T> Empty for Option<T> {
    fn empty() -> Self {
        None
    }
}

impl Empty for crate::value::Timestamp {
    fn empty() -> Self {
        Self(0)
    }
}

fn cell<T: TryGetable + Empty>(row: &QueryResult, place: Option<usize>) -> Result<T, DbErr> {
    match place {
        Some(place) => row.try_get_by_index(place),
        None => Ok(T::empty()),
    }
}

macro_rules! parts {
    ($($table:ident: $($column:ident)*;)*) => {
        $(impl Part for $table::Entity {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            fn read(row: &QueryResult, places: &[Option<usize>]) -> Result<$table::Model, DbErr> {
                let mut places = places.iter().copied();
                Ok($table::Model { $($column: cell(row, places.next().flatten())?),* })
            }
        })*

        #[cfg(test)]
        mod tests {
            use sea_orm::{IdenStatic, Iterable};

            use super::Part;
            use crate::{indicator, objective, plan_point, project, spending_plan, unit};

            #[test]
            fn columns_stand_in_the_order_of_the_table() {
                $({
                    let columns: Vec<&str> = $table::Column::iter().map(|column| column.as_str()).collect();
                    assert_eq!(columns, $table::Entity::COLUMNS);
                })*
            }
        }
    };
}

parts! {
    unit: id division_code code name level parent_id version created_at updated_at;
    project: id division_code unit_id fiscal_year ordinal code name heading unit_raw goal_level budget budget_raw
        fiscal_funds fiscal_funds_raw other_funds other_funds_raw purpose publication published_at source_id
        source_line source_table source_row version created_at updated_at;
    objective: id division_code unit_id project_id ordinal number text version created_at updated_at;
    spending_plan: id division_code unit_id project_id printed_basis version created_at updated_at;
    plan_point: id division_code unit_id plan_id month percent amount raw version created_at updated_at;
    indicator: id division_code unit_id fiscal_year project_id ordinal level1_id level2_id level1_raw level2_raw name
        description basis weight target_kind comparison value low high target_unit target_raw version created_at
        updated_at;
}
