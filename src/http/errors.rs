//! Errors on their way out: a code, the request id and whether to try again on every one, the cause in the log only.

use std::error::Error as StdError;

use async_graphql::{Pos, ServerError};
use axum::http::StatusCode;

use crate::error::{AppError, ErrorCode};
use crate::request_id::RequestId;

use super::log::plain;

/// Errors of one answer beyond this many are only counted.
const MAX_REQUEST_ERRORS: usize = 50;

/// How the library begins the message of an argument that could not be read; the caller can mend it.
const UNREADABLE_ARGUMENT: [&str; 2] = ["Failed to parse \"", "Expected input type \""];

/// An error that the handler itself decides on, before anything is executed.
pub fn refusal(code: ErrorCode, message: impl Into<String>, pos: Option<Pos>) -> ServerError {
    let mut error = ServerError::new(message, pos);
    error.extensions.get_or_insert_default().set("code", code.as_str());
    error
}

/// A document that is larger than a limit allows.
pub fn too_many(what: &str, limit: u64, pos: Option<Pos>) -> ServerError {
    refusal(ErrorCode::CostLimit, format!("The document has more than {limit} {what}."), pos)
}

/// The HTTP status that says the same as a code.
pub fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::GraphqlParseFailed
        | ErrorCode::GraphqlValidationFailed
        | ErrorCode::BadUserInput
        | ErrorCode::OperationResolutionFailure
        | ErrorCode::CostLimit => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::PersistedQueryRequired => StatusCode::FORBIDDEN,
        ErrorCode::PersistedQueryNotFound | ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Conflict | ErrorCode::IdempotencyInProgress => StatusCode::CONFLICT,
        ErrorCode::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// Finishes the errors of a request that was refused before execution: those without a code come from validation. Gives the
/// codes.
pub fn finish_refused(errors: &mut Vec<ServerError>, id: &RequestId) -> Vec<ErrorCode> {
    let more = errors.len().saturating_sub(MAX_REQUEST_ERRORS);
    if more > 0 {
        errors.truncate(MAX_REQUEST_ERRORS);
        errors.push(ServerError::new(format!("There are {more} more errors."), None));
    }
    let finish = |error: &mut ServerError| {
        let code = own_code(error).unwrap_or(ErrorCode::GraphqlValidationFailed);
        label(error, code, id);
        code
    };
    errors.iter_mut().map(finish).collect()
}

/// Finishes the errors that happened during execution: what is not made for clients is masked here and logged. Gives
/// the codes.
pub fn finish_executed(errors: &mut [ServerError], id: &RequestId) -> Vec<ErrorCode> {
    let mut codes = Vec::with_capacity(errors.len());
    for error in errors {
        let code = match own_code(error) {
            Some(code) => code,
            None if error.source.is_none()
                && UNREADABLE_ARGUMENT.iter().any(|start| error.message.starts_with(start)) =>
            {
                ErrorCode::BadUserInput
            }
            None => ErrorCode::Internal,
        };
        if code == ErrorCode::Internal {
            log_cause(error, id);
            error.message = AppError::MASKED.to_owned();
        }
        label(error, code, id);
        codes.push(code);
    }
    codes
}

/// The code that an error brought along: that of its [`AppError`], or one of the closed list in its extensions.
fn own_code(error: &ServerError) -> Option<ErrorCode> {
    if let Some(source) = error.source::<AppError>() {
        return Some(source.code());
    }
    match error.extensions.as_ref()?.get("code")? {
        async_graphql::Value::String(code) => ErrorCode::from_code(code),
        async_graphql::Value::Enum(code) => ErrorCode::from_code(code.as_str()),
        _ => None,
    }
}

fn label(error: &mut ServerError, code: ErrorCode, id: &RequestId) {
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", code.as_str());
    extensions.set("requestId", id.as_str());
    extensions.set("retryable", code.retryable());
}

fn log_cause(error: &ServerError, id: &RequestId) {
    let cause = match error.source::<AppError>() {
        Some(source) => chain(source),
        None => plain(&error.message),
    };
    let path: Vec<String> = error.path.iter().map(|segment| format!("{segment:?}")).collect();
    tracing::error!(request = %id, path = path.join(" "), %cause, "a field failed");
}

/// The causes of an error in one line, outermost first.
pub fn chain(error: &AppError) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(plain(&cause.to_string()));
        next = cause.source();
    }
    if causes.is_empty() { plain(error.message()) } else { causes.join(": ") }
}
