//! `/graphql`: GraphQL over HTTP, step by step. What a step refuses never reaches the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Name, Value, Variables, value};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value as Json;
use tokio::time::timeout_at;

use crate::auth::Caller;
use crate::db;
use crate::error::{AppError, ErrorCode};
use crate::graphql::engine::mutation::run::Deadline;
use crate::graphql::execution::Execution;
use crate::graphql::held::{self, Held};
use crate::graphql::mutation::{IdempotencyKey, OnBehalfOf, Replays};
use crate::graphql::queries::{Executed, Valid};
use crate::graphql::variables::with_defaults;
use crate::limits::DocumentPolicy;
use crate::metrics::Operation;
use crate::request_id::RequestId;

use super::answer::{self, Media, Refused};
use super::errors::{chain, refusal};
use super::head::Head;
use super::request::Sent;
use super::toll::Toll;
use super::{Service, guard, language, request};

/// Longest `Idempotency-Key` in bytes, its quotes included; what a key is, `service::idempotency` says.
const MAX_KEY: usize = 257;
/// Longest `Jixiao-On-Behalf-Of`, in characters.
const MAX_NAME: usize = 200;
/// Time that a mutation has to commit after its deadline.
const COMMIT_SECONDS: u64 = 5;

/// Asks what a document costs; nothing of it is executed.
pub const COST_ONLY: HeaderName = HeaderName::from_static("graphql-cost-only");

/// The token by which later reads see what was written: of a mutation's answer, and of a query.
pub const CONSISTENCY: HeaderName = HeaderName::from_static("jixiao-consistency");

/// Answers a request, whatever it is.
pub async fn handle<E: Executor>(State(service): State<Arc<Service<E>>>, head: Head, request: Request) -> Response {
    let media = Media::negotiate(request.headers());
    let refuse = |refused: Refused| refused.into_response(media.unwrap_or(Media::Json), &head.id);
    let (media, caller, mut toll) =
        match enter(&service, media, &head, request.method(), request.uri(), request.headers()).await {
            Ok(entered) => entered,
            Err(refused) => return refuse(refused),
        };
    let mut response = match answer(&service, media, &head, caller, &mut toll, request).await {
        Ok(response) => response,
        Err(refused) => refuse(refused.costing(toll.report())),
    };
    toll.mark(response.headers_mut());
    response
}

/// What the head of a request decides: whether an answer could be understood, who asks, and whether he may ask now.
async fn enter<'a, E: Executor>(
    service: &'a Service<E>,
    media: Option<Media>,
    head: &Head,
    method: &Method,
    address: &Uri,
    headers: &HeaderMap,
) -> Result<(Media, Caller, Toll<'a>), Refused> {
    request::check_head(method, address, headers)?;
    let media = media.ok_or_else(|| {
        let message = "The answer is application/json or application/graphql-response+json.";
        Refused::http(StatusCode::NOT_ACCEPTABLE, ErrorCode::BadUserInput, message)
    })?;
    // Who asks comes before the body, because the limits are the caller's.
    let (caller, toll) = service.enter(head, headers).await?;
    Ok((media, caller, toll))
}

