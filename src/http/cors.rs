//! Pages of other origins: none may ask, unless the settings name them.

use axum::http::{HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::graphql::{CONSISTENCY, COST_ONLY};
use super::log::X_REQUEST_ID;
use super::toll::{RATELIMIT, RATELIMIT_POLICY};
use super::uploads::{UPLOAD_LENGTH, UPLOAD_OFFSET};

/// Lets pages of these origins (`https://host:port`, as browsers send them) ask and read what they need of the answer.
pub fn layer(origins: &[String]) -> CorsLayer {
    let origins = origins.to_vec();
    let known = move |origin: &HeaderValue, _: &_| origins.iter().any(|known| origin == known.as_str());
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(known))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::CONTENT_RANGE,
            header::RANGE,
            header::ACCEPT_LANGUAGE,
            X_REQUEST_ID,
            COST_ONLY,
            CONSISTENCY,
        ])
        .expose_headers([
            X_REQUEST_ID,
            CONSISTENCY,
            header::RETRY_AFTER,
            RATELIMIT,
            RATELIMIT_POLICY,
            header::RANGE,
            UPLOAD_OFFSET,
            UPLOAD_LENGTH,
        ])
}
