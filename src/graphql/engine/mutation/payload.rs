//! What mutations answer: the objects, what became of them, and the mistakes.

use std::sync::{Arc, LazyLock};

use async_graphql::Value;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::Written;
use crate::graphql::engine::connection::Connected;
use crate::graphql::engine::object::{Fields, Object, Step};
use crate::graphql::engine::plan::{Inlines, Keyed, Plan};
use crate::graphql::engine::registry::leak;
use crate::graphql::query::Query;
use crate::graphql::text;
use crate::graphql::user_error::UserErrors;
use crate::input::UserError;
use crate::service::write::{Outcome, RowResult, is_committed};

/// How the objects of a type are found by their keys.
pub trait Noun: Connected<Entity: EntityTrait<Column: Send + Sync, Model: 'static>> {
    /// The column of the key.
    const KEY: <Self::Entity as EntityTrait>::Column;
}

/// A row of a bulk mutation with its place.
#[derive(Clone)]
pub struct Numbered {
    index: usize,
    result: RowResult,
}

impl Written {
    /// Whether what can be written is written.
    fn is_committed(&self) -> bool {
        self.general.is_empty() && is_committed(&self.results, self.atomicity)
    }

    /// All mistakes: first those of no row, then row by row.
    fn errors(&self) -> Vec<UserError> {
        let of_rows = self.results.iter().flat_map(|result| &result.errors);
        self.general.iter().chain(of_rows).cloned().collect()
    }
}

/// What every payload ends with.
fn ends(fields: Fields<Written>) -> Fields<Written> {
    fields
        .field(
            "userErrors: [UserError!]!",
            "Every mistake, in the order of the rows. Empty exactly when everything was written.",
            Vec::new(),
            |asked| Ok(Step::Link(Box::new(UserErrors::compile(asked, Written::errors)?))),
        )
        .inline::<Query>("query: Query!", "Anything, as it stands after the write.", |_| Some(()))
        .value("clientMutationId: String", "What the input has under this name.", |written| {
            text::text(&written.client_mutation_id)
        })
}

/// The object that a row is about.
fn noun<T: Noun, R>(fields: Fields<R>, key: fn(&R) -> Option<Uuid>) -> Fields<R>
where
    R: Clone + Send + Sync + 'static,
{
    let (first, rest) = T::NAME.split_at(1);
    let signature = leak(format!("{}{rest}: {}", first.to_lowercase(), T::NAME));
    let description = "The object as it now stands; null where there is none, or none that the caller may see.";
    fields.field(signature, description, Vec::new(), move |asked| {
        Ok(Step::Link(Box::new(Keyed::<R, T::Entity> { key, column: T::KEY, plan: Plan::compile::<T>(asked)? })))
    })
}

/// The payload of a mutation of one object.
pub fn single<T: Noun>() -> Fields<Written> {
    let fields = Fields::<Written>::new("What became of the object that was sent.");
    let fields = noun::<T, _>(fields, |written| written.results.first()?.id);
    ends(fields.value("outcome: Outcome!", "What became of it.", |written| {
        let outcome = written.results.first().map_or(Outcome::Failed, |result| result.outcome);
        text::name(outcome.as_str())
    }))
}

/// What became of one row: the name and the fields of its type.
pub type RowResultType = (&'static str, Arc<Fields<Numbered>>);

/// The payload of a mutation of many objects.
pub fn bulk<T: Noun>() -> (Fields<Written>, RowResultType) {
    let name = leak(format!("{}RowResult", T::NAME));
    let row = Arc::new(row_result::<T>());
    let table = Arc::clone(&row);
    let fields = Fields::<Written>::new("What became of the rows that were sent.")
        .field(
            leak(format!("results: [{name}!]!")),
            "What became of each row: as many as there are rows, in their order, also when nothing was written.",
            Vec::new(),
            move |asked| {
                Ok(Step::Link(Box::new(Inlines {
                    parts: |written: &Written| {
                        let rows = written.results.iter().cloned().enumerate();
                        rows.map(|(index, result)| Numbered { index, result }).collect()
                    },
                    plan: Plan::of(name, &table, asked)?,
                })))
            },
        )
        .inline::<RowSummary>("summary: RowSummary!", "How many rows there are of each outcome.", |written| {
            Some(written.results.iter().map(|result| result.outcome).collect())
        })
        .value(
            "committed: Boolean!",
            "Whether what could be written was: false when a row failed under `atomicity: ALL`. After a dry run, whether \
             it would have been.",
            |written| Value::from(written.is_committed()),
        );
    (ends(fields), (name, row))
}

fn row_result<T: Noun>() -> Fields<Numbered> {
    let fields = Fields::<Numbered>::new("What became of one row.")
        .value("index: Int!", "Its place in `rows`, from 0.", |row| Value::from(row.index))
        .value("key: String!", "The natural key as it was sent, in one line.", |row| {
            Value::from(row.result.key.as_str())
        })
        .value("outcome: Outcome!", "What became of it.", |row| text::name(row.result.outcome.as_str()));
    noun::<T, _>(fields, |row| row.result.id).field(
        "userErrors: [UserError!]!",
        "Its mistakes; empty exactly when nothing is wrong with it.",
        Vec::new(),
        |asked| Ok(Step::Link(Box::new(UserErrors::compile(asked, |row: &Numbered| row.result.errors.clone())?))),
    )
}

/// `RowSummary`.
pub struct RowSummary;

impl Object for RowSummary {
    type Row = Vec<Outcome>;
    const NAME: &'static str = "RowSummary";

    fn fields() -> &'static Fields<Vec<Outcome>> {
        fn count(outcome: Outcome) -> impl Fn(&Vec<Outcome>) -> Value + Clone + Send + Sync {
            move |outcomes| Value::from(outcomes.iter().filter(|found| **found == outcome).count())
        }
        static FIELDS: LazyLock<Fields<Vec<Outcome>>> = LazyLock::new(|| {
            Fields::<Vec<Outcome>>::new("How many rows there are of each outcome.")
                .value("total: Int!", "All rows.", |outcomes| Value::from(outcomes.len()))
                .value("created: Int!", "Rows that made an object.", count(Outcome::Created))
                .value("updated: Int!", "Rows that changed an object.", count(Outcome::Updated))
                .value("unchanged: Int!", "Rows that changed nothing.", count(Outcome::Unchanged))
                .value("deleted: Int!", "Rows that deleted an object.", count(Outcome::Deleted))
                .value("failed: Int!", "Rows with mistakes.", count(Outcome::Failed))
                .value("skipped: Int!", "Good rows beside one with mistakes.", count(Outcome::Skipped))
        });
        &FIELDS
    }
}
