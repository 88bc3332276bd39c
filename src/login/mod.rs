//! How people prove who they are where there is no identity provider: password, one-time code, session.
//!
//! Each request proves what it needs by itself, with name, password and code in its body: there are no cookies, and nothing but
//! [`Login::refresh`] depends on an earlier request. Wrong names, passwords and codes get one answer, after the same work.

mod activation;
mod proof;
mod secret;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use entity::session;
use entity::value::{SessionEnd, Timestamp};

pub use self::activation::{Activation, Opened};
pub use self::proof::Proof;
pub use self::secret::NewSecret;

use self::proof::{Factor, Proven};
use crate::auth::Caller;
use crate::auth::password::Passwords;
use crate::auth::seal::SealingKey;
use crate::auth::token::{ACCESS_LIFE, NewToken, TokenIssuer};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::revocation::Revocations;
use crate::service::session::{Refresh, Refreshed};
use crate::service::work::{Order, Origin, Task, Work};
use crate::service::{account, credential, session as sessions};

/// The local issuer.
#[derive(Clone)]
pub struct Login {
    db: Db,
    issuer: Arc<TokenIssuer>,
    sealing: Arc<SealingKey>,
    revocations: Revocations,
    passwords: Passwords,
    /// What authenticator apps show beside the name of the account.
    service: String,
    clock: Clock,
}

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct From {
    /// Address of the client.
    pub address: IpAddr,
    /// The request.
    pub request_id: String,
}

/// Why something was not done.
#[derive(Debug)]
pub enum Denial {
    /// Too many attempts failed; how long to wait.
    Locked(Duration),
    /// Anything else.
    Refused(AppError),
}

impl<E: Into<AppError>> std::convert::From<E> for Denial {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// The tokens of a session.
pub struct Tokens {
    /// For every request, as `Authorization: Bearer …`.
    pub access: String,
    /// How long it lives.
    pub access_life: Duration,
    /// For the next pair of tokens.
    pub refresh: String,
    /// How long it can be used.
    pub refresh_life: Duration,
}

impl Login {
    /// Signs people in on a database; access tokens are issued by `issuer`, secrets at rest sealed by `sealing`, and `service` is
    /// what authenticator apps show. The tokens of sessions that end are refused through `revocations`.
    pub fn new(
        db: Db,
        issuer: TokenIssuer,
        sealing: SealingKey,
        revocations: Revocations,
        service: impl Into<String>,
        clock: Clock,
    ) -> Self {
        let (issuer, sealing) = (Arc::new(issuer), Arc::new(sealing));
        Self { db, issuer, sealing, revocations, passwords: Passwords::new(), service: service.into(), clock }
    }

    /// Begins a session.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a wrong name, password or code, `FORBIDDEN` for an administrator without one-time codes or with a
    /// password that is too old, `UNAVAILABLE` when too many sign in at once.
    pub async fn login(&self, proof: &Proof, from: &From) -> Result<Tokens, Denial> {
        let proven = self.prove(proof, Factor::Active, from).await?;
        if let Some(objection) = proven.objection((self.clock)()) {
            self.forgive(&proven).await?;
            return Err(AppError::new(ErrorCode::Forbidden, objection).into());
        }
        let begin = Begin { proven: &proven, address: from.address };
        let (session, refresh) = self.order(account::sign_in::ACTION, &proven.caller, from, &begin).await?;
        Ok(self.tokens(&session, refresh)?)
    }

    /// The next tokens of a session. A token that comes a second time ends the session.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the session is over or the account may not sign in any more.
    pub async fn refresh(&self, token: &str, from: &From) -> AppResult<Tokens> {
        let over = || AppError::new(ErrorCode::Unauthenticated, "The session is over; sign in again.");
        let session = sessions::of_token(self.db.read(), token).await?.ok_or_else(over)?;
        let caller = account::by_subject(self.db.read(), &session.account_id.public(), (self.clock)())
            .await?
            .ok_or_else(over)?;
        if credential::is_administrator(&caller) {
            // Who became one since has to sign in again, with a code.
            let known = credential::of(self.db.read(), session.account_id).await?;
            known.filter(|known| known.totp_secret.is_some()).ok_or_else(over)?;
        }
        match self.order("auth/refresh", &caller, from, &Use(token)).await? {
            Refreshed::Next(session, refresh) => self.tokens(&session, refresh),
            Refreshed::Reused(session) => {
                let (id, account) = (session.id.public(), session.account_id.public());
                tracing::warn!(session = id, account, "a refresh token came a second time: the session has ended");
                Err(over())
            }
            Refreshed::Over => Err(over()),
        }
    }

    /// Ends the session of a refresh token; there is nothing to do when it is over.
    ///
    /// # Errors
    /// What the database says.
    pub async fn logout(&self, token: &str, from: &From) -> AppResult<()> {
        let Some(session) = sessions::of_token(self.db.read(), token).await? else { return Ok(()) };
        let Some(caller) = account::by_subject(self.db.read(), &session.account_id.public(), (self.clock)()).await?
        else {
            return Ok(());
        };
        self.order("auth/logout", &caller, from, &End(session)).await
    }

    fn tokens(&self, session: &session::Model, refresh: Refresh) -> AppResult<Tokens> {
        let now = (self.clock)();
        let left = |until: Timestamp| Duration::from_micros(u64::try_from(until.0 - now.0).unwrap_or(0));
        let access_life = ACCESS_LIFE.min(left(session.expires_at)).max(Duration::from_secs(1));
        let of_account = NewToken::of(session.account_id, access_life);
        let token = NewToken { session: Some(session.id.public()), ..of_account };
        let access = self.issuer.issue(&token, now)?;
        Ok(Tokens { access, access_life, refresh: refresh.token, refresh_life: left(refresh.expires_at) })
    }

    async fn order<T: Task>(&self, action: &str, caller: &Caller, from: &From, task: &T) -> AppResult<T::Output> {
        let origin = Origin { request_id: Some(from.request_id.clone()), ..Origin::of(action) };
        let done = self.db.commit(&Order { task, caller, origin: &origin, clock: self.clock }).await?;
        // Sessions that ended by it end in this process at once; another look is made in a moment where this one fails.
        if let Err(error) = self.revocations.refresh().await {
            tracing::warn!(%error, "what was revoked could not be read; it is tried again");
        }
        Ok(done)
    }
}

/// Begins a session.
struct Begin<'a> {
    proven: &'a Proven,
    address: IpAddr,
}

impl Task for Begin<'_> {
    type Output = (session::Model, Refresh);

    async fn run(&self, work: &mut Work<'_>) -> AppResult<Self::Output> {
        self.proven.settle(work.tx).await?;
        sessions::begin(work, self.proven.credential.account_id, self.address.to_string()).await
    }
}

/// Uses a refresh token.
struct Use<'a>(&'a str);

impl Task for Use<'_> {
    type Output = Refreshed;

    async fn run(&self, work: &mut Work<'_>) -> AppResult<Refreshed> {
        sessions::refresh(work, self.0).await
    }
}

/// Ends a session.
struct End(session::Model);

impl Task for End {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> AppResult<()> {
        sessions::end(work, self.0.clone(), SessionEnd::Logout).await
    }
}
