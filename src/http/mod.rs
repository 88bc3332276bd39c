//! The service on the network: routes and their layers, and what stands between a stranger's bytes and the schema.
//!
//! A request passes `brake` (refusals by rate wait), `log::observe` (id, panic, log line, headers), cross-origin rules where configured, compression, and
//! then its route. `graphql` decides everything about GraphQL over HTTP; `uploads`, `operations` and `tables` bring and fetch
//! files; `login` signs people in; `oauth` gives tokens to systems; `guard` bounds documents; `toll` and `rate` count what is
//! asked over time; [`serve`] bounds connections. Nothing here reads the database or knows a type of the schema.

mod answer;
mod brake;
mod capacity;
mod cors;
mod documents;
mod errors;
mod explorer;
mod graphql;
mod guard;
mod head;
mod health;
mod lifecycle;
mod log;
mod login;
mod memory;
mod metrics;
mod oauth;
mod operations;
mod rate;
mod request;
mod server;
mod stall;
mod tables;
mod toll;
mod uploads;

use std::sync::Arc;

use async_graphql::Executor;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post};
use axum::{Extension, Router, middleware};
use futures_util::future::BoxFuture;
use tower_http::compression::CompressionLayer;

use crate::auth::{Authenticate, Caller};
use crate::bulk::Bulk;
use crate::bulk::results::Which;
use crate::db::Freshness;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::queries::Queries;
use crate::lang::{ByLang, Lang};
use crate::limits::{ByProfile, DocumentPolicy, Limits, Profile};
use crate::login::Login;
use crate::metrics::Metrics;
use crate::network::ClientAddress;
use crate::request_id::RequestId;
use crate::traces::Traces;

use answer::{Media, Refused};
use capacity::{Capacity, Permit};
use head::Head;
use log::Observed;
use memory::Memory;
use rate::Payer;
use toll::Toll;

pub use documents::{ManifestError, TrustedDocuments};
pub use lifecycle::Lifecycle;
pub use log::log_panics_without_text;
pub use metrics::{Scrape, metrics_router};
pub use oauth::{Oauth, Places};
pub use rate::{Elapsed, Rates};
pub use server::{ServeOptions, serve};

/// Asks whether the database answers; called for every `/readyz`.
pub type Ready = Arc<dyn Fn() -> BoxFuture<'static, AppResult<()>> + Send + Sync>;

/// Asks what a read has to see so that no write of now is missing; called after every mutation.
pub type Written = Arc<dyn Fn() -> BoxFuture<'static, Freshness> + Send + Sync>;

/// What the routes work with.
pub struct Service<E> {
    executors: ByLang<E>,
    queries: Option<Queries>,
    authenticate: Arc<dyn Authenticate>,
    limits: Limits,
    sdl: ByLang<String>,
    ready: Ready,
    lifecycle: Lifecycle,
    capacity: Capacity,
    memory: Memory,
    rates: Rates,
    introspection: ByProfile<bool>,
    documents: TrustedDocuments,
    admitted: ByProfile<guard::Admitted>,
    policies: ByProfile<DocumentPolicy>,
    bulk: Option<Bulk>,
    login: Option<Login>,
    oauth: Option<Oauth>,
    written: Option<Written>,
    metrics: Metrics,
    traces: Option<Traces>,
}

impl<E: Executor> Service<E> {
    /// A service that executes documents by the executor of the language that a request prefers; `sdl` is the text of its
    /// schema. The executors differ in nothing but descriptions.
    ///
    /// Each execution finds in its request data [`crate::auth::Caller`], [`crate::limits::ProfileLimits`],
    /// [`RequestId`], [`Lang`] and [`Freshness`].
    pub fn new(
        executors: ByLang<E>,
        sdl: ByLang<String>,
        authenticate: Arc<dyn Authenticate>,
        limits: Limits,
        ready: Ready,
        lifecycle: Lifecycle,
    ) -> Self {
        Self {
            executors,
            queries: None,
            authenticate,
            limits,
            sdl,
            ready,
            lifecycle,
            capacity: Capacity::new(),
            memory: Memory::new(),
            rates: Rates::new(),
            introspection: ByProfile { public: true, staff: true, service: true },
            documents: TrustedDocuments::default(),
            admitted: ByProfile::default(),
            policies: ByProfile::default(),
            bulk: None,
            login: None,
            oauth: None,
            written: None,
            metrics: Metrics::new("none"),
            traces: None,
        }
    }

