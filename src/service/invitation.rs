//! Invitations: one-time codes by which a person makes its credential, for the first time or after it was lost.

use entity::account;
use entity::id::{AccountId, InvitationId};
use entity::invitation::{Column, Entity, Model};
use entity::value::{AccountKind, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::account::{self as accounts, Named, administrators};
use super::stored::{self, Change};
use super::work::Work;
use crate::auth::code;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult, ErrorCode};

/// How long an invitation can be used, in microseconds: 24 hours.
const LIFE: i64 = 24 * 3600 * 1_000_000;

/// Invites the person with an account of this name, and gives the code, which is nowhere kept. Former invitations of the account
/// can no longer be used; its credential stays until the new one is made.
///
/// # Errors
/// `NOT_FOUND` when there is no such account, `CONFLICT` when it is a system's or disabled, or an administrator's that the operator
/// alone invites.
pub async fn invite(work: &mut Work<'_>, name: &str) -> AppResult<String> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    let account = accounts::hold(work, Named::Name(name)).await?;
    let conflict = |message: String, rule, zh: String| AppError::new(ErrorCode::Conflict, message).explained(rule, zh);
    if account.kind != AccountKind::Person {
        let message = format!("`{name}` is the account of a system, which has no password.");
        return Err(conflict(message, "person", format!("“{name}”是系统账户，没有密码。")));
    }
    if account.disabled_at.is_some() {
        let message = format!("The account `{name}` is disabled; nobody can sign in to it.");
        return Err(conflict(message, "enabled", format!("账户“{name}”已停用，无法登录。")));
    }
    administrators::keep_identity(work.caller, &account)?;
    withdraw(work, account.id).await?;
    let code = code::fresh()?;
    let invitation = Model {
        id: InvitationId::new(),
        account_id: account.id,
        code_hash: code::hash(&code),
        totp_offered: None,
        expires_at: Timestamp(work.now.0 + LIFE),
        used_at: None,
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    stored::insert(work, std::slice::from_ref(&invitation)).await?;
    Ok(code)
}

/// The invitation of a code with its account, if it can be used.
///
/// # Errors
/// What the database says.
pub async fn find(db: &impl ConnectionTrait, code: &str, now: Timestamp) -> AppResult<Option<(Model, account::Model)>> {
    let usable = Entity::find()
        .filter(Column::CodeHash.eq(code::hash(code)))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now));
    let Some(invitation) = usable.one(db).await? else { return Ok(None) };
    let account = account::Entity::find_by_id(invitation.account_id).one(db).await?;
    Ok(account.filter(|account| account.disabled_at.is_none()).map(|account| (invitation, account)))
}

/// Keeps a secret of one-time codes, sealed, that the person has to confirm by its first code.
///
/// # Errors
/// What the database says.
pub async fn offer(db: &impl ConnectionTrait, invitation: &Model, sealed: Vec<u8>) -> AppResult<()> {
    let offer = Entity::update_many().col_expr(Column::TotpOffered, Expr::val(sealed));
    offer.filter(Column::Id.eq(invitation.id)).exec(db).await?;
    Ok(())
}

/// Uses an invitation, which can be done once; tells whether it was still the one that was looked at, and unused.
///
/// # Errors
/// What the database says.
pub async fn take(work: &mut Work<'_>, invitation: &Model) -> AppResult<bool> {
    let using = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::val(work.now.0))
        .filter(Column::Id.eq(invitation.id))
        .filter(Column::UsedAt.is_null());
    if using.exec(work.tx).await?.rows_affected == 0 {
        return Ok(false);
    }
    let (version, used_at) = (invitation.version + 1, Some(work.now));
    let new = Model { version, used_at, totp_offered: None, updated_at: work.now, ..invitation.clone() };
    stored::update(work, &[Change { old: invitation.clone(), new }]).await?;
    Ok(true)
}

/// Deletes the invitations of an account that were not used.
async fn withdraw(work: &mut Work<'_>, account: AccountId) -> AppResult<()> {
    let open = Entity::find().filter(Column::AccountId.eq(account)).filter(Column::UsedAt.is_null());
    let open = open.all(work.tx).await?;
    stored::delete(work, &open).await
}
