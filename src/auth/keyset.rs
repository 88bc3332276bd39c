//! The keys by which tokens are checked, each bound to one algorithm and one issuer.
//!
//! The binding is the point: neither a token's header nor another issuer's key can choose how a token is checked
//! (RFC 8725 3.1, 3.8). Nothing here opens a connection; keys of an identity provider are fetched by [`super::oidc`].

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::value::Timestamp;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse, ThumbprintHash,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::key::{KeyError, io_at};
use super::ring::KeyRing;
use crate::config::Settings;

/// Largest accepted key set, in bytes.
const MAX_SET_BYTES: u64 = 64 * 1024;

/// Most keys in a set.
const MAX_SET_KEYS: usize = 20;

/// Longest name of a key.
const MAX_KID_BYTES: usize = 64;

/// Shortest development secret: as long as the hash (RFC 7518 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// Accepted lengths of an RSA modulus, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Members of a JWK that only its owner may know (RFC 7518 6.2.2, 6.3.2; RFC 8037). A shared secret (`k`) is refused by its kind.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// Name of the development secret in token headers.
pub const DEVELOPMENT_KID: &str = "development";

/// One key with all that a token signed by it must be.
pub(super) struct CheckingKey {
    pub(super) algorithm: Algorithm,
    pub(super) issuer: String,
    pub(super) decoding: DecodingKey,
    /// Whether its tokens come from this service, which promises more of them than others do.
    pub(super) own: bool,
}

/// All trusted keys, by the name that a token's header gives (`kid`): this service's own as they stand at each moment, and
/// those of others.
pub struct KeySet {
    own: Arc<KeyRing>,
    others: HashMap<String, Arc<CheckingKey>>,
}

impl KeySet {
    /// The set that trusts this service's own keys.
    pub fn of(own: Arc<KeyRing>) -> Self {
        Self { own, others: HashMap::new() }
    }

    /// The set that the settings ask for: this service's own keys, the keys of another issuer, a development secret.
    ///
    /// # Errors
    /// As [`KeySet::trust_file`] and [`KeySet::trust_secret`].
    pub fn configured(own: Arc<KeyRing>, settings: &Settings) -> Result<Self, KeyError> {
        let mut keys = Self::of(own);
        if let (Some(path), Some(issuer)) = (&settings.trusted_keys, &settings.trusted_issuer) {
            keys.trust_file(path, issuer)?;
        }
        if let Some(secret) = &settings.development_secret {
            tracing::warn!("tokens by the development secret are accepted: whoever knows it is everybody");
            keys.trust_secret(secret.expose().as_bytes(), &settings.issuer)?;
        }
        Ok(keys)
    }

    /// Trusts the public keys of a JWK set file, for tokens of `issuer`.
    ///
    /// # Errors
    /// When the file cannot be read, and as [`KeySet::trust_jwks`].
    pub fn trust_file(&mut self, path: &Path, issuer: &str) -> Result<(), KeyError> {
        let mut json = String::new();
        let file = File::open(path).map_err(io_at(path))?;
        file.take(MAX_SET_BYTES + 1).read_to_string(&mut json).map_err(io_at(path))?;
        self.trust_jwks(&json, issuer)
    }

    /// Trusts the public keys of a JWK set (RFC 7517), for tokens of `issuer`: all of them or, after an error, none.
    ///
    /// # Errors
    /// As [`public_keys`], and when a key has the name of one that is trusted already.
    pub fn trust_jwks(&mut self, json: &str, issuer: &str) -> Result<(), KeyError> {
        let mut trusted = HashMap::new();
        for (position, key) in public_keys(json).map_err(KeyError::Trusted)?.into_iter().enumerate() {
            let PublicKey { kid, algorithm, decoding, .. } = key;
            if self.knows(&kid) {
                return Err(KeyError::Trusted(repeated(position)));
            }
            let key = CheckingKey { algorithm, issuer: issuer.to_owned(), decoding, own: false };
            trusted.insert(kid, Arc::new(key));
        }
        self.others.extend(trusted);
        Ok(())
    }

