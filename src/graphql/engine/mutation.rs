//! Mutations as a table: each line has a name, the table of its input, and the function of the service that applies it.
//!
//! A mutation is read and planned first, then run in one transaction of its own ([`run`]): the rows are applied, the record
//! of what was done is written, and the answer is rendered inside the transaction. So the answer shows what was written,
//! `query` in it too, and a dry run, which is the same run rolled back, shows what would be.

mod bulk;
mod payload;
pub mod run;
mod served;
mod single;
mod telling;
mod update_where;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value as Json;

use super::asked::Asked;
use super::object::Fields;
use super::plan::Plan;
use super::registry::Registrar;
use super::signature::{Argument, Signature};
use crate::auth::Caller;
use crate::bulk::Bulk;
use crate::error::AppResult;
use crate::input::{At, Described, Input, UserError};
use crate::limits::ProfileLimits;
use crate::service::work::Work;
use crate::service::write::{Atomicity, Row, RowResult};

pub use payload::{Noun, RowSummary};

/// The argument of every mutation, where the paths of mistakes begin.
const INPUT: &str = "input";

/// Applies rows: `|work, rows, atomicity| Box::pin(…)`. It can be called again after a failure to serialise. It writes nothing
/// when one row fails under [`Atomicity::All`].
pub type Apply<T> =
    for<'a, 'w> fn(&'a mut Work<'w>, &'a [Row<T>], Atomicity) -> BoxFuture<'a, AppResult<Vec<RowResult>>>;

/// What came of a mutation: what its payload is rendered from.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// What became of each row.
    pub results: Vec<RowResult>,
    /// The secret that came of it, where its payload shows one.
    pub secret: Option<String>,
    /// Mistakes that belong to no row; nothing is written then.
    pub general: Vec<UserError>,
    /// What is written when some rows fail.
    pub atomicity: Atomicity,
    /// The text by which the client finds its answer again.
    pub client_mutation_id: Option<String>,
}

/// What was read from a request and can be applied.
pub trait Change: Send + Sync {
    /// Applies it; it can be called again after a failure to serialise.
    fn apply<'a>(&'a self, work: &'a mut Work<'_>) -> BoxFuture<'a, AppResult<Written>>;

    /// Whether it is only tried: applied and rolled back.
    fn is_rehearsal(&self) -> bool {
        false
    }

    /// Whether its answer has a secret, so that the answer cannot be kept.
    fn tells_secret(&self) -> bool {
        false
    }

    /// Gives it the bulk operations of the service, where it needs them.
    fn equip(&mut self, _bulk: &Bulk) {}

    /// Is called when what it did is certain.
    fn committed(&self) {}
}

type Read = dyn Fn(&Json, &ProfileLimits, &Caller) -> AppResult<Box<dyn Change>> + Send + Sync;

/// An input object that is registered beside those of the tables: name, description, fields.
type OwnInput = (&'static str, &'static str, Vec<Argument>);

/// One mutation.
pub struct Mutation {
    signature: Signature,
    description: &'static str,
    arguments: Vec<Argument>,
    table: &'static dyn Described,
    own_input: Option<OwnInput>,
    payload: Fields<Written>,
    row_result: Option<payload::RowResultType>,
    read: Box<Read>,
}

/// A mutation as a request asks for it; nothing of it has run.
pub struct Planned {
    /// Its name.
    pub name: &'static str,
    /// What is applied.
    pub change: Box<dyn Change>,
    /// What is asked of the payload.
    pub plan: Plan<Written>,
    sent: Arc<Json>,
    asked: String,
}

impl Planned {
    /// What was sent and what is asked as one text: the same for the same request, however it is written.
    pub fn canonical(&self) -> String {
        let mut text = format!("{} ", self.name);
        canonical(&self.sent, &mut text);
        text.push(' ');
        text.push_str(&self.asked);
        text
    }
}

impl Mutation {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.signature.name
    }

    /// Reads what was sent, and plans what is asked.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` or `COST_LIMIT` where no rows can be read; mistakes in rows are no errors here.
    pub fn plan(&self, asked: Asked<'_>) -> AppResult<Planned> {
        let asked = asked.declared(&self.arguments);
        let input = asked.required_json(INPUT)?;
        let mut change = (self.read)(&input, asked.environment.limits, asked.environment.caller)?;
        if let Some(bulk) = asked.environment.bulk {
            change.equip(bulk);
        }
        Ok(Planned {
            name: self.signature.name,
            change,
            plan: Plan::of(self.signature.ty, &self.payload, &asked)?,
            sent: input,
            asked: asked.canonical(),
        })
    }
}

/// Writes JSON with the fields of its objects in order.
fn canonical(json: &Json, text: &mut String) {
    match json {
        Json::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                text.push_str(&format!("{name:?}:"));
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Json::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// The mutations of a schema.
#[derive(Default)]
pub struct Mutations(Vec<Mutation>);

impl Mutations {
    /// The mutation of this name.
    pub fn get(&self, name: &str) -> Option<&Mutation> {
        self.0.iter().find(|mutation| mutation.signature.name == name)
    }

    /// Adds a line: name and payload type with their description, type of the argument, table of a row, payload, and how the
    /// argument is read.
    fn with(
        mut self,
        (signature, description): (&'static str, &'static str),
        input: &'static str,
        table: &'static dyn Described,
        payload: Fields<Written>,
        read: impl Fn(&Json, &ProfileLimits, &Caller) -> AppResult<Box<dyn Change>> + Send + Sync + 'static,
    ) -> Self {
        let argument = Argument::new(super::registry::leak(format!("{INPUT}: {input}!")), "What to write.");
        self.0.push(Mutation {
            signature: Signature::read(signature),
            description,
            arguments: vec![argument],
            table,
            own_input: None,
            payload,
            row_result: None,
            read: Box::new(read),
        });
        self
    }

    /// Registers the root `Mutation` with every input and payload.
    pub fn register(&self, registrar: &mut Registrar<'_>) {
        for mutation in &self.0 {
            registrar.described(mutation.table);
            if let Some((name, description, fields)) = &mutation.own_input {
                registrar.input(name, description, fields, false);
            }
            if let Some((name, fields)) = &mutation.row_result {
                registrar.fields(name, fields);
            }
            registrar.fields(mutation.signature.ty, &mutation.payload);
        }
        let description = "What can be changed. The fields run one after the other, each in a transaction of its own.";
        let fields = self.0.iter();
        let fields = fields.map(|mutation| (mutation.signature, mutation.description, mutation.arguments.as_slice()));
        registrar.root("Mutation", description, fields);
    }
}

/// The text by which the client finds its answer again.
fn client_mutation_id(input: &Json) -> Option<String> {
    input.get("clientMutationId").and_then(Json::as_str).map(str::to_owned)
}

/// Reads the row that stands at a place, with all its mistakes.
fn row<T: Default + 'static>(table: &Input<T>, json: &Json, at: &At<'_>) -> Row<T> {
    let mut errors = Vec::new();
    let input = table.read(json, at, &mut errors);
    Row { path: at.path(), input, errors }
}
