//! The GraphQL API: one file for each noun, the engine that turns selections into SQL, and the schema in two languages.

use access::Surface;
use async_graphql::{EmptyMutation, EmptySubscription, SDLExportOptions, Schema};

use crate::bulk::Bulk;
use crate::db::Db;
use crate::lang::Lang;

pub mod access;
pub mod account;
pub mod account_grant;
pub mod aggregate;
pub mod bulk_operation;
pub mod department_goal;
pub mod division;
pub mod engine;
pub mod execution;
pub mod finding;
pub mod group;
pub mod held;
pub mod history;
pub mod indicator;
pub mod locale;
pub mod lookup;
pub mod money;
pub mod mutation;
pub mod node;
pub mod permission;
pub mod project;
pub mod queries;
pub mod query;
pub mod search;
pub mod service_client;
pub mod session;
pub mod shapes;
pub mod source_document;
pub mod spending_plan;
pub mod summary;
pub mod text;
pub mod unit;
pub mod upload;
pub mod user_error;
pub mod variables;
pub mod viewer;

/// The schema of the service.
pub type ApiSchema = Schema<query::Query, mutation::Mutation, EmptySubscription>;

/// Builds the schema with descriptions in one language; without a database it can be printed and asked about itself.
pub fn schema(db: Option<Db>, lang: Lang) -> ApiSchema {
    schema_with_bulk(db, None, lang)
}

/// The same with bulk operations, without which their mutations fail.
pub fn schema_with_bulk(db: Option<Db>, bulk: Option<Bulk>, lang: Lang) -> ApiSchema {
    shapes::building(lang, Surface::Whole, || {
        let mut builder = Schema::build(query::Query, mutation::Mutation, EmptySubscription)
            .disable_suggestions()
            .limit_recursive_depth(64);
        if let Some(bulk) = bulk {
            builder = builder.data(bulk);
        }
        match db {
            Some(db) => builder.data(db).finish(),
            None => builder.finish(),
        }
    })
}

/// The schema of the public.
pub type PublicSchema = Schema<query::PublicQuery, EmptyMutation, EmptySubscription>;

/// Builds the smaller schema of the public.
pub fn public_schema(db: Option<Db>, lang: Lang) -> PublicSchema {
    shapes::building(lang, Surface::Public, || {
        let builder = Schema::build(query::PublicQuery, EmptyMutation, EmptySubscription)
            .disable_suggestions()
            .limit_recursive_depth(64);
        match db {
            Some(db) => builder.data(db).finish(),
            None => builder.finish(),
        }
    })
}

/// The schema of the public as SDL.
pub fn public_sdl(lang: Lang) -> String {
    public_schema(None, lang).sdl_with_options(sdl_options())
}

/// The schema as SDL, always in the same order: what `schema.graphql` holds.
pub fn sdl(lang: Lang) -> String {
    schema(None, lang).sdl_with_options(sdl_options())
}

fn sdl_options() -> SDLExportOptions {
    SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident()
}
