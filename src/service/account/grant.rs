//! Grants: giving and taking them, and the caller's rights that their rows are.

use std::slice;

use entity::id::{AccountGrantId, AccountId, UnitId};
use entity::value::{Role, Timestamp};
use entity::{account, account_grant, division, unit};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use super::{Named, administrators, duty_of, hold};
use crate::auth::policy::Permission;
use crate::auth::{Grant, Scope, Years};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::stored;
use crate::service::work::Work;

/// Gives an account a right, until a time where there is one.
///
/// # Errors
/// `NOT_FOUND` when there is no such account, division or unit; `CONFLICT` when it has a grant of this role there already, and
/// when it is the caller's own account; `BAD_USER_INPUT` for a role that is not of the account's duty, and for years that end
/// before they begin.
pub async fn grant(
    work: &mut Work<'_>,
    account: AccountId,
    grant: &Grant,
    expires_at: Option<Timestamp>,
) -> AppResult<account_grant::Model> {
    work.caller.must_everywhere(Permission::GrantWrite)?;
    let account = hold(work, Named::Id(account)).await?;
    check(work, &account, grant).await?;
    let (division_code, unit_id) = columns(&grant.scope);
    let row = account_grant::Model {
        id: AccountGrantId::new(),
        account_id: account.id,
        duty: account.duty,
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
    stored::insert(work, slice::from_ref(&row)).await?;
    Ok(row)
}

async fn check(work: &Work<'_>, account: &account::Model, grant: &Grant) -> AppResult<()> {
    administrators::not_to_oneself(work.caller, account)?;
    if duty_of(grant.role) != Some(account.duty) {
        let (role, duty) = (grant.role.code(), account.duty.code());
        let message = format!("The duty of the account is {duty}, which does not go with the role {role}.");
        let zh = format!("该账户的职责为 {duty}，不能拥有角色 {role}。");
        return Err(AppError::bad_input(message).explained("duty", zh));
    }
    if grant.years.first.zip(grant.years.last).is_some_and(|(first, last)| first > last) {
        let error = AppError::bad_input("The years of a grant end before they begin.");
        return Err(error.explained("years", "授权的终止年度早于起始年度。"));
    }
    let missing = match &grant.scope {
        Scope::Everything => None,
        Scope::Division(code) => {
            let found = division::Entity::find().filter(division::Column::Code.eq(code)).one(work.tx).await?;
            found.is_none().then(|| (format!("There is no division `{code}`."), format!("没有财政区划“{code}”。")))
        }
        Scope::Unit(id) => {
            let found = unit::Entity::find_by_id(*id).one(work.tx).await?;
            found.is_none().then(|| ("There is no such unit.".to_owned(), "没有此单位。".to_owned()))
        }
    };
    if let Some((message, zh)) = missing {
        return Err(AppError::new(ErrorCode::NotFound, message).explained("scope", zh));
    }
    if find(work, account.id, grant.role, &grant.scope).await?.is_some() {
        let error = AppError::new(ErrorCode::Conflict, "The account has this grant already.");
        return Err(error.explained("unique", "该账户已有此授权。"));
    }
    Ok(())
}

/// Takes a role in a scope from an account, whatever its access and years; it acts from the next request on.
///
/// # Errors
/// `NOT_FOUND` when the account has no such grant, `CONFLICT` for what [`administrators`] keep.
pub async fn revoke(work: &mut Work<'_>, account: AccountId, role: Role, scope: &Scope) -> AppResult<()> {
    work.caller.must_everywhere(Permission::GrantWrite)?;
    match find(work, account, role, scope).await? {
        Some(row) => take(work, row).await,
        None => Err(missing()),
    }
}

/// Takes a grant; it acts from the next request on. Gives what it was.
///
/// # Errors
/// As [`revoke`].
pub async fn revoke_by_id(work: &mut Work<'_>, grant: AccountGrantId) -> AppResult<account_grant::Model> {
    work.caller.must_everywhere(Permission::GrantWrite)?;
    let row = account_grant::Entity::find_by_id(grant).lock_exclusive().one(work.tx).await?.ok_or_else(missing)?;
    take(work, row.clone()).await?;
    Ok(row)
}

async fn take(work: &mut Work<'_>, row: account_grant::Model) -> AppResult<()> {
    administrators::keep_one_without_grant(work, &row).await?;
    stored::delete(work, slice::from_ref(&row)).await
}

fn missing() -> AppError {
    AppError::new(ErrorCode::NotFound, "The account has no such grant.").explained("grant", "该账户没有此授权。")
}

async fn find(
    work: &Work<'_>,
    account: AccountId,
    role: Role,
    scope: &Scope,
) -> AppResult<Option<account_grant::Model>> {
    use account_grant::Column;
    let (division_code, unit_id) = columns(scope);
    let there = match (division_code, unit_id) {
        (Some(code), _) => Column::DivisionCode.eq(code),
        (None, Some(unit)) => Column::UnitId.eq(unit),
        (None, None) => Column::DivisionCode.is_null().and(Column::UnitId.is_null()),
    };
    let row = account_grant::Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Role.eq(role))
        .filter(there)
        .lock_exclusive();
    Ok(row.one(work.tx).await?)
}

/// The columns that hold a scope: division and unit.
fn columns(scope: &Scope) -> (Option<String>, Option<UnitId>) {
    match scope {
        Scope::Everything => (None, None),
        Scope::Division(code) => (Some(code.clone()), None),
        Scope::Unit(id) => (None, Some(*id)),
    }
}

/// The right that a row gives.
pub(super) fn grant_of(row: account_grant::Model) -> Grant {
    let scope = match (row.division_code, row.unit_id) {
        (None, None) => Scope::Everything,
        (Some(code), None) => Scope::Division(code),
        (_, Some(unit)) => Scope::Unit(unit),
    };
    let years = Years { first: row.first_year, last: row.last_year };
    Grant { role: row.role, scope, access: row.access, years }
}
