//! Secret codes that this service hands out: 32 random bytes, of which only the hash is kept.
//!
//! A plain hash is enough, because nobody can try 2²⁵⁶ of them, and it can be looked up.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{AppError, AppResult};

/// A new code: 43 letters, digits, hyphens and underscores.
///
/// # Errors
/// When the system gives no randomness.
pub fn fresh() -> AppResult<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(AppError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The hash under which a code is known: SHA-256, 64 hexadecimal digits.
pub fn hash(code: &str) -> String {
    digest(&SHA256, code.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{fresh, hash};

    #[test]
    fn codes_differ_and_their_hashes_are_sha_256() {
        let (one, two) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 43);
        // FIPS 180-4, the example of one block.
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
