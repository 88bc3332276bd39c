//! Changing one's own password, and setting up one-time codes.

use entity::value::{PasswordHash, SessionEnd};

use super::proof::{Factor, Proof, Proven};
use super::{Denial, From, Login};
use crate::auth::password::Password;
use crate::auth::strength;
use crate::auth::totp::Secret;
use crate::error::{AppError, AppResult};
use crate::service::work::{Task, Work};
use crate::service::{credential, session};

/// A new secret of one-time codes, shown once.
pub struct NewSecret {
    /// To be typed into an app: base 32.
    pub secret: String,
    /// To be read by an app from a picture: `otpauth://totp/…`.
    pub address: String,
}

impl Login {
    /// Sets another password, and ends all sessions of the account.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a password that is too easy or the same, and as [`Login::login`].
    pub async fn change_password(&self, proof: &Proof, new: &Password, from: &From) -> Result<(), Denial> {
        if let Some(objection) = strength::objection(new, &proof.name) {
            return Err(AppError::bad_input(objection).into());
        }
        if *new == proof.password {
            return Err(AppError::bad_input("The new password is the old one.").into());
        }
        let proven = self.prove(proof, Factor::Active, from).await?;
        let hash = proven.place.hash(new).await?;
        Ok(self.order("auth/password", &proven.caller, from, &SetPassword { proven: &proven, hash }).await?)
    }

    /// Offers a new secret of one-time codes, which [`Login::confirm_totp`] puts into use; until then a former one is.
    ///
    /// # Errors
    /// As [`Login::login`].
    pub async fn enroll_totp(&self, proof: &Proof, from: &From) -> Result<NewSecret, Denial> {
        let proven = self.prove(proof, Factor::Active, from).await?;
        let (sealed, shown) = self.new_secret(&proof.name, &proven.credential.account_id.public())?;
        self.order("auth/totp/enroll", &proven.caller, from, &Offer { proven: &proven, sealed }).await?;
        Ok(shown)
    }

    /// Uses the secret that was offered from now on, and ends all sessions of the account; the code must be of that secret.
    ///
    /// # Errors
    /// As [`Login::login`].
    pub async fn confirm_totp(&self, proof: &Proof, from: &From) -> Result<(), Denial> {
        let proven = self.prove(proof, Factor::Offered, from).await?;
        Ok(self.order("auth/totp/confirm", &proven.caller, from, &Confirm(&proven)).await?)
    }

    /// A new secret, sealed for its owner and as it is shown.
    pub(super) fn new_secret(&self, name: &str, owner: &str) -> AppResult<(Vec<u8>, NewSecret)> {
        let secret = Secret::generate()?;
        let shown = NewSecret { secret: secret.base32(), address: secret.address(&self.service, name) };
        Ok((self.sealing.seal(secret.bytes(), owner)?, shown))
    }
}

struct SetPassword<'a> {
    proven: &'a Proven,
    hash: PasswordHash,
}

impl Task for SetPassword<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> AppResult<()> {
        let credential = self.proven.settle(work.tx).await?;
        let account = credential.account_id;
        credential::set_password(work, credential, self.hash.clone()).await?;
        session::end_all(work, account, SessionEnd::Credential).await
    }
}

struct Offer<'a> {
    proven: &'a Proven,
    sealed: Vec<u8>,
}

impl Task for Offer<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> AppResult<()> {
        let credential = self.proven.settle(work.tx).await?;
        credential::offer(work.tx, &credential, self.sealed.clone()).await
    }
}

struct Confirm<'a>(&'a Proven);

impl Task for Confirm<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> AppResult<()> {
        let credential = self.0.settle(work.tx).await?;
        let account = credential.account_id;
        credential::take_offered(work, credential).await?;
        session::end_all(work, account, SessionEnd::Credential).await
    }
}
