//! `jixiao account …`.

use clap::{ArgGroup, Args, Subcommand};
use entity::value::{Access, Duty, Role, Timestamp};
use sea_orm::DatabaseTransaction;

use super::argument::{self, UnitKey};
use super::failure::Failure;
use super::output;
use crate::app;
use crate::auth::{Caller, Grant, Scope, Years};
use crate::clock;
use crate::config::Settings;
use crate::db::Db;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::{Origin, Work};
use crate::service::{account, invitation, unit};

/// Manage accounts and what they may do
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jixiao account init\n  jixiao account add lin\n  \
                        jixiao account grant lin --role UNIT_EDITOR --unit 130304/450002")]
pub struct Account {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the accounts `reader` (a person who sees everything) and `system` (a system that writes everywhere) where they
    /// are missing
    #[command(after_help = "Example:\n  jixiao account init")]
    Init,
    /// Make an account, which may do nothing yet
    #[command(after_help = "Examples:\n  jixiao account add lin\n  jixiao account add budget-system --service")]
    Add {
        /// Name, of the characters a-z 0-9 . _ -
        name: String,
        /// The account of another system, not of a person; it may ask for more at once (the duty SERVICE)
        #[arg(long, conflicts_with = "duty")]
        service: bool,
        /// What it is for: only roles of this duty can be granted to it
        #[arg(long, ignore_case = true, value_parser = argument::duty(), default_value = "BUSINESS")]
        duty: Duty,
    },
    /// Give an account a role on a unit, on a division, or on everything
    #[command(after_help = "Examples:\n  jixiao account grant lin --role UNIT_EDITOR --unit 130304/450002\n  \
                            jixiao account grant lin --role FINANCE --view --division 130304\n  \
                            jixiao account grant budget-system --role SERVICE --years 2026-")]
    Grant(Right),
    /// Take such a role from an account; acts within half a second
    #[command(after_help = "Example:\n  jixiao account revoke lin --role UNIT_EDITOR --unit 130304/450002")]
    Revoke(Place),
    /// Refuse every request of an account; acts within half a second
    #[command(after_help = "Example:\n  jixiao account disable lin")]
    Disable {
        /// Name of the account
        name: String,
    },
    /// Print an invitation for a person, to set password and one-time codes with: for the first time, or after they were lost
    ///
    /// It can be used once and for 24 hours (`POST /auth/activate`). What the account had before holds until then.
    #[command(after_help = "Example:\n  jixiao account invite lin")]
    Invite {
        /// Name of the account
        name: String,
    },
    /// Say who an account is at the identity provider, so that its tokens act for the account
    #[command(after_help = "Examples:\n  jixiao account link lin 8a1f6c02-2f3e-4d39-9a55-0c6f2f0d6f51\n  \
                            jixiao account link lin --remove")]
    Link {
        /// Name of the account
        name: String,
        /// What the provider's tokens call it (the claim that `oidc_claim` names)
        #[arg(required_unless_present = "remove")]
        subject: Option<String>,
        /// It is nobody there any more
        #[arg(long, conflicts_with = "subject")]
        remove: bool,
    },
    /// Print all accounts with their grants
    #[command(after_help = "Example:\n  jixiao account list")]
    List,
}

/// A grant in words of the command line.
#[derive(Debug, Args)]
struct Right {
    #[command(flatten)]
    place: Place,
    /// Only to look, not to change anything
    #[arg(long)]
    view: bool,
    /// Only for these fiscal years, e.g. 2026, 2025-2027, 2026-
    #[arg(long, value_parser = argument::years, default_value = "-")]
    years: Years,
    /// Only until this day begins (UTC), e.g. 2027-01-01
    #[arg(long, value_name = "DAY", value_parser = argument::day)]
    until: Option<Timestamp>,
}

