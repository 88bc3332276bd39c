//! One operation in the hands of a worker, from where it stands to its end, or until it is given back.

use std::convert::Infallible;
use std::error::Error as _;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use entity::bulk_operation::{Column, Entity, Model};
use entity::upload;
use entity::value::{BulkStatus, UploadStatus};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::apply::{Fault, Handler, InChinese};
use super::checkpoint::Checkpoint;
use super::group::{Group, Groups, REHEARSED_CHUNKS};
use super::instance::Instance;
use super::lease::{self, Release, Renew};
use super::step::{Change, Held, Keep, Rehearse, Report, Stale, Step};
use super::{Bulk, preview};
use crate::db::Job;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::input::UserErrorCode;

/// How often a group is tried while the database has no time for it.
const ATTEMPTS: u32 = 5;

/// Why a worker stops working on an operation before its end.
pub(super) enum Halt {
    /// Another worker has it.
    Lost,
    /// The client ended it.
    Canceled,
    /// It goes on later.
    Back,
    /// It cannot go on.
    Failed(Fault),
}

impl From<AppError> for Halt {
    fn from(error: AppError) -> Self {
        if error.source().is_some_and(|source| source.is::<Stale>()) {
            return Self::stale();
        }
        match error.code() {
            ErrorCode::Unavailable => {
                tracing::warn!(%error, cause = ?error.source(), "an operation waits for the database or the disk");
                return Self::Back;
            }
            ErrorCode::Internal => tracing::error!(cause = ?error.source(), "an operation failed"),
            _ => {}
        }
        let chinese = error.source().and_then(|source| source.downcast_ref::<InChinese>());
        let message_zh = chinese.map_or(error.message(), |InChinese(words)| words);
        Self::failed(error.code().as_str(), error.message(), message_zh)
    }
}

impl Halt {
    /// An operation that cannot go on, for this reason.
    pub(super) fn failed(code: &str, message: &str, message_zh: &str) -> Self {
        Self::Failed(Fault {
            code: code.to_owned(),
            path: Vec::new(),
            message: message.to_owned(),
            message_zh: message_zh.to_owned(),
            place: None,
        })
    }

    /// Something is not as the preview saw it.
    pub(super) fn stale() -> Self {
        Self::failed(
            UserErrorCode::PreviewStale.as_str(),
            "Something changed since the dry run, and nothing was written; make a new dry run and look at it.",
            "试运行之后有内容发生变化，未写入任何数据；请重新试运行并核对。",
        )
    }
}

/// An operation that this worker has.
pub(super) struct Run {
    /// Everything.
    pub(super) bulk: Bulk,
    /// Under which name this worker has it.
    pub(super) owner: String,
    /// The operation as it was stored last.
    pub(super) row: Model,
    /// Becomes true when the process is about to end.
    pub(super) stop: watch::Receiver<bool>,
    /// Since when.
    pub(super) since: Instant,
    /// This process, alive as long as it works.
    pub(super) _instance: Arc<Instance>,
}