    /// Answers queries by these, in place of the executors.
    #[must_use]
    pub fn with_queries(self, queries: Queries) -> Self {
        Self { queries: Some(queries), ..self }
    }

    /// Counts over time by other buckets.
    #[must_use]
    pub fn with_rates(self, rates: Rates) -> Self {
        Self { rates, ..self }
    }

    /// Answers questions for the schema to some callers only.
    #[must_use]
    pub fn with_introspection(self, introspection: ByProfile<bool>) -> Self {
        Self { introspection, ..self }
    }

    /// Knows documents by their ids, and who must use them.
    #[must_use]
    pub fn with_documents(self, documents: TrustedDocuments, policies: ByProfile<DocumentPolicy>) -> Self {
        Self { documents, policies, ..self }
    }

    /// Serves the files of bulk operations too, below `/v1`.
    #[must_use]
    pub fn with_bulk(self, bulk: Bulk) -> Self {
        Self { bulk: Some(bulk), ..self }
    }

    /// Signs people in too, below `/auth`.
    #[must_use]
    pub fn with_login(self, login: Login) -> Self {
        Self { login: Some(login), ..self }
    }

    /// Issues tokens to other systems too, below `/oauth`, and publishes the keys.
    #[must_use]
    pub fn with_oauth(self, oauth: Oauth) -> Self {
        Self { oauth: Some(oauth), ..self }
    }

    /// Tells with every mutation what later reads have to see.
    #[must_use]
    pub fn with_written(self, written: Written) -> Self {
        Self { written: Some(written), ..self }
    }

    /// Counts in these numbers what is asked and answered.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// Traces requests.
    #[must_use]
    pub fn with_traces(self, traces: Option<Traces>) -> Self {
        Self { traces, ..self }
    }

    /// Who sends a request, with his toll, from which the request itself is taken.
    ///
    /// Whoever tries tokens that are not good is counted by address, as if he had sent none.
    async fn enter(
        &self,
        Head { id, subject, address }: &Head,
        headers: &HeaderMap,
    ) -> Result<(Caller, Toll<'_>), Refused> {
        let caller = match self.authenticate.caller(headers).await {
            Ok(caller) => caller,
            Err(error) => {
                graphql::log_cause(&error, id);
                if error.code() == ErrorCode::Unauthenticated {
                    self.enter_unknown(*address)?;
                }
                return Err(error.into());
            }
        };
        let account = caller.identity().map(|account| account.name.as_str());
        if let Some(account) = account {
            subject.account(account);
        }
        let payer = Payer::of(account, *address);
        let toll = Toll::enter(&self.rates, payer, *self.limits.of(profile(&caller)))?;
        Ok((caller, toll))
    }

    /// The toll of a request that nobody has signed.
    fn enter_unknown(&self, address: ClientAddress) -> Result<Toll<'_>, Refused> {
        Toll::enter(&self.rates, Payer::of(None, address), self.limits.public)
    }

    /// Who sends a request to one of the routes of files, with a place among the running requests, and the operations.
    async fn enter_bulk(&self, head: &Head, headers: &HeaderMap) -> Result<(Caller, Permit, &Bulk), Refused> {
        let bulk = self.bulk.as_ref().ok_or_else(nothing)?;
        let (caller, _toll) = self.enter(head, headers).await?;
        let running = self.limits.of(profile(&caller)).running;
        let account = caller.identity().map(|account| account.name.as_str());
        let permit = self.capacity.enter(account, running).await?;
        Ok((caller, permit, bulk))
    }
}

