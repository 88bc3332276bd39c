//! How a command fails: one sentence for the operator and an exit code.

use std::error::Error as StdError;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::app::StartError;
use crate::auth::key::KeyError;
use crate::backup::BackupError;
use crate::config::{ConfigError, Source};
use crate::error::{AppError, ErrorCode};

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The service, its database or its keys cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The work was refused or failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// There is no backup, or nothing was restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no threads.
    #[error("the program cannot start its threads: {0}")]
    Runtime(io::Error),
    /// Standard output refuses what is printed.
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
    /// What there was to say has been printed.
    #[error("the command did not do all that it was asked for")]
    Told,
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::Start(error.into())
    }
}

impl Failure {
    /// Says why, where something is left to say, and gives the exit code.
    pub fn tell(&self) -> ExitCode {
        match self {
            Self::Told => {}
            // Whoever read the output has seen enough of it, e.g. `jixiao schema | head`.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            _ => warn(&self.sentence()),
        }
        match self {
            Self::Config(
                ConfigError::BadValue { origin: Source::CommandLine, .. }
                | ConfigError::Unknown { origin: Source::CommandLine, .. },
            ) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }

    /// The reason in words for the operator at the machine.
    pub fn sentence(&self) -> String {
        match self {
            Self::App(error) | Self::Start(StartError::App(error)) | Self::Backup(BackupError::App(error)) => {
                of_service(error)
            }
            _ => self.to_string(),
        }
    }
}

/// Prints a reason to standard error; a closed one is nobody who listens.
pub fn warn(reason: &str) {
    let _ = writeln!(io::stderr(), "error: {reason}");
}

/// A failure of the service, with the causes that a client may not read and the operator needs.
fn of_service(error: &AppError) -> String {
    if error.code() != ErrorCode::Internal {
        return error.message().to_owned();
    }
    let mut causes: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors already say what their cause says.
        if !causes.last().is_some_and(|last| last.contains(&text)) {
            causes.push(text);
        }
        cause = error.source();
    }
    format!("the command failed: {}", causes.join(": "))
}
