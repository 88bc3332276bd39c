//! One group of chunks in one transaction: the data, the lines of results and the checkpoint, or nothing of it.

use std::ops::AddAssign;
use std::sync::Arc;

use entity::bulk_operation::Model;
use entity::id::AccountId;
use entity::value::{BulkPhase, BulkStatus, Timestamp};
use sea_orm::DatabaseTransaction;
use tokio::task::spawn_blocking;

use super::apply::{Answer, Handler, Place};
use super::checkpoint::{Checkpoint, Fingerprint};
use super::group::{Entry, Group};
use super::results::Lines;
use super::summary::Summary;
use super::{Bulk, lease, queue};
use crate::auth::Caller;
use crate::db::Job;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::account;
use crate::service::work::{Origin, Work};
use crate::service::write::Outcome;

/// A group of an operation, and all that applying it needs.
pub struct Step<'a> {
    /// Everything.
    pub bulk: &'a Bulk,
    /// How its rows are applied.
    pub handler: &'a Handler,
    /// Under which name this worker has the operation.
    pub owner: &'a str,
    /// The operation as it was stored last.
    pub operation: &'a Model,
    /// Its checkpoint.
    pub before: &'a Checkpoint,
    /// The group.
    pub group: &'a Group,
}

/// What applying a group gave.
pub struct Applied {
    /// The lines of results.
    pub lines: Arc<Lines>,
    /// What became of its rows.
    pub tally: Tally,
    summary: Summary,
    /// The checkpoint after it.
    pub checkpoint: Checkpoint,
}

/// Rows by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// New objects.
    pub created: i64,
    /// Changed objects.
    pub updated: i64,
    /// Objects that were so already.
    pub unchanged: i64,
    /// Deleted objects.
    pub deleted: i64,
    /// Refused rows.
    pub failed: i64,
    /// Rows that were passed over.
    pub skipped: i64,
}

impl Tally {
    /// All rows.
    pub fn rows(&self) -> i64 {
        let Self { created, updated, unchanged, deleted, failed, skipped } = self;
        created + updated + unchanged + deleted + failed + skipped
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.deleted += other.deleted;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What a step finds when it wants to change its operation.
pub enum Held {
    /// The operation is this worker's, and was changed.
    Changed(Box<Model>),
    /// The client wanted it to end, and it has.
    Canceled,
    /// Another worker has it.
    Lost,
}

/// The rows of a group are not as the preview saw them.
#[derive(Debug, thiserror::Error)]
#[error("the preview is stale")]
pub struct Stale;

impl Step<'_> {
    async fn apply(&self, tx: &DatabaseTransaction) -> AppResult<Applied> {
        let caller = caller(tx, self.operation.account_id, (self.bulk.clock)()).await?;
        let origin = Origin { request_id: self.operation.request_id.clone(), ..Origin::of("import") };
        let mut work = Work::begin(tx, &caller, &origin, self.bulk.clock);
        let applied = self.apply_within(&mut work).await?;
        work.finish().await?;
        Ok(applied)
    }

    /// Applies the rows of the group in a unit of work, which is left to be finished.
    ///
    /// # Errors
    /// What applying ends with.
    pub async fn apply_within(&self, work: &mut Work<'_>) -> AppResult<Applied> {
        let mut state = self.before.state.clone();
        let mut gathered = Gathered {
            lines: Lines::default(),
            tally: Tally::default(),
            summary: Summary::read(&self.operation.error_summary),
            seen: Fingerprint::after(&self.before.seen),
        };
        for chunk in &self.group.chunks {
            let answers = match chunk.rows.as_slice() {
                [] => Vec::new(),
                rows => self.handler.apply.chunk(work, self.operation, rows, &mut state).await?,
            };
            if answers.len() != chunk.rows.len() {
                return Err(AppError::internal("not every row was answered"));
            }
            let mut answered = chunk.rows.iter().zip(&answers);
            for entry in &chunk.entries {
                match entry {
                    Entry::Unread(unread) => {
                        let faults = unread.faults.clone();
                        let answer = Answer { outcome: Outcome::Failed, key: None, faults, seen: None };
                        gathered.add(Some(&unread.place), &answer);
                    }
                    Entry::Row => {
                        let Some((row, answer)) = answered.next() else { continue };
                        gathered.add(Some(&row.place), answer);
                    }
                }
            }
        }
        let failed = self.before.failed + gathered.tally.failed;
        if self.group.is_last {
            for answer in self.handler.apply.finish(work, self.operation, failed, &mut state).await? {
                gathered.add(None, &answer);
            }
        }
        let seen = gathered.seen.finish();
        let first = self.before.first.clone().or_else(|| Some(seen.clone()));
        let position = Some(self.group.position.clone());
        Ok(Applied {
            lines: Arc::new(gathered.lines),
            tally: gathered.tally,
            summary: gathered.summary,
            checkpoint: Checkpoint { position, state, failed, seen, first },
        })
    }

    /// Writes the lines and the checkpoint of a group; the row is held by this transaction.
    async fn save(&self, tx: &DatabaseTransaction, mut row: Model, applied: &Applied) -> AppResult<Model> {
        let (results, id, lines) = (self.bulk.results(), row.id, Arc::clone(&applied.lines));
        let lengths = [row.results_length.unsigned_abs(), row.errors_length.unsigned_abs()];
        let written = spawn_blocking(move || results.write(id, lengths, &lines)).await.map_err(AppError::internal)?;
        written.map_err(|error| {
            let message = "The folder of the service's results cannot be written.";
            AppError::new(ErrorCode::Unavailable, message).caused_by(error)
        })?;
        let length = |bytes: &[u8]| i64::try_from(bytes.len()).map_err(AppError::internal);
        row.results_length += length(&applied.lines.results)?;
        row.errors_length += length(&applied.lines.errors)?;
        let Tally { created, updated, unchanged, deleted, failed, skipped } = applied.tally;
        row.rows_done += applied.tally.rows();
        row.rows_created += created;
        row.rows_updated += updated;
        row.rows_unchanged += unchanged;
        row.rows_deleted += deleted;
        row.rows_failed += failed;
        row.rows_skipped += skipped;
        row.bytes_done = i64::try_from(self.group.position.bytes).map_err(AppError::internal)?;
        row.checkpoint = Some(applied.checkpoint.json());
        row.error_summary = serde_json::to_string(&applied.summary).map_err(AppError::internal)?;
        row.status = BulkStatus::Running;
        row.phase = BulkPhase::Applying;
        let now = (self.bulk.clock)();
        row.lease_until = Some(lease::after(now, self.bulk.settings.lease));
        lease::put(tx, &mut row, now).await?;
        Ok(row)
    }

    /// The operation, held for this transaction; what else it can be is the answer at once.
    async fn hold(&self, tx: &DatabaseTransaction) -> AppResult<Result<Model, Held>> {
        hold(self.bulk, tx, self.operation, self.owner).await
    }
}

/// The operation, held for this transaction; one that the client wanted to end is ended.
async fn hold(bulk: &Bulk, tx: &DatabaseTransaction, operation: &Model, owner: &str) -> AppResult<Result<Model, Held>> {
    let Some(mut row) = lease::hold(tx, operation.id, owner).await? else { return Ok(Err(Held::Lost)) };
    if row.status == BulkStatus::Canceling {
        queue::end(tx, bulk, &mut row, BulkStatus::Canceled).await?;
        return Ok(Err(Held::Canceled));
    }
    Ok(Ok(row))
}

struct Gathered {
    lines: Lines,
    tally: Tally,
    summary: Summary,
    seen: Fingerprint,
}

impl Gathered {
    fn add(&mut self, place: Option<&Place>, answer: &Answer) {
        self.lines.push(place, answer);
        self.seen.add(place, answer);
        answer.faults.iter().for_each(|fault| self.summary.add(place, fault));
        *match answer.outcome {
            Outcome::Created => &mut self.tally.created,
            Outcome::Updated => &mut self.tally.updated,
            Outcome::Unchanged => &mut self.tally.unchanged,
            Outcome::Deleted => &mut self.tally.deleted,
            Outcome::Failed => &mut self.tally.failed,
            Outcome::Skipped => &mut self.tally.skipped,
        } += 1;
    }
}

/// Who started an operation, with the rights of this moment.
async fn caller(tx: &DatabaseTransaction, account: Option<AccountId>, now: Timestamp) -> AppResult<Caller> {
    let Some(id) = account else { return Ok(Caller::operator()) };
    let caller = account::by_subject(tx, &id.public(), now).await?;
    caller.ok_or_else(|| AppError::new(ErrorCode::Forbidden, "The account that started the operation is disabled."))
}

/// Applies a group and keeps it.
pub struct Keep<'a> {
    /// The group.
    pub step: Step<'a>,
    /// What the preview had after this group.
    pub expected: Option<&'a str>,
}