/// The profile of a caller.
fn profile(caller: &Caller) -> Profile {
    Profile::of(caller.identity().map(|account| account.kind))
}

/// All routes with their layers. Pages of these web origins (`https://host:port`) may ask, those of others may not.
///
/// `public` are the routes of [`public_router`], where they are served.
pub fn router<E: Executor>(mut service: Service<E>, public: Option<Router>, origins: &[String]) -> Router {
    let oauth = service.oauth.take().map(oauth::routes).unwrap_or_default();
    let observed = Observed { metrics: service.metrics.clone(), traces: service.traces.take() };
    let lines_of = |which: Which| get(operations::lines::<E>).route_layer(Extension(which));
    let mut router = Router::new()
        .route("/graphql", any(graphql::handle::<E>))
        .route("/auth/login", login_route::<E, login::SignIn>())
        .route("/auth/refresh", login_route::<E, login::Refresh>())
        .route("/auth/logout", login_route::<E, login::SignOut>())
        .route("/auth/password", login_route::<E, login::ChangePassword>())
        .route("/auth/totp/enroll", login_route::<E, login::Enroll>())
        .route("/auth/totp/confirm", login_route::<E, login::Confirm>())
        .route("/auth/activate", login_route::<E, login::Activate>())
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready::<E>))
        .route("/version", get(health::version))
        .route("/schema.graphql", get(health::schema::<E>))
        .route("/", get(explorer::page))
        .route("/explorer/{*path}", get(explorer::asset))
        .route(
            "/v1/uploads/{id}",
            get(uploads::state::<E>).put(uploads::put::<E>).fallback(uploads::method_not_allowed),
        )
        .route("/v1/operations/{id}/results", lines_of(Which::Results))
        .route("/v1/operations/{id}/errors", lines_of(Which::Errors))
        .route("/v1/operations/{id}/workbook", get(tables::workbook::<E>))
        .route("/v1/templates/{name}", get(tables::template::<E>))
        .fallback(nothing_here)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Arc::new(service))
        .merge(public.unwrap_or_default())
        .merge(oauth)
        .layer(CompressionLayer::new());
    if !origins.is_empty() {
        router = router.layer(cors::layer(origins));
    }
    router.layer(middleware::from_fn_with_state(observed, log::observe)).layer(middleware::from_fn(brake::hold))
}

/// The routes of the public: GraphQL over what is published, for everybody, whatever token comes along.
pub fn public_router<E: Executor>(service: Service<E>) -> Router {
    Router::new()
        .route("/public/graphql", any(graphql::handle::<E>))
        .route("/public/schema.graphql", get(health::schema::<E>))
        .with_state(Arc::new(service))
}

/// Everybody, whatever the headers say.
pub struct Everybody;

impl Authenticate for Everybody {
    fn caller<'a>(&'a self, _: &'a HeaderMap) -> BoxFuture<'a, AppResult<Caller>> {
        Box::pin(async { Ok(Caller::public()) })
    }
}

/// A path that takes the body of `A`.
fn login_route<E: Executor, A: login::Act + 'static>() -> MethodRouter<Arc<Service<E>>> {
    post(login::post::<E, A>).fallback(login::method_not_allowed)
}

/// The language that a request prefers.
fn language(headers: &HeaderMap) -> Lang {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
    header.map_or(Lang::default(), Lang::from_accept_language)
}

async fn nothing_here(Extension(id): Extension<RequestId>) -> Response {
    refuse(nothing(), &id)
}

fn nothing() -> AppError {
    AppError::new(ErrorCode::NotFound, "There is nothing at this address; GraphQL is at `/graphql`.")
}

/// The router adds which methods there are.
async fn method_not_allowed(Extension(id): Extension<RequestId>) -> Response {
    let message = "This address is only read, by GET.";
    Refused::http(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadUserInput, message).into_response(Media::Json, &id)
}

/// An error of a route beside `/graphql`, in the form that errors have there.
fn refuse(error: AppError, id: &RequestId) -> Response {
    Refused::from(error).into_response(Media::Json, id)
}
