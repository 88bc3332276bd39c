//! `jixiao config`.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::output;
use crate::config::Settings;
use crate::limits::{Limits, ProfileLimits};

/// Look at the settings
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  jixiao config show")]
pub struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every setting with its value and where it came from, secrets masked, and the limits of requests
    #[command(after_help = "Example:\n  JIXIAO_LISTEN=127.0.0.1:9000 jixiao config show")]
    Show,
}

impl Config {
    pub fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self.command {
            Command::Show => show(settings),
        }
    }
}

fn show(settings: &Settings) -> Result<(), Failure> {
    output::line(settings.show())?;
    output::line(
        "Limits, by caller; each is a setting, e.g. JIXIAO_LIMITS_PUBLIC_COST or `cost` in [limits.public]:\n",
    )?;
    let Limits { public, staff, service } = settings.limits;
    let heads = ["limit", "without token", "person", "service"].map(str::to_owned);
    let mut rows = vec![heads];
    let values = |limits: ProfileLimits| limits.entries().map(|(_, value)| value.to_string()).collect::<Vec<_>>();
    let columns = values(public).into_iter().zip(values(staff)).zip(values(service));
    rows.extend(
        public
            .entries()
            .zip(columns)
            .map(|((name, _), ((public, staff), service))| [name.to_owned(), public, staff, service]),
    );
    output::table(&rows)
}
