//! What administrators do about signing in: ending it, letting go on after a lock, refusing tokens; and when it was last done.

use std::collections::HashMap;

use entity::id::AccountId;
use entity::value::{SessionEnd, Timestamp};
use entity::{account, audit_entry};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::auth::policy::Permission;
use crate::auth::revoked::Revoked;
use crate::error::AppResult;
use crate::service::read::Reader;
use crate::service::work::Work;
use crate::service::{lockout, revocation, session};

/// What signing in is called in the record.
pub const ACTION: &str = "auth/login";

/// Ends all sessions of an account, and refuses every token that it was issued until now.
///
/// # Errors
/// `FORBIDDEN` for who may not administer accounts.
pub async fn end(work: &mut Work<'_>, account: &account::Model) -> AppResult<()> {
    let now = work.now;
    revocation::revoke_any(work, &Revoked::Account(account.id, now), revocation::end_of_all(now)).await?;
    work.happened(account, "revocation", &account.id.public(), &[("of", "ACCOUNT")]);
    session::end_all(work, account.id, SessionEnd::Administrator).await
}

/// Refuses one token of an account, by its claim `jti`.
///
/// # Errors
/// As [`end`].
pub async fn refuse_token(work: &mut Work<'_>, account: &account::Model, jti: &str) -> AppResult<()> {
    let until = revocation::end_of_all(work.now);
    revocation::revoke_any(work, &Revoked::Token(jti.to_owned()), until).await?;
    work.happened(account, "revocation", jti, &[("of", "TOKEN")]);
    Ok(())
}

/// Forgets all attempts to sign in under the name of an account that failed.
///
/// # Errors
/// As [`end`].
pub async fn unlock(work: &mut Work<'_>, account: &account::Model) -> AppResult<()> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    lockout::unlock(work.tx, &account.name).await?;
    work.happened(account, "lockout", &account.name, &[("of", "NAME")]);
    Ok(())
}

/// When each of some accounts last signed in here with its password; the record knows it.
///
/// # Errors
/// `FORBIDDEN` for who may not look at accounts.
pub async fn last(reader: Reader<'_>, accounts: &[AccountId]) -> AppResult<HashMap<AccountId, Timestamp>> {
    use audit_entry::Column;
    reader.caller.must_everywhere(Permission::AccountRead)?;
    let newest = audit_entry::Entity::find()
        .select_only()
        .column_as(Column::EntityId, "account")
        .column_as(Column::At.max(), "newest")
        .filter(Column::EntityId.is_in(accounts.iter().map(|account| account.0)))
        .filter(Column::Action.eq(ACTION))
        .group_by(Column::EntityId);
    let mut last = HashMap::with_capacity(accounts.len());
    for row in reader.db.query_all(&newest.into_query()).await? {
        let account: Uuid = row.try_get("", "account")?;
        last.insert(AccountId(account), row.try_get("", "newest")?);
    }
    Ok(last)
}
