//! `jixiao schema`.

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::output;
use crate::graphql;
use crate::lang::Lang;

/// Print the GraphQL schema in its definition language
///
/// Needs no database and no settings.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  jixiao schema --lang zh > schema.zh.graphql")]
pub struct Schema {
    /// Language of the descriptions
    #[arg(long, value_enum, default_value_t = Words::En)]
    lang: Words,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Words {
    /// English
    En,
    /// Chinese
    Zh,
}

impl Schema {
    pub fn run(self) -> Result<(), Failure> {
        let lang = match self.lang {
            Words::En => Lang::En,
            Words::Zh => Lang::Zh,
        };
        output::line(graphql::sdl(lang).trim_end())
    }
}
