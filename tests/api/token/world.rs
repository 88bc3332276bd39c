//! A service with its own key, another issuer with four keys, and tokens of both, good or not.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::value::Timestamp;
use jixiao::auth::keyset::KeySet;
use jixiao::auth::ring::KeyRing;
use jixiao::auth::token::TokenChecker;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const ISSUER: &str = "https://jixiao.example";
pub const OTHER_ISSUER: &str = "https://login.example";
pub const AUDIENCE: &str = "jixiao-api";
pub const SECRET: &[u8] = b"a development secret of 40 bytes, or so.";

/// The second at which every test takes place.
pub const NOW: u64 = 1_790_000_000;

pub fn now() -> Timestamp {
    Timestamp(NOW as i64 * 1_000_000)
}

/// A service with its own key, keys of another issuer and a development secret.
pub struct World {
    pub folder: TempDir,
    pub kid: String,
    ring: Arc<KeyRing>,
    own: EncodingKey,
    pub rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl World {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let ring = Arc::new(KeyRing::open(folder.path(), ISSUER).unwrap());
        let der = std::fs::read(folder.path().join("signing.p8")).unwrap();
        Self {
            kid: ring.kid(),
            ring,
            own: EncodingKey::from_ed_der(&der),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
            folder,
        }
    }

    /// The keys of the service.
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring)
    }

    pub fn checker(&self) -> Arc<TokenChecker> {
        let mut keys = KeySet::of(self.ring());
        keys.trust_jwks(&self.jwks().to_string(), OTHER_ISSUER).unwrap();
        keys.trust_secret(SECRET, ISSUER).unwrap();
        Arc::new(TokenChecker::new(keys, AUDIENCE))
    }

    pub fn jwks(&self) -> Value {
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        let (n, e) = (text(&rsa.n), text(&rsa.e));
        let point = self.ec.public_key().as_ref();
        json!({ "keys": [
            { "kid": "rs", "kty": "RSA", "alg": "RS256", "use": "sig", "n": n, "e": e },
            { "kid": "ps", "kty": "RSA", "alg": "PS256", "key_ops": ["verify"], "n": n, "e": e },
            { "kid": "es", "kty": "EC", "crv": "P-256", "alg": "ES256", "x": text(&point[1..33]), "y": text(&point[33..]) },
            { "kid": "ed", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": text(self.ed.public_key().as_ref()) },
        ]})
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.kid })
    }

    /// A token of this service with these claims.
    pub fn claiming(&self, claims: &Value) -> String {
        self.signed(&self.header().to_string(), &claims.to_string())
    }

    /// A token of this service with this header.
    pub fn heading(&self, header: &Value) -> String {
        self.signed(&header.to_string(), &claims().to_string())
    }

    /// A token of this service with these texts, JSON or not.
    pub fn signed(&self, header: &str, claims: &str) -> String {
        self.sealed(&text(header.as_bytes()), &text(claims.as_bytes()))
    }

    /// A token of this service with these parts, base64url or not.
    pub fn sealed(&self, header: &str, claims: &str) -> String {
        let message = format!("{header}.{claims}");
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.own, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    /// A token of the other issuer, by its key `kid`.
    pub fn other(&self, kid: &str, alg: &str, claims: &Value) -> String {
        self.other_with(alg, &json!({ "typ": "at+jwt", "alg": alg, "kid": kid }), claims)
    }

    /// What the owner of the other keys signs by `alg`, with any header.
    pub fn other_with(&self, alg: &str, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        match alg {
            "RS256" => self.rsa.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap(),
            "PS256" => self.rsa.sign(&RSA_PSS_SHA256, &random, message.as_bytes(), &mut signature).unwrap(),
            "ES256" => signature = self.ec.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            "EdDSA" => signature = self.ed.sign(message.as_bytes()).as_ref().to_vec(),
            unknown => panic!("no key for {unknown}"),
        }
        format!("{message}.{}", text(&signature))
    }
}

pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "known", "iat": NOW - 60, "exp": NOW + 600, "jti": "1" })
}

pub fn other_claims() -> Value {
    with(&claims(), "iss", json!(OTHER_ISSUER))
}

pub fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()))
}

pub fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

pub fn without(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(name);
    object
}

/// A token signed with a shared secret.
pub fn by_secret(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = message(header, claims);
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}