impl Job for Keep<'_> {
    type Output = Held;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<Held> {
        // The operation first: who holds it is the only one that applies its rows and writes its files.
        let row = match self.step.hold(tx).await? {
            Ok(row) => row,
            Err(held) => return Ok(held),
        };
        let applied = self.step.apply(tx).await?;
        if self.expected.is_some_and(|expected| expected != applied.checkpoint.seen) {
            // An error rolls back what was applied.
            return Err(AppError::new(ErrorCode::Conflict, Stale.to_string()).caused_by(Stale));
        }
        Ok(Held::Changed(Box::new(self.step.save(tx, row, &applied).await?)))
    }
}

/// Applies a group, to be rolled back.
pub struct Rehearse<'a>(pub Step<'a>);

impl Job for Rehearse<'_> {
    type Output = Applied;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<Applied> {
        self.0.apply(tx).await
    }
}

/// Keeps the report of a group that was rehearsed.
pub struct Report<'a> {
    /// The group.
    pub step: Step<'a>,
    /// What became of it.
    pub applied: Applied,
}

impl Job for Report<'_> {
    type Output = Held;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<Held> {
        match self.step.hold(tx).await? {
            Ok(row) => Ok(Held::Changed(Box::new(self.step.save(tx, row, &self.applied).await?))),
            Err(held) => Ok(held),
        }
    }
}

/// Changes the row of an operation.
pub struct Change<'a, F> {
    /// Everything.
    pub bulk: &'a Bulk,
    /// The operation.
    pub operation: &'a Model,
    /// Under which name this worker has it.
    pub owner: &'a str,
    /// What to change.
    pub change: F,
    /// Whether that ends it, and how.
    pub end: Option<BulkStatus>,
}

impl<F: Fn(&mut Model) + Sync> Job for Change<'_, F> {
    type Output = Held;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<Held> {
        let mut row = match hold(self.bulk, tx, self.operation, self.owner).await? {
            Ok(row) => row,
            Err(held) => return Ok(held),
        };
        (self.change)(&mut row);
        match self.end {
            Some(status) => queue::end(tx, self.bulk, &mut row, status).await?,
            None => lease::put(tx, &mut row, (self.bulk.clock)()).await?,
        }
        Ok(Held::Changed(Box::new(row)))
    }
}