impl Run {
    /// Works on the operation; what goes wrong ends in its row.
    pub(super) async fn go(mut self) {
        let halt = match AssertUnwindSafe(self.work()).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(halt)) => halt,
            Err(_panic) => AppError::internal("a panic while working on an operation").into(),
        };
        let told = match halt {
            Halt::Lost | Halt::Canceled => return,
            Halt::Back => self.bulk.db.commit(&Release { id: self.row.id, owner: &self.owner }).await,
            Halt::Failed(fault) => {
                let fault = serde_json::to_string(&fault).ok();
                let failed = self.change(|row| row.failure.clone_from(&fault), Some(BulkStatus::Failed));
                failed.await.map(drop).or_else(|halt| match halt {
                    Halt::Lost | Halt::Canceled | Halt::Back | Halt::Failed(_) => Ok(()),
                })
            }
        };
        if let Err(error) = told {
            // The lease ends by itself, and another worker goes on from the checkpoint.
            tracing::warn!(%error, operation = self.row.id.public(), "an operation could not be given back");
        }
    }

    async fn work(&mut self) -> Result<(), Halt> {
        let handler = self.bulk.handlers.get(&self.row.kind).cloned();
        let handler = handler.ok_or_else(|| {
            Halt::failed("UNSUPPORTED", "Files of this kind are not served here.", "此处不支持此类文件。")
        })?;
        let file = upload::Entity::find_by_id(self.row.upload_id).one(self.bulk.db.read()).await;
        let file = file.map_err(AppError::from)?.filter(|file| file.status == UploadStatus::Complete);
        let file = file.ok_or_else(Self::file_is_gone)?;
        if self.row.checkpoint.is_none() {
            self.check(&handler, &file).await?;
        }
        self.apply(&handler).await?;
        let status = if self.row.rows_failed > 0 { BulkStatus::CompletedWithErrors } else { BulkStatus::Completed };
        self.change(|row| row.rows_total = Some(row.rows_done), Some(status)).await
    }

    /// The file is not there any more, or is another one.
    pub(super) fn file_is_gone() -> Halt {
        Halt::failed(
            "FILE_MISSING",
            "The file is no longer here as it was sent; send it again.",
            "文件已不存在或与上传时不一致；请重新上传。",
        )
    }

    /// Applies what is left of the file.
    async fn apply(&mut self, handler: &Handler) -> Result<(), Halt> {
        let preview = preview::of(&self.bulk, &self.row).await?;
        let first = preview.as_ref().map(Checkpoint::of).transpose()?.and_then(|checkpoint| checkpoint.first);
        let mut before = Checkpoint::of(&self.row)?;
        let rehearsed = self.row.dry_run || preview.is_some();
        let mut groups = self.groups(handler, &before, rehearsed);
        while let Some(group) = self.alive(groups.next()).await? {
            // The first rows of a preview are compared once more where they are written.
            let expected = first.as_deref().filter(|_| before.position.is_none());
            let row = self.step(handler, &before, &group, expected).await?;
            self.bulk.count(&self.row, &row);
            self.row = row;
            before = Checkpoint::of(&self.row)?;
            if group.is_last {
                // What is left is to tell the end; who let others pass here would find the last group again.
                break;
            }
            self.pause().await?;
        }
        Ok(())
    }

    /// The groups of the file from a checkpoint on.
    pub(super) fn groups(&self, handler: &Handler, from: &Checkpoint, rehearsed: bool) -> Groups {
        let chunks = if rehearsed { REHEARSED_CHUNKS } else { 1 };
        let (source, file) = (Arc::clone(&handler.source), self.bulk.file_of(self.row.upload_id));
        Groups::read(source, file, self.row.clone(), from.position.clone(), chunks)
    }

    /// A step of this operation.
    pub(super) fn step_of<'a>(&'a self, handler: &'a Handler, before: &'a Checkpoint, group: &'a Group) -> Step<'a> {
        Step { bulk: &self.bulk, handler, owner: &self.owner, operation: &self.row, before, group }
    }

    async fn step(
        &self,
        handler: &Handler,
        before: &Checkpoint,
        group: &Group,
        expected: Option<&str>,
    ) -> Result<Model, Halt> {
        let step = || self.step_of(handler, before, group);
        let held = if self.row.dry_run {
            let applied = self.patiently(Rehearsal(Rehearse(step()))).await?;
            self.patiently(Kept(Report { step: step(), applied })).await?
        } else {
            self.patiently(Kept(Keep { step: step(), expected })).await?
        };
        changed(held)
    }

    /// Runs a job, several times while the database has no time for it, and keeps the operation meanwhile.
    pub(super) async fn patiently<W: Runs>(&self, job: W) -> Result<W::Output, Halt> {
        let mut attempt = 1;
        loop {
            match self.alive(job.run_on(&self.bulk)).await {
                Err(error) if error.code().retryable() && attempt < ATTEMPTS => {
                    let mut stop = self.stop.clone();
                    tokio::select! {
                        _ = stop.wait_for(|stop| *stop) => return Err(Halt::Back),
                        () = sleep(Duration::from_secs(1 << (attempt - 1))) => attempt += 1,
                    }
                }
                outcome => return outcome.map_err(Halt::from),
            }
        }
    }

    /// Changes the row of the operation, and ends it where a status is given.
    pub(super) async fn change(
        &mut self,
        change: impl Fn(&mut Model) + Send + Sync,
        end: Option<BulkStatus>,
    ) -> Result<(), Halt> {
        let job = Change { bulk: &self.bulk, operation: &self.row, owner: &self.owner, change, end };
        let row = changed(self.patiently(Kept(job)).await?)?;
        self.bulk.count(&self.row, &row);
        self.row = row;
        Ok(())
    }

    /// Waits for something while it tells every now and then that this worker still has the operation.
    pub(super) async fn alive<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(self.beat())).await {
            Either::Left((output, _)) => output,
            Either::Right((never, _)) => match never {},
        }
    }

    async fn beat(&self) -> Infallible {
        let lease = self.bulk.settings.lease;
        loop {
            sleep(lease / 3).await;
            let until = lease::after((self.bulk.clock)(), lease);
            let renewed = self.bulk.db.commit(&Renew { id: self.row.id, owner: &self.owner, until }).await;
            if let Err(error) = renewed {
                // The transaction of a chunk may have it locked; it renews the lease itself.
                tracing::debug!(%error, "a lease was not renewed");
            }
        }
    }

    /// Gives the operation back between two groups when the process ends, or when it is another account's turn.
    pub(super) async fn pause(&self) -> Result<(), Halt> {
        if *self.stop.borrow() {
            return Err(Halt::Back);
        }
        if self.since.elapsed() < self.bulk.settings.slice {
            return Ok(());
        }
        let others = match self.row.account_id {
            Some(account) => Condition::any().add(Column::AccountId.ne(account)).add(Column::AccountId.is_null()),
            None => Condition::all().add(Column::AccountId.is_not_null()),
        };
        let waiting = Entity::find().filter(lease::waiting((self.bulk.clock)(), &[])).filter(others);
        match waiting.count(self.bulk.db.read()).await.map_err(AppError::from)? {
            0 => Ok(()),
            _ => Err(Halt::Back),
        }
    }
}

/// The row as it stands after a change.
fn changed(held: Held) -> Result<Model, Halt> {
    match held {
        Held::Changed(row) => Ok(*row),
        Held::Canceled => Err(Halt::Canceled),
        Held::Lost => Err(Halt::Lost),
    }
}

/// A job with the way in which it ends.
pub(super) trait Runs: Send + Sync {
    /// What it gives.
    type Output: Send;
    /// Runs it.
    fn run_on(&self, bulk: &Bulk) -> impl Future<Output = AppResult<Self::Output>> + Send;
}

/// A job that is kept.
pub(super) struct Kept<J>(pub(super) J);

impl<J: Job + Send> Runs for Kept<J> {
    type Output = J::Output;

    async fn run_on(&self, bulk: &Bulk) -> AppResult<J::Output> {
        bulk.db.commit(&self.0).await
    }
}

/// A job that is rolled back.
pub(super) struct Rehearsal<J>(pub(super) J);

impl<J: Job + Send> Runs for Rehearsal<J> {
    type Output = J::Output;

    async fn run_on(&self, bulk: &Bulk) -> AppResult<J::Output> {
        bulk.db.rehearse(&self.0).await
    }
}
