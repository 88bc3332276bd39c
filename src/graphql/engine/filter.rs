//! Filter inputs as tables: one input a type, operators in small inputs of their own, conditions on related objects.

use async_graphql::Value;
use entity::value::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, Value as Sql};

use super::argument::{self, At};
use super::signature::Argument;
use crate::auth::Caller;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::access;
use crate::limits::ProfileLimits;
use crate::service::filter::{Filter, Quantifier, Test};
use crate::service::relation::Relation;
use crate::service::scope::Scoped;

/// The most entries of all lists of one filter: each is a value of the statement, and SQLite takes 32,766.
const ENTRIES_LIMIT: usize = 10_000;

/// What bounds a filter while it is read.
pub struct Reading<'a> {
    limits: &'a ProfileLimits,
    caller: &'a Caller,
    terms: u64,
    entries: usize,
}

impl<'a> Reading<'a> {
    /// Starts with nothing read.
    pub fn new(limits: &'a ProfileLimits, caller: &'a Caller) -> Self {
        Self { limits, caller, terms: 0, entries: 0 }
    }

    /// Counts one condition.
    ///
    /// # Errors
    /// `COST_LIMIT` when there are too many.
    pub fn term(&mut self) -> AppResult<()> {
        self.terms += 1;
        if self.terms > self.limits.filter_terms {
            let most = self.limits.filter_terms;
            return Err(AppError::new(
                ErrorCode::CostLimit,
                format!("A filter may have {most} conditions at the most."),
            ));
        }
        Ok(())
    }

    fn list(&mut self, at: &At, entries: usize) -> AppResult<()> {
        if entries as u64 > self.limits.filter_list {
            return Err(at.error(&format!("may have {} entries at the most", self.limits.filter_list)));
        }
        self.entries += entries;
        if self.entries > ENTRIES_LIMIT {
            return Err(AppError::new(
                ErrorCode::CostLimit,
                format!("The lists of a filter may have {ENTRIES_LIMIT} entries together at the most."),
            ));
        }
        Ok(())
    }

    fn level(&self, depth: u64) -> AppResult<()> {
        if depth > self.limits.filter_depth {
            let most = self.limits.filter_depth;
            return Err(AppError::new(
                ErrorCode::CostLimit,
                format!("A filter may be {most} levels deep at the most."),
            ));
        }
        Ok(())
    }
}

