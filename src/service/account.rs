//! Accounts, and the way from the subject of a token to its caller.
//!
//! Accounts are made by who may `account:write`, grants are given by who may `grant:write`, each on everything: whoever
//! administers a part could otherwise grant himself the whole. Accounts are not rows of the field, so they are not found
//! through the scoped finder.
//!
//! Everything is looked at before anything is written: a refusal leaves the transaction as it was. A key that another
//! transaction takes meanwhile is found by the next attempt.

pub mod administrators;
pub mod grant;
pub mod sign_in;

use std::collections::HashMap;
use std::slice;

use entity::id::AccountId;
use entity::value::{AccountKind, Duty, Role, SessionEnd, Timestamp};
use entity::{account, account_grant};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::session;
use super::stored::{self, Change};
use super::work::Work;
use crate::auth::bearer::Accounts;
use crate::auth::policy::Permission;
use crate::auth::{Account, Caller, Grant};
use crate::error::{AppError, AppResult, ErrorCode};
use grant::grant_of;
pub use grant::{grant, revoke};

/// Longest name of an account, in bytes.
const MAX_NAME: usize = 64;

/// Longest name of an account at the identity provider, in bytes (OpenID Connect Core 2).
pub const MAX_SUBJECT: usize = 255;

/// How an account is named.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// By key.
    Id(AccountId),
    /// By name.
    Name(&'a str),
}

/// Makes an account without grants: of a system for the duty `SERVICE`, else of a person.
///
/// # Errors
/// `BAD_USER_INPUT` for a name that is not 1 to 64 of `a-z 0-9 . _ -`, `CONFLICT` for one that is taken.
pub async fn add(work: &mut Work<'_>, name: &str, duty: Duty) -> AppResult<Account> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    // A name in the form of an id could never be the subject of a token.
    if !is_name(name) || AccountId::parse(name).is_some() {
        let message =
            format!("The name of an account is 1 to {MAX_NAME} of the characters a-z 0-9 . _ - and not an account id.");
        let zh = format!("账户名称应为1至{MAX_NAME}个字符，只能使用 a-z 0-9 . _ -，且不得为账户标识的形式。");
        return Err(AppError::bad_input(message).explained("accountName", zh));
    }
    if find(work.tx, Named::Name(name)).await?.is_some() {
        let error = AppError::new(ErrorCode::Conflict, format!("There is already an account `{name}`."));
        return Err(error.explained("unique", format!("账户“{name}”已存在。")));
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
    stored::insert(work, slice::from_ref(&row)).await?;
    Ok(Account { id, name: name.to_owned(), kind })
}

/// What is to change of an account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changes<'a> {
    /// Whether it may ask nothing any more; nothing leaves that as it is.
    pub disabled: Option<bool>,
    /// Who it is at the identity provider, or that it is nobody there; nothing leaves that as it is.
    pub external_subject: Option<Option<&'a str>>,
}

/// Changes an account, and gives it as it then stands. A disabled account ends with all its sessions, from the next request on;
/// its grants stay.
///
/// # Errors
/// `NOT_FOUND` when there is no such account; `BAD_USER_INPUT` for an empty name at the identity provider, or one of more than
/// 255 bytes; `CONFLICT` when another account has that name, and for what [`administrators`] keep.
pub async fn update(work: &mut Work<'_>, account: AccountId, changes: Changes<'_>) -> AppResult<account::Model> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    let old = hold(work, Named::Id(account)).await?;
    let mut wanted = old.clone();
    if let Some(subject) = changes.external_subject {
        administrators::keep_identity(work.caller, &old)?;
        check_subject(work, &old, subject).await?;
        wanted.external_subject = subject.map(str::to_owned);
    }
    if let Some(disabled) = changes.disabled {
        if disabled && old.disabled_at.is_none() {
            administrators::keep_one_without_account(work, &old).await?;
        }
        wanted.disabled_at = disabled.then(|| old.disabled_at.unwrap_or(work.now));
    }
    let Some(change) = Change::between(&old, wanted, work.now) else { return Ok(old) };
    let ends = change.new.disabled_at.is_some() && old.disabled_at.is_none();
    let new = change.new.clone();
    stored::update(work, &[change]).await?;
    if ends {
        session::end_all(work, account, SessionEnd::Administrator).await?;
    }
    Ok(new)
}

/// Ends all requests of an account from the next one on; its grants stay. A disabled account stays as it is.
///
/// # Errors
/// As [`update`].
pub async fn disable(work: &mut Work<'_>, account: AccountId) -> AppResult<()> {
    update(work, account, Changes { disabled: Some(true), ..Changes::default() }).await.map(drop)
}

/// Says who an account is at the identity provider, or with `None` that it is nobody there.
///
/// # Errors
/// As [`update`].
pub async fn set_external_subject(work: &mut Work<'_>, account: AccountId, subject: Option<&str>) -> AppResult<()> {
    update(work, account, Changes { external_subject: Some(subject), ..Changes::default() }).await.map(drop)
}

async fn check_subject(work: &Work<'_>, account: &account::Model, subject: Option<&str>) -> AppResult<()> {
    let Some(subject) = subject else { return Ok(()) };
    if !(1..=MAX_SUBJECT).contains(&subject.len()) || subject.contains('\0') {
        let message = format!("The name at the identity provider has 1 to {MAX_SUBJECT} bytes.");
        let zh = format!("身份提供方处的名称应为1至{MAX_SUBJECT}个字节。");
        return Err(AppError::bad_input(message).explained("externalSubject", zh));
    }
    let holder = account::Entity::find().filter(account::Column::ExternalSubject.eq(subject)).one(work.tx).await?;
    if holder.is_some_and(|holder| holder.id != account.id) {
        let message = "Another account has this name at the identity provider.";
        let zh = "另一账户在身份提供方处已使用此名称。";
        return Err(AppError::new(ErrorCode::Conflict, message).explained("unique", zh));
    }
    Ok(())
}

/// The account that is named so, held until the end of the work: two who change it take turns.
///
/// # Errors
/// `FORBIDDEN` for who may not look at accounts, `NOT_FOUND` when there is none.
pub async fn hold(work: &Work<'_>, named: Named<'_>) -> AppResult<account::Model> {
    work.caller.must_everywhere(Permission::AccountRead)?;
    let row = account::Entity::find().filter(condition(named)).lock_exclusive().one(work.tx).await?;
    row.ok_or_else(|| match named {
        Named::Id(_) => missing("There is no such account."),
        Named::Name(_) => missing("There is no account of this name."),
    })
}

fn missing(message: &str) -> AppError {
    AppError::new(ErrorCode::NotFound, message).explained("account", "没有此账户。")
}

fn condition(named: Named<'_>) -> SimpleExpr {
    match named {
        Named::Id(id) => account::Column::Id.eq(id),
        Named::Name(name) => account::Column::Name.eq(name),
    }
}

async fn find(db: &impl ConnectionTrait, named: Named<'_>) -> AppResult<Option<account::Model>> {
    Ok(account::Entity::find().filter(condition(named)).one(db).await?)
}

/// The account of this name.
///
/// # Errors
/// `NOT_FOUND` when there is none.
pub async fn get_by_name(db: &impl ConnectionTrait, caller: &Caller, name: &str) -> AppResult<account::Model> {
    caller.must_everywhere(Permission::AccountRead)?;
    find(db, Named::Name(name)).await?.ok_or_else(|| missing("There is no account of this name."))
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
