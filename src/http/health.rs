//! What machines ask about the service itself: alive, ready, which version, which schema. No token is needed.

use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use crate::error::{AppError, ErrorCode};
use crate::request_id::RequestId;

use super::answer::Media;
use super::graphql::log_cause;
use super::head::Head;
use super::{Service, language, refuse};

/// `GET /livez`: the process answers. Looks at nothing else, so that a slow database does not get the process restarted.
pub async fn live() -> Response {
    fresh("ok\n")
}

/// `GET /readyz`: requests can be sent here. 503 while the process stops or the database does not answer.
pub async fn ready<E>(State(service): State<Arc<Service<E>>>, Extension(id): Extension<RequestId>) -> Response {
    if service.lifecycle.is_draining() {
        return refuse(AppError::new(ErrorCode::Unavailable, "The service is stopping."), &id);
    }
    match (service.ready)().await {
        Ok(()) => fresh("ok\n"),
        Err(error) => {
            log_cause(&error, &id);
            refuse(AppError::new(ErrorCode::Unavailable, "The database does not answer."), &id)
        }
    }
}

/// `GET /version`: name and version as JSON.
pub async fn version() -> Response {
    fresh(Json(json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") })))
}

/// `GET /schema.graphql`: the schema in its definition language, described in the language that the client prefers.
pub async fn schema<E: Executor>(State(service): State<Arc<Service<E>>>, head: Head, headers: HeaderMap) -> Response {
    if let Err(refused) = service.enter_unknown(head.address) {
        return refused.into_response(Media::Json, &head.id);
    }
    let lang = language(&headers);
    let mut response = fresh(service.sdl.get(lang).clone());
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// An answer that holds for this moment only.
fn fresh(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
