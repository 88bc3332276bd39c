//! The mutations of accounts: who there is, and what is done about signing in.

use entity::id::{AccountId, SessionId};
use entity::{account, session};

use super::result::{Done, Places, result, unread};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::account::Account;
use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::graphql::session::Session;
use crate::input::account::{
    self as input, AccountBy, AccountCreate, AccountMark, AccountUpdate, SessionMark, TokenMark,
};
use crate::input::{Sent, UserError};
use crate::service::account::{self as accounts, Changes, Named, sign_in};
use crate::service::work::Work;
use crate::service::write::{Outcome, Row, RowResult};
use crate::service::{invitation, session as sessions};

impl Noun for Account {
    type Entity = account::Entity;
    const KEY: account::Column = account::Column::Id;
}

impl Noun for Session {
    type Entity = session::Entity;
    const KEY: session::Column = session::Column::Id;
}

const PLACES: Places = &[
    ("account", &["by"]),
    ("person", &["by"]),
    ("enabled", &["by"]),
    ("administratorsIdentity", &["by"]),
    ("lastAdministrator", &["by"]),
];
const OF_CREATION: Places = &[("accountName", &["name"]), ("unique", &["name"])];
const OF_UPDATE: Places = &[
    ("account", &["by"]),
    ("externalSubject", &["set", "externalSubject"]),
    ("unique", &["set", "externalSubject"]),
    ("administratorsIdentity", &["set", "externalSubject"]),
    ("lastAdministrator", &["set", "disabled"]),
];

/// Adds them.
pub(super) fn add(mutations: Mutations) -> Mutations {
    mutations
        .single::<Account, _>(
            "accountCreate: AccountCreatePayload",
            "Makes an account, which may do nothing yet.",
            input::create,
            |work, rows, _| Box::pin(each(work, rows, create)),
        )
        .single::<Account, _>(
            "accountUpdate: AccountUpdatePayload",
            "Changes an account: disables it or enables it again, or says who it is at the identity provider.",
            input::update,
            |work, rows, _| Box::pin(each(work, rows, update)),
        )
        .telling::<Account, _>(
            "accountInvite: AccountInvitePayload",
            "Makes an invitation by which a person sets a password, for the first time or after it was lost. The last one \
             counts. Administrators are invited by the operator at the machine.",
            input::invite,
            ("invitationCode: String", "The code for `/auth/activate`, shown this once; good once, for 24 hours."),
            |work, row| Box::pin(invite(work, row)),
        )
        .single::<Account, _>(
            "accountSignOut: AccountSignOutPayload",
            "Ends all sessions of an account, and refuses every token that it has.",
            input::sign_out,
            |work, rows, _| Box::pin(each(work, rows, sign_out)),
        )
        .single::<Account, _>(
            "accountUnlock: AccountUnlockPayload",
            "Lets an account sign in again that was locked after wrong passwords.",
            input::unlock,
            |work, rows, _| Box::pin(each(work, rows, unlock)),
        )
        .single::<Account, _>(
            "tokenRevoke: TokenRevokePayload",
            "Refuses one token of an account from now on.",
            input::token_revoke,
            |work, rows, _| Box::pin(each(work, rows, revoke_token)),
        )
        .single::<Session, _>(
            "sessionEnd: SessionEndPayload",
            "Ends a session, with its tokens.",
            input::session_end,
            |work, rows, _| Box::pin(each(work, rows, end_session)),
        )
}

