//! Queries that were found valid, answered without the library: root field by root field, straight to JSON.

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};
use async_graphql::{Error, PathSegment, Response, ServerError, Value, Variables};
use futures_util::future::join_all;

use super::engine::asked::{Asked, Environment};
use super::engine::json::{self, Key};
use super::engine::object::Object;
use super::held::Held;
use super::query::{self, Query};
use crate::auth::Caller;
use crate::bulk::Bulk;
use crate::db::{Db, Freshness};
use crate::error::{AppError, AppResult};
use crate::lang::Lang;
use crate::limits::ProfileLimits;

/// What queries are answered from.
#[derive(Clone)]
pub struct Queries {
    db: Db,
    bulk: Option<Bulk>,
}

/// A query that was found valid, with all that it is asked by.
#[derive(Clone, Copy)]
pub struct Valid<'a> {
    /// The document; none of its root fields asks for the schema.
    pub document: &'a ExecutableDocument,
    /// Its operation.
    pub operation: &'a OperationDefinition,
    /// The values of variables, with their defaults.
    pub variables: &'a Variables,
    /// Those that are held.
    pub held: &'a Held,
    /// Who asks.
    pub caller: &'a Caller,
    /// Limits of the caller.
    pub limits: &'a ProfileLimits,
    /// Language of labels and messages.
    pub lang: Lang,
    /// How new the data must be.
    pub freshness: Freshness,
}

/// An executed document.
#[derive(Debug)]
pub struct Executed {
    /// The JSON of `data`.
    pub data: Vec<u8>,
    /// What went wrong, in the order of the fields.
    pub errors: Vec<ServerError>,
}

impl Executed {
    /// A document of which nothing was executed.
    pub fn nothing() -> Self {
        Self { data: json::NULL.to_vec(), errors: Vec::new() }
    }

    /// What the library executed.
    ///
    /// # Errors
    /// What the library refused the document for.
    pub fn of(executed: Response) -> Result<Self, Vec<ServerError>> {
        if is_request_error(&executed) {
            return Err(executed.errors);
        }
        let mut data = Vec::new();
        json::value(&mut data, &executed.data);
        Ok(Self { data, errors: executed.errors })
    }
}

impl Queries {
    /// Answers from this database.
    pub fn new(db: Db, bulk: Option<Bulk>) -> Self {
        Self { db, bulk }
    }

    /// Answers the root fields side by side. An error nulls its field, or everything where the schema promises a value.
    pub async fn answer(&self, asked: Valid<'_>) -> Executed {
        let Valid { document, operation, variables, held, caller, limits, lang, freshness } = asked;
        let environment = Environment {
            fragments: &document.fragments,
            variables,
            held,
            definitions: &operation.variable_definitions,
            caller,
            limits,
            bulk: self.bulk.as_ref(),
            lang,
        };
        let fields = Asked::fields_of(Query::NAME, &operation.selection_set.node, environment);
        let places: Vec<_> = fields.iter().map(|field| (Key::new(field.key), field.key, field.pos)).collect();
        let texts = join_all(fields.into_iter().map(|field| self.field(field, freshness))).await;
        let (mut values, mut errors, mut promised) = (Vec::with_capacity(texts.len()), Vec::new(), false);
        for ((key, name, pos), text) in places.iter().zip(texts) {
            let text = text.unwrap_or_else(|(error, required)| {
                promised |= required;
                let mut error = Error::new_with_source(error).into_server_error(*pos);
                error.path = vec![PathSegment::Field(name.to_string())];
                errors.push(error);
                json::NULL.to_vec()
            });
            values.push((key, text));
        }
        let mut data = Vec::with_capacity(values.iter().map(|(_, text)| text.len() + 64).sum());
        match promised {
            true => data.extend_from_slice(json::NULL),
            false => json::object(&mut data, values, |out, text| out.extend_from_slice(&text)),
        }
        Executed { data, errors }
    }

    /// The value of a root field; with an error, whether the schema promises a value.
    async fn field(&self, asked: Asked<'_>, freshness: Freshness) -> Result<Vec<u8>, (AppError, bool)> {
        if asked.name == "__typename" {
            let mut text = Vec::new();
            json::value(&mut text, &Value::from(Query::NAME));
            return Ok(text);
        }
        let known = query::fields().get(asked.name);
        let known = known.ok_or_else(|| (AppError::internal("an unknown field of a valid query"), true))?;
        let answer: AppResult<Vec<u8>> = query::answer(&self.db, known, asked, freshness).await;
        answer.map_err(|error| (error, known.signature.required()))
    }
}

/// Whether the library refused the document before it ran anything.
///
/// Then there is no data and no error has a path. Every error of a field has one: the library sets it for resolvers,
/// arguments and guards alike, and an operation that ran without error has an object as data.
fn is_request_error(executed: &Response) -> bool {
    executed.data == Value::Null
        && !executed.errors.is_empty()
        && executed.errors.iter().all(|error| error.path.is_empty())
}
