//! Access tokens: JWTs in the profile of RFC 9068, issued by this service and checked whoever issued them.
//!
//! The signature is checked by `jsonwebtoken`; everything around it is checked here, because the library accepts
//! absent, repeated and ill-typed claims by default, never looks at `typ` or `crit`, and knows no clock but its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use entity::id::AccountId;
use entity::value::Timestamp;
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, Header};
use serde_json::json;
use uuid::Uuid;

use super::jws::Signed;
use super::keyset::{CheckingKey, KeySet, is_kid};
use super::members::Members;
use super::oidc::Provider;
use super::ring::KeyRing;
use crate::error::{AppError, AppResult};

/// Longest accepted token, in bytes.
pub const MAX_BYTES: usize = 4096;

/// Longest life of a token that is accepted, from `iat` to `exp`. Only the operator at the machine issues such ones.
pub const MAX_LIFE: Duration = Duration::from_secs(3600);

/// Longest life of a token that systems and people get over the network.
pub const ACCESS_LIFE: Duration = Duration::from_secs(900);

/// How far two clocks may be apart, in seconds.
pub(super) const LEEWAY: i64 = 30;

/// The one accepted `typ`: no ID token and no other JWT passes for an access token (RFC 9068 2.1).
const TYPE: &str = "at+jwt";

/// Longest `jti` and `sid`, in bytes.
pub const MAX_NAME: usize = 128;

/// Name of this service as a client of itself, in `client_id`.
pub const CLIENT: &str = "jixiao";

/// Issues tokens for accounts.
pub struct TokenIssuer {
    keys: Arc<KeyRing>,
    audience: String,
}

impl TokenIssuer {
    /// Signs by the active one of `keys` for the service `audience`.
    pub fn new(keys: Arc<KeyRing>, audience: impl Into<String>) -> Self {
        install_crypto();
        Self { keys, audience: audience.into() }
    }

    /// A token as described. What the account may do is not in it: that is read at each request.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it would live shorter than a second or longer than [`MAX_LIFE`].
    pub fn issue(&self, token: &NewToken, now: Timestamp) -> AppResult<String> {
        if token.life < Duration::from_secs(1) || token.life > MAX_LIFE {
            return Err(AppError::bad_input(format!("A token lives 1 to {} seconds.", MAX_LIFE.as_secs())));
        }
        let issued = seconds(now);
        let mut claims = json!({
            "iss": self.keys.issuer(),
            "aud": self.audience,
            "sub": token.account.public(),
            "client_id": token.client_id,
            "iat": issued,
            "exp": issued.saturating_add_unsigned(token.life.as_secs()),
            "jti": Uuid::now_v7().to_string(),
        });
        if let Some(scopes) = &token.scopes {
            claims["scope"] = scope_text(scopes).into();
        }
        if let Some(session) = &token.session {
            claims["sid"] = session.as_str().into();
        }
        let signed = self.keys.sign(|kid, key| {
            let mut header = Header::new(Algorithm::EdDSA);
            header.typ = Some(TYPE.to_owned());
            header.kid = Some(kid.to_owned());
            jsonwebtoken::encode(&header, &claims, key)
        });
        signed.map_err(AppError::internal)
    }
}

/// What a new token is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Whose token it is.
    pub account: AccountId,
    /// Who got it issued: the name of a client, [`CLIENT`] for this service itself.
    pub client_id: String,
    /// The permissions it is limited to; none for all that the account has.
    pub scopes: Option<BTreeSet<String>>,
    /// The session that it belongs to and ends with.
    pub session: Option<String>,
    /// How long it lives.
    pub life: Duration,
}

impl NewToken {
    /// One for all that the account may do, outside of any session, issued by this service for itself.
    pub fn of(account: AccountId, life: Duration) -> Self {
        Self { account, client_id: CLIENT.to_owned(), scopes: None, session: None, life }
    }
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is: an account by id in tokens of this service, by name in those of another issuer, and as its identity
    /// provider names it where `external` says so.
    pub subject: String,
    /// Whether the identity provider has issued it.
    pub external: bool,
    /// The permissions it is limited to; none for all that the account has.
    pub scopes: Option<BTreeSet<String>>,
    /// Its own name. Every token of this service has one.
    pub jti: Option<String>,
    /// The session that it belongs to.
    pub session: Option<String>,
    /// The client that it was issued to. Every token that this service issues has one.
    pub client_id: Option<String>,
    /// When it was issued, in whole seconds.
    pub issued_at: Timestamp,
    /// When it ends, in whole seconds.
    pub expires_at: Timestamp,
}

impl Claims {
    /// Whether the token has not ended at a time.
    pub fn hold_at(&self, now: Timestamp) -> bool {
        seconds(now) < seconds(self.expires_at).saturating_add(LEEWAY)
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
    /// The claim by which the identity provider names the account is absent or too long.
    #[error("the claim that names the account is missing or not of its type")]
    Account,
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
    provider: Option<Arc<Provider>>,
}

impl TokenChecker {
    /// Accepts tokens for `audience` that one of `keys` has signed.
    pub fn new(keys: KeySet, audience: impl Into<String>) -> Self {
        install_crypto();
        Self { keys, audience: audience.into(), provider: None }
    }

    /// Accepts tokens of an identity provider too.
    #[must_use]
    pub fn with_provider(self, provider: Arc<Provider>) -> Self {
        Self { provider: Some(provider), ..self }
    }

