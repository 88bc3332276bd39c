//! Conditions on rows as data: tests of columns, `and`/`or`/`not`, and conditions on related rows.
//!
//! A related row counts only where the caller may see it, so a filter tells nothing about rows outside the scope. Logic
//! has two values: a test of an empty column is false, and its `not` is true.

use entity::value::Timestamp;
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait, Value};

use super::relation::Relation;
use super::scope::Scoped;
use crate::auth::Caller;

/// A test of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Equal.
    Eq(Value),
    /// Not equal, and not empty.
    Ne(Value),
    /// One of these.
    In(Vec<Value>),
    /// None of these, and not empty.
    NotIn(Vec<Value>),
    /// Less.
    Lt(Value),
    /// Less or equal.
    Lte(Value),
    /// Greater.
    Gt(Value),
    /// Greater or equal.
    Gte(Value),
    /// Text that begins so, capitals and all.
    StartsWith(String),
    /// Text that holds this, capitals and all.
    Contains(String),
    /// Empty, or not.
    IsNull(bool),
}

impl Test {
    /// Whether only a column with a value passes.
    fn fills(&self) -> bool {
        *self != Self::IsNull(true)
    }
}

/// Which of the related rows must fulfil the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Some,
    /// All, or there are none.
    Every,
    /// Not one.
    None,
}

/// The part of a statement that a filter needs to know.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// SQLite or PostgreSQL.
    pub backend: DbBackend,
    /// The moment whose state is asked for; now when absent.
    pub as_of: Option<Timestamp>,
}

impl Context<'_> {
    /// Reads the related rows of the moment that is asked for.
    fn at<C: Scoped>(&self, mut select: SelectStatement) -> SelectStatement {
        if let Some(moment) = self.as_of {
            C::at(&mut select, moment);
        }
        select
    }
}

type Build = dyn Fn(Context<'_>) -> SimpleExpr + Send + Sync;

/// A condition on the rows of one table.
pub enum Filter {
    /// All of these; an empty list is true.
    All(Vec<Filter>),
    /// At least one of these; an empty list is false.
    Any(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// A test of a column.
    Column {
        /// The column in which all rows that pass have a value.
        fills: Option<&'static str>,
        /// The test.
        test: Box<Build>,
    },
    /// A test of related rows.
    Test(Box<Build>),
    /// A test of something whose past is not kept.
    Present(Box<Build>),
}

impl Filter {
    /// A filter that every row passes.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// A test of a column.
    pub fn column(column: impl ColumnTrait, test: Test) -> Self {
        Self::Column {
            fills: test.fills().then(|| column.as_str()),
            test: Box::new(move |context| apply(column.into_expr(), &test, context.backend)),
        }
    }

    /// A condition on the one row that a relation leads to; false where there is none.
    pub fn related<P: EntityTrait, C: Scoped>(relation: Relation<P, C>, filter: Self) -> Self {
        Self::quantified(relation, Quantifier::Some, filter)
    }

    /// A condition on the rows that a relation leads to.
    pub fn quantified<P: EntityTrait, C: Scoped>(relation: Relation<P, C>, which: Quantifier, filter: Self) -> Self {
        let filter = match which {
            Quantifier::Some | Quantifier::None => filter,
            Quantifier::Every => Self::Not(Box::new(filter)),
        };
        Self::Test(Box::new(move |context| {
            let inner = Query::select()
                .column((C::default(), relation.to))
                .from(C::default())
                .cond_where(C::visible(context.caller))
                .and_where(relation.to.is_not_null())
                .and_where(filter.build(context))
                .take();
            let inner = context.at::<C>(inner);
            let from = relation.from.into_expr();
            match which {
                Quantifier::Some => from.in_subquery(inner),
                Quantifier::Every | Quantifier::None => from.not_in_subquery(inner),
            }
        }))
    }

    /// A test of the number of related rows.
    pub fn counted<P: EntityTrait, C: Scoped>(relation: Relation<P, C>, test: Test) -> Self {
        Self::Test(Box::new(move |context| {
            let inner = Query::select()
                .expr(Expr::col((C::default(), relation.to)).count())
                .from(C::default())
                .cond_where(C::visible(context.caller))
                .and_where(relation.to.into_expr().eq(relation.from.into_expr()))
                .take();
            let inner = context.at::<C>(inner);
            apply(SimpleExpr::SubQuery(None, Box::new(inner.into())), &test, context.backend)
        }))
    }

    /// Whether it can only be asked of the present.
    pub fn is_of_the_present(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_of_the_present),
            Self::Not(part) => part.is_of_the_present(),
            Self::Column { .. } | Self::Test(_) => false,
            Self::Present(_) => true,
        }
    }

    /// Whether all rows that pass are known to have a value in a column.
    pub fn fills(&self, column: impl ColumnTrait) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(|part| part.fills(column)),
            Self::Any(parts) => parts.iter().all(|part| part.fills(column)),
            Self::Column { fills, .. } => *fills == Some(column.as_str()),
            Self::Not(_) | Self::Test(_) | Self::Present(_) => false,
        }
    }

    /// The condition as SQL; where a part is null, it is as good as false.
    pub fn build(&self, context: Context<'_>) -> SimpleExpr {
        match self {
            Self::All(parts) => {
                parts.iter().map(|part| part.build(context)).reduce(ExprTrait::and).unwrap_or_else(|| constant(true))
            }
            Self::Any(parts) => {
                parts.iter().map(|part| part.build(context)).reduce(ExprTrait::or).unwrap_or_else(|| constant(false))
            }
            Self::Not(part) => Func::coalesce([part.build(context), constant(false)]).not(),
            Self::Column { test: build, .. } | Self::Test(build) | Self::Present(build) => build(context),
        }
    }

    /// The condition for a `WHERE`.
    pub fn condition(&self, context: Context<'_>) -> Condition {
        match self {
            Self::All(parts) if parts.is_empty() => Condition::all(),
            _ => Condition::all().add(self.build(context)),
        }
    }
}

