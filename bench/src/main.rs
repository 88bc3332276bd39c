//! Measures the real service against hand-written SQL, and kills it under load; `README.md` beside it has the commands
//! and the figures.

mod bulk;
mod cluster;
mod dice;
mod floor;
mod http;
mod kill9;
mod overload;
mod projects;
mod service;
mod tree;
mod world;

use clap::{Parser, Subcommand};

/// Whatever goes wrong ends the run.
type Failure = Box<dyn std::error::Error + Send + Sync>;
/// What a step gives.
type Done<T> = Result<T, Failure>;

/// Measure and torment the service
///
/// Works on databases of its own in a temporary folder; for PostgreSQL it starts a server there.
#[derive(Debug, Parser)]
struct Bench {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bulk(bulk::Bulk),
    Kill9(kill9::Kill9),
    Overload(overload::Overload),
    Tree(tree::Tree),
}

fn main() -> Done<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match Bench::parse().command {
            Command::Bulk(bulk) => bulk.run().await,
            Command::Kill9(kill9) => kill9.run().await,
            Command::Overload(overload) => overload.run().await,
            Command::Tree(tree) => tree.run().await,
        }
    })
}
