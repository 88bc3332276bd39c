//! The command line: one file for each command, which reads its arguments, calls the service and prints.
//!
//! What a command tells goes to standard output, what it refuses to standard error as one sentence. Exit codes: 0 done,
//! 1 refused or failed, 2 wrong usage.

mod account;
mod admin;
mod argument;
mod client;
mod config;
mod demo;
mod failure;
mod import;
mod keys;
mod logging;
mod migrate;
mod output;
mod progress;
mod schema;
mod serve;
mod template;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{ConfigError, Settings};

use failure::Failure;

/// The open budget-performance database: reads published disclosures and serves them by GraphQL.
#[derive(Debug, Parser)]
#[command(
    name = "jixiao",
    version,
    propagate_version = true,
    after_help = "Example:\n  jixiao demo\n      Everything at once: database, samples, accounts, tokens, service.\n\n\
                  Settings come from jixiao.toml, variables JIXIAO_… and the options above, the last one wins;\n\
                  `jixiao config show` prints them all."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
struct Global {
    /// Folder of the keys, the uploads and the embedded database (JIXIAO_DATA)
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// Database, sqlite://… or postgres://… (JIXIAO_DATABASE_URL, the better place for a password)
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// File of settings instead of ./jixiao.toml (JIXIAO_CONFIG)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept limits above the ceiling that this version was tried with
    #[arg(long = "unsafe", global = true)]
    above_ceiling: bool,
}

impl Global {
    /// The settings as files, variables and these options give them.
    fn settings(&self) -> Result<Settings, ConfigError> {
        let given = [("data", &self.data), ("database_url", &self.database_url)];
        let arguments: Vec<(&'static str, String)> =
            given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        let settings = Settings::load(self.config.as_deref(), &arguments)?;
        if !self.above_ceiling {
            settings.refuse_above_ceiling()?;
        }
        Ok(settings)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Import(import::Import),
    Migrate(migrate::Migrate),
    Schema(schema::Schema),
    Token(token::Token),
    Config(config::Config),
    Admin(admin::Admin),
    Account(account::Account),
    Client(client::Client),
    Keys(keys::Keys),
}

impl Command {
    async fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            // Needs neither settings nor database, so that broken ones do not stand in its way.
            Self::Schema(command) => command.run(),
            Self::Serve(command) => command.run(&global.settings()?).await,
            Self::Demo(command) => command.run(&global.settings()?).await,
            Self::Import(command) => command.run(&global.settings()?).await,
            Self::Migrate(command) => command.run(&global.settings()?).await,
            Self::Token(command) => command.run(&global.settings()?).await,
            Self::Config(command) => command.run(&global.settings()?),
            Self::Admin(command) => command.run(&global.settings()?).await,
            Self::Account(command) => command.run(&global.settings()?).await,
            Self::Client(command) => command.run(&global.settings()?).await,
            Self::Keys(command) => command.run(&global.settings()?),
        }
    }
}

/// Runs the command of this process and tells how it ended.
pub fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(command.run(&global)),
        Err(error) => Err(Failure::Runtime(error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
