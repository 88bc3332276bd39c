//! Signed texts in the compact form of RFC 7515: taken apart, and believed only after the signature was checked.

use jsonwebtoken::{Algorithm, DecodingKey};

use super::members::Members;
use super::token::{MAX_BYTES, Refusal};

/// Header members that change how a token is to be read; none of them is understood here (RFC 7515 4.1.11, RFC 7797).
const EXTENSIONS: [&str; 4] = ["crit", "b64", "zip", "enc"];

/// A token whose header was read and whose claims were not yet.
pub(super) struct Signed<'a> {
    /// The header. It says by which key the sender wants to be checked, nothing more.
    pub(super) header: Members,
    claims: &'a str,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// When it is too long, not of three parts, or has a header that is no object or asks for an extension.
    pub(super) fn read(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > MAX_BYTES {
            return Err(Refusal::Length);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Parts);
        };
        let message = &token[..header.len() + 1 + claims.len()];
        let header = Members::read(header)?;
        if EXTENSIONS.iter().any(|name| header.get(name).is_some()) {
            return Err(Refusal::Extension);
        }
        Ok(Self { header, claims, message, signature })
    }

    /// Whether the header names this algorithm.
    pub(super) fn is_by(&self, algorithm: Algorithm) -> bool {
        self.header.text("alg").is_some_and(|name| name.parse() == Ok(algorithm))
    }

    /// The claims as the sender says them: nothing is proved.
    ///
    /// # Errors
    /// When they are no object.
    pub(super) fn unproved(&self) -> Result<Members, Refusal> {
        Members::read(self.claims)
    }

    /// The claims, when the signature is by this key.
    ///
    /// # Errors
    /// When it is not, or when the claims are no object.
    pub(super) fn claims(&self, algorithm: Algorithm, key: &DecodingKey) -> Result<Members, Refusal> {
        match jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), key, algorithm) {
            Ok(true) => Members::read(self.claims),
            Ok(false) | Err(_) => Err(Refusal::Signature),
        }
    }
}
