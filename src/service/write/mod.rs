//! Writing what clients send: one row or thousands, by the same path.
//!
//! A write reads everything first (`input`), locks the divisions it touches, loads what is stored in a few statements,
//! merges in memory, judges by `rules`, and only then writes, set by set. So a row that fails is known before anything is
//! written, all mistakes of all rows are named in one pass, and a dry run differs from a run in nothing but its end.

pub mod department_goal;
pub mod division;
pub mod finding;
pub mod found;
mod lists;
pub mod project;
pub mod unit;
mod version;

use uuid::Uuid;

use crate::input::{At, UserError, UserErrorCode, Words};

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It made an object.
    Created,
    /// It changed an object.
    Updated,
    /// The object already was as it says: nothing was touched, not even its version.
    Unchanged,
    /// It deleted an object.
    Deleted,
    /// It has mistakes and was not written.
    Failed,
    /// It has none, but was not written because another row failed.
    Skipped,
}

impl Outcome {
    const ALL: [Self; 6] = [Self::Created, Self::Updated, Self::Unchanged, Self::Deleted, Self::Failed, Self::Skipped];

    /// The outcome with this published name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }

    /// The published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Unchanged => "UNCHANGED",
            Self::Deleted => "DELETED",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
        }
    }
}

/// What is written when some rows fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Atomicity {
    /// Nothing.
    #[default]
    All,
    /// Everything of the projects of which no row failed.
    PerProject,
    /// Every row that did not fail.
    PerRow,
}

impl Atomicity {
    /// All kinds with their published names.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("ALL", Self::All), ("PER_PROJECT", Self::PerProject), ("PER_ROW", Self::PerRow)];
}

/// Which objects a write may find or make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only new ones.
    Create,
    /// Only known ones.
    Update,
    /// Both.
    Upsert,
}

/// One row to write: what was read of it, where it stands in the input, and the mistakes found while reading.
#[derive(Clone, Debug)]
pub struct Row<T> {
    /// The path of the row from the root of the input.
    pub path: Vec<String>,
    /// What was read.
    pub input: T,
    /// What is wrong already.
    pub errors: Vec<UserError>,
}

impl<T> Row<T> {
    /// The same row as another layer reads it.
    pub fn map<U>(&self, change: impl FnOnce(&T) -> U) -> Row<U> {
        Row { path: self.path.clone(), input: change(&self.input), errors: self.errors.clone() }
    }

    /// The place of the row, for mistakes found in it.
    pub fn at(&self) -> At<'_> {
        At::below(&self.path)
    }
}

/// What became of one row, and of which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    /// The natural key as it was sent, in one line.
    pub key: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Key of the object as it stands after the write; none where there is none.
    pub id: Option<Uuid>,
    /// The stored version that it was judged against; none where nothing was stored.
    pub seen: Option<i32>,
    /// What is wrong.
    pub errors: Vec<UserError>,
}

/// Whether anything was written: under [`Atomicity::All`] nothing is when one row failed.
pub fn is_committed(results: &[RowResult], atomicity: Atomicity) -> bool {
    atomicity != Atomicity::All || results.iter().all(|result| result.outcome != Outcome::Failed)
}

/// Under [`Atomicity::All`], turns the good rows beside a bad one into skipped ones; whether it did, so that nothing may be
/// written.
pub fn skip_good_rows_beside_bad<'a>(results: impl Iterator<Item = &'a mut RowResult>, atomicity: Atomicity) -> bool {
    let results: Vec<_> = results.collect();
    let failed = results.iter().any(|result| result.outcome == Outcome::Failed);
    if atomicity != Atomicity::All || !failed {
        return false;
    }
    for result in results.into_iter().filter(|result| result.outcome != Outcome::Failed) {
        result.outcome = Outcome::Skipped;
    }
    true
}

/// A row that names what an earlier row of the same request names.
pub fn named_before(at: &At<'_>, key: &str) -> UserError {
    UserError::duplicate(
        UserErrorCode::DuplicateInRequest,
        at.path(),
        None,
        Words::new(
            format!("An earlier row of this request names the same {key}."),
            format!("本次请求中前面的一行已指定同一对象：{key}。"),
        ),
    )
}
