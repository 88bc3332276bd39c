//! `jixiao account …`.

use clap::{ArgGroup, Args, Subcommand};
use entity::account::Model;
use entity::value::{AccountKind, Role};
use sea_orm::DatabaseTransaction;

use super::argument::{self, UnitKey};
use super::failure::Failure;
use super::output;
use crate::app;
use crate::auth::{Caller, Grant, Scope};
use crate::clock;
use crate::config::Settings;
use crate::db::Db;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::{Origin, Work};
use crate::service::{account, unit};

/// Manage accounts and what they may do
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao account init\n  jixiao account add lin\n  \
                        jixiao account grant lin --role EDITOR --unit 130304/450002")]
pub struct Account {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the accounts `reader` (reads everything) and `admin` (may do everything) where they are missing
    #[command(after_help = "Example:\n  jixiao account init")]
    Init,
    /// Make an account, which may do nothing yet
    #[command(after_help = "Examples:\n  jixiao account add lin\n  jixiao account add budget-system --service")]
    Add {
        /// Name, of the characters a-z 0-9 . _ -
        name: String,
        /// The account of another system, not of a person; it may ask for more at once
        #[arg(long)]
        service: bool,
    },
    /// Give an account a role on a unit, on a division, or on everything
    #[command(after_help = "Examples:\n  jixiao account grant lin --role EDITOR --unit 130304/450002\n  \
                            jixiao account grant lin --role READER --division 130304\n  \
                            jixiao account grant lin --role ADMIN")]
    Grant(Right),
    /// Take such a role from an account, from the next request on
    #[command(after_help = "Example:\n  jixiao account revoke lin --role EDITOR --unit 130304/450002")]
    Revoke(Right),
    /// Refuse every request of an account from the next one on
    #[command(after_help = "Example:\n  jixiao account disable lin")]
    Disable {
        /// Name of the account
        name: String,
    },
    /// Print all accounts with their grants
    #[command(after_help = "Example:\n  jixiao account list")]
    List,
}

/// A grant in words of the command line.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("scope")))]
struct Right {
    /// Name of the account
    name: String,
    /// What it may do
    #[arg(long, ignore_case = true, value_parser = argument::role())]
    role: Role,
    /// Only for this unit and those below it, by division and code
    #[arg(long, group = "scope", value_name = "DIVISION/UNIT", value_parser = argument::unit_key)]
    unit: Option<UnitKey>,
    /// Only for this division, by code
    #[arg(long, group = "scope", value_name = "CODE", value_parser = argument::division)]
    division: Option<String>,
}

impl Account {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let makes = matches!(self.command, Command::Init | Command::Add { .. });
        let db = if makes { app::open(settings).await? } else { app::open_existing(&settings.database()).await? };
        match self.command {
            Command::Init => init(&db).await?,
            Command::Add { name, service } => {
                let kind = if service { AccountKind::Service } else { AccountKind::Person };
                write(&db, "account add", async |work| account::add(work, &name, kind).await).await?;
            }
            Command::Grant(right) => {
                let change = async |work: &mut Work<'_>, account: &Model, grant: &Grant| {
                    account::grant(work, account.id, grant).await
                };
                right.apply(&db, "account grant", change).await?;
            }
            Command::Revoke(right) => {
                let change = async |work: &mut Work<'_>, account: &Model, grant: &Grant| {
                    account::revoke(work, account.id, grant).await
                };
                right.apply(&db, "account revoke", change).await?;
            }
            Command::Disable { name } => {
                let disable = async |work: &mut Work<'_>| {
                    let account = account::get_by_name(work.tx, work.caller, &name).await?;
                    account::disable(work, account.id).await
                };
                write(&db, "account disable", disable).await?;
            }
            Command::List => list(&db).await?,
        }
        Ok(db.close().await?)
    }
}

impl Right {
    /// Finds account and scope, and makes the change, in one transaction.
    async fn apply(
        &self,
        db: &Db,
        action: &str,
        change: impl AsyncFn(&mut Work<'_>, &Model, &Grant) -> AppResult<()>,
    ) -> AppResult<()> {
        write(db, action, async |work| {
            let account = account::get_by_name(work.tx, work.caller, &self.name).await?;
            let grant = Grant { role: self.role, scope: self.scope(work.tx).await? };
            change(work, &account, &grant).await
        })
        .await
    }

    async fn scope(&self, tx: &DatabaseTransaction) -> AppResult<Scope> {
        Ok(match (&self.unit, &self.division) {
            (Some(unit), _) => unit_scope(tx, unit).await?,
            (None, Some(code)) => Scope::Division(code.clone()),
            (None, None) => Scope::Everything,
        })
    }
}

/// Does the work of a command in one transaction, with its record.
async fn write<T>(db: &Db, action: &str, task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>) -> AppResult<T> {
    let (caller, origin) = (Caller::operator(), Origin::of(action));
    db.write(async |tx| Work::within(tx, &caller, &origin, clock::system, &task).await).await
}

/// A unit and those below it.
///
/// # Errors
/// `NOT_FOUND` when there is no such unit.
pub async fn unit_scope(tx: &DatabaseTransaction, UnitKey { division, code }: &UnitKey) -> AppResult<Scope> {
    match unit::find(tx, division, code).await? {
        Some(unit) => Ok(Scope::Unit(unit.id)),
        None => Err(AppError::new(ErrorCode::NotFound, format!("There is no unit `{division}/{code}`."))),
    }
}

/// Makes the accounts that a new service needs; an account that is there keeps what it has.
async fn init(db: &Db) -> Result<(), Failure> {
    for (name, role) in [("reader", Role::Reader), ("admin", Role::Admin)] {
        let made = ensure(db, name, &Grant { role, scope: Scope::Everything }).await?;
        output::line(format!("{name}: {}", if made { "made" } else { "is there already" }))?;
    }
    Ok(())
}

/// Makes the account of a person with one grant, unless there is an account of this name; tells whether it did.
///
/// # Errors
/// When the name or the scope of the grant is not acceptable.
pub async fn ensure(db: &Db, name: &str, grant: &Grant) -> AppResult<bool> {
    write(db, "account init", async |work| match account::get_by_name(work.tx, work.caller, name).await {
        Ok(_) => Ok(false),
        Err(error) if error.code() == ErrorCode::NotFound => {
            let account = account::add(work, name, AccountKind::Person).await?;
            account::grant(work, account.id, grant).await?;
            Ok(true)
        }
        Err(error) => Err(error),
    })
    .await
}

async fn list(db: &Db) -> Result<(), Failure> {
    let caller = Caller::operator();
    let mut rows = vec![["account", "kind", "state", "may"].map(str::to_owned)];
    for (account, grants) in account::list(db.read(), &caller).await? {
        let mut rights = Vec::with_capacity(grants.len());
        for grant in &grants {
            rights.push(words(db, &caller, grant).await?);
        }
        let state = if account.disabled_at.is_some() { "disabled" } else { "active" };
        let may = if rights.is_empty() { "nothing".to_owned() } else { rights.join(", ") };
        rows.push([account.name, account.kind.code().to_lowercase(), state.to_owned(), may]);
    }
    output::table(&rows)
}

/// A grant as the options that give it.
async fn words(db: &Db, caller: &Caller, grant: &Grant) -> AppResult<String> {
    let role = grant.role.code();
    Ok(match &grant.scope {
        Scope::Everything => format!("{role} of everything"),
        Scope::Division(code) => format!("{role} of division {code}"),
        Scope::Unit(id) => {
            let unit = unit::get(db.read(), caller, *id).await?;
            format!("{role} of unit {}/{}", unit.division_code, unit.code)
        }
    })
}
