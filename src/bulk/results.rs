//! The files of results: one line of JSON for each row, all in one file, the refused ones in another as well.
//!
//! They grow in the transaction of a chunk, before it is committed: what lies behind the lengths of the checkpoint was
//! written by a chunk that never was, and is cut off before the next one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use entity::id::BulkOperationId;
use serde::Serialize;

use super::apply::{Answer, Fault, Place};
use crate::service::write::Outcome;

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// A line for every row.
    Results,
    /// A line for every refused row.
    Errors,
}

impl Which {
    /// Name of the file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Results => "results.jsonl",
            Self::Errors => "errors.jsonl",
        }
    }

    /// Where it is fetched, from the root of the service.
    pub fn address(self, operation: BulkOperationId) -> String {
        let name = match self {
            Self::Results => "results",
            Self::Errors => "errors",
        };
        format!("/v1/operations/{}/{name}", operation.public())
    }
}

/// Lines that were made, not yet written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// For the file of results.
    pub results: Vec<u8>,
    /// For the file of errors.
    pub errors: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(flatten)]
    place: Option<&'a Place>,
    outcome: &'static str,
    key: Option<&'a str>,
    user_errors: &'a [Fault],
}

impl Lines {
    /// Adds the line of a row; what is no row of the file has no place.
    pub fn push(&mut self, place: Option<&Place>, answer: &Answer) {
        let line =
            Line { place, outcome: answer.outcome.as_str(), key: answer.key.as_deref(), user_errors: &answer.faults };
        // Text and numbers with text as names: JSON can say all of it, and a vector takes all.
        let from = self.results.len();
        let _ = serde_json::to_writer(&mut self.results, &line);
        self.results.push(b'\n');
        if answer.outcome == Outcome::Failed {
            self.errors.extend_from_slice(self.results.get(from..).unwrap_or_default());
        }
    }
}

/// The folder in which each operation has one of its own.
#[derive(Clone, Debug)]
pub struct Results {
    folder: PathBuf,
}

impl Results {
    /// Files below `folder`, which is made with the first one.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// One of the files of an operation.
    pub fn path(&self, operation: BulkOperationId, which: Which) -> PathBuf {
        self.folder.join(operation.public()).join(which.file_name())
    }

    /// Writes lines behind the first bytes of the two files, in place of whatever stands there; on disk before this
    /// returns. Blocks.
    ///
    /// # Errors
    /// When a file is shorter than it should be, or cannot be written.
    pub fn write(&self, operation: BulkOperationId, lengths: [u64; 2], lines: &Lines) -> io::Result<()> {
        let folder = self.folder.join(operation.public());
        let is_new = !folder.exists();
        fs::create_dir_all(&folder)?;
        let parts = [(Which::Results, &lines.results), (Which::Errors, &lines.errors)];
        for ((which, lines), length) in parts.into_iter().zip(lengths) {
            write_at(&folder.join(which.file_name()), length, lines)?;
        }
        if is_new {
            File::open(&folder)?.sync_all()?;
            File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Deletes the files of an operation. Blocks.
    ///
    /// # Errors
    /// When they are there and cannot be deleted.
    pub fn delete(&self, operation: BulkOperationId) -> io::Result<()> {
        match fs::remove_dir_all(self.folder.join(operation.public())) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn write_at(path: &Path, length: u64, lines: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    if file.metadata()?.len() < length {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "the file has lost lines that were written"));
    }
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(lines)?;
    file.sync_all()
}