/// Does something for each row that could be read.
pub(super) async fn each<T>(
    work: &mut Work<'_>,
    rows: &[Row<T>],
    act: impl AsyncFn(&mut Work<'_>, &Row<T>) -> AppResult<RowResult>,
) -> AppResult<Vec<RowResult>> {
    let mut results = Vec::with_capacity(rows.len());
    for row in rows {
        results.push(if row.errors.is_empty() { act(work, row).await? } else { unread(row) });
    }
    Ok(results)
}

/// The account that an input names, held until the end of the work.
///
/// # Errors
/// `NOT_FOUND` with the rule `account`.
pub(super) async fn named(work: &Work<'_>, by: Option<&AccountBy>) -> AppResult<account::Model> {
    let missing =
        || AppError::new(ErrorCode::NotFound, "There is no such account.").explained("account", "没有此账户。");
    let by = by.ok_or_else(missing)?;
    let named = match (&by.id, &by.name) {
        (Some(id), _) => Named::Id(AccountId::parse(id).ok_or_else(missing)?),
        (None, Some(name)) => Named::Name(name),
        (None, None) => return Err(missing()),
    };
    accounts::hold(work, named).await
}

fn done(account: &account::Model, outcome: Outcome) -> Done {
    (account.id.0, Some(account.version), outcome)
}

async fn create(work: &mut Work<'_>, row: &Row<AccountCreate>) -> AppResult<RowResult> {
    let (Some(name), Some(duty)) = (&row.input.name, row.input.duty) else { return Ok(unread(row)) };
    let made = accounts::add(work, name, duty).await;
    result(made.map(|made| (made.id.0, None, Outcome::Created)), row, OF_CREATION)
}

async fn update(work: &mut Work<'_>, row: &Row<AccountUpdate>) -> AppResult<RowResult> {
    let AccountUpdate { by, expected_version, set } = &row.input;
    let known = match named(work, by.as_ref()).await {
        Ok(known) => known,
        Err(error) => return result(Err(error), row, OF_UPDATE),
    };
    if let Some(expected) = expected_version.filter(|expected| *expected != known.version) {
        let path = row.at().field("expectedVersion").path();
        let conflict = UserError::conflict(path, expected, known.version, known.id.public(), Vec::new());
        return Ok(RowResult {
            errors: vec![conflict],
            id: Some(known.id.0),
            seen: Some(known.version),
            ..unread(row)
        });
    }
    let set = set.clone().unwrap_or_default();
    let external_subject = match &set.external_subject {
        Sent::Absent => None,
        Sent::Clear => Some(None),
        Sent::Set(subject) => Some(Some(subject.as_str())),
    };
    let updated = accounts::update(work, known.id, Changes { disabled: set.disabled, external_subject }).await;
    let outcome = |new: account::Model| if new == known { Outcome::Unchanged } else { Outcome::Updated };
    result(updated.map(|new| done(&known, outcome(new))), row, OF_UPDATE)
}

async fn invite(work: &mut Work<'_>, row: &Row<AccountMark>) -> AppResult<(RowResult, Option<String>)> {
    if !row.errors.is_empty() {
        return Ok((unread(row), None));
    }
    let invited = async |work: &mut Work<'_>| {
        let account = named(work, row.input.by.as_ref()).await?;
        let code = invitation::invite(work, &account.name).await?;
        Ok((done(&account, Outcome::Updated), code))
    };
    let (done, code) =
        invited(work).await.map_or_else(|error| (Err(error), None), |(done, code)| (Ok(done), Some(code)));
    Ok((result(done, row, PLACES)?, code))
}

async fn sign_out(work: &mut Work<'_>, row: &Row<AccountMark>) -> AppResult<RowResult> {
    let ended = async |work: &mut Work<'_>| {
        let account = named(work, row.input.by.as_ref()).await?;
        sign_in::end(work, &account).await?;
        Ok(done(&account, Outcome::Updated))
    };
    result(ended(work).await, row, PLACES)
}

async fn unlock(work: &mut Work<'_>, row: &Row<AccountMark>) -> AppResult<RowResult> {
    let unlocked = async |work: &mut Work<'_>| {
        let account = named(work, row.input.by.as_ref()).await?;
        sign_in::unlock(work, &account).await?;
        Ok(done(&account, Outcome::Updated))
    };
    result(unlocked(work).await, row, PLACES)
}

async fn revoke_token(work: &mut Work<'_>, row: &Row<TokenMark>) -> AppResult<RowResult> {
    let revoked = async |work: &mut Work<'_>| {
        let account = named(work, row.input.account.as_ref()).await?;
        sign_in::refuse_token(work, &account, row.input.jti.as_deref().unwrap_or_default()).await?;
        Ok(done(&account, Outcome::Updated))
    };
    result(revoked(work).await, row, &[("account", &["account"])])
}

async fn end_session(work: &mut Work<'_>, row: &Row<SessionMark>) -> AppResult<RowResult> {
    let ended = async |work: &mut Work<'_>| {
        let id = row.input.id.as_deref().and_then(SessionId::parse);
        let before = sessions::end_by_id(work, id.unwrap_or_default()).await?;
        let over = before.ended_at.is_some() || before.expires_at <= work.now;
        let outcome = if over { Outcome::Unchanged } else { Outcome::Updated };
        Ok((before.id.0, Some(before.version), outcome))
    };
    result(ended(work).await, row, &[("session", &["id"])])
}
