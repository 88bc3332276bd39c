//! Making one's credential by an invitation.

use entity::value::{PasswordHash, SessionEnd};
use entity::{account, invitation};

use super::secret::NewSecret;
use super::{From, Login};
use crate::auth::Caller;
use crate::auth::password::Password;
use crate::auth::strength;
use crate::auth::totp::Secret;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::credential::{self, ConfirmedTotp};
use crate::service::work::{Task, Work};
use crate::service::{account as accounts, invitation as invitations, lockout, session};

/// What an invitation is for.
pub struct Opened {
    /// Name of the account.
    pub account: String,
    /// Whether one-time codes must be set up.
    pub totp_required: bool,
    /// A secret for them, to be confirmed by its first code; the last one that was shown counts.
    pub totp: NewSecret,
}

/// What a person gives to make its credential.
pub struct Activation {
    /// The code of the invitation.
    pub invitation: String,
    /// The password.
    pub password: Password,
    /// The first one-time code, where codes shall be used.
    pub code: Option<String>,
}

impl Login {
    /// Looks at an invitation, without using it, and offers a secret of one-time codes.
    ///
    /// # Errors
    /// `NOT_FOUND` for an invitation that is unknown, used or too old.
    pub async fn open_invitation(&self, invitation: &str, from: &From) -> AppResult<Opened> {
        let (invitation, account, caller) = self.invited(invitation).await?;
        let (sealed, totp) = self.new_secret(&account.name, &account.id.public())?;
        self.order("auth/activate", &caller, from, &Offer { invitation: &invitation, sealed }).await?;
        Ok(Opened { account: account.name, totp_required: credential::is_administrator(&caller), totp })
    }

    /// Uses an invitation: the account has this password from now on, and one-time codes if one was given. Sessions end, and a
    /// lock by failed attempts is lifted. Gives the name of the account.
    ///
    /// # Errors
    /// `NOT_FOUND` for an invitation that is unknown, used or too old, `BAD_USER_INPUT` for a password that is too easy and a
    /// code that is wrong or missing; the invitation can be used after them.
    pub async fn activate(&self, activation: &Activation, from: &From) -> AppResult<String> {
        let (invitation, account, caller) = self.invited(&activation.invitation).await?;
        if let Some(objection) = strength::objection(&activation.password, &account.name) {
            return Err(AppError::bad_input(objection));
        }
        let totp = match &activation.code {
            Some(code) => Some(self.first_code(&invitation, &account, code)?),
            None if credential::is_administrator(&caller) => {
                let message = "Administrators need one-time codes: send only the invitation to get a secret, put it into an app, \
                               and send the first code as `totp`.";
                return Err(AppError::bad_input(message));
            }
            None => None,
        };
        let hash = self.passwords.place().await?.hash(&activation.password).await?;
        let name = account.name.clone();
        self.order("auth/activate", &caller, from, &Activate { invitation, account, hash, totp }).await?;
        Ok(name)
    }

    async fn invited(&self, code: &str) -> AppResult<(invitation::Model, account::Model, Caller)> {
        let (invitation, account) =
            invitations::find(self.db.read(), code, (self.clock)()).await?.ok_or_else(not_usable)?;
        let caller =
            accounts::by_subject(self.db.read(), &account.id.public(), (self.clock)()).await?.ok_or_else(not_usable)?;
        Ok((invitation, account, caller))
    }

    fn first_code(
        &self,
        invitation: &invitation::Model,
        account: &account::Model,
        code: &str,
    ) -> AppResult<ConfirmedTotp> {
        let wrong = || {
            let message =
                "The one-time code is wrong: it must be of the secret that was shown last for this invitation.";
            AppError::bad_input(message)
        };
        let sealed = invitation.totp_offered.clone().ok_or_else(wrong)?;
        let secret = Secret::of(self.sealing.open(&sealed, &account.id.public())?);
        let step = secret.step_of(code, (self.clock)()).ok_or_else(wrong)?;
        Ok((sealed, step))
    }
}

fn not_usable() -> AppError {
    let message =
        "This invitation cannot be used: it is unknown, was used, or is older than 24 hours. Ask for a new one.";
    AppError::new(ErrorCode::NotFound, message)
}

struct Offer<'a> {
    invitation: &'a invitation::Model,
    sealed: Vec<u8>,
}

impl Task for Offer<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> AppResult<()> {
        invitations::offer(work.tx, self.invitation, self.sealed.clone()).await
    }
}

struct Activate {
    invitation: invitation::Model,
    account: account::Model,
    hash: PasswordHash,
    totp: Option<ConfirmedTotp>,
}

impl Task for Activate {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> AppResult<()> {
        if !invitations::take(work, &self.invitation).await? {
            return Err(not_usable());
        }
        credential::replace(work, self.account.id, self.hash.clone(), self.totp.clone()).await?;
        session::end_all(work, self.account.id, SessionEnd::Credential).await?;
        lockout::unlock(work.tx, &self.account.name).await
    }
}
