//! This service's own keys as a running process uses them: read from their folder, and again whenever it changed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use entity::value::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::folder::{KeyFolder, Keys};
use super::key::{KeyError, SigningKey};
use super::keyset::CheckingKey;

/// The keys, shared by those who sign, check and publish.
pub struct KeyRing {
    folder: KeyFolder,
    issuer: String,
    keys: RwLock<Arc<Held>>,
}

/// All keys of one moment.
struct Held {
    active: SigningKey,
    /// By name, each with the end of what was signed by it.
    known: HashMap<String, Known>,
}

/// A key with which tokens are checked.
struct Known {
    checking: Arc<CheckingKey>,
    jwk: Value,
    until: Option<Timestamp>,
}

impl Known {
    fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl KeyRing {
    /// The keys of a folder, for tokens in the name of `issuer`. Folder and keys are made where they are missing.
    ///
    /// # Errors
    /// As [`KeyFolder::keys`].
    pub fn open(folder: &Path, issuer: impl Into<String>) -> Result<Self, KeyError> {
        let (folder, issuer) = (KeyFolder::at(folder), issuer.into());
        let keys = RwLock::new(Arc::new(Held::read(&folder, &issuer)?));
        Ok(Self { folder, issuer, keys })
    }

    /// Reads the folder again. What cannot be read leaves the keys as they were.
    ///
    /// # Errors
    /// As [`KeyFolder::keys`].
    pub fn refresh(&self) -> Result<(), KeyError> {
        let keys = Arc::new(Held::read(&self.folder, &self.issuer)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// In whose name the keys sign.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Name of the key that signs at this moment.
    pub fn kid(&self) -> String {
        self.now().active.kid().to_owned()
    }

    /// The public halves as a JWK set (RFC 7517): of the keys that sign, will sign, and have signed what has not ended.
    pub fn jwks(&self, now: Timestamp) -> Value {
        let keys = self.now();
        let mut published: Vec<_> = keys.known.iter().filter(|(_, key)| key.holds(now)).collect();
        published.sort_by_key(|(kid, _)| kid.as_str());
        json!({ "keys": published.into_iter().map(|(_, key)| &key.jwk).collect::<Vec<_>>() })
    }

    /// Signs by the active key: `sign` gets its name and the key.
    pub(super) fn sign<T>(&self, sign: impl FnOnce(&str, &EncodingKey) -> T) -> T {
        let keys = self.now();
        sign(keys.active.kid(), keys.active.encoding())
    }

    /// The key of this name, if tokens by it are accepted at the time `now`.
    pub(super) fn find(&self, kid: &str, now: Timestamp) -> Option<Arc<CheckingKey>> {
        self.now().known.get(kid).filter(|key| key.holds(now)).map(|key| Arc::clone(&key.checking))
    }

    /// Whether there is a key of this name.
    pub(super) fn knows(&self, kid: &str) -> bool {
        self.now().known.contains_key(kid)
    }

    fn now(&self) -> Arc<Held> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Held {
    fn read(folder: &KeyFolder, issuer: &str) -> Result<Self, KeyError> {
        let Keys { active, next, previous } = folder.keys()?;
        let mut known = HashMap::new();
        let signing = [Some(&active), next.as_ref()].into_iter().flatten().map(|key| (key, None));
        for (key, until) in signing.chain(previous.iter().map(|(key, until)| (key, Some(*until)))) {
            let (algorithm, issuer) = (Algorithm::EdDSA, issuer.to_owned());
            let checking = Arc::new(CheckingKey { algorithm, issuer, decoding: key.decoding(), own: true });
            known.insert(key.kid().to_owned(), Known { checking, jwk: key.jwk(), until });
        }
        Ok(Self { active, known })
    }
}
