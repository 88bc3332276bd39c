//! Running a planned mutation: one transaction, from the rows to the rendered answer.

use std::future::Future;
use std::time::Instant;

use async_graphql::Value;
use sea_orm::DatabaseTransaction;
use tokio::time::timeout_at;

use super::Planned;
use crate::auth::Caller;
use crate::clock;
use crate::db::{Db, Job};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::engine::json;
use crate::limits::ProfileLimits;
use crate::service::idempotency::Claim;
use crate::service::read::Reader;
use crate::service::work::{Origin, Work};

/// Until when the work of a mutation may take before it is rolled back. Its commit is not given up half-way.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Instant);

/// A planned mutation with who asks for it.
pub struct Run<'a> {
    /// The database.
    pub db: &'a Db,
    /// The mutation.
    pub planned: &'a Planned,
    /// Who asks.
    pub caller: &'a Caller,
    /// Where the write comes from.
    pub origin: Origin,
    /// The limits of the caller.
    pub limits: &'a ProfileLimits,
    /// The most bytes of the answer.
    pub answer_bytes: u64,
    /// Until when.
    pub deadline: Option<Deadline>,
    /// The key under which it happens once.
    pub claim: Option<Claim>,
}

/// What a mutation answers.
pub struct Answer {
    /// The payload.
    pub value: Value,
    /// Whether an earlier attempt gave it, and this one did nothing.
    pub replayed: bool,
}

impl Run<'_> {
    /// Runs it in a transaction of its own: committed, or rolled back when it is a rehearsal.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `FORBIDDEN`, `TIMEOUT`, `COST_LIMIT` for an answer that is too large, those of [`Claim::answer`], and
    /// what the database says; then nothing is changed.
    pub async fn run(&self) -> AppResult<Answer> {
        let Self { db, planned, .. } = self;
        if planned.change.is_rehearsal() { db.rehearse(self).await } else { db.commit(self).await }
    }

    async fn attempt(&self, tx: &DatabaseTransaction) -> AppResult<Answer> {
        // Who only tries neither needs a key nor uses it up.
        let claim = self.claim.as_ref().filter(|_| !self.planned.change.is_rehearsal());
        if let Some(claim) = claim
            && let Some(answer) = claim.answer(tx, clock::system()).await?
        {
            return Ok(Answer { value: json::read(answer.as_bytes())?, replayed: true });
        }
        let mut work = Work::begin(tx, self.caller, &self.origin, clock::system);
        let written = self.planned.change.apply(&mut work).await?;
        work.finish().await?;
        let reader = Reader::new(self.db.shown_to(tx, self.caller).await?, self.caller);
        let text = self.planned.plan.render(reader, &[written]).await?.into_first();
        let text = String::from_utf8(text).map_err(AppError::internal)?;
        self.fits(&text)?;
        let value = json::read(text.as_bytes())?;
        if let Some(claim) = claim {
            self.db.resume(tx).await?;
            claim.keep(tx, text, clock::system()).await?;
        }
        Ok(Answer { value, replayed: false })
    }

    async fn in_time<T>(&self, work: impl Future<Output = AppResult<T>>) -> AppResult<T> {
        let Some(Deadline(deadline)) = self.deadline else { return work.await };
        timeout_at(deadline.into(), work).await.unwrap_or_else(|_late| {
            let seconds = self.limits.mutation_seconds;
            let message =
                format!("The mutation took longer than {seconds} seconds and was given up; it changed nothing.");
            Err(AppError::new(ErrorCode::Timeout, message))
        })
    }

    /// An answer that cannot be sent must not be committed.
    fn fits(&self, answer: &str) -> AppResult<()> {
        let most = self.answer_bytes;
        if answer.len() as u64 <= most {
            return Ok(());
        }
        let message = format!("The answer has more than {most} bytes, and nothing was changed. Select fewer fields.");
        Err(AppError::new(ErrorCode::CostLimit, message))
    }
}

impl Job for Run<'_> {
    type Output = Answer;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<Answer> {
        self.in_time(self.attempt(tx)).await
    }
}