type Read = dyn Fn(&Value, &At, &mut Reading<'_>, u64) -> AppResult<Filter> + Send + Sync;

/// A field of a filter input.
pub struct FilterField {
    /// Name, type and meaning.
    pub argument: Argument,
    read: Box<Read>,
}

/// The filter input of one type: its fields beside `and`, `or` and `not`.
pub struct Filters {
    /// Name of the input.
    pub name: &'static str,
    /// What it filters.
    pub description: &'static str,
    /// Own fields.
    pub fields: Vec<FilterField>,
}

impl Filters {
    /// A filter without conditions of its own.
    pub fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description, fields: Vec::new() }
    }

    fn with(mut self, signature: &'static str, description: &'static str, read: Box<Read>) -> Self {
        self.fields.push(FilterField { argument: Argument::new(signature, description), read });
        self
    }

    /// Operators on a column.
    fn operators<C>(
        self,
        signature: &'static str,
        description: &'static str,
        column: C,
        operand: fn(&Value, &At) -> AppResult<Sql>,
    ) -> Self
    where
        C: ColumnTrait + Send + Sync + 'static,
    {
        self.with(
            signature,
            description,
            Box::new(move |value, at, reading, _| {
                let mut tests = Vec::new();
                for (name, value) in argument::fields(value, at)? {
                    if *value == Value::Null {
                        return Err(at.field(name).error("must not be null; use `isNull`"));
                    }
                    reading.term()?;
                    for test in operator(name, value, &at.field(name), operand, reading)? {
                        tests.push(Filter::column(column, test));
                    }
                }
                Ok(Filter::All(tests))
            }),
        )
    }

    /// Text: `StringFilter`.
    #[must_use]
    pub fn text(self, signature: &'static str, description: &'static str, column: impl ColumnTrait + 'static) -> Self {
        self.operators(signature, description, column, |value, at| argument::text(value, at).map(Sql::from))
    }

    /// Names of an enum: `<Enum>Filter`. The schema has checked the names.
    #[must_use]
    pub fn code(self, signature: &'static str, description: &'static str, column: impl ColumnTrait + 'static) -> Self {
        self.operators(signature, description, column, |value, at| argument::name(value, at).map(Sql::from))
    }

    /// Whole numbers: `IntFilter`.
    #[must_use]
    pub fn int(self, signature: &'static str, description: &'static str, column: impl ColumnTrait + 'static) -> Self {
        self.operators(signature, description, column, |value, at| argument::int(value, at).map(Sql::from))
    }

    /// Exact decimals: `DecimalFilter`.
    #[must_use]
    pub fn decimal(
        self,
        signature: &'static str,
        description: &'static str,
        column: impl ColumnTrait + 'static,
    ) -> Self {
        self.operators(signature, description, column, |value, at| argument::micro(value, at).map(Sql::from))
    }

    /// Money: `MoneyFilter`.
    #[must_use]
    pub fn money(self, signature: &'static str, description: &'static str, column: impl ColumnTrait + 'static) -> Self {
        self.operators(signature, description, column, |value, at| {
            argument::money(value, at).map(|fen| Sql::from(fen.0))
        })
    }

    /// Times: `DateTimeFilter`.
    #[must_use]
    pub fn time(self, signature: &'static str, description: &'static str, column: impl ColumnTrait + 'static) -> Self {
        self.operators(signature, description, column, |value, at| {
            argument::timestamp(value, at).map(|Timestamp(micros)| Sql::from(micros))
        })
    }

    /// Keys: `IdFilter`. A key of another type matches nothing.
    #[must_use]
    pub fn id<C>(
        self,
        signature: &'static str,
        description: &'static str,
        column: C,
        parse: fn(&str) -> Option<uuid::Uuid>,
    ) -> Self
    where
        C: ColumnTrait + 'static,
    {
        self.with(
            signature,
            description,
            Box::new(move |value, at, reading, _| {
                let mut tests = Vec::new();
                for (name, value) in argument::fields(value, at)? {
                    if *value == Value::Null {
                        return Err(at.field(name).error("must not be null"));
                    }
                    reading.term()?;
                    let keys = argument::list(value, &at.field(name), argument::text)?;
                    reading.list(&at.field(name), keys.len())?;
                    let keys = keys.iter().filter_map(|key| parse(key)).map(Sql::from).collect();
                    tests.push(match name {
                        "ne" | "notIn" => Filter::column(column, Test::NotIn(keys)),
                        _ => Filter::column(column, Test::In(keys)),
                    });
                }
                Ok(Filter::All(tests))
            }),
        )
    }

    /// A condition on the one object that a relation leads to.
    #[must_use]
    pub fn related<P, C>(
        self,
        signature: &'static str,
        description: &'static str,
        relation: Relation<P, C>,
        filters: fn() -> &'static Filters,
    ) -> Self
    where
        P: EntityTrait,
        C: Scoped,
        Relation<P, C>: Send + Sync,
    {
        self.with(
            signature,
            description,
            Box::new(move |value, at, reading, depth| {
                Ok(Filter::related(relation, filters().read(value, at, reading, depth + 1)?))
            }),
        )
    }

    /// Conditions on the objects that a relation leads to: `some`, `every`, `none`, `count`.
    #[must_use]
    pub fn many<P, C>(
        self,
        signature: &'static str,
        description: &'static str,
        relation: Relation<P, C>,
        filters: fn() -> &'static Filters,
    ) -> Self
    where
        P: EntityTrait,
        C: Scoped,
        Relation<P, C>: Send + Sync,
    {
        self.with(
            signature,
            description,
            Box::new(move |value, at, reading, depth| {
                let mut parts = Vec::new();
                for (name, value) in argument::fields(value, at)? {
                    let at = at.field(name);
                    if *value == Value::Null {
                        return Err(at.error("must not be null"));
                    }
                    let which = match name {
                        "some" => Quantifier::Some,
                        "every" => Quantifier::Every,
                        "none" => Quantifier::None,
                        _ => {
                            for (name, value) in argument::fields(value, &at)? {
                                reading.term()?;
                                let operand = |value: &Value, at: &At| argument::int(value, at).map(Sql::from);
                                for test in operator(name, value, &at.field(name), operand, reading)? {
                                    parts.push(Filter::counted(relation, test));
                                }
                            }
                            continue;
                        }
                    };
                    let filter = filters().read(value, &at, reading, depth + 1)?;
                    parts.push(Filter::quantified(relation, which, filter));
                }
                Ok(Filter::All(parts))
            }),
        )
    }

    /// A condition of its own kind.
    #[must_use]
    pub fn own(
        self,
        signature: &'static str,
        description: &'static str,
        read: fn(&Value, &At) -> AppResult<Filter>,
    ) -> Self {
        self.with(
            signature,
            description,
            Box::new(move |value, at, reading, _| {
                reading.term()?;
                read(value, at)
            }),
        )
    }

    /// Reads a filter; an absent or empty one is true, and counts as one condition.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` with the place of the mistake, `COST_LIMIT` when the filter is too large.
    pub fn read(&self, value: &Value, at: &At, reading: &mut Reading<'_>, depth: u64) -> AppResult<Filter> {
        reading.level(depth)?;
        let terms = reading.terms;
        let mut parts = Vec::new();
        for (name, value) in argument::fields(value, at)? {
            if *value == Value::Null {
                continue;
            }
            let at = at.field(name);
            parts.push(match name {
                "and" => Filter::All(self.read_list(value, &at, reading, depth)?),
                "or" => Filter::Any(self.read_list(value, &at, reading, depth)?),
                "not" => Filter::Not(Box::new(self.read(value, &at, reading, depth + 1)?)),
                name => {
                    let field = self.fields.iter().find(|field| field.argument.signature.name == name);
                    let field = field.ok_or_else(|| at.error("is not a field of this filter"))?;
                    access::admit_condition(reading.caller, access::type_of_filter(self.name), name)?;
                    (field.read)(value, &at, reading, depth)?
                }
            });
        }
        if reading.terms == terms {
            reading.term()?;
        }
        Ok(Filter::All(parts))
    }

    /// Whether all that a filter names are conditions of this one.
    pub fn covers(&self, value: &Value) -> bool {
        match value {
            Value::List(items) => items.iter().all(|item| self.covers(item)),
            Value::Object(fields) => fields.iter().all(|(name, value)| match name.as_str() {
                "and" | "or" | "not" => self.covers(value),
                name => self.fields.iter().any(|field| field.argument.signature.name == name),
            }),
            Value::Null => true,
            _ => false,
        }
    }

    fn read_list(&self, value: &Value, at: &At, reading: &mut Reading<'_>, depth: u64) -> AppResult<Vec<Filter>> {
        let items = argument::list(value, at, |item, at| Ok((item.clone(), at.clone())))?;
        reading.list(at, items.len())?;
        items.iter().map(|(item, at)| self.read(item, at, reading, depth + 1)).collect()
    }
}

