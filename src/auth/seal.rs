//! Secrets at rest: AES-256-GCM by a key that stands in the folder of the keys, so that the database alone gives none away.
//!
//! The key is made once and never replaced: what it sealed could not be read any more, and people would have to be invited
//! again (`jixiao account invite`).

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;

use super::key::{self, KeyError};
use crate::error::{AppError, AppResult};

/// File of the key, inside the folder for keys.
const FILE: &str = "sealing.key";
/// Bytes of the key.
const KEY: usize = 32;
/// The first byte of what is sealed: how it was done. 1 is AES-256-GCM, its nonce in front.
const FORM: u8 = 1;

/// Seals and opens secrets.
pub struct SealingKey(RandomizedNonceKey);

impl SealingKey {
    /// Reads the key of a folder, and makes folder and key when there are none.
    ///
    /// # Errors
    /// When the file is not a key, when it or its folder is open to other users, and when the disk refuses.
    pub fn open_or_create(folder: &Path) -> Result<Self, KeyError> {
        let fresh = || {
            let mut key = vec![0; KEY];
            rand::fill(&mut key).map_err(|_| KeyError::NoRandomness)?;
            Ok(key)
        };
        let bytes = key::read_or_make(folder, FILE, fresh)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes);
        key.map(Self).map_err(|_| KeyError::NotASealingKey { path: folder.join(FILE) })
    }

    /// Seals a secret of `owner`; nobody else's row opens it.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, secret: &[u8], owner: &str) -> AppResult<Vec<u8>> {
        let mut text = secret.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(owner), &mut text).map_err(AppError::internal)?;
        Ok([&[FORM], nonce.as_ref().as_slice(), &text].concat())
    }

    /// Opens what was sealed for `owner`.
    ///
    /// # Errors
    /// When it was sealed by another key or for another owner, or is damaged.
    pub fn open(&self, sealed: &[u8], owner: &str) -> AppResult<Vec<u8>> {
        let damaged = || AppError::internal("a sealed secret is damaged, or the sealing key is another one");
        let (form, rest) = sealed.split_first().ok_or_else(damaged)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        if *form != FORM {
            return Err(damaged());
        }
        let mut text = text.to_vec();
        let open = self.0.open_in_place(nonce, Aad::from(owner), &mut text).map_err(|_| damaged())?;
        Ok(open.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{FILE, SealingKey};

    #[test]
    fn what_is_sealed_opens_for_its_owner_and_with_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let key = SealingKey::open_or_create(folder.path()).unwrap();
        let sealed = key.seal(b"secret", "lin").unwrap();
        assert_ne!(sealed, key.seal(b"secret", "lin").unwrap());
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
        let again = SealingKey::open_or_create(folder.path()).unwrap();
        assert_eq!(again.open(&sealed, "lin").unwrap(), b"secret");
        assert!(again.open(&sealed, "wang").is_err());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(again.open(&damaged, "lin").is_err(), "byte {at}");
            assert!(again.open(&sealed[..at], "lin").is_err(), "the first {at} bytes");
        }
        let other = SealingKey::open_or_create(tempfile::tempdir().unwrap().path()).unwrap();
        assert!(other.open(&sealed, "lin").is_err());
    }

    #[test]
    fn the_key_is_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        SealingKey::open_or_create(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, b"short").unwrap();
        let error = SealingKey::open_or_create(folder.path()).err().unwrap().to_string();
        assert!(error.contains("sealing.key is not a key of 32 bytes"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = SealingKey::open_or_create(folder.path()).err().unwrap().to_string();
        assert!(error.contains("open to other users"), "{error}");
    }
}
