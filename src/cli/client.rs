//! `jixiao client …`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use entity::id::ClientSecretId;

use super::account::write;
use super::failure::Failure;
use super::keys::moment;
use super::{argument, output};
use crate::app;
use crate::auth::Caller;
use crate::clock;
use crate::config::Settings;
use crate::db::Db;
use crate::service::work::Work;
use crate::service::{account, client};

/// Longest accepted file of keys, in bytes.
const MAX_FILE: u64 = 128 * 1024;

/// Manage the systems that get tokens by themselves
///
/// A client is the account of a system; `jixiao account grant` says where it may do what. Its tokens are limited to its scopes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao client add budget-system --scope project:read --scope import:run\n  \
                        jixiao client secret budget-system\n  \
                        curl -u budget-system:jxs_… -d grant_type=client_credentials http://127.0.0.1:8080/oauth/token")]
pub struct Client {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a client, with an account of this name if there is none; or give it other scopes
    #[command(after_help = "Examples:\n  jixiao client add budget-system --scope project:read --scope import:run\n  \
                            jixiao client add budget-system --scope project:read --change")]
    Add {
        /// Name, of the characters a-z 0-9 . _ -; it is the `client_id`
        name: String,
        /// What its tokens may be used for at the most: a noun with read, write or run
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// The client is there already: these are its scopes from now on
        #[arg(long)]
        change: bool,
    },
    /// Make a secret for a client and print it, once; or take one away
    #[command(after_help = "Examples:\n  jixiao client secret budget-system --valid-for 90d\n  \
                            jixiao client secret budget-system --remove csc_01m3…")]
    Secret {
        /// Name of the client
        name: String,
        /// How long the secret is good, in days up to 400d
        #[arg(long, value_name = "TIME", default_value = "180d", value_parser = argument::days)]
        valid_for: Duration,
        /// Take this secret away instead, as `jixiao client list` names it
        #[arg(long, value_name = "SECRET", conflicts_with = "valid_for", value_parser = secret_id)]
        remove: Option<ClientSecretId>,
    },
    /// Trust public keys of a client, or one no more
    #[command(after_help = "Examples:\n  jixiao client key budget-system public.json\n  \
                            jixiao client key budget-system --remove 2026-11")]
    Key(Key),
    /// Print all clients with their scopes, secrets and keys
    #[command(after_help = "Example:\n  jixiao client list")]
    List,
    /// Give a client no more tokens, and refuse those it has
    #[command(after_help = "Example:\n  jixiao client disable budget-system")]
    Disable {
        /// Name of the client
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true)))]
struct Key {
    /// Name of the client
    name: String,
    /// File with the public keys: a JWK set or a JWK, each key with `kid` and `alg`; `-` for standard input
    #[arg(group = "what")]
    file: Option<PathBuf>,
    /// Trust the key of this name no more
    #[arg(long, value_name = "KID", group = "what", allow_hyphen_values = true)]
    remove: Option<String>,
}

fn secret_id(text: &str) -> Result<ClientSecretId, &'static str> {
    ClientSecretId::parse(text).ok_or("must be the name of a secret, csc_…")
}

impl Client {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let makes = matches!(self.command, Command::Add { .. });
        let db = if makes { app::open(settings).await? } else { app::open_existing(&settings.database()).await? };
        match self.command {
            Command::Add { name, scopes, change } => {
                let scopes: BTreeSet<String> = scopes.into_iter().collect();
                if change {
                    write(&db, "client change", async |work| client::set_scopes(work, &name, &scopes).await).await?;
                } else {
                    write(&db, "client add", async |work| client::add(work, &name, &scopes).await).await?;
                }
            }
            Command::Secret { name, remove: Some(secret), .. } => {
                let remove = async |work: &mut Work<'_>| client::remove_secret(work, &name, secret).await;
                write(&db, "client secret remove", remove).await?;
            }
            Command::Secret { name, valid_for, remove: None } => {
                let add = async |work: &mut Work<'_>| client::add_secret(work, &name, valid_for).await;
                output::line(write(&db, "client secret add", add).await?)?;
            }
            Command::Key(key) => key.run(&db).await?,
            Command::List => list(&db).await?,
            Command::Disable { name } => {
                let disable = async |work: &mut Work<'_>| {
                    let account = account::get_by_name(work.tx, work.caller, &name).await?;
                    account::disable(work, account.id).await
                };
                write(&db, "client disable", disable).await?;
            }
        }
        Ok(db.close().await?)
    }
}

impl Key {
    async fn run(self, db: &Db) -> Result<(), Failure> {
        let name = &self.name;
        if let Some(kid) = &self.remove {
            let remove = async |work: &mut Work<'_>| client::remove_key(work, name, kid).await;
            return Ok(write(db, "client key remove", remove).await?);
        }
        let json = self.read()?;
        for kid in write(db, "client key add", async |work| client::add_keys(work, name, &json).await).await? {
            output::line(kid)?;
        }
        Ok(())
    }

    fn read(&self) -> Result<String, Failure> {
        let path = self.file.as_deref().unwrap_or(Path::new("-"));
        let mut text = String::new();
        let read = if path.as_os_str() == "-" {
            io::stdin().lock().take(MAX_FILE).read_to_string(&mut text)
        } else {
            fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
        };
        read.map_err(|source| Failure::File { path: path.to_owned(), source })?;
        Ok(text)
    }
}

async fn list(db: &Db) -> Result<(), Failure> {
    let now = clock::system();
    let mut rows = vec![["client", "state", "scopes", "secrets and keys"].map(str::to_owned)];
    for client in client::list(db.read(), &Caller::operator()).await? {
        let state = if client.account.disabled_at.is_some() { "disabled" } else { "active" };
        let scopes = client.scopes.into_iter().collect::<Vec<_>>().join(" ");
        let secrets = client.secrets.iter().map(|secret| {
            let ends = if secret.expires_at <= now { "ended" } else { "good until" };
            format!("{} {ends} {}", secret.id.public(), moment(secret.expires_at))
        });
        let shown: Vec<String> = secrets.chain(client.keys.iter().map(|key| format!("key {}", key.kid))).collect();
        let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
        rows.push([client.account.name, state.to_owned(), scopes, shown]);
    }
    output::table(&rows)
}
