//! Tokens for other systems: the client credentials grant (RFC 6749 4.4) and revocation (RFC 7009), without HTTP.
//!
//! A client shows that it is one by its secret or by an assertion that it signed; see [`client`]. Whoever
//! fails learns nothing about why, and learns it after the same time.

mod assertion;
pub mod client;
mod failures;
pub mod scope;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use entity::value::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::revoked::Revoked;
use super::token::{ACCESS_LIFE, LEEWAY, NewToken, TokenChecker, TokenIssuer, scope_text};
use crate::clock::Clock;
use crate::error::AppError;

use assertion::Audiences;
use client::{Clients, Credentials, StoredClient};
use failures::Failures;
use scope::narrow;

/// When a client that is not one is told so, after its request came: later than any check ends.
const FAILURE_AFTER: Duration = Duration::from_millis(250);

/// Why there is no token; each but the last is a code of RFC 6749 5.2.
#[derive(Debug)]
pub enum Denied {
    /// The client is unknown, disabled, or did not show that it is the one: which of them is not told.
    InvalidClient,
    /// The client may not have one of the scopes that it asked for.
    InvalidScope,
    /// The token to revoke belongs to another client.
    UnauthorizedClient,
    /// The client failed too often from this address; it may try again after this time.
    Locked(Duration),
    /// The service failed.
    Failed(AppError),
}

impl From<AppError> for Denied {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

/// A token that was issued (RFC 6749 5.1).
pub struct Granted {
    /// The token.
    pub access_token: String,
    /// How long it lives.
    pub life: Duration,
    /// What it is limited to.
    pub scope: String,
    /// The name of the client.
    pub client: String,
}

/// Where clients get tokens and revoke them.
pub struct TokenEndpoint {
    clients: Box<dyn Clients>,
    issuer: TokenIssuer,
    checker: Arc<TokenChecker>,
    audiences: Audiences,
    life: Duration,
    clock: Clock,
    failures: Failures,
}

impl TokenEndpoint {
    /// Issues tokens by `issuer` to `clients`, each living for `life` and 15 minutes at the most. Assertions must be meant for one
    /// of `audiences`: the address of the endpoint, or the name of the issuer.
    pub fn new(
        clients: Box<dyn Clients>,
        issuer: TokenIssuer,
        checker: Arc<TokenChecker>,
        audiences: impl IntoIterator<Item = String>,
        life: Duration,
        clock: Clock,
    ) -> Self {
        let audiences = Audiences(audiences.into_iter().collect());
        Self { clients, issuer, checker, audiences, life: life.min(ACCESS_LIFE), clock, failures: Failures::default() }
    }

    /// A token for a client, limited to the scopes that it asks for, or to all that it may have.
    ///
    /// # Errors
    /// See [`Denied`].
    pub async fn grant(&self, from: IpAddr, shown: &Credentials, scope: Option<&str>) -> Result<Granted, Denied> {
        let client = self.authenticate(from, shown).await?;
        let scopes = narrow(&client.scopes, scope).ok_or(Denied::InvalidScope)?;
        let scope = scope_text(&scopes);
        let token = NewToken {
            client_id: client.name.clone(),
            scopes: Some(scopes),
            ..NewToken::of(client.account, self.life)
        };
        let access_token = self.issuer.issue(&token, (self.clock)())?;
        Ok(Granted { access_token, life: self.life, scope, client: client.name })
    }

    /// Refuses a token of a client from now on. One that is not good any more needs nothing.
    ///
    /// # Errors
    /// See [`Denied`].
    pub async fn revoke(&self, from: IpAddr, shown: &Credentials, token: &str) -> Result<(), Denied> {
        let client = self.authenticate(from, shown).await?;
        let Ok(claims) = self.checker.check(token, (self.clock)()) else { return Ok(()) };
        if claims.subject != client.account.public() || claims.client_id.as_deref() != Some(&client.name) {
            return Err(Denied::UnauthorizedClient);
        }
        let Some(jti) = claims.jti else { return Ok(()) };
        let until = Timestamp(claims.expires_at.0.saturating_add(LEEWAY * 1_000_000));
        Ok(self.clients.revoke(&Revoked::Token(jti), until).await?)
    }

    /// The client that shows these credentials.
    async fn authenticate(&self, from: IpAddr, shown: &Credentials) -> Result<StoredClient, Denied> {
        let (began, now) = (Instant::now(), (self.clock)());
        let name = shown.client().unwrap_or_default();
        self.failures.admit(from, &name, now).map_err(Denied::Locked)?;
        let client = self.clients.find(&name, now).await?;
        if let Some(client) = self.proved(client, shown, now).await? {
            self.failures.forget(from, &name);
            return Ok(client);
        }
        self.failures.count(from, &name, now);
        sleep_until(began + FAILURE_AFTER).await;
        Err(Denied::InvalidClient)
    }

    /// The client, if the credentials are its own.
    async fn proved(
        &self,
        client: Option<StoredClient>,
        shown: &Credentials,
        now: Timestamp,
    ) -> Result<Option<StoredClient>, AppError> {
        let Some(client) = client else { return Ok(None) };
        let proved = match shown {
            Credentials::Secret { secret, .. } => client.has_secret(secret),
            Credentials::Assertion { jwt, .. } => match assertion::check(jwt, &client, &self.audiences, now) {
                Ok(used) => self.clients.use_assertion(client.account, &used.jti, used.until).await?,
                Err(reason) => {
                    tracing::debug!(client = client.name, %reason, "assertion refused");
                    false
                }
            },
        };
        Ok(proved.then_some(client))
    }
}
