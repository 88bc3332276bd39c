//! Accounts and their grants, and the way from the subject of a token to its caller.
//!
//! Managing accounts needs `ADMIN` on everything: whoever administers a part could otherwise grant himself the whole.
//! Accounts are not rows of the field, so they are not found through the scoped finder.

use std::collections::HashMap;
use std::slice;

use entity::id::{AccountGrantId, AccountId, UnitId};
use entity::value::AccountKind;
use entity::{account, account_grant};
use futures_util::future::BoxFuture;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel, QueryFilter, QueryOrder, SqlErr,
};

use super::stored::Change;
use super::work::Work;
use crate::auth::bearer::Accounts;
use crate::auth::{Account, Action, Caller, Grant, Scope};
use crate::error::{AppError, AppResult, ErrorCode};

/// Longest name of an account, in bytes.
const MAX_NAME: usize = 64;

/// Makes an account without grants.
///
/// # Errors
/// `BAD_USER_INPUT` for a name that is not 1 to 64 of `a-z 0-9 . _ -`, `CONFLICT` for one that is taken.
pub async fn add(work: &mut Work<'_>, name: &str, kind: AccountKind) -> AppResult<Account> {
    administers_everything(work.caller)?;
    // A name in the form of an id could never be the subject of a token.
    if !is_name(name) || AccountId::parse(name).is_some() {
        return Err(AppError::bad_input(format!(
            "The name of an account is 1 to {MAX_NAME} of the characters a-z 0-9 . _ - and not an account id."
        )));
    }
    let id = AccountId::new();
    let row = account::Model {
        id,
        name: name.to_owned(),
        kind,
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

/// Gives an account a right.
///
/// # Errors
/// `NOT_FOUND` when there is no such account, division or unit, `CONFLICT` when it has this very grant already.
pub async fn grant(work: &mut Work<'_>, account: AccountId, grant: &Grant) -> AppResult<()> {
    administers_everything(work.caller)?;
    row_of(work.tx, account).await?;
    let (division_code, unit_id) = columns(&grant.scope);
    let row = account_grant::Model {
        id: AccountGrantId::new(),
        account_id: account,
        role: grant.role,
        division_code,
        unit_id,
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    work.created(slice::from_ref(&row));
    let inserted = account_grant::Entity::insert(row.into_active_model()).exec_without_returning(work.tx).await;
    inserted.map(drop).map_err(|error| not_granted(grant, error))
}

/// Takes a right from an account; it acts from the next request on.
///
/// # Errors
/// `NOT_FOUND` when the account has no such grant.
pub async fn revoke(work: &mut Work<'_>, account: AccountId, grant: &Grant) -> AppResult<()> {
    administers_everything(work.caller)?;
    let (division_code, unit_id) = columns(&grant.scope);
    let scope = match (division_code, unit_id) {
        (Some(code), _) => account_grant::Column::DivisionCode.eq(code),
        (None, Some(unit)) => account_grant::Column::UnitId.eq(unit),
        (None, None) => account_grant::Column::DivisionCode.is_null().and(account_grant::Column::UnitId.is_null()),
    };
    let row = account_grant::Entity::find()
        .filter(account_grant::Column::AccountId.eq(account))
        .filter(account_grant::Column::Role.eq(grant.role))
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
    administers_everything(work.caller)?;
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

/// The account of this name.
///
/// # Errors
/// `NOT_FOUND` when there is none.
pub async fn get_by_name(db: &impl ConnectionTrait, caller: &Caller, name: &str) -> AppResult<account::Model> {
    administers_everything(caller)?;
    let row = account::Entity::find().filter(account::Column::Name.eq(name)).one(db).await?;
    row.ok_or_else(|| AppError::new(ErrorCode::NotFound, "There is no account of this name."))
}

/// All accounts by name, each with its grants in the order in which they were given.
pub async fn list(db: &impl ConnectionTrait, caller: &Caller) -> AppResult<Vec<(account::Model, Vec<Grant>)>> {
    administers_everything(caller)?;
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

/// The caller that the subject of a good token names, with the grants of this moment: by id in tokens of this service,
/// by name in those of another issuer. `None` when there is no such account or it is disabled.
pub async fn by_subject(db: &impl ConnectionTrait, subject: &str) -> AppResult<Option<Caller>> {
    let named = match AccountId::parse(subject) {
        Some(id) => account::Column::Id.eq(id),
        None if is_name(subject) => account::Column::Name.eq(subject),
        None => return Ok(None),
    };
    let active = Condition::all().add(named).add(account::Column::DisabledAt.is_null());
    let Some(row) = account::Entity::find().filter(active).one(db).await? else { return Ok(None) };
    let grants = account_grant::Entity::find()
        .filter(account_grant::Column::AccountId.eq(row.id))
        .order_by_asc(account_grant::Column::Id)
        .all(db)
        .await?;
    let account = Account { id: row.id, name: row.name, kind: row.kind };
    Ok(Some(Caller::account(account, grants.into_iter().map(grant_of).collect())))
}

impl Accounts for DatabaseConnection {
    fn by_subject<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, AppResult<Option<Caller>>> {
        Box::pin(by_subject(self, subject))
    }
}

fn administers_everything(caller: &Caller) -> AppResult<()> {
    caller.may(Action::Administer)?;
    if caller.scopes(Action::Administer).any(|scope| *scope == Scope::Everything) {
        return Ok(());
    }
    Err(AppError::new(ErrorCode::Forbidden, "Accounts are managed by administrators of everything."))
}

async fn row_of(db: &impl ConnectionTrait, id: AccountId) -> AppResult<account::Model> {
    let row = account::Entity::find_by_id(id).one(db).await?;
    row.ok_or_else(|| AppError::new(ErrorCode::NotFound, "There is no such account."))
}

fn is_name(text: &str) -> bool {
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
    Grant { role: row.role, scope }
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
