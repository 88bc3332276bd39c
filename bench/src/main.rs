//! Measures the real service against hand-written SQL, and kills it under load; `README.md` beside it has the commands
//! and the figures.

mod bulk;
mod cluster;
mod data;
mod dice;
mod floor;
mod generate;
mod http;
mod kill9;
mod load;
mod operations;
mod overload;
mod projects;
mod run;
mod server;
mod service;
mod tree;
mod usage;
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
    Floor(server::FloorServer),
    Generate(generate::Generate),
    Kill9(kill9::Kill9),
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
            Command::Kill9(kill9) => kill9.run().await,
            Command::Load(load) => load.run().await,
            Command::Overload(overload) => overload.run().await,
            Command::Run(run) => run.run().await,
            Command::Tree(tree) => tree.run().await,
        }
    })
}
