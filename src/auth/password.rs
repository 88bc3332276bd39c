//! Passwords: hashed by argon2id, two at a time and never on a thread that serves requests.
//!
//! A hash takes 19 MiB and some tens of milliseconds on purpose. Without the bound a crowd that signs in, or guesses, would take
//! the memory and the processors from everything else.

use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use entity::value::PasswordHash;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use unicode_normalization::UnicodeNormalization;

use crate::error::{AppError, AppResult, ErrorCode};

/// Memory of a hash, in KiB; with [`PASSES`] and [`LANES`] what OWASP names as the least.
const MEMORY: u32 = 19_456;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Threads of a hash.
const LANES: u32 = 1;
/// Bytes of a salt.
const SALT: usize = 16;
/// Bytes of a hash.
const HASH: usize = 32;
/// Hashes at a time.
const AT_ONCE: usize = 2;
/// Longest wait for a place.
const PATIENCE: Duration = Duration::from_secs(1);

/// A password as it was typed, in one of the forms that Unicode has for the same text; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The password of this text.
    pub fn new(text: &str) -> Self {
        Self(text.nfkc().collect())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// The places in which passwords are hashed.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Semaphore>);

impl Passwords {
    /// As many places as ship.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `UNAVAILABLE` when none comes free within a second.
    pub async fn place(&self) -> AppResult<Place> {
        match timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place(Arc::new(permit))),
            Ok(Err(closed)) => Err(AppError::internal(closed)),
            Err(_late) => {
                let message = "Too many people are signing in; try again in a moment.";
                Err(AppError::new(ErrorCode::Unavailable, message))
            }
        }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

/// A place to hash in. A hash keeps it until it is done, also when nobody waits for it any more.
#[derive(Debug)]
pub struct Place(Arc<OwnedSemaphorePermit>);

impl Place {
    /// Whether a password has this hash. Without a hash it has not, which takes as long to find out.
    ///
    /// # Errors
    /// When the stored hash cannot be read.
    pub async fn matches(&self, password: &Password, hash: Option<&PasswordHash>) -> AppResult<bool> {
        let (password, known) = (password.clone(), hash.is_some());
        let Stored { params, salt, hash } = match hash {
            Some(hash) => Stored::read(hash).ok_or_else(|| AppError::internal("a stored password hash is damaged"))?,
            None => Stored { params: params()?, salt: vec![0; SALT], hash: vec![0; HASH] },
        };
        let found = self.compute(password, params, salt).await?;
        Ok(verify_slices_are_equal(&found, &hash).is_ok() && known)
    }

    /// The hash of a password, with a salt of its own.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub async fn hash(&self, password: &Password) -> AppResult<PasswordHash> {
        let mut salt = vec![0; SALT];
        rand::fill(&mut salt).map_err(AppError::internal)?;
        let hash = self.compute(password.clone(), params()?, salt.clone()).await?;
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        Ok(PasswordHash(format!("$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}${salt}${hash}")))
    }

    async fn compute(&self, password: Password, params: Params, salt: Vec<u8>) -> AppResult<[u8; HASH]> {
        let place = Arc::clone(&self.0);
        let computed = spawn_blocking(move || {
            let mut hash = [0; HASH];
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let done = argon2.hash_password_into(password.0.as_bytes(), &salt, &mut hash);
            drop(place);
            done.map(|()| hash)
        });
        let computed = computed.await.map_err(AppError::internal)?;
        computed.map_err(|error| AppError::internal(error.to_string()))
    }
}

fn params() -> AppResult<Params> {
    Params::new(MEMORY, PASSES, LANES, Some(HASH)).map_err(|error| AppError::internal(error.to_string()))
}

/// The parts of a stored hash.
struct Stored {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    /// Reads a PHC string of argon2id, with whatever parameters it was made.
    fn read(hash: &PasswordHash) -> Option<Self> {
        let mut parts = hash.0.strip_prefix("$argon2id$v=19$")?.split('$');
        let (params, salt, hash, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
            return None;
        };
        let mut costs = params.split(',');
        let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let (memory, passes, lanes) = (cost("m=")?, cost("t=")?, cost("p=")?);
        Some(Self {
            params: Params::new(memory, passes, lanes, Some(HASH)).ok()?,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            hash: STANDARD_NO_PAD.decode(hash).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{AT_ONCE, PATIENCE, Password, PasswordHash, Passwords};
    use crate::error::ErrorCode;

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let place = Passwords::new().place().await.unwrap();
        let hash = place.hash(&Password::new("骑着单车去看海的人")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(hash, place.hash(&Password::new("骑着单车去看海的人")).await.unwrap(), "each has a salt of its own");
        assert!(place.matches(&Password::new("骑着单车去看海的人"), Some(&hash)).await.unwrap());
        assert!(!place.matches(&Password::new("骑着单车去看海的人 "), Some(&hash)).await.unwrap());
        assert!(!place.matches(&Password::new(""), None).await.unwrap());
        // Full-width letters, as an input method may give them, are the same text.
        let hash = place.hash(&Password::new("ＡＢｃ－１２")).await.unwrap();
        assert!(place.matches(&Password::new("ABc-12"), Some(&hash)).await.unwrap());
        for damaged in ["", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=1,t=2,p=1$AAAAAAAA$AAAA"] {
            let hash = PasswordHash(damaged.to_owned());
            let error = place.matches(&Password::new("x"), Some(&hash)).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::Internal, "{damaged}");
        }
        assert_eq!(format!("{hash:?}"), "***");
    }

    /// Made by the reference implementation (argon2-cffi for Python), with these parameters and with others.
    #[tokio::test]
    async fn hashes_made_elsewhere_are_read() {
        let place = Passwords::new().place().await.unwrap();
        for hash in [
            "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$vImafBCdKoTWjinB5pBA7kCW5Lbp6J3vWmW5chNt7kU",
            "$argon2id$v=19$m=64,t=1,p=2$c29tZXNhbHQ$kTW7wEyJZRZhH/+RvRxngRjo8jpjasQTR/vmAkPSGq0",
        ] {
            let hash = PasswordHash(hash.to_owned());
            assert!(place.matches(&Password::new("骑着单车去看海的人"), Some(&hash)).await.unwrap());
            assert!(!place.matches(&Password::new("骑着单车去看海的"), Some(&hash)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn who_finds_no_place_is_sent_away_after_a_second() {
        let passwords = Passwords::new();
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(passwords.place().await.unwrap());
        }
        let began = Instant::now();
        assert_eq!(passwords.place().await.unwrap_err().code(), ErrorCode::Unavailable);
        assert!(began.elapsed() >= PATIENCE);
        held.pop();
        assert!(passwords.place().await.is_ok());
    }
}
