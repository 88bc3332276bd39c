//! Torments the real service, and looks for what it lost; `README.md` beside it has the commands and the figures.
//!
//! Every command prints what it found, and ends with an error at the first violation.

mod aftermath;
mod backups;
mod batch;
mod check;
mod faults;
mod kill9;
mod races;
mod restarts;
mod writer;

use bench::Done;
use clap::{Parser, Subcommand};

/// Torment the service and look for what it lost
///
/// Works on databases of its own in a temporary folder; for PostgreSQL it starts a server there. The exit code is not 0 when
/// something was violated.
#[derive(Debug, Parser)]
struct Torture {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Backups(backups::Backups),
    Faults(faults::Faults),
    Kill9(kill9::Kill9),
    Races(races::Races),
    Restarts(restarts::Restarts),
}

fn main() -> Done<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match Torture::parse().command {
            Command::Backups(backups) => backups.run().await,
            Command::Faults(faults) => faults.run().await,
            Command::Kill9(kill9) => kill9.run().await,
            Command::Races(races) => races.run().await,
            Command::Restarts(restarts) => restarts.run().await,
        }
    })
}
