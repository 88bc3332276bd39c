//! Clients: what is known of them, and how they show who they are.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::AccountId;
use entity::value::Timestamp;
use futures_util::future::BoxFuture;

use super::assertion;
use crate::auth::revoked::Revoked;
use crate::error::{AppError, AppResult};

/// What every secret begins with, so that one that stands where it should not is recognised.
const PREFIX: &str = "jxs_";

/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// What a client sends to show who it is.
pub enum Credentials {
    /// `client_secret_basic`: its name and its secret.
    Secret {
        /// The name.
        client: String,
        /// The secret.
        secret: String,
    },
    /// `private_key_jwt` (RFC 7523): an assertion that it signed.
    Assertion {
        /// The name, where it stands beside the assertion.
        client: Option<String>,
        /// The assertion.
        jwt: String,
    },
}

impl Credentials {
    /// The name of the client as it says itself; none when it says none, or two.
    pub(super) fn client(&self) -> Option<String> {
        match self {
            Self::Secret { client, .. } => Some(client.clone()),
            Self::Assertion { client, jwt } => {
                let issuer = assertion::claimed_issuer(jwt)?;
                client.as_ref().is_none_or(|client| *client == issuer).then_some(issuer)
            }
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// A client as it is stored, with what is good at the moment.
pub struct StoredClient {
    /// Its account.
    pub account: AccountId,
    /// The name of its account, by which it is known as a client.
    pub name: String,
    /// The permissions that its tokens may have.
    pub scopes: BTreeSet<String>,
    /// Digests of its secrets.
    pub secrets: Vec<String>,
    /// Its public keys as JWKs.
    pub keys: Vec<String>,
}

impl StoredClient {
    /// Whether a secret is one of the client's.
    pub(super) fn has_secret(&self, secret: &str) -> bool {
        let shown = fingerprint(secret);
        let equal = |known: &String| verify_slices_are_equal(known.as_bytes(), shown.as_bytes()).is_ok();
        self.secrets.iter().filter(|known| equal(known)).count() > 0
    }
}

/// Where clients are found: the database, as `service::client` reads it.
pub trait Clients: Send + Sync {
    /// The client of this name; `None` for an unknown or disabled one.
    fn find<'a>(&'a self, name: &'a str, now: Timestamp) -> BoxFuture<'a, AppResult<Option<StoredClient>>>;

    /// Notes that an assertion was used; `false` when it was used before, here or in another process.
    fn use_assertion<'a>(&'a self, client: AccountId, jti: &'a str, until: Timestamp)
    -> BoxFuture<'a, AppResult<bool>>;

    /// Refuses tokens from now on, in this process at once.
    fn revoke<'a>(&'a self, what: &'a Revoked, until: Timestamp) -> BoxFuture<'a, AppResult<()>>;
}

/// A new secret.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_secret() -> AppResult<String> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(AppError::internal)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// What is kept of a text to know it again: its SHA-256 in base64url.
pub fn fingerprint(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{AccountId, BTreeSet, Credentials, StoredClient, fingerprint, new_secret};

    #[test]
    fn a_client_is_known_by_each_of_its_secrets_alone() {
        let secrets: Vec<String> = (0..3).map(|_| new_secret().unwrap()).collect();
        let client = StoredClient {
            account: AccountId::new(),
            name: "budget-system".to_owned(),
            scopes: BTreeSet::new(),
            secrets: secrets[..2].iter().map(|secret| fingerprint(secret)).collect(),
            keys: Vec::new(),
        };
        assert!(client.has_secret(&secrets[0]) && client.has_secret(&secrets[1]));
        for wrong in [secrets[2].as_str(), "", &client.secrets[0], &secrets[0][1..], &format!("{} ", secrets[0])] {
            assert!(!client.has_secret(wrong), "{wrong}");
        }
        assert_eq!(secrets[0].len(), 47);
        assert_ne!(secrets[0], secrets[1]);
    }

    #[test]
    fn credentials_are_never_printed() {
        let shown = Credentials::Secret { client: "a".to_owned(), secret: "geheim".to_owned() };
        assert_eq!(format!("{shown:?}"), "Credentials");
    }
}
