//! Accounts and their grants, and the way from the subject of a token to its caller.
//!
//! Accounts are made by who may `account:write`, grants are given by who may `grant:write`, each on everything: whoever
//! administers a part could otherwise grant himself the whole. Accounts are not rows of the field, so they are not found
//! through the scoped finder.

use std::collections::HashMap;
use std::slice;

use entity::id::{AccountGrantId, AccountId, UnitId};
use entity::value::{AccountKind, Duty, Role, Timestamp};
use entity::{account, account_grant};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel, QueryFilter, QueryOrder, SqlErr,
};

use super::stored::Change;
use super::work::Work;
use crate::auth::bearer::Accounts;
use crate::auth::policy::Permission;
use crate::auth::{Account, Caller, Grant, Scope, Years};
use crate::error::{AppError, AppResult, ErrorCode};

/// Longest name of an account, in bytes.
const MAX_NAME: usize = 64;

/// Longest name of an account at the identity provider, in bytes (OpenID Connect Core 2).
pub const MAX_SUBJECT: usize = 255;

/// Makes an account without grants: of a system for the duty `SERVICE`, else of a person.
///
/// # Errors
/// `BAD_USER_INPUT` for a name that is not 1 to 64 of `a-z 0-9 . _ -`, `CONFLICT` for one that is taken.
pub async fn add(work: &mut Work<'_>, name: &str, duty: Duty) -> AppResult<Account> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    // A name in the form of an id could never be the subject of a token.
    if !is_name(name) || AccountId::parse(name).is_some() {
        return Err(AppError::bad_input(format!(
            "The name of an account is 1 to {MAX_NAME} of the characters a-z 0-9 . _ - and not an account id."
        )));
    }
    let id = AccountId::new();
    let kind = if duty == Duty::Service { AccountKind::Service } else { AccountKind::Person };
    let row = account::Model {
        id,
        name: name.to_owned(),
        kind,
        duty,
        external_subject: None,
        disabled_at: None,
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    work.created(slice::from_ref(&row));
    let inserted = account::Entity::insert(row.into_active_model()).exec_without_returning(work.tx).await;
    inserted.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            AppError::new(ErrorCode::Conflict, format!("There is already an account `{name}`.")).caused_by(error)
        }
        _ => error.into(),
    })?;
    Ok(Account { id, name: name.to_owned(), kind })
}

