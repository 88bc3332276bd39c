//! Finding out whether someone is who he says.

use std::time::Duration;

use entity::credential::Model;
use entity::value::Timestamp;
use sea_orm::DatabaseTransaction;

use super::{Denial, From, Login};
use crate::auth::Caller;
use crate::auth::password::{Password, Place};
use crate::auth::totp::Secret;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::lockout::{self, Admission, Admit, Applicant, Attempt, Forgive};
use crate::service::{account, credential};

/// What someone says to prove who he is.
pub struct Proof {
    /// Name of the account.
    pub name: String,
    /// Its password.
    pub password: Password,
    /// The one-time code of this moment, where codes are used.
    pub code: Option<String>,
}

/// Which secret the one-time code must be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The one in use; where there is none, no code is looked at.
    Active,
    /// The one that was offered and waits to be confirmed.
    Offered,
}

/// Someone who is who he says, as far as looking could tell; [`Proven::settle`] makes it certain.
pub struct Proven {
    /// Who.
    pub caller: Caller,
    /// The credential that proved it.
    pub credential: Model,
    /// The step of the code that was used.
    pub step: Option<i64>,
    /// A place to hash another password in.
    pub place: Place,
    attempt: Attempt,
}

impl Login {
    /// Looks at name, password and code.
    ///
    /// Whatever is wrong, the answer and the work before it are the same: the attempt is noted, the account looked up, and one
    /// hash computed. The attempt counts as a failure until it is settled or forgiven.
    pub(super) async fn prove(&self, proof: &Proof, factor: Factor, from: &From) -> Result<Proven, Denial> {
        let place = self.passwords.place().await?;
        let now = (self.clock)();
        let applicant = Applicant::new(&proof.name, from.address);
        let attempt = match self.db.commit(&Admit { applicant: &applicant, now }).await? {
            Admission::Admitted(attempt) => attempt,
            Admission::LockedUntil(until) => {
                tracing::warn!(request = from.request_id, address = %from.address, "signing in is locked");
                let wait = u64::try_from(until.0 - now.0).unwrap_or(0).div_ceil(1_000_000);
                return Err(Denial::Locked(Duration::from_secs(wait)));
            }
        };
        let credential = credential::find(self.db.read(), &proof.name).await?;
        let hash = credential.as_ref().map(|credential| &credential.password);
        let matches = place.matches(&proof.password, hash).await?;
        let (Some(credential), true) = (credential, matches) else {
            tracing::warn!(request = from.request_id, address = %from.address, "wrong name or password");
            return Err(wrong().into());
        };
        let account = credential.account_id.public();
        let Some(step) = self.step(&credential, factor, proof.code.as_deref(), now)? else {
            tracing::warn!(request = from.request_id, address = %from.address, account, "wrong one-time code");
            return Err(wrong().into());
        };
        let caller = account::by_subject(self.db.read(), &account, now).await?.ok_or_else(wrong)?;
        Ok(Proven { caller, credential, step, place, attempt })
    }

    /// The step of a code, if one is needed; `None` when it is wrong or absent.
    fn step(
        &self,
        credential: &Model,
        factor: Factor,
        code: Option<&str>,
        now: Timestamp,
    ) -> AppResult<Option<Option<i64>>> {
        let sealed = match factor {
            Factor::Active if credential.totp_secret.is_none() => return Ok(Some(None)),
            Factor::Active => &credential.totp_secret,
            Factor::Offered => &credential.totp_offered,
        };
        let (Some(sealed), Some(code)) = (sealed, code) else { return Ok(None) };
        let secret = Secret::of(self.sealing.open(sealed, &credential.account_id.public())?);
        let unused = |step: &i64| credential.totp_step.is_none_or(|used| *step > used);
        Ok(secret.step_of(code, now).filter(unused).map(Some))
    }

    /// Strikes out the attempt of someone who was right, and is refused for another reason.
    pub(super) async fn forgive(&self, proven: &Proven) -> AppResult<()> {
        self.db.commit(&Forgive(&proven.attempt)).await
    }
}

impl Proven {
    /// Makes certain, in the transaction of what is done with it, that nothing has changed since, and that the code is used now
    /// for the first time. Gives the credential, its step used.
    ///
    /// # Errors
    /// The answer to everything that is wrong.
    pub async fn settle(&self, tx: &DatabaseTransaction) -> AppResult<Model> {
        let settled = credential::confirm(tx, &self.credential, self.step).await?.ok_or_else(wrong)?;
        lockout::forgive(tx, &self.attempt).await?;
        Ok(settled)
    }

    /// Why this account may not sign in although everything was right.
    pub fn objection(&self, now: Timestamp) -> Option<&'static str> {
        if !credential::is_administrator(&self.caller) {
            return None;
        }
        if self.credential.totp_secret.is_none() {
            return Some("Administrators need one-time codes: set them up at `/auth/totp/enroll`.");
        }
        let outdated = credential::is_outdated(&self.credential, now);
        outdated.then_some("The password of an administrator holds for 90 days: set a new one at `/auth/password`.")
    }
}

/// The one answer to a wrong name, password or code.
fn wrong() -> AppError {
    let message = "Name, password or one-time code is wrong. Who has set up one-time codes sends the code of this moment too, \
                   and each code once.";
    AppError::new(ErrorCode::Unauthenticated, message)
}
