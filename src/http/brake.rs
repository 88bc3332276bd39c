//! Answers that say "too many requests" are held back a moment, so that a client that asks again at once is slowed down.
//!
//! Such a client costs nearly as much with its refusals as with its answers: tens of thousands a second on one connection
//! after another. What is held is a finished answer, no place among the running requests and no connection of the database;
//! one address has few enough connections to hold.

use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::sleep;

/// How long: much less than the second that the answer tells to wait at least.
const HELD: Duration = Duration::from_millis(250);

/// Holds back answers with status 429.
pub async fn hold(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        sleep(HELD).await;
    }
    response
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::body::Body;
    use axum::routing::get;
    use axum::{Router, middleware};
    use tower::ServiceExt as _;

    use super::{HELD, Request, StatusCode, hold};

    #[tokio::test]
    async fn a_refusal_by_rate_waits() {
        let app = Router::new()
            .route("/much", get(|| async { StatusCode::TOO_MANY_REQUESTS }))
            .layer(middleware::from_fn(hold));
        let began = Instant::now();
        let answer = app.oneshot(Request::get("/much").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(began.elapsed() >= HELD);
    }
}
