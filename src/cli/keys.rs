//! `jixiao keys …`.

use clap::{Args, Subcommand};
use entity::value::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::failure::Failure;
use super::output;
use crate::auth::folder::{KeyFolder, Keys as Kept};
use crate::clock;
use crate::config::Settings;

/// Look after the keys that sign tokens
///
/// They stand in the folder `keys` of the data folder. A running service sees a change within five seconds; services on several
/// machines need the same files.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao keys list\n  jixiao keys rotate")]
pub struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the keys: the active one, the one that will follow, and those that are still accepted
    #[command(after_help = "Example:\n  jixiao keys list")]
    List,
    /// Sign by the next key from now on; tokens by the one of before are accepted until they end
    #[command(after_help = "Example:\n  jixiao keys rotate && jixiao keys list")]
    Rotate,
    /// Delete a key that does not sign: tokens by it end at once
    ///
    /// When a key may be known to others: rotate, then remove it.
    #[command(after_help = "Example:\n  jixiao keys remove 5Hn0Jf0cKkXw8zW2v0V6m5o3J1r6Yk7uF8Pp2cQxYtA")]
    Remove {
        /// Name of the key, as `jixiao keys list` prints it
        #[arg(value_name = "KID", allow_hyphen_values = true)]
        kid: String,
    },
}

impl Keys {
    pub fn run(self, settings: &Settings) -> Result<(), Failure> {
        let folder = KeyFolder::at(settings.keys_folder());
        match self.command {
            Command::List => list(&folder.keys()?),
            Command::Rotate => {
                folder.rotate(clock::system())?;
                output::line(folder.keys()?.active.kid())
            }
            Command::Remove { kid } => Ok(folder.remove(&kid)?),
        }
    }
}

fn list(Kept { active, next, previous }: &Kept) -> Result<(), Failure> {
    let mut rows = vec![["key", "state"].map(str::to_owned), [active.kid().to_owned(), "active".to_owned()]];
    rows.extend(next.iter().map(|key| [key.kid().to_owned(), "next".to_owned()]));
    rows.extend(previous.iter().map(|(key, until)| [key.kid().to_owned(), ended(*until)]));
    output::table(&rows)
}

/// What a key that signs no more is good for.
fn ended(until: Timestamp) -> String {
    if until <= clock::system() { "ended".to_owned() } else { format!("accepted until {}", moment(until)) }
}

/// A time as people and programs read it.
pub fn moment(time: Timestamp) -> String {
    let whole = OffsetDateTime::from_unix_timestamp(time.0.div_euclid(1_000_000));
    whole.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| time.0.to_string())
}
