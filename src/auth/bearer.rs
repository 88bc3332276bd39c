//! From the `Authorization` header to the [`Caller`].
//!
//! Every token that is not good gets the same answer; the reason is in the log (level debug), without the token.
//! A token anywhere else, in the URL or the body, is not looked for.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use entity::value::Timestamp;
use futures_util::future::BoxFuture;

use super::known::{Entry, Known};
use super::revoked::RevokedSet;
use super::token::{Refusal, TokenChecker};
use super::{Authenticate, Caller};
use crate::clock::Clock;
use crate::error::{AppError, AppResult, ErrorCode};

/// Where accounts are found: the database, as `service::account` reads it.
pub trait Accounts: Send + Sync {
    /// The account that a token's subject names, with the grants that hold at `now`; `None` for an unknown or disabled one.
    fn by_subject<'a>(&'a self, subject: &'a str, now: Timestamp) -> BoxFuture<'a, AppResult<Option<Caller>>>;

    /// The same by the name that the identity provider has for it.
    fn by_external_subject<'a>(&'a self, subject: &'a str, now: Timestamp) -> BoxFuture<'a, AppResult<Option<Caller>>>;
}

/// Authentication by bearer tokens (RFC 6750).
pub struct Bearer<A> {
    checker: Arc<TokenChecker>,
    accounts: A,
    revoked: Arc<RevokedSet>,
    clock: Clock,
    known: Option<Known>,
}

impl<A: Accounts> Bearer<A> {
    /// Checks tokens by `checker` at the time of `clock`, finds their accounts in `accounts`, and refuses what is `revoked`.
    pub fn new(checker: Arc<TokenChecker>, accounts: A, revoked: Arc<RevokedSet>, clock: Clock) -> Self {
        Self { checker, accounts, revoked, clock, known: None }
    }

    /// The same, which remembers callers for a moment (`auth::known`). `changes` counts what this process commits.
    #[must_use]
    pub fn remembering(self, changes: Arc<AtomicU64>) -> Self {
        Self { known: Some(Known::new(changes)), ..self }
    }

    async fn decide(&self, headers: &HeaderMap) -> AppResult<Caller> {
        let token = match bearer_token(headers) {
            Ok(Some(token)) => token,
            Ok(None) => return Ok(Caller::anonymous()),
            Err(reason) => return Err(refused(reason)),
        };
        let now = (self.clock)();
        let changes = self.known.as_ref().map(Known::changes);
        if let Some(known) = self.known.as_ref().and_then(|known| known.get(token)) {
            return self.unless_revoked(&known, now);
        }
        let mut checked = self.checker.check(token, now);
        if checked == Err(Refusal::UnknownKey) && self.checker.renew(token).await {
            checked = self.checker.check(token, now);
        }
        let claims = checked.map_err(|reason| refused(&reason.to_string()))?;
        let caller = match claims.external {
            false => self.accounts.by_subject(&claims.subject, now).await?,
            true => self.accounts.by_external_subject(&claims.subject, now).await?,
        };
        let caller = caller.ok_or_else(|| refused("the account is unknown or disabled"))?;
        let caller = caller.limited_to(claims.scopes.clone());
        let entry = Entry { claims, caller };
        let caller = self.unless_revoked(&entry, now)?;
        if let Some((known, changes)) = self.known.as_ref().zip(changes) {
            known.put(token, entry, changes);
        }
        Ok(caller)
    }

    fn unless_revoked(&self, Entry { claims, caller }: &Entry, now: Timestamp) -> AppResult<Caller> {
        if self.revoked.refuses(claims, caller.identity().map(|account| account.id)) {
            return Err(refused("revoked"));
        }
        if !claims.hold_at(now) {
            return Err(refused("expired"));
        }
        Ok(caller.clone())
    }
}

impl<A: Accounts> Authenticate for Bearer<A> {
    fn caller<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, AppResult<Caller>> {
        Box::pin(self.decide(headers))
    }
}

/// The token of the one `Authorization` header, or what is wrong with the header; `None` without the header.
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("there are two Authorization headers");
    }
    match value.to_str().ok().and_then(|text| text.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token)),
        _ => Err("the header is not `Bearer` and a token"),
    }
}

/// The one answer to every token that is not good.
fn refused(reason: &str) -> AppError {
    tracing::debug!(reason, "token refused");
    AppError::new(
        ErrorCode::Unauthenticated,
        "The token is not valid: it may have expired, or it is not for this service. Send a new one.",
    )
}