    /// What a token says, if it is good at the time `now`.
    ///
    /// # Errors
    /// The first reason found against the token.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<Claims, Refusal> {
        let signed = Signed::read(token)?;
        match self.provider_of(&signed) {
            None => {
                let expected = Expected { audience: &self.audience, provider: None };
                check(&signed, |kid| self.keys.find(kid, now), &expected, now)
            }
            Some(provider) => {
                let expected = Expected { audience: provider.audience(), provider: Some(provider) };
                check(&signed, |kid| provider.find(kid, now), &expected, now)
            }
        }
    }

    /// Fetches the keys of the provider that a token with an unknown key says it is of, where it was not done lately; tells
    /// whether there are other keys now.
    pub async fn renew(&self, token: &str) -> bool {
        let provider = Signed::read(token).ok().and_then(|signed| self.provider_of(&signed));
        match provider {
            Some(provider) => Arc::clone(provider).renew().await,
            None => false,
        }
    }

    fn provider_of(&self, signed: &Signed<'_>) -> Option<&Arc<Provider>> {
        let says = |issuer: &str| signed.unproved().is_ok_and(|claims| claims.text("iss") == Some(issuer));
        // Believed only after the signature was checked by a key of that issuer.
        self.provider.as_ref().filter(|provider| says(provider.issuer()))
    }
}

/// What tokens of an issuer must say.
struct Expected<'a> {
    audience: &'a str,
    /// The identity provider, where it is one.
    provider: Option<&'a Provider>,
}

fn check(
    signed: &Signed<'_>,
    find: impl FnOnce(&str) -> Option<Arc<CheckingKey>>,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Claims, Refusal> {
    let key = key(signed, find)?;
    let claims = signed.claims(key.algorithm, &key.decoding)?;
    check_claims(&claims, &key, expected, seconds(now))
}

/// The key that the header names, if the header fits the key. Everything else in the header (`jku`, `jwk`, `x5u`,
/// `x5c`, …) has no meaning here.
fn key(signed: &Signed<'_>, find: impl FnOnce(&str) -> Option<Arc<CheckingKey>>) -> Result<Arc<CheckingKey>, Refusal> {
    if signed.header.text("typ") != Some(TYPE) {
        return Err(Refusal::Type);
    }
    let kid = signed.header.text("kid").filter(|kid| is_kid(kid)).ok_or(Refusal::KeyName)?;
    let key = find(kid).ok_or(Refusal::UnknownKey)?;
    if signed.is_by(key.algorithm) { Ok(key) } else { Err(Refusal::Algorithm) }
}

fn check_claims(claims: &Members, key: &CheckingKey, expected: &Expected<'_>, now: i64) -> Result<Claims, Refusal> {
    if claims.text("iss").ok_or(Refusal::Claim("iss"))? != key.issuer {
        return Err(Refusal::Issuer);
    }
    if !claims.audiences().ok_or(Refusal::Claim("aud"))?.contains(&expected.audience) {
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
    let subject = match expected.provider {
        None => claims.text("sub").filter(|sub| !sub.is_empty()).ok_or(Refusal::Claim("sub"))?,
        Some(provider) => provider.subject(claims).ok_or(Refusal::Account)?,
    };
    let jti = name(claims, "jti")?;
    if jti.is_none() && key.own {
        return Err(Refusal::Claim("jti"));
    }
    Ok(Claims {
        subject: subject.to_owned(),
        external: expected.provider.is_some(),
        scopes: scopes(claims, expected)?,
        jti,
        session: name(claims, "sid")?,
        client_id: name(claims, "client_id")?,
        issued_at: at(issued),
        expires_at: at(expires),
    })
}

/// A claim that names something, if it is there.
fn name(claims: &Members, claim: &'static str) -> Result<Option<String>, Refusal> {
    if claims.get(claim).is_none() {
        return Ok(None);
    }
    let named = claims.text(claim).filter(|text| (1..=MAX_NAME).contains(&text.len()));
    named.map(|text| Some(text.to_owned())).ok_or(Refusal::Claim(claim))
}

/// The claim `scope`, if it is there: one that names nothing allows nothing. Identity providers put names of their own into it
/// (`openid profile`): there it limits only where it has one of the form of ours, `project:read`.
fn scopes(claims: &Members, expected: &Expected<'_>) -> Result<Option<BTreeSet<String>>, Refusal> {
    if claims.get("scope").is_none() {
        return Ok(None);
    }
    let text = claims.text("scope").ok_or(Refusal::Claim("scope"))?;
    let names = text.split(' ').filter(|scope| !scope.is_empty());
    let ours = |scope: &&str| expected.provider.is_none() || scope.contains(':');
    let scopes: BTreeSet<String> = names.filter(ours).map(str::to_owned).collect();
    Ok((expected.provider.is_none() || !scopes.is_empty()).then_some(scopes))
}

/// Permissions as the claim and the parameter `scope` write them (RFC 6749 3.3).
pub(super) fn scope_text(scopes: &BTreeSet<String>) -> String {
    scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Whole seconds of a time.
pub(super) fn seconds(time: Timestamp) -> i64 {
    time.0.div_euclid(1_000_000)
}

/// The time of whole seconds.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds.saturating_mul(1_000_000))
}

/// Names the crypto library, so that a second one anywhere in the build cannot make the choice ambiguous (a panic).
fn install_crypto() {
    // An error only says that it was done before.
    let _ = aws_lc::DEFAULT_PROVIDER.install_default();
}
