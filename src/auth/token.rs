//! Access tokens: JWTs in the profile of RFC 9068, issued by this service and checked whoever issued them.
//!
//! The signature is checked by `jsonwebtoken`; everything around it is checked here, because the library accepts
//! absent, repeated and ill-typed claims by default, never looks at `typ` or `crit`, and knows no clock but its own.

use std::time::Duration;

use entity::id::AccountId;
use entity::value::Timestamp;
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, Header};
use serde_json::json;
use uuid::Uuid;

use super::key::SigningKey;
use super::keyset::{CheckingKey, KeySet, is_kid};
use super::members::Members;
use crate::error::{AppError, AppResult};

/// Longest accepted token, in bytes.
pub const MAX_BYTES: usize = 4096;

/// Longest life of a token, from `iat` to `exp`.
pub const MAX_LIFE: Duration = Duration::from_secs(3600);

/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 30;

/// The one accepted `typ`: no ID token and no other JWT passes for an access token (RFC 9068 2.1).
const TYPE: &str = "at+jwt";

/// Header members that change how a token is to be read; none of them is understood here (RFC 7515 4.1.11, RFC 7797).
const EXTENSIONS: [&str; 4] = ["crit", "b64", "zip", "enc"];

/// Name of this service as a client of itself, in `client_id`.
const CLIENT: &str = "jixiao";

/// Issues tokens for accounts.
pub struct TokenIssuer {
    key: SigningKey,
    issuer: String,
    audience: String,
}

impl TokenIssuer {
    /// Signs by `key` in the name of `issuer` for the service `audience`.
    pub fn new(key: SigningKey, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        install_crypto();
        Self { key, issuer: issuer.into(), audience: audience.into() }
    }

    /// A token that names `account` and lives from `now` for `life`. It holds no rights: those are read at each request.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when `life` is shorter than a second or longer than [`MAX_LIFE`].
    pub fn issue(&self, account: AccountId, life: Duration, now: Timestamp) -> AppResult<String> {
        self.sign(account, None, life, now)
    }

    /// The same in a session, which stands in the claim `sid`.
    ///
    /// # Errors
    /// As [`TokenIssuer::issue`].
    pub fn issue_in_session(
        &self,
        account: AccountId,
        session: &str,
        life: Duration,
        now: Timestamp,
    ) -> AppResult<String> {
        self.sign(account, Some(session), life, now)
    }

    fn sign(&self, account: AccountId, session: Option<&str>, life: Duration, now: Timestamp) -> AppResult<String> {
        if life < Duration::from_secs(1) || life > MAX_LIFE {
            return Err(AppError::bad_input(format!("A token lives 1 to {} seconds.", MAX_LIFE.as_secs())));
        }
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.key.kid().to_owned());
        let issued = seconds(now);
        let mut claims = json!({
            "iss": self.issuer,
            "aud": self.audience,
            "sub": account.public(),
            "client_id": CLIENT,
            "iat": issued,
            "exp": issued.saturating_add_unsigned(life.as_secs()),
            "jti": Uuid::now_v7().to_string(),
        });
        if let Some(session) = session {
            claims["sid"] = session.into();
        }
        jsonwebtoken::encode(&header, &claims, self.key.encoding()).map_err(AppError::internal)
    }
}

/// Why a token was refused: for the log, never for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`MAX_BYTES`].
    #[error("longer than {MAX_BYTES} bytes")]
    Length,
    /// Not `header.claims.signature`.
    #[error("not three parts")]
    Parts,
    /// A part is not base64url without padding.
    #[error("a part is not base64url")]
    Encoding,
    /// Header or claims are not one JSON object whose names are all different.
    #[error("header or claims are not a JSON object with different names")]
    Json,
    /// Not an access token.
    #[error("`typ` is not {TYPE}")]
    Type,
    /// The header asks for an extension.
    #[error("the header asks for crit, b64, zip or enc")]
    Extension,
    /// The header names no key, or not in the form of a name.
    #[error("`kid` is missing or malformed")]
    KeyName,
    /// The named key is not trusted.
    #[error("the key is not known")]
    UnknownKey,
    /// The header names another algorithm than the key has.
    #[error("`alg` is not the algorithm of the key")]
    Algorithm,
    /// The signature does not fit.
    #[error("the signature is wrong")]
    Signature,
    /// A claim is absent or not of its type.
    #[error("`{0}` is missing or not of its type")]
    Claim(&'static str),
    /// From another issuer than the key's.
    #[error("`iss` is not the issuer of the key")]
    Issuer,
    /// For another service.
    #[error("`aud` does not name this service")]
    Audience,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("`nbf` is in the future")]
    NotYet,
    /// Issued in the future.
    #[error("`iat` is in the future")]
    FromFuture,
    /// Lives longer than [`MAX_LIFE`], or ends before it begins.
    #[error("`exp` is not within {} s after `iat`", MAX_LIFE.as_secs())]
    Lifetime,
}