/// The largest pattern, in characters; with each of them escaped it is still below SQLite's 50,000 bytes.
const PATTERN_LIMIT: usize = 10_000;

fn pattern(value: &Value, at: &At) -> AppResult<String> {
    let text = argument::text(value, at)?;
    if text.chars().count() > PATTERN_LIMIT {
        return Err(at.error(&format!("may have {PATTERN_LIMIT} characters at the most")));
    }
    Ok(text)
}

/// The tests that one operator stands for.
///
/// # Errors
/// `BAD_USER_INPUT` with the place of an operand that cannot be read, `COST_LIMIT` for lists that are too long.
pub fn operator(
    name: &str,
    value: &Value,
    at: &At,
    operand: impl Fn(&Value, &At) -> AppResult<Sql>,
    reading: &mut Reading<'_>,
) -> AppResult<Vec<Test>> {
    Ok(vec![match name {
        "eq" => Test::Eq(operand(value, at)?),
        "ne" => Test::Ne(operand(value, at)?),
        "lt" => Test::Lt(operand(value, at)?),
        "lte" => Test::Lte(operand(value, at)?),
        "gt" => Test::Gt(operand(value, at)?),
        "gte" => Test::Gte(operand(value, at)?),
        "in" | "notIn" => {
            let values = argument::list(value, at, operand)?;
            reading.list(at, values.len())?;
            if name == "in" { Test::In(values) } else { Test::NotIn(values) }
        }
        "startsWith" => Test::StartsWith(pattern(value, at)?),
        "contains" => Test::Contains(pattern(value, at)?),
        "isNull" => Test::IsNull(argument::truth(value, at)?),
        "between" => {
            let mut bounds = Vec::new();
            for (name, value) in argument::fields(value, at)? {
                let bound = operand(value, &at.field(name))?;
                bounds.push(if name == "min" { Test::Gte(bound) } else { Test::Lte(bound) });
            }
            return Ok(bounds);
        }
        _ => return Err(at.error("is not an operator")),
    }])
}
