//! What a writer sent.

use std::time::Instant;

use bench::http::Answer;
use bench::projects::{self, Project, request};
use serde_json::Value;

/// Numbers of projects that each writer has.
const OF_A_WRITER: u64 = 1_000_000_000;
/// Numbers of projects that each batch has.
const OF_A_BATCH: u64 = 1_000;
/// Indicators of a project.
const INDICATORS: usize = 2;

/// Projects that are always written together.
#[derive(Clone, Debug)]
pub struct Batch {
    first: u64,
    /// How many.
    pub rows: u64,
    /// The revision that is known to be stored.
    pub stored: Option<u32>,
}

/// A batch as it was sent once.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The revision.
    pub revision: u32,
    /// The key under which it happens once.
    pub key: Option<String>,
    /// Whether the answer said that it is written.
    pub acknowledged: bool,
    /// When the answer came that said so.
    pub acknowledged_at: Option<Instant>,
    /// Whether there was an answer at all.
    pub answered: bool,
    /// The answer that said something else.
    pub refusal: Option<String>,
}

impl Sent {
    /// What was sent, and is not answered yet.
    pub fn new(revision: u32, key: Option<String>) -> Self {
        Self { revision, key, acknowledged: false, acknowledged_at: None, answered: false, refusal: None }
    }

    /// The same as it was known at a moment.
    pub fn as_of(&self, moment: Instant) -> Self {
        let is_known = self.acknowledged_at.is_some_and(|at| at < moment);
        Self { acknowledged: self.acknowledged && is_known, ..self.clone() }
    }
}

impl Batch {
    /// A batch that is not written yet.
    pub fn new(writer: u64, number: u64, rows: u64) -> Self {
        Self { first: writer * OF_A_WRITER + number * OF_A_BATCH, rows, stored: None }
    }

    /// The code of its n-th project.
    pub fn code(&self, n: u64) -> String {
        projects::code(self.first + n)
    }

    /// Its projects in a revision.
    pub fn projects(&self, revision: u32) -> Vec<Project> {
        (self.first..self.first + self.rows).map(|number| Project::new(number, revision, INDICATORS)).collect()
    }

    /// The request that writes a revision.
    pub fn request(&self, revision: u32) -> Vec<u8> {
        request(&self.projects(revision))
    }
}

/// Whether an answer says that everything is written.
pub fn acknowledges(answer: &Answer) -> bool {
    let read: Option<Value> = serde_json::from_str(&answer.body).ok();
    read.is_some_and(|read| {
        answer.status == 200
            && read.get("errors").is_none()
            && read.pointer("/data/projectsUpsert/committed") == Some(&Value::Bool(true))
    })
}

/// Whether an answer says that the request may come again.
pub fn can_be_repeated(answer: &Answer) -> bool {
    let read: Option<Value> = serde_json::from_str(&answer.body).ok();
    read.is_some_and(|read| read.pointer("/errors/0/extensions/retryable") == Some(&Value::Bool(true)))
}