fn constant(truth: bool) -> SimpleExpr {
    Expr::val(1).eq(i32::from(truth))
}

/// A test as SQL.
pub(super) fn apply(column: SimpleExpr, test: &Test, backend: DbBackend) -> SimpleExpr {
    match test {
        Test::Eq(value) => column.eq(value.clone()),
        Test::Ne(value) => column.ne(value.clone()),
        Test::In(values) => column.is_in(values.clone()),
        // No values make the condition a constant, which an empty column would pass.
        Test::NotIn(values) if values.is_empty() => column.is_not_null(),
        Test::NotIn(values) => column.is_not_in(values.clone()),
        Test::Lt(value) => column.lt(value.clone()),
        Test::Lte(value) => column.lte(value.clone()),
        Test::Gt(value) => column.gt(value.clone()),
        Test::Gte(value) => column.gte(value.clone()),
        Test::IsNull(true) => column.is_null(),
        Test::IsNull(false) => column.is_not_null(),
        Test::StartsWith(text) => match behind(text) {
            Some(end) => column.clone().gte(text.as_str()).and(column.lt(end)),
            None => column.gte(text.as_str()),
        },
        Test::Contains(text) => contains(column, text, backend),
    }
}

/// The first text behind all that begin with this one, in the order of both databases, which is that of code points. As a
/// range a beginning is found in an index without a look at what it is.
fn behind(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    while let Some(last) = text.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

/// `LIKE` on PostgreSQL; `GLOB` on SQLite, whose `LIKE` ignores ASCII capitals.
fn contains(column: SimpleExpr, text: &str, backend: DbBackend) -> SimpleExpr {
    let mut pattern = String::with_capacity(text.len() + 8);
    if backend == DbBackend::Sqlite {
        pattern.push('*');
        for character in text.chars() {
            match character {
                '*' | '?' | '[' => pattern.extend(['[', character, ']']),
                other => pattern.push(other),
            }
        }
        pattern.push('*');
        return column.binary(BinOper::Custom("GLOB"), Expr::val(pattern));
    }
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    column.like(pattern)
}

#[cfg(test)]
mod tests {
    use super::behind;

    #[test]
    fn what_begins_so_ends_before_the_next_text() {
        for (text, next) in
            [("1303", Some("1304")), ("绩效", Some("绩敉")), ("a\u{10FFFF}", Some("b")), ("\u{D7FF}", Some("\u{E000}"))]
        {
            assert_eq!(behind(text).as_deref(), next);
            assert!(*text < *next.unwrap() && *format!("{text}\u{10FFFF}z") < *next.unwrap());
        }
        assert_eq!((behind("\u{10FFFF}"), behind("")), (None, None));
    }
}
