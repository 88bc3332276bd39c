//! Trusted documents: what the operator knows that clients send, by id.
//!
//! A manifest is a JSON object of ids and documents, as the client preset of GraphQL Code Generator writes it
//! (`persisted-documents.json`). The id of a document is `sha256:` and the hash of its text in hexadecimal digits; a key
//! of 64 such digits is the same without the prefix, and any other key is an id of its own.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use async_graphql::{Executor, ServerError, Variables};
use aws_lc_rs::digest::{SHA256, digest};

use crate::error::{AppError, ErrorCode};
use crate::graphql::execution::mistakes;
use crate::limits::{DocumentPolicy, ProfileLimits};

use super::answer::Refused;
use super::guard;
use super::request::Sent;

/// Begins the id of a document by its hash.
pub const BY_HASH: &str = "sha256:";

/// Why the trusted documents cannot be used, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file cannot be read.
    #[error("the manifest {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no manifest.
    #[error("the manifest {} is not a JSON object of ids and documents: {problem}", path.display())]
    NotAManifest {
        /// The file.
        path: PathBuf,
        /// Place and reason.
        problem: serde_json::Error,
    },
    /// A document cannot be executed by this version.
    #[error("the manifest {} has a document that cannot be used, `{id}`: {problem}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// The key of the document.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
}

type Known = HashMap<String, Arc<str>>;

/// The trusted documents of a service; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct TrustedDocuments(Arc<RwLock<Known>>);

impl TrustedDocuments {
    /// Reads the manifests anew and tells how many documents there are now. Each document is checked as if it were sent,
    /// against the schema and these limits; when one of them is not good, all stays as it was.
    ///
    /// # Errors
    /// With the file, the document and what is wrong with it.
    pub async fn load<E: Executor>(
        &self,
        manifests: &[PathBuf],
        executor: &E,
        limits: &ProfileLimits,
    ) -> Result<usize, ManifestError> {
        let mut known = Known::new();
        for path in manifests {
            for (key, text) in read(path)? {
                let refuse = |problem| ManifestError::Document { path: path.clone(), id: key.clone(), problem };
                let id = id_of(&key, &text).map_err(refuse)?;
                check(&text, executor, limits).await.map_err(|error| refuse(told(&error)))?;
                if known.insert(id, text.as_str().into()).is_some_and(|other| *other != *text) {
                    return Err(refuse("there is another document with this id".to_owned()));
                }
            }
        }
        let count = known.len();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(count)
    }

    /// The text of what was sent, if it may be sent so.
    ///
    /// # Errors
    /// `PERSISTED_QUERY_NOT_FOUND` for an unknown id, `PERSISTED_QUERY_REQUIRED` for a text where there must be an id.
    pub fn text(&self, sent: Sent, policy: DocumentPolicy) -> Result<Arc<str>, Refused> {
        // The text is what clients of Apollo's protocol look for; they then send the whole document.
        let unknown = || AppError::new(ErrorCode::PersistedQueryNotFound, "PersistedQueryNotFound");
        let required = || {
            let message = "Documents are sent by their `documentId` here; ask the operator to add new ones.";
            AppError::new(ErrorCode::PersistedQueryRequired, message)
        };
        match (policy, sent) {
            (DocumentPolicy::Off, Sent::Id(_)) => Err(unknown().into()),
            (DocumentPolicy::Prefer | DocumentPolicy::Require, Sent::Id(id)) => {
                self.find(&id).ok_or_else(|| unknown().into())
            }
            (DocumentPolicy::Off | DocumentPolicy::Prefer, Sent::Text { text, .. }) => Ok(text.into()),
            (DocumentPolicy::Require, Sent::Text { id, .. }) => {
                id.and_then(|id| self.find(&id)).ok_or_else(|| required().into())
            }
        }
    }

    fn find(&self, id: &str) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

fn read(path: &Path) -> Result<HashMap<String, String>, ManifestError> {
    let bytes = std::fs::read(path).map_err(|source| ManifestError::Unreadable { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|problem| ManifestError::NotAManifest { path: path.to_owned(), problem })
}

/// The id that a key of a manifest stands for, or what is wrong with it.
fn id_of(key: &str, text: &str) -> Result<String, String> {
    let digits = key.strip_prefix(BY_HASH);
    let is_hash = |digits: &str| digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = match digits {
        None if !is_hash(key) => return Ok(key.to_owned()),
        digits => format!("{BY_HASH}{}", digits.unwrap_or(key).to_ascii_lowercase()),
    };
    let own = id_by_hash(text);
    if id == own { Ok(id) } else { Err(format!("the id of its text is `{own}`")) }
}

/// The id of a document by the hash of its text.
pub fn id_by_hash(text: &str) -> String {
    let hash: String = digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{BY_HASH}{hash}")
}

/// Checks a document as the handler and the library do, without executing anything of it.
async fn check<E: Executor>(text: &str, executor: &E, limits: &ProfileLimits) -> Result<(), ServerError> {
    let document = guard::admit(text, limits)?;
    let name = document.operations.iter().next().and_then(|(name, _)| name).map(ToString::to_string);
    match mistakes(executor, &document, name.as_deref(), Variables::default()).await.into_iter().next() {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// An error with its place.
fn told(error: &ServerError) -> String {
    match error.locations.first() {
        Some(pos) => format!("line {}, column {}: {}", pos.line, pos.column, error.message),
        None => error.message.clone(),
    }
}
