//! `/graphql`: GraphQL over HTTP, step by step. What a step refuses never reaches the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Variables, value};
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value as Json;
use tokio::time::timeout_at;

use crate::db;
use crate::error::{AppError, ErrorCode};
use crate::graphql::engine::mutation::run::Deadline;
use crate::graphql::held::Held;
use crate::graphql::mutation::{IdempotencyKey, OnBehalfOf, Replays};
use crate::graphql::variables::with_defaults;
use crate::request_id::RequestId;

use super::answer::{self, Media, Refused};
use super::errors::{chain, refusal};
use super::log::Subject;
use super::{Service, guard, language, request};

/// Longest `Idempotency-Key` in bytes, its quotes included; what a key is, `service::idempotency` says.
const MAX_KEY: usize = 257;
/// Longest `Jixiao-On-Behalf-Of`, in characters.
const MAX_NAME: usize = 200;
/// Time that a mutation has to commit after its deadline.
const COMMIT_SECONDS: u64 = 5;

/// Answers a request, whatever it is.
pub async fn handle<E: Executor>(
    State(service): State<Arc<Service<E>>>,
    Extension(id): Extension<RequestId>,
    Extension(subject): Extension<Subject>,
    request: Request,
) -> Response {
    let media = Media::negotiate(request.headers());
    match answer(&service, media, &id, &subject, request).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(media.unwrap_or(Media::Json), &id),
    }
}

async fn answer<E: Executor>(
    service: &Service<E>,
    media: Option<Media>,
    id: &RequestId,
    subject: &Subject,
    request: Request,
) -> Result<Response, Refused> {
    // The head: method and content type, and whether an answer could be understood.
    let method = request.method().clone();
    request::check_head(&method, request.uri(), request.headers())?;
    let media = media.ok_or_else(|| {
        let message = "The answer is application/json or application/graphql-response+json.";
        Refused::http(StatusCode::NOT_ACCEPTABLE, ErrorCode::BadUserInput, message)
    })?;

    // Who asks comes before the body, because the limits are the caller's.
    let caller = service.authenticate.caller(request.headers()).await.inspect_err(|error| log_cause(error, id))?;
    let account = caller.identity().map(|account| account.name.as_str());
    if let Some(account) = account {
        subject.account(account);
    }
    let limits = service.limits.of(&caller);
    let lang = language(request.headers());

    let idempotency_key = request::short_header(request.headers(), "idempotency-key", MAX_KEY)?;
    let on_behalf_of = request::short_header(request.headers(), "jixiao-on-behalf-of", MAX_NAME)?;

    // The body, then a place among the running requests for all that costs time.
    let asked = request::read(request, &limits).await?;
    let _permit = service.capacity.enter(account, limits.running).await?;

    // The document and its size.
    guard::admit_variables(&asked.variables, &limits)?;
    let document = guard::admit(&asked.query, &limits)?;
    let (name, operation) = guard::select(&document, asked.operation_name.as_deref())?;
    let mut variables = asked.variables;
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
    guard::admit_operation(&document, &operation.node, &variables, &held, &limits)?;

    // Execution, given up at the deadline: dropping it rolls back what it had open, and the database stops by itself. A
    // mutation knows its deadline and keeps it before it commits; then it has time to commit.
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let replays = Replays::default();
    let mut execution = async_graphql::Request::new(asked.query)
        .variables(variables)
        .data(caller)
        .data(limits)
        .data(id.clone())
        .data(lang)
        .data(held)
        .data(Deadline(deadline))
        .data(replays.clone());
    if let Some(key) = idempotency_key {
        execution = execution.data(IdempotencyKey(key));
    }
    if let Some(name) = on_behalf_of {
        execution = execution.data(OnBehalfOf(name));
    }
    execution.operation_name = asked.operation_name;
    execution.set_parsed_query(document);
    let last = deadline + Duration::from_secs(spare);
    let execution = db::until(last, service.executors.get(lang).execute(execution));
    match timeout_at(last.into(), execution).await {
        Ok(mut executed) => {
            let replayed = replays.take();
            if !replayed.is_empty() {
                executed.extensions.insert("idempotency".to_owned(), value!({ "replayed": replayed }));
            }
            answer::executed(executed, media, id, limits.answer_bytes)
        }
        Err(_late) => Err(refusal(ErrorCode::Timeout, too_late(&operation_type, seconds), None).into()),
    }
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
