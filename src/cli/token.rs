//! `jixiao token`.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};

use super::account::write;
use super::failure::Failure;
use super::{argument, output};
use crate::app;
use crate::auth::Caller;
use crate::auth::revoked::Revoked;
use crate::auth::token::{NewToken, TokenIssuer};
use crate::clock;
use crate::config::Settings;
use crate::db::Db;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::Work;
use crate::service::{account, revocation};

/// Issue a token for an account and print it alone
///
/// The token names the account and holds no rights: grants given or revoked later act on it at once.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example:\n  TOKEN=$(jixiao token --account reader --valid-for 1h)\n  \
                  curl -s http://127.0.0.1:8080/graphql -H \"Authorization: Bearer $TOKEN\" \\\n      \
                  -H 'Content-Type: application/json' -d '{\"query\":\"{ viewer { account { name } } }\"}'"
)]
pub struct Token {
    #[command(subcommand)]
    command: Option<Command>,
    /// Name of the account
    #[arg(long, value_name = "NAME", required = true)]
    account: Option<String>,
    /// Life of the token, up to 1h, e.g. 90s, 15m, 1h [default: the setting token_life_seconds]
    #[arg(long, value_name = "TIME", value_parser = argument::token_life)]
    valid_for: Option<Duration>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Refuse tokens before they end: one, those of a session, or those of an account
    ///
    /// A running service sees it within a second. New tokens of the account are good; `jixiao account disable` refuses them too.
    #[command(
        after_help = "Examples:\n  jixiao token revoke --id 019ab1c2-…\n  jixiao token revoke --account budget-system"
    )]
    Revoke(Revoke),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true)))]
struct Revoke {
    /// The token with this name, its claim `jti`
    #[arg(long, value_name = "JTI", group = "what", value_parser = argument::name_in_token)]
    id: Option<String>,
    /// The tokens of this session, their claim `sid`
    #[arg(long, value_name = "SID", group = "what", value_parser = argument::name_in_token)]
    session: Option<String>,
    /// The tokens that this account was issued until now
    #[arg(long, value_name = "NAME", group = "what")]
    account: Option<String>,
}

impl Token {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let db = app::open_existing(&settings.database()).await?;
        match (self.command, self.account) {
            (Some(Command::Revoke(what)), _) => what.apply(&db).await?,
            (None, Some(account)) => {
                let life = self.valid_for.unwrap_or(settings.token_life_seconds);
                output::line(issue(&db, &app::token_issuer(settings)?, &account, life).await?)?;
            }
            // Required where there is no other command.
            (None, None) => return Err(AppError::bad_input("`--account` is missing").into()),
        }
        Ok(db.close().await?)
    }
}

impl Revoke {
    async fn apply(&self, db: &Db) -> AppResult<()> {
        let revoke = async |work: &mut Work<'_>| {
            let what = self.what(work).await?;
            revocation::revoke_any(work, &what, revocation::end_of_all(work.now)).await
        };
        write(db, "token revoke", revoke).await
    }

    async fn what(&self, work: &Work<'_>) -> AppResult<Revoked> {
        Ok(match self {
            Self { id: Some(jti), .. } => Revoked::Token(jti.clone()),
            Self { session: Some(sid), .. } => Revoked::Session(sid.clone()),
            Self { account, .. } => {
                let name = account.as_deref().unwrap_or_default();
                Revoked::Account(account::get_by_name(work.tx, work.caller, name).await?.id, work.now)
            }
        })
    }
}

/// A token for the account of this name.
///
/// # Errors
/// When there is no such account or it is disabled.
pub async fn issue(db: &Db, issuer: &TokenIssuer, name: &str, life: Duration) -> AppResult<String> {
    let account = account::get_by_name(db.read(), &Caller::operator(), name).await?;
    if account.disabled_at.is_some() {
        let message = format!("The account `{name}` is disabled; its tokens would be refused.");
        return Err(AppError::new(ErrorCode::Conflict, message));
    }
    issuer.issue(&NewToken::of(account.id, life), clock::system())
}
