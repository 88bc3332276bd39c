//! Why there is no backup, or nothing was restored, in words for the operator.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::AppError;

/// Why a backup could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A backup is never written over something else.
    #[error("{} is there already: name a folder that is not", .0.display())]
    Exists(PathBuf),
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program of PostgreSQL is missing.
    #[error(
        "`{program}` cannot be started: {source}; install the client programs of PostgreSQL, as new as the server or newer"
    )]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A program of PostgreSQL failed.
    #[error("`{program}` failed: {said}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it wrote to standard error.
        said: String,
    },
    /// The backup is not as it was made.
    #[error("the backup is damaged: {0}; nothing was restored from it")]
    Damaged(String),
    /// A later version has made the backup.
    #[error("the backup was made by jixiao {0}, which is newer: restore it with that version")]
    Newer(String),
    /// The backup is of the other kind of database.
    #[error("the backup is of {backup}, and the setting `database_url` names {here}")]
    OtherKind {
        /// The kind in the backup.
        backup: &'static str,
        /// The kind of the settings.
        here: &'static str,
    },
    /// There is something that the backup would take the place of.
    #[error("{what} is not empty; {advice}")]
    NotEmpty {
        /// What.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// Another process has the database open.
    #[error("the database is in use: stop the service first")]
    InUse,
    /// What was restored is not right.
    #[error("what was restored does not hold: {0}")]
    Unsound(String),
    /// The database cannot be used.
    #[error(transparent)]
    App(#[from] AppError),
}

/// Names the file of an error of the system.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}
