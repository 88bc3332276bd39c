//! How a command fails: one sentence for the operator and an exit code.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::app::StartError;
use crate::auth::key::KeyError;
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
            Self::App(error) | Self::Start(StartError::App(error)) => say(&sentence(error)),
            Self::Config(_) | Self::Start(_) | Self::File { .. } | Self::Runtime(_) | Self::Output(_) => {
                say(&self.to_string());
            }
        }
        match self {
            Self::Config(
                ConfigError::BadValue { origin: Source::CommandLine, .. }
                | ConfigError::Unknown { origin: Source::CommandLine, .. },
            ) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Prints the reason as the last word of a command; a closed standard error is nobody who listens.
fn say(reason: &str) {
    use io::Write;
    let _ = writeln!(io::stderr(), "error: {reason}");
}

/// The failure in words for the operator at the machine, who may read causes that a client may not.
pub fn sentence(error: &AppError) -> String {
    if error.code() != ErrorCode::Internal {
        return error.message().to_owned();
    }
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors already say what their cause says.
        if !causes.last().is_some_and(|last: &String| last.contains(&text)) {
            causes.push(text);
        }
        cause = error.source();
    }
    format!("the command failed: {}", causes.join(": "))
}
