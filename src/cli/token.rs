//! `jixiao token`.

use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use super::{argument, output};
use crate::app;
use crate::auth::Caller;
use crate::auth::token::{NewToken, TokenIssuer};
use crate::clock;
use crate::config::Settings;
use crate::db::Db;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::account;

/// Issue a token for an account and print it alone
///
/// The token names the account and holds no rights: grants given or revoked later act on it at once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  TOKEN=$(jixiao token --account reader --valid-for 1h)\n  \
                        curl -s http://127.0.0.1:8080/graphql -H \"Authorization: Bearer $TOKEN\" \\\n      \
                        -H 'Content-Type: application/json' -d '{\"query\":\"{ viewer { account { name } } }\"}'")]
pub struct Token {
    /// Name of the account
    #[arg(long, value_name = "NAME")]
    account: String,
    /// Life of the token, up to 1h, e.g. 90s, 15m, 1h [default: the setting token_life_seconds]
    #[arg(long, value_name = "TIME", value_parser = argument::token_life)]
    valid_for: Option<Duration>,
}

impl Token {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let db = app::open_existing(&settings.database()).await?;
        let life = self.valid_for.unwrap_or(settings.token_life_seconds);
        output::line(issue(&db, &app::token_issuer(settings)?, &self.account, life).await?)?;
        Ok(db.close().await?)
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
