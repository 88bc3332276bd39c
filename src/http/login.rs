//! `/auth/…`: signing in and out, and one's own password and one-time codes, as JSON by POST.
//!
//! | path | body | answer |
//! | --- | --- | --- |
//! | `login` | `name`, `password`, `totp`? | access and refresh token |
//! | `refresh` | `refreshToken` | the next pair |
//! | `logout` | `refreshToken` | 204 |
//! | `password` | `name`, `password`, `totp`?, `newPassword` | 204 |
//! | `totp/enroll` | `name`, `password`, `totp`? | a new secret |
//! | `totp/confirm` | `name`, `password`, `totp` of the new secret | 204 |
//! | `activate` | `invitation` | for whom it is, and a secret |
//! | `activate` | `invitation`, `password`, `totp`? | 204 |
//!
//! Bodies are JSON with that content type, which a page of another site cannot send unasked.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::auth::password::Password;
use crate::error::{AppError, ErrorCode};
use crate::login::{Activation, Denial, From, Login, NewSecret, Proof, Tokens};
use crate::network::ClientAddress;
use crate::request_id::RequestId;

use super::answer::{Media, Refused};
use super::graphql::log_cause;
use super::{Service, nothing, request};

/// Largest body, in bytes: two passwords of 128 characters, each written as two escapes.
const MAX_BODY: usize = 8 * 1024;
/// Longest time for a body.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What one of the paths takes, and does with it.
pub trait Act: DeserializeOwned + Send {
    /// What the body has, in words.
    const BODY: &'static str;
    /// What is answered; nothing where there is nothing to say.
    type Answer: Serialize;
    /// Does it.
    fn act(self, login: &Login, from: &From) -> impl Future<Output = Result<Option<Self::Answer>, Denial>> + Send;
}

/// Answers a POST with the body of `A`.
pub async fn post<E: Executor, A: Act>(
    State(service): State<Arc<Service<E>>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    match answer::<E, A>(&service, &id, request).await {
        Ok(Some(answer)) => ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refused.into_response(Media::Json, &id),
    }
}

async fn answer<E: Executor, A: Act>(
    service: &Service<E>,
    id: &RequestId,
    request: Request,
) -> Result<Option<A::Answer>, Refused> {
    let login = service.login.as_ref().ok_or_else(nothing)?;
    request::check_head(request.method(), request.uri(), request.headers())?;
    let address = request.extensions().get().copied().unwrap_or(ClientAddress::UNKNOWN);
    let _toll = service.enter_unknown(address)?;
    let from = From { address: address.0, request_id: id.to_string() };
    let body = axum::body::to_bytes(request.into_body(), MAX_BODY);
    let body = timeout(BODY_TIME, body).await.ok().and_then(Result::ok).ok_or_else(|| {
        let message = format!("The body has more than {MAX_BODY} bytes, or did not arrive.");
        Refused::http(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge, message)
            .with(header::CONNECTION, HeaderValue::from_static("close"))
    })?;
    let act: A = serde_json::from_slice(&body)
        .map_err(|_| AppError::bad_input(format!("The body must be a JSON object with {}, all texts.", A::BODY)))?;
    act.act(login, &from).await.map_err(|denial| match denial {
        Denial::Locked(wait) => locked(wait),
        Denial::Refused(error) => {
            log_cause(&error, id);
            error.into()
        }
    })
}

fn locked(wait: Duration) -> Refused {
    let message = "Too many attempts to sign in have failed; wait before the next one, or ask for an invitation.";
    Refused::http(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, message)
        .with(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)))
}

/// Another method than POST.
pub async fn method_not_allowed(Extension(id): Extension<RequestId>) -> Response {
    Refused::http(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadUserInput, "This address is asked by POST.")
        .with(header::ALLOW, HeaderValue::from_static("POST"))
        .into_response(Media::Json, &id)
}

/// The tokens of a session, named as OAuth names them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokensAnswer {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    refresh_token: String,
    /// Seconds.
    refresh_expires_in: u64,
}

impl std::convert::From<Tokens> for TokensAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access,
            token_type: "Bearer",
            expires_in: tokens.access_life.as_secs(),
            refresh_token: tokens.refresh,
            refresh_expires_in: tokens.refresh_life.as_secs(),
        }
    }
}

