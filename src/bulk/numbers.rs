//! What operations tell in numbers.

use entity::bulk_operation::{Column, Entity, Model};
use entity::value::BulkStatus;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::Bulk;
use super::queue::OPEN;
use crate::error::AppResult;

impl Bulk {
    /// How many operations have not ended, by state.
    ///
    /// # Errors
    /// What reading can end with.
    pub async fn open_operations(&self) -> AppResult<Vec<(&'static str, u64)>> {
        let counted: Vec<(BulkStatus, i64)> = Entity::find()
            .select_only()
            .column(Column::Status)
            .column_as(Column::Id.count(), "operations")
            .filter(Column::Status.is_in(OPEN))
            .group_by(Column::Status)
            .into_tuple()
            .all(self.db.read())
            .await?;
        let of = |state: BulkStatus| counted.iter().find(|(status, _)| *status == state).map_or(0, |(_, count)| *count);
        Ok(OPEN.into_iter().map(|state| (state.code(), of(state).unsigned_abs())).collect())
    }

    /// Counts what an operation came to since it was stored last.
    pub(super) fn count(&self, before: &Model, now: &Model) {
        let Some(metrics) = &self.metrics else { return };
        let kind = now.kind.code();
        for (outcome, before, now) in [
            ("created", before.rows_created, now.rows_created),
            ("updated", before.rows_updated, now.rows_updated),
            ("unchanged", before.rows_unchanged, now.rows_unchanged),
            ("deleted", before.rows_deleted, now.rows_deleted),
            ("failed", before.rows_failed, now.rows_failed),
            ("skipped", before.rows_skipped, now.rows_skipped),
        ] {
            metrics.rows(kind, outcome, u64::try_from(now - before).unwrap_or(0));
        }
        if before.finished_at.is_none() && now.finished_at.is_some() {
            metrics.ended(kind, now.status.code());
        }
    }
}
