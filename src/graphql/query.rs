//! The root of queries: its fields, and how one of them is answered.

use std::borrow::Cow;
use std::sync::LazyLock;

use async_graphql::parser::types;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Error, ObjectType, OutputType, Positioned, ServerError, ServerResult,
    Value,
};
use entity::indicator_level;

use super::account::Account;
use super::bulk_operation::{self, BulkOperation};
use super::department_goal::DepartmentGoal;
use super::division::Division;
use super::engine::argument::{self, At};
use super::engine::asked::{Asked, Environment};
use super::engine::json;
use super::engine::object::{Field, Fields, Object, Root, Step};
use super::engine::signature::Argument;
use super::finding::Finding;
use super::held::Held;
use super::indicator::{Indicator, IndicatorLevel};
use super::node::Nodes;
use super::project::Project;
use super::search::{self, SearchLink};
use super::service_client::ServiceClient;
use super::source_document::SourceDocument;
use super::unit::Unit;
use super::viewer::{Facts, ServiceInfo, Viewer};
use super::{group, history, lookup, shapes};
use crate::auth::Caller;
use crate::bulk::Bulk;
use crate::db::{Db, Freshness};
use crate::error::{AppError, AppResult};
use crate::lang::Lang;
use crate::limits::ProfileLimits;
use crate::service::filter::{Filter, Test};
use crate::service::read::Reader;

/// `Query`.
pub struct Query;

impl Object for Query {
    type Row = Root;
    const NAME: &'static str = "Query";

    fn fields() -> &'static Fields<Root> {
        fields()
    }
}

