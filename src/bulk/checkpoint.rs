//! How far an operation is: where its source goes on, what its rows saw, and what its application remembers.

use std::fmt::Write;

use aws_lc_rs::digest::{Context, SHA256};
use entity::bulk_operation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::apply::{Answer, Place, Position};
use crate::error::{AppError, AppResult};

/// What goes on from one chunk to the next, stored in the row of the operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Where the source goes on; none at the beginning.
    pub position: Option<Position>,
    /// What the application remembers.
    pub state: Value,
    /// Rows so far that were refused.
    #[serde(default)]
    pub failed: i64,
    /// Fingerprint of what all rows so far saw and became.
    pub seen: String,
    /// The same after the first group of chunks.
    pub first: Option<String>,
}

impl Checkpoint {
    /// The checkpoint of an operation; that of the beginning when it has none.
    ///
    /// # Errors
    /// When what is stored is no checkpoint.
    pub fn of(operation: &bulk_operation::Model) -> AppResult<Self> {
        match &operation.checkpoint {
            None => Ok(Self::default()),
            Some(json) => serde_json::from_str(json).map_err(AppError::internal),
        }
    }

    /// The stored form.
    pub fn json(&self) -> String {
        // Text, numbers and values of JSON, with text as names: JSON can say all of it.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Grows a fingerprint by the answers of a group.
pub struct Fingerprint(Context);

impl Fingerprint {
    /// Goes on from an earlier fingerprint.
    pub fn after(seen: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(seen.as_bytes());
        Self(context)
    }

    /// Takes in an answer.
    pub fn add(&mut self, place: Option<&Place>, answer: &Answer) {
        let Answer { outcome, key, faults, seen } = answer;
        let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
        let text = format!("{place:?}\0{}\0{key:?}\0{seen:?}\0{codes:?}\n", outcome.as_str());
        self.0.update(text.as_bytes());
    }

    /// The fingerprint, 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hex(self.0.finish().as_ref())
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