async fn answer<E: Executor>(
    service: &Service<E>,
    media: Media,
    Head { id, subject, address }: &Head,
    caller: Caller,
    toll: &mut Toll<'_>,
    request: Request,
) -> Result<Response, Refused> {
    let (profile, method, lang) = (super::profile(&caller), request.method().clone(), language(request.headers()));
    let limits = *service.limits.of(profile);
    let idempotency_key = request::short_header(request.headers(), "idempotency-key", MAX_KEY)?;
    let on_behalf_of = request::short_header(request.headers(), "jixiao-on-behalf-of", MAX_NAME)?;
    let freshness = request::freshness(request.headers())?;
    let cost_only = request::short_header(request.headers(), COST_ONLY.as_str(), 1)?.is_some_and(|value| value == "1");

    // The body, then a place among the running requests for all that costs time.
    let unread = request::receive(request, &limits, &service.memory).await?;
    let account = caller.identity().map(|account| account.name.as_str());
    let _permit = service.capacity.enter(account, limits.running).await?;
    let asked = request::read(&unread)?;
    let operation_name = asked.operation_name;
    let policy = *service.policies.of(profile);
    if policy == DocumentPolicy::Prefer && matches!(asked.document, Sent::Text { .. }) {
        tracing::info!(request = %id, "a document was sent as text, where its id is preferred");
    }
    let text = service.documents.text(asked.document, policy)?;

    // The document and its size.
    guard::admit_variables(&asked.variables, &limits)?;
    let document = service.admitted.of(profile).admit(&text, &limits)?;
    if !service.introspection.of(profile) {
        guard::refuse_introspection(&document)?;
    }
    let (name, operation) = guard::select(&document.read, operation_name.as_deref())?;
    let mut variables = asked.variables;
    let all_fit = held::all_fit(&operation.node, &variables);
    let held = Held::take(&operation.node, &mut variables);
    let variables = with_defaults(&operation.node, Variables::from_json(Json::Object(variables)));
    if let Some(name) = name {
        subject.operation(name);
    }
    let (seconds, spare) = match operation.node.ty {
        OperationType::Query => (limits.query_seconds, 0),
        OperationType::Mutation | OperationType::Subscription if method == Method::GET => {
            let message = "Only queries are answered to GET; send mutations by POST.";
            return Err(Refused::http(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadUserInput, message)
                .with(header::ALLOW, HeaderValue::from_static("POST")));
        }
        OperationType::Mutation => (limits.mutation_seconds, COMMIT_SECONDS),
        OperationType::Subscription => {
            let message = "Subscriptions are not served here.";
            return Err(refusal(ErrorCode::GraphqlValidationFailed, message, Some(operation.pos)).into());
        }
    };
    let operation_type = operation.node.ty;
    subject.kind(match operation_type {
        OperationType::Query => Operation::Query,
        OperationType::Mutation | OperationType::Subscription => Operation::Mutation,
    });

    // What it costs, in the limits of one document and in those over time.
    let price = guard::price(&document.read, &operation.node, &variables, &held, &limits)?;
    toll.estimated(&price);
    price.admit(&operation.node, &limits)?;
    if !cost_only {
        toll.pay(&price)?;
    }

    // Execution, given up at the deadline: dropping it rolls back what it had open, and the database stops by itself. A
    // mutation knows its deadline and keeps it before it commits; then it has time to commit.
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let last = deadline + Duration::from_secs(spare);
    let replays = Replays::default();
    let asked = Valid {
        document: &document.read,
        operation: &operation.node,
        variables: &variables,
        held: &held,
        caller: &caller,
        limits: &limits,
        lang,
        freshness,
    };
    let (executor, queries) = (service.executors.get(lang), service.queries.as_ref());
    let execution =
        Execution { executor, queries, document: &document, name: operation_name.as_deref(), asked, all_fit };
    let equip = |request: async_graphql::Request| {
        let mut request = request
            .data(caller.clone())
            .data(limits)
            .data(id.clone())
            .data(*address)
            .data(lang)
            .data(freshness)
            .data(held.clone())
            .data(Deadline(deadline))
            .data(replays.clone());
        if let Some(key) = idempotency_key {
            request = request.data(IdempotencyKey(key));
        }
        if let Some(name) = on_behalf_of {
            request = request.data(OnBehalfOf(name));
        }
        request
    };
    let work = async {
        match cost_only {
            true => execution.check().await.map(|()| Executed::nothing()),
            false => execution.run(equip).await,
        }
    };
    let Ok(executed) = timeout_at(last.into(), db::until(last, work)).await else {
        return Err(refusal(ErrorCode::Timeout, too_late(&operation_type, seconds), None).into());
    };
    if !cost_only {
        let actual = executed.as_ref().map_or(0, |executed| price.meter.read(&executed.data));
        toll.settle(actual);
        service.metrics.points(price.cost, actual);
    }
    let executed = executed.map_err(Refused::document)?;
    let mut extensions = IndexMap::from([(Name::new("cost"), toll.report())]);
    let replayed = replays.take();
    if !replayed.is_empty() {
        extensions.insert(Name::new("idempotency"), value!({ "replayed": replayed }));
    }
    let (bytes, told) = answer::finish(executed, &Value::Object(extensions), id, limits.answer_bytes)?;
    let mut response = match (operation_type, service.memory.answer(&bytes)) {
        (_, Ok(held)) => answer::respond(StatusCode::OK, media, held.around(bytes)),
        // What was committed must be answered.
        (OperationType::Mutation, Err(_full)) => answer::respond(StatusCode::OK, media, bytes),
        (OperationType::Query | OperationType::Subscription, Err(full)) => return Err(full.into()),
    };
    if let (OperationType::Mutation, false, Some(written)) = (operation_type, cost_only, &service.written) {
        let token = HeaderValue::from_str(&written().await.to_string());
        response.headers_mut().extend(token.ok().map(|token| (CONSISTENCY, token)));
    }
    response.extensions_mut().insert(told);
    Ok(response)
}

/// What a request that was given up may have done.
fn too_late(operation: &OperationType, seconds: u64) -> String {
    let left = match operation {
        OperationType::Query | OperationType::Subscription => "nothing was changed",
        OperationType::Mutation => {
            "read what it did, or repeat it with the same idempotency key, which does nothing twice"
        }
    };
    format!("The request took longer than {seconds} seconds and was given up; {left}.")
}

/// Leaves the cause of a failure of the service in the log, where the client's answer says nothing of it.
pub fn log_cause(error: &AppError, id: &RequestId) {
    if matches!(error.code(), ErrorCode::Internal | ErrorCode::Unavailable) {
        tracing::error!(request = %id, code = error.code().as_str(), cause = %chain(error), "the request failed");
    }
}
