//! Assertions by which clients show who they are (RFC 7523): short-lived, for this service alone, good once.

use std::collections::BTreeSet;

use entity::value::Timestamp;

use super::client::StoredClient;
use crate::auth::jws::Signed;
use crate::auth::keyset::{PublicKey, public_keys};
use crate::auth::members::Members;
use crate::auth::token::{LEEWAY, Refusal, at, seconds};

/// Longest time to the end of an assertion, in seconds.
const MAX_LIFE: i64 = 300;

/// Longest `jti`, in bytes.
const MAX_JTI: usize = 256;

/// The types that an assertion may have, if it names one: never that of an access token.
const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// Whom assertions may be meant for.
pub(super) struct Audiences(pub(super) BTreeSet<String>);

/// A good assertion.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Used {
    /// Its own name.
    pub(super) jti: String,
    /// When it ends.
    pub(super) until: Timestamp,
}

/// The client that an assertion says it is from. Nothing of it is proved.
pub(super) fn claimed_issuer(jwt: &str) -> Option<String> {
    Signed::read(jwt).ok()?.unproved().ok()?.text("iss").map(str::to_owned)
}

/// Checks an assertion of a client; whether it was used before is for the caller to ask.
///
/// # Errors
/// The first reason found against it.
pub(super) fn check(jwt: &str, client: &StoredClient, audiences: &Audiences, now: Timestamp) -> Result<Used, Refusal> {
    let signed = Signed::read(jwt)?;
    let typ = signed.header.get("typ");
    if typ.is_some_and(|typ| !typ.as_str().is_some_and(|typ| TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ))))
    {
        return Err(Refusal::Type);
    }
    check_claims(&proved(&signed, client)?, &client.name, audiences, seconds(now))
}

/// The claims, if one of the client's keys signed them: the one that the header names, or any of its algorithm.
fn proved(signed: &Signed<'_>, client: &StoredClient) -> Result<Members, Refusal> {
    let kid = match signed.header.get("kid") {
        None => None,
        Some(kid) => Some(kid.as_str().ok_or(Refusal::KeyName)?),
    };
    let mut refusal = Refusal::UnknownKey;
    for PublicKey { kid: name, algorithm, decoding, .. } in
        client.keys.iter().flat_map(|jwk| public_keys(jwk)).flatten()
    {
        if kid.is_some_and(|kid| kid != name) {
            continue;
        }
        if !signed.is_by(algorithm) {
            refusal = Refusal::Algorithm;
            continue;
        }
        match signed.claims(algorithm, &decoding) {
            Ok(claims) => return Ok(claims),
            Err(reason) => refusal = reason,
        }
    }
    Err(refusal)
}

fn check_claims(claims: &Members, client: &str, audiences: &Audiences, now: i64) -> Result<Used, Refusal> {
    if claims.text("iss") != Some(client) {
        return Err(Refusal::Issuer);
    }
    if claims.text("sub") != Some(client) {
        return Err(Refusal::Claim("sub"));
    }
    if !claims.audiences().ok_or(Refusal::Claim("aud"))?.iter().any(|audience| audiences.0.contains(*audience)) {
        return Err(Refusal::Audience);
    }
    let expires = claims.seconds("exp").ok_or(Refusal::Claim("exp"))?;
    if now >= expires.saturating_add(LEEWAY) {
        return Err(Refusal::Expired);
    }
    if expires > now.saturating_add(MAX_LIFE + LEEWAY) {
        return Err(Refusal::Lifetime);
    }
    for (claim, reason) in [("iat", Refusal::FromFuture), ("nbf", Refusal::NotYet)] {
        if claims.get(claim).is_some() && claims.seconds(claim).ok_or(Refusal::Claim(claim))? > now + LEEWAY {
            return Err(reason);
        }
    }
    let jti = claims.text("jti").filter(|jti| (1..=MAX_JTI).contains(&jti.len())).ok_or(Refusal::Claim("jti"))?;
    Ok(Used { jti: jti.to_owned(), until: at(expires.saturating_add(LEEWAY)) })
}
