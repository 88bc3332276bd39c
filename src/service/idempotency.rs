//! Mutations that happen once however often they are sent: the answer is kept under the key of its caller, in the transaction
//! of what it tells, and given again for 72 hours.
//!
//! Two attempts with one key never run at the same time: inside a process by `RUNNING`, between processes by a lock of
//! the transaction (PostgreSQL) or by the one writer (SQLite). An attempt whose answer was lost, because the connection or
//! the process ended, has either committed both its effect and its answer, or neither.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use entity::id::AccountId;
use entity::idempotency::{ActiveModel, Column, Entity, Model};
use entity::value::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, Statement,
};

use super::sweep;
use crate::auth::Caller;
use crate::db::Db;
use crate::error::{AppError, AppResult, ErrorCode};

/// How long an answer is kept, in microseconds: 72 hours.
const KEPT: i64 = 72 * 3600 * 1_000_000;
/// Shortest and longest key, in characters.
const LENGTH: (usize, usize) = (16, 255);

type Key = (AccountId, String);

/// The keys of the attempts that run in this process.
static RUNNING: LazyLock<Mutex<HashSet<Key>>> = LazyLock::new(Mutex::default);

fn running() -> MutexGuard<'static, HashSet<Key>> {
    // A set of keys is whole after every operation on it.
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one attempt that may run under a key at this moment.
#[derive(Debug)]
pub struct Claim {
    key: Key,
    fingerprint: String,
}

impl Drop for Claim {
    fn drop(&mut self) {
        running().remove(&self.key);
    }
}

impl Claim {
    /// Takes the key for an attempt; `request` is what was sent and asked.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a key that is too short or too long, `UNAUTHENTICATED` without an account,
    /// `IDEMPOTENCY_IN_PROGRESS` while an attempt with the key runs.
    pub fn take(caller: &Caller, key: &str, request: &str) -> AppResult<Self> {
        let account = caller.identity().ok_or_else(|| {
            AppError::new(ErrorCode::Unauthenticated, "An idempotency key belongs to an account: send a token.")
        })?;
        let (shortest, longest) = LENGTH;
        if !(shortest..=longest).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AppError::bad_input(format!(
                "An idempotency key has {shortest} to {longest} letters, digits and signs of ASCII, without spaces."
            )));
        }
        let key = (account.id, key.to_owned());
        if !running().insert(key.clone()) {
            return Err(in_progress());
        }
        Ok(Self { key, fingerprint: hexadecimal(digest(&SHA256, request.as_bytes()).as_ref()) })
    }

    /// The answer that an earlier attempt gave.
    ///
    /// # Errors
    /// `IDEMPOTENCY_KEY_REUSED` when that was another request, `IDEMPOTENCY_IN_PROGRESS` while another process runs one.
    pub async fn answer(&self, tx: &DatabaseTransaction, now: Timestamp) -> AppResult<Option<String>> {
        if tx.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_try_advisory_xact_lock($1)";
            let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [self.lock().into()]);
            let row = tx.query_one_raw(lock).await?;
            let free = row.map(|row| row.try_get_by_index::<bool>(0)).transpose()?;
            if free != Some(true) {
                return Err(in_progress());
            }
        }
        let (account, key) = &self.key;
        let known = Entity::find()
            .filter(Column::AccountId.eq(*account))
            .filter(Column::Key.eq(key))
            .filter(Column::ExpiresAt.gt(now))
            .one(tx)
            .await?;
        match known {
            None => Ok(None),
            Some(known) if known.fingerprint == self.fingerprint => Ok(Some(known.answer)),
            Some(_) => {
                let message = "This idempotency key was used for another request: repeat that one unchanged, or make a \
                               new key.";
                Err(AppError::new(ErrorCode::IdempotencyKeyReused, message))
            }
        }
    }

    /// Keeps the answer of this attempt.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep(&self, tx: &DatabaseTransaction, answer: String, now: Timestamp) -> AppResult<()> {
        let (account_id, key) = self.key.clone();
        let fingerprint = self.fingerprint.clone();
        let row = Model { account_id, key, fingerprint, answer, created_at: now, expires_at: Timestamp(now.0 + KEPT) };
        // What stands there has expired.
        let replace = OnConflict::columns([Column::AccountId, Column::Key])
            .update_columns([Column::Fingerprint, Column::Answer, Column::CreatedAt, Column::ExpiresAt])
            .to_owned();
        Entity::insert::<ActiveModel>(row.into_active_model()).on_conflict(replace).exec_without_returning(tx).await?;
        Ok(())
    }

    /// The key as a number for a lock.
    fn lock(&self) -> i64 {
        let (AccountId(account), key) = &self.key;
        let hash = digest(&SHA256, format!("{account}{key}").as_bytes());
        hash.as_ref().iter().take(8).fold(0, |number: i64, byte| number << 8 | i64::from(*byte))
    }
}

fn in_progress() -> AppError {
    let message = "A request with this idempotency key is still running; repeat it in a moment to get its answer.";
    AppError::new(ErrorCode::IdempotencyInProgress, message)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Deletes the answers that have expired, and tells how many there were.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db, now: Timestamp) -> AppResult<u64> {
    sweep::rows::<Entity>(db, Column::ExpiresAt.lte(now)).await
}