    /// Trusts a shared secret (HS256, named [`DEVELOPMENT_KID`]) for tokens of `issuer`. Only for development: who
    /// checks by a shared secret can also issue.
    ///
    /// # Errors
    /// When the secret has fewer than 32 bytes, and when a trusted key has the same name.
    pub fn trust_secret(&mut self, secret: &[u8], issuer: &str) -> Result<(), KeyError> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::ShortSecret(secret.len()));
        }
        if self.knows(DEVELOPMENT_KID) {
            return Err(KeyError::Trusted(format!("the name `{DEVELOPMENT_KID}` is kept for the development secret")));
        }
        let decoding = DecodingKey::from_secret(secret);
        let key = CheckingKey { algorithm: Algorithm::HS256, issuer: issuer.to_owned(), decoding, own: true };
        self.others.insert(DEVELOPMENT_KID.to_owned(), Arc::new(key));
        Ok(())
    }

    /// The key of this name, if tokens by it are accepted at the time `now`.
    pub(super) fn find(&self, kid: &str, now: Timestamp) -> Option<Arc<CheckingKey>> {
        self.own.find(kid, now).or_else(|| self.others.get(kid).map(Arc::clone))
    }

    /// Whether a key of this name is trusted, or was a moment ago.
    fn knows(&self, kid: &str) -> bool {
        self.others.contains_key(kid) || self.own.knows(kid)
    }
}

/// A public key of somebody else.
pub struct PublicKey {
    /// Its name.
    pub kid: String,
    /// The one algorithm that it is for.
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
    /// The key alone as a JWK.
    pub jwk: String,
}

/// The keys of a JWK set (RFC 7517), or of a single JWK.
///
/// Each key needs `kid` and `alg` (RS256 or PS256 of 2048 bits and more, ES256, EdDSA with Ed25519), and must be for signatures
/// and public.
///
/// # Errors
/// When the set is larger than 64 KiB or 20 keys, or a key in it is not acceptable; the sentence names the key.
pub fn public_keys(json: &str) -> Result<Vec<PublicKey>, String> {
    if json.len() as u64 > MAX_SET_BYTES {
        return Err(format!("the set is larger than {MAX_SET_BYTES} bytes"));
    }
    let unreadable = |error| format!("not a JWK set, an object {{\"keys\": […]}}: {error}");
    let set: Value = serde_json::from_str(json).map_err(unreadable)?;
    let single = set.get("kty").is_some();
    let listed = if single { vec![set] } else { listed(set).map_err(unreadable)? };
    if listed.is_empty() || listed.len() > MAX_SET_KEYS {
        return Err(format!("{} keys; 1 to {MAX_SET_KEYS} are possible", listed.len()));
    }
    let mut keys: Vec<PublicKey> = Vec::with_capacity(listed.len());
    for (position, key) in listed.into_iter().enumerate() {
        let at = |problem: &str| format!("key {} of the set: {problem}", position + 1);
        if PRIVATE.iter().any(|member| key.get(member).is_some()) {
            return Err(at("it is a private key, which nobody else may have; give the public half and make a new key"));
        }
        let jwk: Jwk = serde_json::from_value(key).map_err(|error| at(&format!("not a JWK: {error}")))?;
        let kid = jwk.common.key_id.as_deref().unwrap_or_default();
        if !is_kid(kid) {
            return Err(at("`kid` is missing or not 1 to 64 of the characters A-Z a-z 0-9 . _ -"));
        }
        if keys.iter().any(|known| known.kid == kid) {
            return Err(repeated(position));
        }
        let (algorithm, decoding) = checking_key(&jwk).map_err(at)?;
        let text = serde_json::to_string(&jwk).map_err(|error| at(&error.to_string()))?;
        keys.push(PublicKey { kid: kid.to_owned(), algorithm, decoding, jwk: text });
    }
    Ok(keys)
}

/// The algorithm and the SHA-256 thumbprint (RFC 7638) of a public key, given as a JWK; each where it has one.
pub fn described(jwk: &str) -> (Option<String>, Option<String>) {
    let Ok(jwk) = serde_json::from_str::<Jwk>(jwk) else { return (None, None) };
    let algorithm = jwk.common.key_algorithm.map(|algorithm| algorithm.to_string());
    (algorithm, jwk.thumbprint(ThumbprintHash::SHA256).ok())
}