/// Gives an account a right, until a time where there is one.
///
/// # Errors
/// `NOT_FOUND` when there is no such account, division or unit, `CONFLICT` when it has this very grant already,
/// `BAD_USER_INPUT` for a role that is not of the account's duty, and for years that end before they begin.
pub async fn grant(
    work: &mut Work<'_>,
    account: AccountId,
    grant: &Grant,
    expires_at: Option<Timestamp>,
) -> AppResult<()> {
    work.caller.must_everywhere(Permission::GrantWrite)?;
    let duty = row_of(work.tx, account).await?.duty;
    if duty_of(grant.role) != Some(duty) {
        let (role, duty) = (grant.role.code(), duty.code());
        let message = format!("The duty of the account is {duty}, which does not go with the role {role}.");
        return Err(AppError::bad_input(message));
    }
    if grant.years.first.zip(grant.years.last).is_some_and(|(first, last)| first > last) {
        return Err(AppError::bad_input("The years of a grant end before they begin."));
    }
    let (division_code, unit_id) = columns(&grant.scope);
    let row = account_grant::Model {
        id: AccountGrantId::new(),
        account_id: account,
        duty,
        role: grant.role,
        access: grant.access,
        division_code,
        unit_id,
        first_year: grant.years.first,
        last_year: grant.years.last,
        expires_at,
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    work.created(slice::from_ref(&row));
    let inserted = account_grant::Entity::insert(row.into_active_model()).exec_without_returning(work.tx).await;
    inserted.map(drop).map_err(|error| not_granted(grant, error))
}

/// Takes a role in a scope from an account, whatever its access and years; it acts from the next request on.
///
/// # Errors
/// `NOT_FOUND` when the account has no such grant.
pub async fn revoke(work: &mut Work<'_>, account: AccountId, role: Role, scope: &Scope) -> AppResult<()> {
    work.caller.must_everywhere(Permission::GrantWrite)?;
    let (division_code, unit_id) = columns(scope);
    let scope = match (division_code, unit_id) {
        (Some(code), _) => account_grant::Column::DivisionCode.eq(code),
        (None, Some(unit)) => account_grant::Column::UnitId.eq(unit),
        (None, None) => account_grant::Column::DivisionCode.is_null().and(account_grant::Column::UnitId.is_null()),
    };
    let row = account_grant::Entity::find()
        .filter(account_grant::Column::AccountId.eq(account))
        .filter(account_grant::Column::Role.eq(role))
        .filter(scope)
        .one(work.tx)
        .await?;
    let row = row.ok_or_else(|| AppError::new(ErrorCode::NotFound, "The account has no such grant."))?;
    work.deleting(slice::from_ref(&row)).await?;
    account_grant::Entity::delete_by_id(row.id).exec(work.tx).await?;
    Ok(())
}

/// Ends all requests of an account from the next one on; its grants stay. A disabled account stays as it is.
///
/// # Errors
/// `NOT_FOUND` when there is no such account.
pub async fn disable(work: &mut Work<'_>, account: AccountId) -> AppResult<()> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    let old = row_of(work.tx, account).await?;
    if old.disabled_at.is_some() {
        return Ok(());
    }
    let now = Some(work.now);
    let new = account::Model { disabled_at: now, version: old.version + 1, updated_at: work.now, ..old.clone() };
    work.updated(&[Change { old, new: new.clone() }]);
    account::Entity::update(new.into_active_model().reset_all()).exec(work.tx).await?;
    Ok(())
}

/// Says who an account is at the identity provider, or with `None` that it is nobody there.
///
/// # Errors
/// `NOT_FOUND` when there is no such account, `BAD_USER_INPUT` for an empty name or one of more than 255 bytes, `CONFLICT` when
/// another account has the name.
pub async fn set_external_subject(work: &mut Work<'_>, account: AccountId, subject: Option<&str>) -> AppResult<()> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    if subject.is_some_and(|subject| !(1..=MAX_SUBJECT).contains(&subject.len()) || subject.contains('\0')) {
        return Err(AppError::bad_input(format!("The name at the identity provider has 1 to {MAX_SUBJECT} bytes.")));
    }
    let old = row_of(work.tx, account).await?;
    if old.external_subject.as_deref() == subject {
        return Ok(());
    }
    let external_subject = subject.map(str::to_owned);
    let new = account::Model { external_subject, version: old.version + 1, updated_at: work.now, ..old.clone() };
    work.updated(&[Change { old, new: new.clone() }]);
    let updated = account::Entity::update(new.into_active_model().reset_all()).exec(work.tx).await;
    updated.map(drop).map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            let message = "Another account has this name at the identity provider.";
            AppError::new(ErrorCode::Conflict, message).caused_by(error)
        }
        _ => error.into(),
    })
}

/// The account of this name.
///
/// # Errors
/// `NOT_FOUND` when there is none.
pub async fn get_by_name(db: &impl ConnectionTrait, caller: &Caller, name: &str) -> AppResult<account::Model> {
    caller.must_everywhere(Permission::AccountRead)?;
    let row = account::Entity::find().filter(account::Column::Name.eq(name)).one(db).await?;
    row.ok_or_else(|| AppError::new(ErrorCode::NotFound, "There is no account of this name."))
}

/// All accounts by name, each with its grants in the order in which they were given.
pub async fn list(db: &impl ConnectionTrait, caller: &Caller) -> AppResult<Vec<(account::Model, Vec<Grant>)>> {
    caller.must_everywhere(Permission::AccountRead)?;
    let accounts = account::Entity::find().order_by_asc(account::Column::Name).all(db).await?;
    let mut grants: HashMap<AccountId, Vec<Grant>> = HashMap::new();
    for row in account_grant::Entity::find().order_by_asc(account_grant::Column::Id).all(db).await? {
        grants.entry(row.account_id).or_default().push(grant_of(row));
    }
    Ok(accounts
        .into_iter()
        .map(|account| {
            let grants = grants.remove(&account.id).unwrap_or_default();
            (account, grants)
        })
        .collect())
}

/// The caller that the subject of a good token names, with the grants that hold at `now`: by id in tokens of this service,
/// by name in those of another issuer. `None` when there is no such account or it is disabled.
pub async fn by_subject(db: &impl ConnectionTrait, subject: &str, now: Timestamp) -> AppResult<Option<Caller>> {
    let named = match AccountId::parse(subject) {
        Some(id) => account::Column::Id.eq(id),
        None if is_name(subject) => account::Column::Name.eq(subject),
        None => return Ok(None),
    };
    active(db, named, now).await
}

