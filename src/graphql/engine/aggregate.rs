//! What the objects of a list come to together: their number, and what is summed up of them.

use std::collections::HashSet;

use async_graphql::Value;
use sea_orm::Value as Sql;

use super::argument::At;
use super::asked::Asked;
use super::connection::Connected;
use super::object::Fields;
use super::plan::Plan;
use crate::error::AppResult;
use crate::graphql::access;
use crate::service::aggregate::{Measure, Measured, Totals};

/// What a number is, in the schema.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The object that shows what such numbers come to.
    pub name: &'static str,
    /// The input that tests what they come to.
    pub filter: &'static str,
    /// Plans what is asked of the object.
    pub plan: fn(&Asked<'_>) -> AppResult<Plan<Measured>>,
    /// Reads a number to compare with.
    pub operand: fn(&Value, &At) -> AppResult<Sql>,
}

/// A number of a type that is summed up.
pub struct MeasureField<C> {
    /// Name and type of the field that shows what it comes to; the name is that of the field of the type too.
    pub signature: &'static str,
    /// What it is.
    pub description: &'static str,
    /// The column.
    pub column: C,
    /// What kind of number it is.
    pub kind: Kind,
}

impl<C> MeasureField<C> {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.signature.split(':').next().unwrap_or_default()
    }
}

/// The measures of a type; those that the objects ask for are marked by what is wanted of them.
///
/// # Errors
/// What is said of a field that the caller may not see.
pub fn wanted<'a, T: Connected>(
    object: &str,
    asked: impl Iterator<Item = &'a Asked<'a>>,
) -> AppResult<Vec<Measure<super::connection::ColumnOf<T>>>> {
    let mut wanted: Vec<_> = T::measures().iter().map(|field| Measure::of(field.column)).collect();
    for asked in asked {
        for field in asked.fields(object, &[]) {
            let place = T::measures().iter().position(|measure| measure.name() == field.name);
            let Some(place) = place else { continue };
            access::admit_condition(asked.environment.caller, T::NAME, field.name)?;
            let parts = field.fields(T::measures()[place].kind.name, &[]);
            let names: HashSet<&str> = parts.iter().map(|part| part.name).collect();
            let measure = &mut wanted[place];
            measure.sum |= names.contains("sum") || names.contains("avg");
            measure.min |= names.contains("min");
            measure.max |= names.contains("max");
        }
    }
    Ok(wanted)
}

/// Adds the measures of a type to the fields of an object that shows what objects of it come to.
pub fn measures<T: Connected, R: Clone + Send + Sync + 'static>(
    mut fields: Fields<R>,
    totals: fn(&R) -> &Totals,
) -> Fields<R> {
    for (place, measure) in T::measures().iter().enumerate() {
        fields = fields.field(measure.signature, measure.description, Vec::new(), move |asked| {
            let measured = move |row: &R| Some(totals(row).measured.get(place).copied().unwrap_or_default());
            Ok((measure.kind.plan)(asked)?.inline(measured))
        });
    }
    fields
}

/// What a list of a type comes to.
pub fn fields<T: Connected>() -> Fields<Totals> {
    let fields = Fields::<Totals>::new("What all objects of a list come to, not only those of the page.").value(
        "count: Int!",
        "How many there are; the same as `totalCount`.",
        |totals| Value::from(totals.count),
    );
    measures::<T, _>(fields, |totals| totals)
}
