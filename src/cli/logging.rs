//! The log of a running service, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Settings};
use crate::error::AppError;
use crate::http::log_panics_without_text;

/// Notices of PostgreSQL say that a table exists which was asked to be made if it does not.
const QUIET: &str = "sqlx::postgres::notice=warn";

/// Starts the log as the settings ask for; `before` are rules that they can override, e.g. `sea_orm_migration=warn`.
///
/// # Errors
/// When the process has a log already.
pub fn start(settings: &Settings, before: &str) -> Result<(), AppError> {
    let rules = [QUIET, before, &settings.log_level].into_iter().filter(|rules| !rules.is_empty());
    let filter = EnvFilter::try_new(rules.collect::<Vec<_>>().join(",")).map_err(AppError::internal)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match settings.log_format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    started.map_err(AppError::internal)?;
    log_panics_without_text();
    Ok(())
}
