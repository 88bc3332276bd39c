//! The root of mutations: its fields, and how one of them is answered.

mod account;
mod bulk;
mod department_goal;
mod finding;
mod grant;
mod project;
mod result;
mod service_client;
mod unit;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container_serial;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use entity::division;

use super::access;
use super::division::Division;
use super::engine::asked::Asked;
use super::engine::mutation::run::{Deadline, Run};
use super::engine::mutation::{self, Mutations, Noun};
use super::query::{Asking, asking, server_error};
use crate::error::{AppError, AppResult};
use crate::input;
use crate::network::ClientAddress;
use crate::request_id::RequestId;
use crate::service::idempotency::Claim;
use crate::service::work::Origin;
use crate::service::write::{self, Mode};

/// `Mutation`.
pub struct Mutation;

/// For whom the caller says to act: the header `Jixiao-On-Behalf-Of`. It is written down, and gives no rights.
#[derive(Clone, Debug)]
pub struct OnBehalfOf(pub String);

/// The key of the header `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(pub String);

/// The fields of a request whose answer an earlier attempt gave, for the `extensions` of the response.
#[derive(Clone, Debug, Default)]
pub struct Replays(Arc<Mutex<Vec<String>>>);

impl Replays {
    fn note(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(key.to_owned());
    }

    /// The keys of these fields in the response.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Noun for Division {
    type Entity = division::Entity;
    const KEY: division::Column = division::Column::Id;
}

/// Bytes of a response around the answers of its mutations.
const ENVELOPE: u64 = 16 * 1024;

/// The fields of `Mutation`.
pub fn table() -> &'static Mutations {
    static TABLE: LazyLock<Mutations> = LazyLock::new(|| {
        let of_divisions = Mutations::default()
            .single::<Division, _>(
                "divisionCreate: DivisionCreatePayload",
                "Makes a division.",
                input::division::create,
                |work, rows, all| Box::pin(write::division::apply(work, rows, Mode::Create, all)),
            )
            .single::<Division, _>(
                "divisionUpdate: DivisionUpdatePayload",
                "Changes a division.",
                input::division::update,
                |work, rows, all| Box::pin(write::division::apply(work, rows, Mode::Update, all)),
            )
            .single::<Division, _>(
                "divisionUpsert: DivisionUpsertPayload",
                "Makes a division, or changes it where it is known.",
                input::division::upsert,
                |work, rows, all| Box::pin(write::division::apply(work, rows, Mode::Upsert, all)),
            )
            .single::<Division, _>(
                "divisionDelete: DivisionDeletePayload",
                "Deletes a division without units.",
                input::division::delete,
                |work, rows, all| Box::pin(write::division::delete(work, rows, all)),
            )
            .bulk::<Division, _>(
                "divisionsUpsert: DivisionsUpsertPayload",
                "Makes divisions, or changes them where they are known.",
                input::division::upsert,
                |work, rows, atomicity| Box::pin(write::division::apply(work, rows, Mode::Upsert, atomicity)),
            );
        let of_the_field = finding::add(department_goal::add(unit::add(bulk::add(project::add(of_divisions)))));
        service_client::add(grant::add(account::add(of_the_field)))
    });
    &TABLE
}

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Mutation")
    }

    fn create_type_info(_: &mut Registry) -> String {
        // `Query` registers the whole schema.
        "Mutation!".to_owned()
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container_serial(ctx, self).await
    }
}

impl ObjectType for Mutation {}

impl ContainerType for Mutation {
    /// Runs one mutation. An error nulls its field and leaves those before and after it as they are: each has a transaction
    /// of its own.
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let Some(mutation) = table().get(&ctx.item.node.name.node) else {
            return Ok(None);
        };
        match answer(ctx, mutation).await {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                ctx.add_error(ctx.set_error_path(server_error(error, ctx)));
                Ok(Some(Value::Null))
            }
        }
    }
}

async fn answer(ctx: &Context<'_>, mutation: &mutation::Mutation) -> AppResult<Value> {
    let Asking { caller, limits, db, siblings, asked } = asking(ctx, "Mutation")?;
    let permission = access::of_mutation(mutation.name());
    caller.may(permission.ok_or_else(|| AppError::internal("a mutation without a line of access"))?)?;
    // A field that stands twice is run where it stands first.
    let Some(asked) = asked else { return Ok(Value::Null) };
    let (key, response_key) = (idempotency_key(ctx, &asked, siblings)?, asked.key);
    let planned = mutation.plan(asked)?;
    if key.is_some() && planned.change.tells_secret() {
        return Err(AppError::bad_input(
            "The answer of this mutation has a secret, which is kept nowhere: send it without an idempotency key.",
        ));
    }
    let claim = key.map(|key| Claim::take(caller, &key, &planned.canonical())).transpose()?;
    let origin = Origin {
        action: planned.name.to_owned(),
        request_id: ctx.data_opt::<RequestId>().map(ToString::to_string),
        client: ctx.data_opt::<ClientAddress>().map(ToString::to_string),
        on_behalf_of: ctx.data_opt::<OnBehalfOf>().map(|OnBehalfOf(name)| name.clone()),
    };
    let deadline = ctx.data_opt::<Deadline>().copied();
    // What is committed must be answered, so each mutation of a request has its share of the bytes.
    let answer_bytes = limits.answer_bytes.saturating_sub(ENVELOPE) / siblings.max(1) as u64;
    let run = Run { db, planned: &planned, caller, origin, limits, answer_bytes, deadline, claim };
    let answer = run.run().await?;
    planned.change.committed();
    if answer.replayed
        && let Some(replays) = ctx.data_opt::<Replays>()
    {
        replays.note(response_key.as_str());
    }
    Ok(answer.value)
}

/// The key of the directive, or of the header where the request has one mutation only.
fn idempotency_key(ctx: &Context<'_>, asked: &Asked<'_>, siblings: usize) -> AppResult<Option<String>> {
    let header = ctx.data_opt::<IdempotencyKey>();
    if header.is_some() && siblings != 1 {
        return Err(AppError::bad_input(
            "The header `Idempotency-Key` is for a request with one mutation; give each its own by `@idempotent(key:)`.",
        ));
    }
    match (asked.directive("idempotent", "key"), header) {
        (Some(Value::String(key)), Some(IdempotencyKey(header))) if key != *header => {
            Err(AppError::bad_input("`@idempotent(key:)` and the header `Idempotency-Key` name different keys."))
        }
        (Some(Value::String(key)), _) => Ok(Some(key)),
        (Some(_), _) => Err(AppError::bad_input("`@idempotent(key:)` must be a text.")),
        (None, header) => Ok(header.map(|IdempotencyKey(key)| key.clone())),
    }
}
