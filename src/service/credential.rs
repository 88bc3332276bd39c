//! Credentials: passwords and one-time codes of people who sign in here.
//!
//! A row of it belongs to its account, and only what `crate::login` has proved changes it; so nothing here asks for a
//! permission. Whether a password is right is found out before, outside of any transaction, because it takes long; each change
//! therefore holds only if the credential is still the one that was looked at.

use entity::account;
use entity::credential::{Column, Entity, Model};
use entity::id::{AccountId, CredentialId};
use entity::value::{AccountKind, PasswordHash, Role, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::account::is_name;
use super::stored::{self, Change};
use super::work::Work;
use crate::auth::Caller;
use crate::error::AppResult;

/// How long the password of an administrator holds, in microseconds: 90 days.
const ADMINISTRATORS_PASSWORD: i64 = 90 * 24 * 3600 * 1_000_000;

/// Whether an account must use one-time codes, and renew its password.
pub fn is_administrator(caller: &Caller) -> bool {
    caller.grants().iter().any(|grant| match grant.role {
        Role::SysAdmin | Role::SecAdmin | Role::Auditor => true,
        Role::Public | Role::UnitEditor | Role::UnitApprover | Role::Department | Role::Finance | Role::Service => {
            false
        }
    })
}

/// Whether the password of an administrator is too old.
pub fn is_outdated(credential: &Model, now: Timestamp) -> bool {
    now.0 - credential.password_set_at.0 >= ADMINISTRATORS_PASSWORD
}

/// The credential of the active person of this name; `None` also where there is no such account or it has none.
///
/// # Errors
/// What the database says.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> AppResult<Option<Model>> {
    if !is_name(name) {
        return Ok(None);
    }
    let named = Condition::all()
        .add(account::Column::Name.eq(name))
        .add(account::Column::Kind.eq(AccountKind::Person))
        .add(account::Column::DisabledAt.is_null());
    let Some(account) = account::Entity::find().filter(named).one(db).await? else { return Ok(None) };
    of(db, account.id).await
}

/// The credential of an account.
///
/// # Errors
/// What the database says.
pub async fn of(db: &impl ConnectionTrait, account: AccountId) -> AppResult<Option<Model>> {
    Ok(Entity::find().filter(Column::AccountId.eq(account)).one(db).await?)
}

/// Uses what was proved by the credential as it was then, and gives it as it is now; `None` when it is another one by now, or
/// the code of `step` was used before.
///
/// # Errors
/// What the database says.
pub async fn confirm(db: &impl ConnectionTrait, proved: &Model, step: Option<i64>) -> AppResult<Option<Model>> {
    let mut same = Condition::all()
        .add(Column::Id.eq(proved.id))
        .add(Column::Password.eq(proved.password.clone()))
        .add(equal(Column::TotpSecret, proved.totp_secret.as_ref()))
        .add(equal(Column::TotpOffered, proved.totp_offered.as_ref()));
    let totp_step = step.or(proved.totp_step);
    if let Some(step) = step {
        same = same.add(Condition::any().add(Column::TotpStep.is_null()).add(Column::TotpStep.lt(step)));
    }
    // Without a code the row is written over with itself, which holds it until the end of the transaction.
    let step = step.map_or(Expr::col(Column::TotpStep), Expr::val);
    let used = Entity::update_many().col_expr(Column::TotpStep, step).filter(same).exec(db).await?;
    Ok((used.rows_affected == 1).then(|| Model { totp_step, ..proved.clone() }))
}

fn equal(column: Column, value: Option<&Vec<u8>>) -> sea_orm::sea_query::SimpleExpr {
    match value {
        Some(value) => column.eq(value.clone()),
        None => column.is_null(),
    }
}

/// Keeps a new secret, sealed, that the person has to confirm by its first code.
///
/// # Errors
/// What the database says.
pub async fn offer(db: &impl ConnectionTrait, credential: &Model, sealed: Vec<u8>) -> AppResult<()> {
    let offer = Entity::update_many().col_expr(Column::TotpOffered, Expr::val(sealed));
    offer.filter(Column::Id.eq(credential.id)).exec(db).await?;
    Ok(())
}

/// Uses the secret that was offered from now on.
///
/// # Errors
/// What the database says.
pub async fn take_offered(work: &mut Work<'_>, credential: Model) -> AppResult<()> {
    let new = Model {
        totp_secret: credential.totp_offered.clone(),
        totp_offered: None,
        totp_set_at: Some(work.now),
        ..next(work, &credential)
    };
    stored::update(work, &[Change { old: credential, new }]).await
}

/// Sets another password.
///
/// # Errors
/// What the database says.
pub async fn set_password(work: &mut Work<'_>, credential: Model, password: PasswordHash) -> AppResult<()> {
    let new = Model { password, password_set_at: work.now, ..next(work, &credential) };
    stored::update(work, &[Change { old: credential, new }]).await
}

/// A secret of one-time codes, sealed, and the step of the code that confirmed it.
pub type ConfirmedTotp = (Vec<u8>, i64);

/// Gives an account a credential in the place of the one that it may have.
///
/// # Errors
/// What the database says.
pub async fn replace(
    work: &mut Work<'_>,
    account_id: AccountId,
    password: PasswordHash,
    totp: Option<ConfirmedTotp>,
) -> AppResult<()> {
    let known = of(work.tx, account_id).await?;
    let (totp_secret, totp_step) = totp.unzip();
    let new = Model {
        id: CredentialId::new(),
        account_id,
        password,
        password_set_at: work.now,
        totp_set_at: totp_secret.as_ref().map(|_| work.now),
        totp_secret,
        totp_step,
        totp_offered: None,
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    stored::put(work, known, new, &mut stored::Tally::default()).await.map(drop)
}

/// The credential with its next version, changed now.
fn next(work: &Work<'_>, credential: &Model) -> Model {
    Model { version: credential.version + 1, updated_at: work.now, ..credential.clone() }
}