/// The fields of `Query`.
pub fn fields() -> &'static Fields<Root> {
    static FIELDS: LazyLock<Fields<Root>> = LazyLock::new(|| {
        let by = |signature| vec![Argument::new(signature, "Which one.")];
        Fields::<Root>::new("What can be asked.")
            .field(
                "node: Node",
                "Any object by its id; null where there is none or the caller may not see it.",
                vec![Argument::new("id: ID!", "Id of the object.")],
                |asked| {
                    let id = argument::text(&asked.required("id")?, &At::top("id"))?;
                    Ok(Step::Link(Box::new(Nodes::compile(asked, vec![id], false)?)))
                },
            )
            .field(
                "nodes: [Node]!",
                "Objects by their ids, in the order of the ids; null for each that is not there or that the caller \
                 may not see.",
                vec![Argument::new(
                    "ids: [ID!]!",
                    "Ids of the objects; more than `page_max` of `service { limits }` are an error.",
                )],
                |asked| {
                    let ids = argument::list(&asked.required("ids")?, &At::top("ids"), argument::text)?;
                    let most = asked.environment.limits.page_max;
                    if ids.len() as u64 > most {
                        return Err(At::top("ids").error(&format!("may have {most} entries at the most")));
                    }
                    Ok(Step::Link(Box::new(Nodes::compile(asked, ids, true)?)))
                },
            )
            .rows::<Viewer>("viewer: Viewer!", "Who asks.", Vec::new(), |_| {
                Ok(Box::new(|reader| Box::pin(async move { Ok(vec![Some(reader.caller.clone())]) })))
            })
            .rows::<ServiceInfo>("service: ServiceInfo!", "What the service is.", Vec::new(), |asked| {
                let facts = Facts { limits: *asked.environment.limits };
                Ok(Box::new(move |_| Box::pin(async move { Ok(vec![Some(facts)]) })))
            })
            .rows::<Division>(
                "division: Division",
                "One division; null where there is none that the caller may see.",
                by("by: DivisionBy!"),
                lookup::division,
            )
            .all_of::<Division>("divisions: DivisionConnection!", "Divisions.")
            .rows::<Unit>(
                "unit: Unit",
                "One unit; null where there is none that the caller may see, an error where the key fits several.",
                by("by: UnitBy!"),
                lookup::unit,
            )
            .all_of::<Unit>("units: UnitConnection!", "Units of every level.")
            .rows::<Project>(
                "project: Project",
                "One project; null where there is none that the caller may see, an error where the key fits several.",
                by("by: ProjectBy!"),
                lookup::project,
            )
            .at_moment(history::as_of(), history::moment)
            .all_of::<Project>("projects: ProjectConnection!", "Projects.")
            .at_moment(history::as_of(), history::moment)
            .field(
                "projectGroups: ProjectGroupConnection!",
                "How many projects there are by some keys, and what their money comes to; a group without projects is not there.",
                group::arguments::<Project>(),
                group::field::<Project>,
            )
            .rows::<Indicator>(
                "indicator: Indicator",
                "One indicator; null where there is none that the caller may see, an error where the key fits several.",
                by("by: IndicatorBy!"),
                lookup::indicator,
            )
            .all_of::<Indicator>("indicators: IndicatorConnection!", "Indicators.")
            .field(
                "indicatorGroups: IndicatorGroupConnection!",
                "How many indicators there are by some keys, and what their weights come to; a group without indicators is not \
                 there.",
                group::arguments::<Indicator>(),
                group::field::<Indicator>,
            )
            .rows::<DepartmentGoal>(
                "departmentGoal: DepartmentGoal",
                "One department goal; null where there is none that the caller may see, an error where the key fits \
                 several.",
                by("by: DepartmentGoalBy!"),
                lookup::department_goal,
            )
            .all_of::<DepartmentGoal>("departmentGoals: DepartmentGoalConnection!", "Department goals.")
            .rows::<IndicatorLevel>(
                "indicatorLevels: [IndicatorLevel!]!",
                "The code table of indicator levels, in printed order.",
                vec![Argument::new("regime: IndicatorRegime", "Only levels of this regime.")],
                |asked| {
                    let regime = asked.argument("regime")?.filter(|value| *value != Value::Null);
                    let filter = match regime {
                        None => Filter::everything(),
                        Some(value) => {
                            let name = argument::name(&value, &At::top("regime"))?;
                            Filter::column(indicator_level::Column::Regime, Test::Eq(name.into()))
                        }
                    };
                    Ok(lookup::all::<indicator_level::Entity>(filter, indicator_level::Column::Ordinal))
                },
            )
            .field(
                "search: SearchConnection!",
                "Units, projects with their objectives, indicators and department goals in whose names and texts words stand.",
                search::arguments(),
                |asked| Ok(Step::Link(Box::new(SearchLink::compile(asked)?))),
            )
            .all_of::<Finding>("findings: FindingConnection!", "What data-quality rules noticed.")
            .rows::<SourceDocument>(
                "sourceDocument: SourceDocument",
                "One document; null where there is none that the caller may see.",
                by("by: SourceDocumentBy!"),
                lookup::source_document,
            )
            .all_of::<SourceDocument>("sourceDocuments: SourceDocumentConnection!", "Documents that were read.")
            .rows::<BulkOperation>(
                "bulkOperation: BulkOperation",
                "One bulk operation; null where there is none that the caller may see.",
                vec![Argument::new("id: ID!", "Its id.")],
                bulk_operation::by_id,
            )
            .rows::<Account>(
                "account: Account",
                "One account; null where there is none.",
                by("by: AccountBy!"),
                lookup::account,
            )
            .all_of::<Account>("accounts: AccountConnection!", "Accounts of persons and of systems.")
            .rows::<ServiceClient>(
                "serviceClient: ServiceClient",
                "One client; null where there is none.",
                by("by: ServiceClientBy!"),
                lookup::service_client,
            )
            .all_of::<ServiceClient>(
                "serviceClients: ServiceClientConnection!",
                "Systems that get tokens by themselves.",
            )
            .all_of::<BulkOperation>(
                "bulkOperations: BulkOperationConnection!",
                "Bulk operations: the caller's own, or all for who may read everything.",
            )
    });
    &FIELDS
}

