//! What keeps the three administrators (三员) apart and the service administered.
//!
//! - Nobody grants himself anything: that takes another administrator.
//! - There is always somebody who makes accounts, and somebody who gives grants.
//! - Who an administrator is at the machine that signs people in, nobody else decides: whoever could invite or link the
//!   account of another administrator would be both.
//!
//! The operator at the machine is bound by none of it: he is who made the first administrators.

use entity::id::AccountGrantId;
use entity::value::{Access, Duty, Role};
use entity::{account, account_grant};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::auth::Caller;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::Work;

fn conflict(message: &str, rule: &'static str, zh: &str) -> AppError {
    AppError::new(ErrorCode::Conflict, message).explained(rule, zh)
}

/// Refuses to give something to the caller's own account.
pub(in crate::service) fn not_to_oneself(caller: &Caller, account: &account::Model) -> AppResult<()> {
    if caller.identity().is_some_and(|own| own.id == account.id) {
        let message = "Nobody grants himself anything: another security administrator does.";
        return Err(conflict(message, "ownGrant", "任何人不得为自己授权，须由另一安全管理员办理。"));
    }
    Ok(())
}

/// Whether an account can only be an administrator's.
pub const fn administers(duty: Duty) -> bool {
    match duty {
        Duty::SysAdmin | Duty::SecAdmin | Duty::Auditor => true,
        Duty::Business | Duty::Service => false,
    }
}

/// Refuses to let others decide who an administrator is.
pub(in crate::service) fn keep_identity(caller: &Caller, account: &account::Model) -> AppResult<()> {
    if caller.identity().is_some() && administers(account.duty) {
        let message = "An administrator is invited and linked by the operator at the machine only: `jixiao account invite`, \
                       `jixiao account link`.";
        let zh = "管理员账户的邀请和关联只能由运维人员在本机办理：`jixiao account invite`、`jixiao account link`。";
        return Err(conflict(message, "administratorsIdentity", zh));
    }
    Ok(())
}

/// Refuses to disable the account of the last one who can administer as it does.
pub(super) async fn keep_one_without_account(work: &Work<'_>, account: &account::Model) -> AppResult<()> {
    match account.duty {
        Duty::SysAdmin => keep_one(work, Role::SysAdmin, |grant| grant.account_id == account.id).await,
        Duty::SecAdmin => keep_one(work, Role::SecAdmin, |grant| grant.account_id == account.id).await,
        Duty::Auditor | Duty::Business | Duty::Service => Ok(()),
    }
}

/// Refuses to take the grant of the last one who can administer by it.
pub(super) async fn keep_one_without_grant(work: &Work<'_>, row: &account_grant::Model) -> AppResult<()> {
    let id: AccountGrantId = row.id;
    match row.role {
        Role::SysAdmin | Role::SecAdmin => keep_one(work, row.role, |grant| grant.id == id).await,
        Role::Public
        | Role::UnitEditor
        | Role::UnitApprover
        | Role::Department
        | Role::Finance
        | Role::Service
        | Role::Auditor => Ok(()),
    }
}

/// Refuses to lose those grants of a role that are left out, where nobody has another by which he administers everything.
async fn keep_one(work: &Work<'_>, role: Role, left_out: impl Fn(&account_grant::Model) -> bool) -> AppResult<()> {
    use account_grant::Column;
    if work.caller.identity().is_none() {
        return Ok(());
    }
    let holds = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(work.now));
    // Two who take from two administrators at the same moment take turns here.
    let grants = account_grant::Entity::find()
        .filter(Column::Role.eq(role))
        .filter(Column::Access.eq(Access::Capture))
        .filter(Column::DivisionCode.is_null())
        .filter(Column::UnitId.is_null())
        .filter(Column::FirstYear.is_null())
        .filter(Column::LastYear.is_null())
        .filter(holds)
        .order_by_asc(Column::Id)
        .lock_exclusive();
    let grants = grants.all(work.tx).await?;
    let active = account::Entity::find()
        .filter(account::Column::Id.is_in(grants.iter().map(|grant| grant.account_id)))
        .filter(account::Column::DisabledAt.is_null());
    let active = active.all(work.tx).await?;
    let mut working = grants.iter().filter(|grant| active.iter().any(|account| account.id == grant.account_id));
    let loses = working.clone().any(&left_out);
    if loses && working.all(left_out) {
        let message =
            "Nobody else administers everything as this account does: make another administrator of this kind first.";
        return Err(conflict(message, "lastAdministrator", "没有其他同类管理员：请先设立另一名同类管理员。"));
    }
    Ok(())
}
