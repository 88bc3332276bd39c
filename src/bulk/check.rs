//! What is looked at before the first row of a file is applied: its checksum, its rows, and the preview that is confirmed.

use std::sync::Arc;

use entity::upload;
use entity::value::{BulkPhase, BulkStatus};
use tokio::task::spawn_blocking;

use super::apply::Handler;
use super::checkpoint::Checkpoint;
use super::run::{Halt, Rehearsal, Run};
use super::step::Rehearse;
use super::{preview, receive};
use crate::error::AppError;

impl Run {
    /// Looks through the file. Nothing of it is kept, so that an interruption begins it anew.
    pub(super) async fn check(&mut self, handler: &Handler, file: &upload::Model) -> Result<(), Halt> {
        self.change(|row| (row.status, row.phase) = (BulkStatus::Validating, BulkPhase::Checking), None).await?;
        let path = self.bulk.file_of(file.id);
        let (source, operation) = (Arc::clone(&handler.source), self.row.clone());
        let looked = spawn_blocking(move || {
            let digest = receive::digest(&path).ok();
            let total = source.count(&path, &operation);
            (digest, total)
        });
        let (digest, total) = self.alive(looked).await.map_err(AppError::internal)?;
        if digest.is_none() || digest != file.actual_sha256 {
            return Err(Self::file_is_gone());
        }
        let total = total?.and_then(|total| i64::try_from(total).ok());
        if let Some(preview) = preview::of(&self.bulk, &self.row).await? {
            self.compare(handler, &Checkpoint::of(&preview)?).await?;
        }
        let apply = |row: &mut entity::bulk_operation::Model| {
            (row.status, row.phase, row.rows_total) = (BulkStatus::Running, BulkPhase::Applying, total);
        };
        self.change(apply, None).await
    }

    /// Rehearses the whole file and compares it with what the preview saw.
    async fn compare(&mut self, handler: &Handler, preview: &Checkpoint) -> Result<(), Halt> {
        let mut before = Checkpoint::default();
        let mut groups = self.groups(handler, &before, true);
        while let Some(group) = self.alive(groups.next()).await? {
            let step = self.step_of(handler, &before, &group);
            let applied = self.patiently(Rehearsal(Rehearse(step))).await?;
            before = applied.checkpoint;
            // Nothing changes in the row but the time; it tells whether the client wants the end.
            self.change(|_| {}, None).await?;
            if group.is_last {
                break;
            }
            self.pause().await?;
        }
        if before.seen == preview.seen { Ok(()) } else { Err(Halt::stale()) }
    }
}
