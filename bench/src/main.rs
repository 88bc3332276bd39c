//! Measures the real service against hand-written SQL; `README.md` beside it has the commands and the figures.

mod bulk;
mod data;
mod floor;
mod generate;
mod load;
mod operations;
mod overload;
mod run;
mod server;
mod tree;

use bench::{Done, Failure, cluster, dice, http, projects, service, usage, world};
use clap::{Parser, Subcommand};

/// Measure the service
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
    Floor(server::FloorServer),
    Generate(generate::Generate),
    Load(load::Load),
    Overload(overload::Overload),
    Run(run::Run),
    Tree(tree::Tree),
}

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Done<()> {
    let command = Bench::parse().command;
    if let Command::Floor(floor) = command {
        return floor.run();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Bulk(bulk) => bulk.run().await,
            Command::Floor(floor) => floor.run(),
            Command::Generate(generate) => generate.run().await,
            Command::Load(load) => load.run().await,
            Command::Overload(overload) => overload.run().await,
            Command::Run(run) => run.run().await,
            Command::Tree(tree) => tree.run().await,
        }
    })
}
