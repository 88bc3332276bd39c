//! Revoking tokens before they end, and telling every process of it.
//!
//! A revocation is a row that lasts until what it refuses has ended by itself. Each process reads the new rows twice a
//! second into the set that its requests ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use entity::id::AccountId;
use entity::revocation::{ActiveModel, Column, Entity, Model};
use entity::value::{RevokedKind, Timestamp};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
};

use super::sweep;
use super::work::Work;
use crate::auth::policy::Permission;
use crate::auth::revoked::{Revoked, RevokedSet};
use crate::auth::token::MAX_LIFE;
use crate::clock::Clock;
use crate::db::Db;
use crate::error::AppResult;

/// How often a process looks for what others revoked.
const LOOK: Duration = Duration::from_millis(500);

/// How far back it looks: a row carries the time of its transaction, which may have taken a while on a machine whose clock is
/// behind.
const OVERLAP: Duration = Duration::from_secs(120);

/// How long something stays refused of which it is not known when its last token ends: as long as any token lives, with room
/// for clocks that differ.
const LONGEST: Duration = Duration::from_secs(MAX_LIFE.as_secs() + 120);

/// When every token has ended that was issued until `now`.
pub fn end_of_all(now: Timestamp) -> Timestamp {
    after(now, LONGEST)
}

/// Refuses tokens from now on, until the time when all of them have ended by themselves. Who may do this is for the caller to
/// know; administrators use [`revoke_any`].
///
/// # Errors
/// What the database says.
pub async fn revoke(tx: &DatabaseTransaction, what: &Revoked, until: Timestamp, now: Timestamp) -> AppResult<()> {
    let (kind, value, issued_before) = match what {
        Revoked::Token(jti) => (RevokedKind::Token, jti.clone(), None),
        Revoked::Session(sid) => (RevokedKind::Session, sid.clone(), None),
        Revoked::Account(id, before) => (RevokedKind::Account, id.public(), Some(*before)),
    };
    let row = Model { kind, value, issued_before, until, revoked_at: now };
    // The same once more refuses the more of both.
    let later = |column: Column| {
        let (known, new) = (Expr::col((Entity, column)), Expr::col(("excluded", column)));
        Expr::case(known.clone().gt(new.clone()), known).finally(new)
    };
    let more = OnConflict::columns([Column::Kind, Column::Value])
        .value(Column::IssuedBefore, later(Column::IssuedBefore))
        .value(Column::Until, later(Column::Until))
        .value(Column::RevokedAt, later(Column::RevokedAt))
        .to_owned();
    Entity::insert::<ActiveModel>(row.into_active_model()).on_conflict(more).exec_without_returning(tx).await?;
    Ok(())
}

/// Refuses any tokens, as an administrator of everything may.
///
/// # Errors
/// `FORBIDDEN` for others.
pub async fn revoke_any(work: &mut Work<'_>, what: &Revoked, until: Timestamp) -> AppResult<()> {
    work.caller.must_everywhere(Permission::AccountWrite)?;
    revoke(work.tx, what, until, work.now).await
}

/// What is revoked, as this process knows it.
#[derive(Clone)]
pub struct Revocations {
    db: DatabaseConnection,
    set: Arc<RevokedSet>,
    /// The newest row that was seen.
    newest: Arc<AtomicI64>,
    clock: Clock,
}

impl Revocations {
    /// Reads everything that is revoked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn read(db: &Db, clock: Clock) -> AppResult<Self> {
        let (set, newest) = (Arc::default(), Arc::new(AtomicI64::new(i64::MIN)));
        let revocations = Self { db: db.read().clone(), set, newest, clock };
        revocations.refresh().await?;
        Ok(revocations)
    }

    /// The set that requests ask.
    pub fn set(&self) -> Arc<RevokedSet> {
        Arc::clone(&self.set)
    }

    /// Reads what is new: for this process at once what it has committed, for others within a second.
    ///
    /// # Errors
    /// What the database says.
    pub async fn refresh(&self) -> AppResult<()> {
        let (now, newest) = ((self.clock)(), Timestamp(self.newest.load(Ordering::Acquire)));
        let since = before(newest, OVERLAP);
        let news =
            Entity::find().filter(Column::Until.gt(now)).filter(Column::RevokedAt.gte(since)).all(&self.db).await?;
        let newest = news.iter().map(|row| row.revoked_at.0).max();
        self.set.add(news.into_iter().filter_map(|row| Some((revoked(&row)?, row.until))), now);
        if let Some(newest) = newest {
            // A clock that is ahead of the others does not hide what they revoke meanwhile.
            self.newest.fetch_max(Ord::min(newest, now.0), Ordering::AcqRel);
        }
        Ok(())
    }

    /// Goes on reading what is new.
    pub async fn follow(self) {
        let mut turns = tokio::time::interval(LOOK);
        loop {
            turns.tick().await;
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "revoked tokens cannot be read; they are tried again");
            }
        }
    }
}

/// What a row refuses; none for an account whose id this version cannot read.
fn revoked(row: &Model) -> Option<Revoked> {
    match row.kind {
        RevokedKind::Token => Some(Revoked::Token(row.value.clone())),
        RevokedKind::Session => Some(Revoked::Session(row.value.clone())),
        RevokedKind::Account => Some(Revoked::Account(AccountId::parse(&row.value)?, row.issued_before?)),
    }
}

/// Deletes the rows whose tokens have all ended, and tells how many there were.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db, now: Timestamp) -> AppResult<u64> {
    sweep::rows::<Entity>(db, Column::Until.lte(now)).await
}

fn after(time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(time.0.saturating_add(micros(duration)))
}

fn before(time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(time.0.saturating_sub(micros(duration)))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
