//! `jixiao serve`.

use clap::Args;

use super::failure::Failure;
use super::logging;
use crate::app;
use crate::config::Settings;

/// Serve the database by GraphQL over HTTP
///
/// Listens at JIXIAO_LISTEN (127.0.0.1:8080) until SIGTERM or Ctrl-C: then it lets running requests finish; a second
/// signal ends it at once. A listening socket from systemd (LISTEN_FDS) is taken instead of the address. A SQLite database is made and brought up to date; a PostgreSQL database must be up to date
/// (`jixiao migrate`).
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  jixiao serve\n  JIXIAO_LISTEN=0.0.0.0:80 JIXIAO_DATABASE_URL=postgres://jixiao:secret@db/jixiao jixiao serve"
)]
pub struct Serve {}

impl Serve {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        logging::start(settings, "")?;
        let door = app::listen(settings).await?;
        let db = app::open(settings).await?;
        Ok(app::serve(settings, db, door, settings.drain_notice_seconds, app::handlers(settings)).await?)
    }
}
