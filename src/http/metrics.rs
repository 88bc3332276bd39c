//! `/metrics`: the numbers of the service, at an address of its own, so that whoever reaches the service does not reach them.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::future::BoxFuture;

use crate::metrics::MEDIA_TYPE;

/// Gives the text of the numbers as they are at this moment.
pub type Scrape = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// The one route of the numbers.
pub fn metrics_router(scrape: Scrape) -> Router {
    let numbers = move || async move {
        let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
        (headers, scrape().await).into_response()
    };
    Router::new().route("/metrics", get(numbers))
}