/// The caller that the identity provider calls so, with the grants that hold at `now`.
pub async fn by_external_subject(
    db: &impl ConnectionTrait,
    subject: &str,
    now: Timestamp,
) -> AppResult<Option<Caller>> {
    // A text with this character is none for PostgreSQL.
    if subject.contains('\0') {
        return Ok(None);
    }
    active(db, account::Column::ExternalSubject.eq(subject), now).await
}

/// The caller of the account that is named so, with the grants that hold at `now`, unless it is disabled.
async fn active(db: &impl ConnectionTrait, named: SimpleExpr, now: Timestamp) -> AppResult<Option<Caller>> {
    let active = Condition::all().add(named).add(account::Column::DisabledAt.is_null());
    let Some(row) = account::Entity::find().filter(active).one(db).await? else { return Ok(None) };
    let grants = account_grant::Entity::find()
        .filter(account_grant::Column::AccountId.eq(row.id))
        .filter(account_grant::Column::ExpiresAt.is_null().or(account_grant::Column::ExpiresAt.gt(now)))
        .order_by_asc(account_grant::Column::Id)
        .all(db)
        .await?;
    let account = Account { id: row.id, name: row.name, kind: row.kind };
    Ok(Some(Caller::account(account, grants.into_iter().map(grant_of).collect())))
}

impl Accounts for DatabaseConnection {
    fn by_subject<'a>(&'a self, subject: &'a str, now: Timestamp) -> BoxFuture<'a, AppResult<Option<Caller>>> {
        Box::pin(by_subject(self, subject, now))
    }

    fn by_external_subject<'a>(&'a self, subject: &'a str, now: Timestamp) -> BoxFuture<'a, AppResult<Option<Caller>>> {
        Box::pin(by_external_subject(self, subject, now))
    }
}

async fn row_of(db: &impl ConnectionTrait, id: AccountId) -> AppResult<account::Model> {
    let row = account::Entity::find_by_id(id).one(db).await?;
    row.ok_or_else(|| AppError::new(ErrorCode::NotFound, "There is no such account."))
}

/// The duty of the accounts that may have a role; nobody has the role of the public.
pub fn duty_of(role: Role) -> Option<Duty> {
    match role {
        Role::Public => None,
        Role::UnitEditor | Role::UnitApprover | Role::Department | Role::Finance => Some(Duty::Business),
        Role::Service => Some(Duty::Service),
        Role::SysAdmin => Some(Duty::SysAdmin),
        Role::SecAdmin => Some(Duty::SecAdmin),
        Role::Auditor => Some(Duty::Auditor),
    }
}

/// Whether an account can have this name.
pub(super) fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

/// The columns that hold a scope: division and unit.
fn columns(scope: &Scope) -> (Option<String>, Option<UnitId>) {
    match scope {
        Scope::Everything => (None, None),
        Scope::Division(code) => (Some(code.clone()), None),
        Scope::Unit(id) => (None, Some(*id)),
    }
}

fn grant_of(row: account_grant::Model) -> Grant {
    let scope = match (row.division_code, row.unit_id) {
        (None, None) => Scope::Everything,
        (Some(code), None) => Scope::Division(code),
        (_, Some(unit)) => Scope::Unit(unit),
    };
    let years = Years { first: row.first_year, last: row.last_year };
    Grant { role: row.role, scope, access: row.access, years }
}

/// What a refused grant means: the account is there, so a missing reference is the division or the unit.
fn not_granted(grant: &Grant, error: DbErr) -> AppError {
    match (error.sql_err(), &grant.scope) {
        (Some(SqlErr::UniqueConstraintViolation(_)), _) => {
            AppError::new(ErrorCode::Conflict, "The account has this grant already.").caused_by(error)
        }
        (Some(SqlErr::ForeignKeyConstraintViolation(_)), Scope::Division(code)) => {
            AppError::new(ErrorCode::NotFound, format!("There is no division `{code}`.")).caused_by(error)
        }
        (Some(SqlErr::ForeignKeyConstraintViolation(_)), Scope::Unit(_)) => {
            AppError::new(ErrorCode::NotFound, "There is no such unit.").caused_by(error)
        }
        _ => error.into(),
    }
}
