//! Sessions: from signing in to signing out, and the refresh tokens that carry them on.
//!
//! A refresh token is used once and gives the next. One that comes a second time has been copied by someone, and nobody can tell
//! who has the copy: the session ends. As with credentials, whose session it is was proved before.

use entity::id::{AccountId, SessionId};
use entity::refresh_token;
use entity::session::{Column, Entity, Model};
use entity::value::{SessionEnd, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::revocation::{end_of_all, revoke};
use super::stored::{self, Change};
use super::sweep;
use super::work::Work;
use crate::auth::code;
use crate::auth::policy::Permission;
use crate::auth::revoked::Revoked;
use crate::db::Db;
use crate::error::{AppError, AppResult, ErrorCode};

/// Longest time from signing in to the end, in microseconds: 8 hours.
const LONGEST: i64 = 8 * 3600 * 1_000_000;
/// Longest time without a refresh, in microseconds: 30 minutes.
const IDLE: i64 = 30 * 60 * 1_000_000;
/// How long the rows of sessions that are over are kept, in microseconds: 24 hours.
const KEPT: i64 = 24 * 3600 * 1_000_000;

/// A refresh token: the text itself, which is nowhere kept, and until when it can be used.
pub struct Refresh {
    /// The text.
    pub token: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// Begins a session of an account that has proved itself at an address.
///
/// # Errors
/// What the database says.
pub async fn begin(work: &mut Work<'_>, account_id: AccountId, address: String) -> AppResult<(Model, Refresh)> {
    let session = Model {
        id: SessionId::new(),
        account_id,
        address,
        expires_at: Timestamp(work.now.0 + LONGEST),
        ended_at: None,
        ended_by: None,
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    stored::insert(work, std::slice::from_ref(&session)).await?;
    let refresh = next_token(work.tx, &session, work.now).await?;
    Ok((session, refresh))
}

async fn next_token(tx: &DatabaseTransaction, session: &Model, now: Timestamp) -> AppResult<Refresh> {
    let token = code::fresh()?;
    let expires_at = session.expires_at.min(Timestamp(now.0 + IDLE));
    let row = refresh_token::Model { hash: code::hash(&token), session_id: session.id, expires_at, used_at: None };
    refresh_token::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(Refresh { token, expires_at })
}

/// The session of a refresh token, whether it still goes on or not.
///
/// # Errors
/// What the database says.
pub async fn of_token(db: &impl ConnectionTrait, token: &str) -> AppResult<Option<Model>> {
    let Some(row) = refresh_token::Entity::find_by_id(code::hash(token)).one(db).await? else { return Ok(None) };
    Ok(Entity::find_by_id(row.session_id).one(db).await?)
}

/// What a refresh token gives.
pub enum Refreshed {
    /// The session goes on with the next token.
    Next(Model, Refresh),
    /// The token was used before: the session has ended by this.
    Reused(Model),
    /// The token is unknown or too old, or its session is over.
    Over,
}

/// Uses a refresh token.
///
/// # Errors
/// What the database says.
pub async fn refresh(work: &mut Work<'_>, token: &str) -> AppResult<Refreshed> {
    let hash = code::hash(token);
    let Some(session) = of_token(work.tx, token).await? else { return Ok(Refreshed::Over) };
    if session.ended_at.is_some() || session.expires_at <= work.now {
        return Ok(Refreshed::Over);
    }
    // Of two requests with the same token one finds it unused.
    let using = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::val(work.now.0))
        .filter(refresh_token::Column::Hash.eq(&hash))
        .filter(refresh_token::Column::UsedAt.is_null());
    if using.exec(work.tx).await?.rows_affected == 0 {
        end(work, session.clone(), SessionEnd::Reuse).await?;
        return Ok(Refreshed::Reused(session));
    }
    let row = refresh_token::Entity::find_by_id(hash).one(work.tx).await?;
    if row.is_none_or(|row| row.expires_at <= work.now) {
        return Ok(Refreshed::Over);
    }
    let refresh = next_token(work.tx, &session, work.now).await?;
    Ok(Refreshed::Next(session, refresh))
}

/// Ends a session; one that is over stays as it is.
///
/// # Errors
/// What the database says.
pub async fn end(work: &mut Work<'_>, session: Model, by: SessionEnd) -> AppResult<()> {
    end_each(work, vec![session], by).await
}

/// Ends a session as an administrator; one that is over stays as it is. Gives it as it was.
///
/// # Errors
/// `FORBIDDEN` for who may not administer accounts, `NOT_FOUND` when there is no such session.
pub async fn end_by_id(work: &mut Work<'_>, id: SessionId) -> AppResult<Model> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    let known = Entity::find_by_id(id).lock_exclusive().one(work.tx).await?;
    let missing =
        || AppError::new(ErrorCode::NotFound, "There is no such session.").explained("session", "没有此会话。");
    let session = known.ok_or_else(missing)?;
    if session.expires_at > work.now {
        end(work, session.clone(), SessionEnd::Administrator).await?;
    }
    Ok(session)
}

/// Ends all sessions of an account.
///
/// # Errors
/// What the database says.
pub async fn end_all(work: &mut Work<'_>, account: AccountId, by: SessionEnd) -> AppResult<()> {
    let open = Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(work.now));
    let open = open.all(work.tx).await?;
    end_each(work, open, by).await
}

async fn end_each(work: &mut Work<'_>, sessions: Vec<Model>, by: SessionEnd) -> AppResult<()> {
    let now = work.now;
    let changes = sessions.into_iter().filter(|session| session.ended_at.is_none()).map(|old| {
        let (version, ended_at, ended_by) = (old.version + 1, Some(now), Some(by));
        Change { new: Model { ended_at, ended_by, version, updated_at: now, ..old.clone() }, old }
    });
    let changes: Vec<Change<Model>> = changes.collect();
    stored::update(work, &changes).await?;
    // Its access tokens end with it.
    for Change { new, .. } in &changes {
        revoke(work.tx, &Revoked::Session(new.id.public()), end_of_all(now), now).await?;
    }
    Ok(())
}

/// Deletes sessions that have been over for a day, with their tokens. That they were is in the journal.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db, now: Timestamp) -> AppResult<u64> {
    sweep::rows::<Entity>(db, Column::ExpiresAt.lt(Timestamp(now.0 - KEPT))).await
}
