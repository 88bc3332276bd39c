//! Who has failed too often to sign in, and has to wait.
//!
//! An attempt is noted before its password is looked at, and struck out when it succeeds: so no crowd of attempts at one moment
//! gets more than one after another would. Names are counted whether there is such an account or not; otherwise waiting would
//! tell which there are. Nothing here asks who may do it, since nobody is anybody yet.

use std::net::IpAddr;

use entity::login_failure::{Column, Entity, Model};
use entity::value::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::sweep;
use crate::auth::code;
use crate::db::{Db, Job};
use crate::error::AppResult;

/// In what time failures are counted together, and how long one waits after the last, in microseconds: 15 minutes.
const WINDOW: i64 = 15 * 60 * 1_000_000;
/// Failures of a name.
const OF_NAME: u64 = 5;
/// Failures of an address, whatever the names.
const OF_ADDRESS: u64 = 20;

/// Someone who wants to sign in.
#[derive(Clone, Debug)]
pub struct Applicant {
    name: String,
    address: String,
}

impl Applicant {
    /// Who gives this name at this address.
    pub fn new(name: &str, address: IpAddr) -> Self {
        // People type their password into the wrong field: the name is kept as a hash.
        Self { name: format!("name:{}", code::hash(name)), address: format!("address:{address}") }
    }
}

/// An attempt that was admitted; it counts as a failure until it is forgiven.
#[derive(Clone, Debug)]
pub struct Attempt {
    applicant: Applicant,
    rows: [Uuid; 2],
}

/// What becomes of an attempt.
#[derive(Clone, Debug)]
pub enum Admission {
    /// It may be made.
    Admitted(Attempt),
    /// Too many failed: nothing is looked at before this time.
    LockedUntil(Timestamp),
}

/// Notes an attempt, unless too many have failed.
#[derive(Debug)]
pub struct Admit<'a> {
    /// Who makes it.
    pub applicant: &'a Applicant,
    /// When.
    pub now: Timestamp,
}

impl Job for Admit<'_> {
    type Output = Admission;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<Admission> {
        let Applicant { name, address } = self.applicant;
        // Names before addresses everywhere, so that no two attempts wait for each other.
        let mut locked = None;
        for (source, allowed) in [(name, OF_NAME), (address, OF_ADDRESS)] {
            take_turns(tx, source).await?;
            locked = locked.max(locked_until(tx, source, allowed, self.now).await?);
        }
        if let Some(until) = locked {
            return Ok(Admission::LockedUntil(until));
        }
        let rows = [Uuid::now_v7(), Uuid::now_v7()];
        let noted = rows
            .iter()
            .zip([name, address])
            .map(|(id, source)| Model { id: *id, source: source.clone(), at: self.now }.into_active_model());
        Entity::insert_many(noted).exec_without_returning(tx).await?;
        Ok(Admission::Admitted(Attempt { applicant: self.applicant.clone(), rows }))
    }
}

/// Until when a source has to wait: the last so many failures lie close together, and the newest not long ago.
async fn locked_until(
    tx: &DatabaseTransaction,
    source: &str,
    allowed: u64,
    now: Timestamp,
) -> AppResult<Option<Timestamp>> {
    let failures: Vec<Timestamp> = Entity::find()
        .select_only()
        .column(Column::At)
        .filter(Column::Source.eq(source))
        .order_by_desc(Column::At)
        .limit(allowed)
        .into_tuple()
        .all(tx)
        .await?;
    let (Some(newest), Some(oldest)) = (failures.first(), failures.last()) else { return Ok(None) };
    let until = Timestamp(newest.0 + WINDOW);
    let many = failures.len() as u64 == allowed && newest.0 - oldest.0 < WINDOW;
    Ok((many && now < until).then_some(until))
}

/// Waits for the attempts of the same source that are being noted. SQLite has one writer anyway.
async fn take_turns(tx: &DatabaseTransaction, source: &str) -> AppResult<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [source.into()])).await?;
    }
    Ok(())
}

/// Strikes out an attempt that succeeded, and all that failed before under its name. What failed from its address stays: who
/// has one account could otherwise go on guessing those of others.
///
/// # Errors
/// What the database says.
pub async fn forgive(tx: &DatabaseTransaction, attempt: &Attempt) -> AppResult<()> {
    let struck = Condition::any().add(Column::Source.eq(&attempt.applicant.name)).add(Column::Id.is_in(attempt.rows));
    Entity::delete_many().filter(struck).exec(tx).await?;
    Ok(())
}

/// Strikes out all that failed under a name, whoever it was.
///
/// # Errors
/// What the database says.
pub async fn unlock(tx: &DatabaseTransaction, name: &str) -> AppResult<()> {
    let source = format!("name:{}", code::hash(name));
    Entity::delete_many().filter(Column::Source.eq(source)).exec(tx).await?;
    Ok(())
}

/// Strikes out an attempt by itself: who was right, and is refused for another reason.
#[derive(Debug)]
pub struct Forgive<'a>(pub &'a Attempt);

impl Job for Forgive<'_> {
    type Output = ();

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<()> {
        forgive(tx, self.0).await
    }
}

/// Deletes failures that lock nobody out any more.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db, now: Timestamp) -> AppResult<u64> {
    // The oldest of those that are counted together lies one window before the newest, which counts for another.
    let over = Timestamp(now.0 - 2 * WINDOW);
    sweep::rows::<Entity>(db, Column::At.lt(over)).await
}