/// A new secret of one-time codes.
#[derive(Serialize)]
pub struct SecretAnswer {
    /// To be typed into an app.
    secret: String,
    /// To be read by an app from a picture.
    uri: String,
}

impl std::convert::From<NewSecret> for SecretAnswer {
    fn from(new: NewSecret) -> Self {
        Self { secret: new.secret, uri: new.address }
    }
}

/// `/auth/login`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    name: String,
    password: String,
    totp: Option<String>,
}

fn proof(name: String, password: &str, code: Option<String>) -> Proof {
    Proof { name, password: Password::new(password), code }
}

impl Act for SignIn {
    const BODY: &'static str = "`name`, `password` and, where one-time codes are used, `totp`";
    type Answer = TokensAnswer;

    async fn act(self, login: &Login, from: &From) -> Result<Option<TokensAnswer>, Denial> {
        let tokens = login.login(&proof(self.name, &self.password, self.totp), from).await?;
        Ok(Some(tokens.into()))
    }
}

/// `/auth/refresh`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Refresh {
    refresh_token: String,
}

impl Act for Refresh {
    const BODY: &'static str = "`refreshToken`";
    type Answer = TokensAnswer;

    async fn act(self, login: &Login, from: &From) -> Result<Option<TokensAnswer>, Denial> {
        Ok(Some(login.refresh(&self.refresh_token, from).await?.into()))
    }
}

/// `/auth/logout`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SignOut {
    refresh_token: String,
}

impl Act for SignOut {
    const BODY: &'static str = "`refreshToken`";
    type Answer = ();

    async fn act(self, login: &Login, from: &From) -> Result<Option<()>, Denial> {
        login.logout(&self.refresh_token, from).await?;
        Ok(None)
    }
}

/// `/auth/password`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangePassword {
    name: String,
    password: String,
    totp: Option<String>,
    new_password: String,
}

impl Act for ChangePassword {
    const BODY: &'static str = "`name`, `password`, `newPassword` and, where one-time codes are used, `totp`";
    type Answer = ();

    async fn act(self, login: &Login, from: &From) -> Result<Option<()>, Denial> {
        let new = Password::new(&self.new_password);
        login.change_password(&proof(self.name, &self.password, self.totp), &new, from).await?;
        Ok(None)
    }
}

/// `/auth/totp/enroll`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enroll {
    name: String,
    password: String,
    totp: Option<String>,
}

impl Act for Enroll {
    const BODY: &'static str = "`name`, `password` and, where one-time codes are used already, `totp`";
    type Answer = SecretAnswer;

    async fn act(self, login: &Login, from: &From) -> Result<Option<SecretAnswer>, Denial> {
        let new = login.enroll_totp(&proof(self.name, &self.password, self.totp), from).await?;
        Ok(Some(new.into()))
    }
}

/// `/auth/totp/confirm`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    name: String,
    password: String,
    totp: String,
}

impl Act for Confirm {
    const BODY: &'static str = "`name`, `password` and `totp`, a code of the new secret";
    type Answer = ();

    async fn act(self, login: &Login, from: &From) -> Result<Option<()>, Denial> {
        login.confirm_totp(&proof(self.name, &self.password, Some(self.totp)), from).await?;
        Ok(None)
    }
}

/// `/auth/activate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    invitation: String,
    password: Option<String>,
    totp: Option<String>,
}

/// What an invitation is for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedAnswer {
    account: String,
    totp_required: bool,
    totp: SecretAnswer,
}

impl Act for Activate {
    const BODY: &'static str = "`invitation` alone, or with `password` and, where one-time codes shall be used, `totp`";
    type Answer = OpenedAnswer;

    async fn act(self, login: &Login, from: &From) -> Result<Option<OpenedAnswer>, Denial> {
        let Some(password) = self.password else {
            let opened = login.open_invitation(&self.invitation, from).await?;
            let (account, totp_required) = (opened.account, opened.totp_required);
            return Ok(Some(OpenedAnswer { account, totp_required, totp: opened.totp.into() }));
        };
        let password = Password::new(&password);
        login.activate(&Activation { invitation: self.invitation, password, code: self.totp }, from).await?;
        Ok(None)
    }
}