impl OutputType for Query {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Query")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        shapes::register(registry);
        "Query!".to_owned()
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<types::Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ObjectType for Query {}

impl ContainerType for Query {
    /// Answers one root field: the plan first, then its statements. An error nulls the field, or everything where the
    /// schema promises a value.
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let Some(field) = fields().get(&ctx.item.node.name.node) else {
            return Ok(None);
        };
        match value(ctx, field).await {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let error = ctx.set_error_path(server_error(error, ctx));
                if field.signature.required() {
                    return Err(error);
                }
                ctx.add_error(error);
                Ok(Some(Value::Null))
            }
        }
    }
}

/// `Query` of the public: what it asks is answered as everywhere, from what is published.
pub struct PublicQuery;

impl OutputType for PublicQuery {
    fn type_name() -> Cow<'static, str> {
        Query::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Query::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<types::Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ObjectType for PublicQuery {}

impl ContainerType for PublicQuery {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        Query.resolve_field(ctx).await
    }
}

async fn value(ctx: &Context<'_>, field: &Field<Root>) -> AppResult<Value> {
    let Asking { db, asked, .. } = asking(ctx, Query::NAME)?;
    let Some(asked) = asked else { return Ok(Value::Null) };
    let freshness = ctx.data_opt::<Freshness>().copied().unwrap_or(Freshness::Latest);
    json::read(&answer(db, field, asked, freshness).await?)
}

/// The value of a root field, as JSON.
///
/// # Errors
/// What it is refused for, and what the database says.
pub async fn answer(db: &Db, field: &Field<Root>, asked: Asked<'_>, freshness: Freshness) -> AppResult<Vec<u8>> {
    let caller = asked.environment.caller;
    let step = field.compile(asked)?;
    let lease = db.lease(caller, freshness);
    step.answer(Reader::new(lease.executor(), caller)).await
}

/// What a root field is answered from.
pub struct Asking<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// What the caller may ask for.
    pub limits: &'a ProfileLimits,
    /// The database.
    pub db: &'a Db,
    /// How many fields of the root the request has.
    pub siblings: usize,
    /// What is asked; none where the field stands again. It is answered where it stands first, with all that is asked of it,
    /// and the library keeps that answer.
    pub asked: Option<Asked<'a>>,
}

/// Gathers what a field of the root type `root` is answered from.
///
/// # Errors
/// `INTERNAL` when the request was not prepared.
pub fn asking<'a>(ctx: &Context<'a>, root: &str) -> AppResult<Asking<'a>> {
    let missing = |what: Error| AppError::internal(what.message);
    let limits = ctx.data::<ProfileLimits>().map_err(missing)?;
    let caller = ctx.data::<Caller>().map_err(missing)?;
    let operation = &ctx.query_env.operation.node;
    static NONE: LazyLock<Held> = LazyLock::new(Held::default);
    let environment = Environment {
        fragments: &ctx.query_env.fragments,
        variables: &ctx.query_env.variables,
        held: ctx.data_opt::<Held>().unwrap_or(&NONE),
        definitions: &operation.variable_definitions,
        caller,
        limits,
        bulk: ctx.data_opt::<Bulk>(),
        lang: ctx.data_opt::<Lang>().copied().unwrap_or_default(),
    };
    let key = &ctx.item.node.response_key().node;
    let fields = Asked::fields_of(root, &operation.selection_set.node, environment);
    Ok(Asking {
        siblings: fields.iter().filter(|asked| asked.name != "__typename").count(),
        caller,
        limits,
        db: ctx.data::<Db>().map_err(missing)?,
        asked: fields.into_iter().find(|asked| std::ptr::eq(asked.key, key)),
    })
}

/// An error of a root field, at its place in the document.
pub fn server_error(error: AppError, ctx: &Context<'_>) -> ServerError {
    Error::new_with_source(error).into_server_error(ctx.item.pos)
}