/// Checks tokens.
pub struct TokenChecker {
    keys: KeySet,
    audience: String,
}

impl TokenChecker {
    /// Accepts tokens for `audience` that one of `keys` has signed.
    pub fn new(keys: KeySet, audience: impl Into<String>) -> Self {
        install_crypto();
        Self { keys, audience: audience.into() }
    }

    /// The subject of a token that is good at the time `now`.
    ///
    /// # Errors
    /// The first reason found against the token.
    pub fn subject(&self, token: &str, now: Timestamp) -> Result<String, Refusal> {
        if token.len() > MAX_BYTES {
            return Err(Refusal::Length);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Parts);
        };
        let key = self.key(&Members::read(header)?)?;
        let signed = &token[..header.len() + 1 + claims.len()];
        match jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key.decoding, key.algorithm) {
            Ok(true) => self.check_claims(&Members::read(claims)?, &key.issuer, seconds(now)),
            Ok(false) | Err(_) => Err(Refusal::Signature),
        }
    }

    /// The key that the header names, if the header fits the key. Everything else in the header (`jku`, `jwk`, `x5u`,
    /// `x5c`, …) has no meaning here.
    fn key(&self, header: &Members) -> Result<&CheckingKey, Refusal> {
        if header.text("typ") != Some(TYPE) {
            return Err(Refusal::Type);
        }
        if EXTENSIONS.iter().any(|name| header.get(name).is_some()) {
            return Err(Refusal::Extension);
        }
        let kid = header.text("kid").filter(|kid| is_kid(kid)).ok_or(Refusal::KeyName)?;
        let key = self.keys.find(kid).ok_or(Refusal::UnknownKey)?;
        match header.text("alg").map(str::parse::<Algorithm>) {
            Some(Ok(algorithm)) if algorithm == key.algorithm => Ok(key),
            _ => Err(Refusal::Algorithm),
        }
    }

    fn check_claims(&self, claims: &Members, issuer: &str, now: i64) -> Result<String, Refusal> {
        if claims.text("iss").ok_or(Refusal::Claim("iss"))? != issuer {
            return Err(Refusal::Issuer);
        }
        if !claims.audiences().ok_or(Refusal::Claim("aud"))?.contains(&self.audience.as_str()) {
            return Err(Refusal::Audience);
        }
        let expires = claims.seconds("exp").ok_or(Refusal::Claim("exp"))?;
        let issued = claims.seconds("iat").ok_or(Refusal::Claim("iat"))?;
        if now >= expires.saturating_add(LEEWAY) {
            return Err(Refusal::Expired);
        }
        if issued > now.saturating_add(LEEWAY) {
            return Err(Refusal::FromFuture);
        }
        if claims.get("nbf").is_some() {
            let begins = claims.seconds("nbf").ok_or(Refusal::Claim("nbf"))?;
            if begins > now.saturating_add(LEEWAY) {
                return Err(Refusal::NotYet);
            }
        }
        let life = u64::try_from(expires.saturating_sub(issued)).map_err(|_| Refusal::Lifetime)?;
        if life == 0 || life > MAX_LIFE.as_secs() {
            return Err(Refusal::Lifetime);
        }
        let subject = claims.text("sub").filter(|sub| !sub.is_empty()).ok_or(Refusal::Claim("sub"))?;
        Ok(subject.to_owned())
    }
}

/// Whole seconds of a time.
fn seconds(time: Timestamp) -> i64 {
    time.0.div_euclid(1_000_000)
}

/// Names the crypto library, so that a second one anywhere in the build cannot make the choice ambiguous (a panic).
fn install_crypto() {
    // An error only says that it was done before.
    let _ = aws_lc::DEFAULT_PROVIDER.install_default();
}