/// The public keys in what an identity provider published, by name, for tokens of `issuer`.
///
/// Each is checked as those of [`public_keys`], but one of another kind or use is passed over (RFC 7517 5): providers publish keys
/// for encryption beside those for signatures. None of two keys with one name is taken.
///
/// # Errors
/// When it is no set, has more than 20 keys, or none of them can be used.
pub(super) fn published(json: &[u8], issuer: &str) -> Result<HashMap<String, Arc<CheckingKey>>, KeyError> {
    let refused = |problem: &str| KeyError::Trusted(problem.to_owned());
    let keys = serde_json::from_slice(json).and_then(listed).map_err(|_| refused("not a JWK set"))?;
    if keys.len() > MAX_SET_KEYS {
        return Err(refused("more than 20 keys"));
    }
    let usable: Vec<Jwk> = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
    let named = |kid: &str| usable.iter().filter(|jwk| jwk.common.key_id.as_deref() == Some(kid)).count();
    let trusted = usable.iter().filter_map(|jwk| {
        let kid = jwk.common.key_id.as_deref().filter(|kid| is_kid(kid) && named(kid) == 1)?;
        let (algorithm, decoding) = checking_key(jwk).ok()?;
        let key = CheckingKey { algorithm, issuer: issuer.to_owned(), decoding, own: false };
        Some((kid.to_owned(), Arc::new(key)))
    });
    let keys: HashMap<_, _> = trusted.collect();
    if keys.is_empty() {
        return Err(refused("none of the keys has `kid` and `alg`, is for signatures, and strong enough"));
    }
    Ok(keys)
}

fn repeated(position: usize) -> String {
    format!("key {} of the set: another key has the same `kid`", position + 1)
}

fn listed(set: Value) -> Result<Vec<Value>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    serde_json::from_value(set).map(|Set { keys }| keys)
}

/// Whether a text can be the name of a key at all.
pub(super) fn is_kid(text: &str) -> bool {
    (1..=MAX_KID_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// The algorithm and the key of a JWK, or what is wrong with it. Numbers are checked here, at start, because a bad one
/// would otherwise only show as tokens that are refused later.
fn checking_key(jwk: &Jwk) -> Result<(Algorithm, DecodingKey), &'static str> {
    let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let may_verify = jwk.common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    if !for_signatures || !may_verify {
        return Err("it is not for checking signatures (`use`, `key_ops`)");
    }
    let decoding = DecodingKey::from_jwk(jwk).map_err(|_| "its numbers are not base64url")?;
    match (jwk.common.key_algorithm, &jwk.algorithm) {
        (Some(KeyAlgorithm::RS256), AlgorithmParameters::RSA(key)) => {
            check_rsa(&key.n, &key.e).map(|()| (Algorithm::RS256, decoding))
        }
        (Some(KeyAlgorithm::PS256), AlgorithmParameters::RSA(key)) => {
            check_rsa(&key.n, &key.e).map(|()| (Algorithm::PS256, decoding))
        }
        (Some(KeyAlgorithm::ES256), AlgorithmParameters::EllipticCurve(key)) if key.curve == EllipticCurve::P256 => {
            check_point(&decoding, &ECDSA_P256_SHA256_FIXED).map(|()| (Algorithm::ES256, decoding))
        }
        (Some(KeyAlgorithm::EdDSA), AlgorithmParameters::OctetKeyPair(key)) if key.curve == EllipticCurve::Ed25519 => {
            check_point(&decoding, &ED25519).map(|()| (Algorithm::EdDSA, decoding))
        }
        _ => Err("`alg` must be RS256 or PS256 (RSA), ES256 (P-256) or EdDSA (Ed25519), and fit `kty` and `crv`"),
    }
}

fn check_rsa(modulus: &str, exponent: &str) -> Result<(), &'static str> {
    let number = |text| URL_SAFE_NO_PAD.decode(text).map_err(|_| "its numbers are not base64url");
    let (n, e) = (number(modulus)?, number(exponent)?);
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err("an RSA key needs 2048 to 8192 bits");
    }
    let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
    key.map(drop).map_err(|_| "its numbers are not an RSA key")
}

fn check_point(key: &DecodingKey, curve: &'static dyn VerificationAlgorithm) -> Result<(), &'static str> {
    let point = key.try_get_as_bytes().map_err(|_| "its numbers are not base64url")?;
    ParsedPublicKey::new(curve, point).map(drop).map_err(|_| "its numbers are not a point of its curve")
}
