//! Tokens for other systems over HTTP: `/oauth/token` (RFC 6749, RFC 9068), `/oauth/revoke` (RFC 7009), and what programs read
//! of both at `/.well-known/`.
//!
//! Errors here have the form that OAuth gives them, not that of GraphQL. Answers are never stored; what is published may be,
//! for five minutes, which is less than a key is published before it signs.

mod form;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::capacity::{Capacity, Permit};
use super::graphql::log_cause;
use super::head::Head;
use crate::auth::oauth::{Denied, Granted, TokenEndpoint};
use crate::auth::ring::KeyRing;
use crate::clock::Clock;
use crate::error::{AppError, ErrorCode};
use crate::request_id::RequestId;

use form::{Asked, Malformed};

/// Requests for tokens that are worked on at one time.
const RUNNING: u64 = 16;

/// How long what is published may be kept.
const PUBLISHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The addresses of the endpoints, as clients write them.
#[derive(Clone, Debug)]
pub struct Places {
    /// Below which all of them lie.
    pub base: String,
    /// Where tokens are issued.
    pub token: String,
}

impl Places {
    /// Those below this address, which has no slash at its end.
    pub fn below(base: String) -> Self {
        Self { token: format!("{base}/oauth/token"), base }
    }
}

/// What the routes work with.
pub struct Oauth {
    endpoint: TokenEndpoint,
    keys: Arc<KeyRing>,
    places: Places,
    clock: Clock,
    capacity: Capacity,
}

impl Oauth {
    /// Tokens by `endpoint`, whose public keys are those of `keys`.
    pub fn new(endpoint: TokenEndpoint, keys: Arc<KeyRing>, places: Places, clock: Clock) -> Self {
        Self { endpoint, keys, places, clock, capacity: Capacity::new() }
    }

    async fn enter(&self) -> Result<Permit, AppError> {
        self.capacity.enter(None, RUNNING).await
    }
}

/// All routes.
pub fn routes(oauth: Oauth) -> Router {
    Router::new()
        .route("/oauth/token", post(token).fallback(only_post))
        .route("/oauth/revoke", post(revoke).fallback(only_post))
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/.well-known/jwks.json", get(jwks))
        .with_state(Arc::new(oauth))
}

async fn token(State(oauth): State<Arc<Oauth>>, Head { id, subject, address }: Head, request: Request) -> Response {
    let granted = async {
        let asked = Asked::read(request).await?;
        if asked.parameter("grant_type")? != "client_credentials" {
            return Err(Problem::UnsupportedGrantType);
        }
        let credentials = asked.credentials()?;
        let _permit = oauth.enter().await.map_err(Denied::Failed)?;
        Ok(oauth.endpoint.grant(address.0, &credentials, asked.optional("scope")).await?)
    };
    match granted.await {
        Ok(Granted { access_token, life, scope, client }) => {
            subject.account(&client);
            let life = life.as_secs();
            let body =
                json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": life, "scope": scope });
            never_stored(Json(body).into_response())
        }
        Err(problem) => problem.into_response(&id),
    }
}

async fn revoke(State(oauth): State<Arc<Oauth>>, Head { id, address, .. }: Head, request: Request) -> Response {
    let revoked = async {
        let asked = Asked::read(request).await?;
        let (token, credentials) = (asked.parameter("token")?, asked.credentials()?);
        let _permit = oauth.enter().await.map_err(Denied::Failed)?;
        Ok(oauth.endpoint.revoke(address.0, &credentials, token).await?)
    };
    match revoked.await {
        Ok(()) => never_stored(StatusCode::OK.into_response()),
        Err(problem) => Problem::into_response(problem, &id),
    }
}

/// `/.well-known/oauth-authorization-server` (RFC 8414).
async fn metadata(State(oauth): State<Arc<Oauth>>) -> Response {
    let base = &oauth.places.base;
    let methods = json!(["client_secret_basic", "private_key_jwt"]);
    let algorithms = json!(["RS256", "PS256", "ES256", "EdDSA"]);
    published(json!({
        "issuer": oauth.keys.issuer(),
        "token_endpoint": oauth.places.token,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "jwks_uri": format!("{base}/.well-known/jwks.json"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
    }))
}

/// `/.well-known/jwks.json`: our public keys.
async fn jwks(State(oauth): State<Arc<Oauth>>) -> Response {
    published(oauth.keys.jwks((oauth.clock)()))
}

fn published(body: Value) -> Response {
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, PUBLISHED);
    response
}

async fn only_post() -> Response {
    let mut response = Malformed::Method.answer();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// Why a request is refused.
enum Problem {
    Malformed(Malformed),
    UnsupportedGrantType,
    Denied(Denied),
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl Problem {
    fn into_response(self, id: &RequestId) -> Response {
        match self {
            Self::Malformed(malformed) => malformed.answer(),
            Self::UnsupportedGrantType => {
                refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type", "`grant_type` must be `client_credentials`.")
            }
            Self::Denied(Denied::InvalidClient) => {
                let text = "The client is unknown or disabled, or what it showed is wrong, used or ended.";
                let mut response = refusal(StatusCode::UNAUTHORIZED, "invalid_client", text);
                let challenge = HeaderValue::from_static("Basic realm=\"jixiao\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                response
            }
            Self::Denied(Denied::InvalidScope) => {
                refusal(StatusCode::BAD_REQUEST, "invalid_scope", "The client may not have one of these scopes.")
            }
            Self::Denied(Denied::UnauthorizedClient) => {
                refusal(StatusCode::BAD_REQUEST, "unauthorized_client", "The token was issued to another client.")
            }
            Self::Denied(Denied::Locked(wait)) => {
                let text = "The client failed too often from this address; `Retry-After` says when it may try again.";
                later(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", text, wait)
            }
            Self::Denied(Denied::Failed(error)) => {
                log_cause(&error, id);
                match error.code() {
                    ErrorCode::Unavailable => {
                        let text = "The service has no capacity at the moment; try again.";
                        later(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", text, Duration::from_secs(1))
                    }
                    _ => refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", AppError::MASKED),
                }
            }
        }
    }
}

fn later(status: StatusCode, error: &str, description: &str, wait: Duration) -> Response {
    let mut response = refusal(status, error, description);
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// An error in the form of RFC 6749 5.2.
fn refusal(status: StatusCode, error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    never_stored((status, Json(body)).into_response())
}

fn never_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
