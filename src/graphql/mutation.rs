//! The root of mutations: its fields, and how one of them is answered.

use std::borrow::Cow;
use std::sync::LazyLock;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container_serial;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use entity::division;

use super::division::Division;
use super::engine::mutation::run::{Deadline, Run};
use super::engine::mutation::{self, Mutations, Noun};
use super::query::{Asking, asking, server_error};
use crate::auth::Action;
use crate::error::AppResult;
use crate::input;
use crate::request_id::RequestId;
use crate::service::work::Origin;
use crate::service::write::{self, Mode};

/// `Mutation`.
pub struct Mutation;

/// For whom the caller says to act: the header `Jixiao-On-Behalf-Of`. It is written down, and gives no rights.
#[derive(Clone, Debug)]
pub struct OnBehalfOf(pub String);

impl Noun for Division {
    type Entity = division::Entity;
    const KEY: division::Column = division::Column::Id;
}

/// The fields of `Mutation`.
pub fn table() -> &'static Mutations {
    static TABLE: LazyLock<Mutations> = LazyLock::new(|| {
        Mutations::default()
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
            )
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
    let Asking { caller, limits, db, asked } = asking(ctx, "Mutation")?;
    caller.may(Action::Write)?;
    // A field that stands twice is run where it stands first.
    let Some(asked) = asked else { return Ok(Value::Null) };
    let planned = mutation.plan(asked)?;
    let origin = Origin {
        action: planned.name.to_owned(),
        request_id: ctx.data_opt::<RequestId>().map(ToString::to_string),
        on_behalf_of: ctx.data_opt::<OnBehalfOf>().map(|OnBehalfOf(name)| name.clone()),
    };
    let deadline = ctx.data_opt::<Deadline>().copied();
    Run { planned: &planned, caller, origin, limits, deadline }.run(db).await
}