/// A role in a scope.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("scope")))]
struct Place {
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
            Command::Add { name, service, duty } => {
                let duty = if service { Duty::Service } else { duty };
                write(&db, "account add", async |work| account::add(work, &name, duty).await).await?;
            }
            Command::Grant(right) => {
                let give = async |work: &mut Work<'_>| {
                    let account = account::get_by_name(work.tx, work.caller, &right.place.name).await?;
                    let scope = right.place.scope(work.tx).await?;
                    let access = if right.view { Access::View } else { Access::Capture };
                    let grant = Grant { access, ..Grant::new(right.place.role, scope) }.of_years(right.years);
                    account::grant(work, account.id, &grant, right.until).await
                };
                write(&db, "account grant", give).await?;
            }
            Command::Revoke(right) => {
                let take = async |work: &mut Work<'_>| {
                    let account = account::get_by_name(work.tx, work.caller, &right.name).await?;
                    let scope = right.scope(work.tx).await?;
                    account::revoke(work, account.id, right.role, &scope).await
                };
                write(&db, "account revoke", take).await?;
            }
            Command::Disable { name } => {
                let disable = async |work: &mut Work<'_>| {
                    let account = account::get_by_name(work.tx, work.caller, &name).await?;
                    account::disable(work, account.id).await
                };
                write(&db, "account disable", disable).await?;
            }
            Command::Invite { name } => {
                let code = write(&db, "account invite", async |work| invitation::invite(work, &name).await).await?;
                print_invitations(&[Invited { account: name, code }])?;
            }
            Command::Link { name, subject, remove: _ } => {
                let link = async |work: &mut Work<'_>| {
                    let account = account::get_by_name(work.tx, work.caller, &name).await?;
                    account::set_external_subject(work, account.id, subject.as_deref()).await
                };
                write(&db, "account link", link).await?;
            }
            Command::List => list(&db).await?,
        }
        Ok(db.close().await?)
    }
}

impl Place {
    async fn scope(&self, tx: &DatabaseTransaction) -> AppResult<Scope> {
        Ok(match (&self.unit, &self.division) {
            (Some(unit), _) => unit_scope(tx, unit).await?,
            (None, Some(code)) => Scope::Division(code.clone()),
            (None, None) => Scope::Everything,
        })
    }
}

/// Does the work of a command in one transaction, with its record.
///
/// # Errors
/// Those of the work; then nothing of it stays.
pub async fn write<T>(db: &Db, action: &str, task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>) -> AppResult<T> {
    let (caller, origin) = (Caller::operator(), Origin::of(action));
    db.write(async |tx| Work::within(tx, &caller, &origin, clock::system, &task).await).await
}

/// Someone who was invited.
pub(super) struct Invited {
    /// Name of the account.
    pub account: String,
    /// The code of the invitation.
    pub code: String,
}

/// Prints invitations, which are shown this once.
pub(super) fn print_invitations(invited: &[Invited]) -> Result<(), Failure> {
    let heads = ["account", "invitation, used once within 24 hours at /auth/activate"].map(str::to_owned);
    let rows = invited.iter().map(|Invited { account, code }| [account.clone(), code.clone()]);
    output::table(&std::iter::once(heads).chain(rows).collect::<Vec<_>>())
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
    let accounts = [
        ("reader", Grant::view(Role::Finance, Scope::Everything)),
        ("system", Grant::new(Role::Service, Scope::Everything)),
    ];
    for (name, grant) in accounts {
        let made = ensure(db, name, &grant).await?;
        output::line(format!("{name}: {}", if made { "made" } else { "is there already" }))?;
    }
    Ok(())
}

/// Makes an account with one grant, unless there is an account of this name; tells whether it did.
///
/// # Errors
/// When the name or the grant is not acceptable.
pub async fn ensure(db: &Db, name: &str, grant: &Grant) -> AppResult<bool> {
    write(db, "account init", async |work| match account::get_by_name(work.tx, work.caller, name).await {
        Ok(_) => Ok(false),
        Err(error) if error.code() == ErrorCode::NotFound => {
            let duty = account::duty_of(grant.role)
                .ok_or_else(|| AppError::bad_input("The role PUBLIC is nobody's: it needs no account."))?;
            let account = account::add(work, name, duty).await?;
            account::grant(work, account.id, grant, None).await?;
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
    let scope = match &grant.scope {
        Scope::Everything => "everything".to_owned(),
        Scope::Division(code) => format!("division {code}"),
        Scope::Unit(id) => {
            let unit = unit::get(db.read(), caller, *id).await?;
            format!("unit {}/{}", unit.division_code, unit.code)
        }
    };
    let view = match grant.access {
        Access::View => " (view)",
        Access::Capture => "",
    };
    let year = |year: Option<i32>| year.map(|year| year.to_string()).unwrap_or_default();
    let years = match grant.years {
        Years::ALL => String::new(),
        Years { first, last } if first == last => format!(" in {}", year(first)),
        Years { first, last } => format!(" in {}-{}", year(first), year(last)),
    };
    Ok(format!("{}{view} of {scope}{years}", grant.role.code()))
}
