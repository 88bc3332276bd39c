//! Deleting what nobody needs any more: files a day after nothing was done with them, results a week after the end.

use std::fs;
use std::io::ErrorKind;

use entity::value::{BulkStatus, Timestamp, UploadStatus};
use entity::{bulk_operation, upload};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Value};
use tokio::task::spawn_blocking;

use super::Bulk;
use super::queue::OPEN;
use crate::db::Job;
use crate::error::{AppError, AppResult};

/// Rows of one round.
const ROUND: u64 = 500;

impl Bulk {
    /// Deletes the files whose time has come at `now`; gives the number of operations and of uploads.
    ///
    /// # Errors
    /// When a file cannot be deleted; the next sweep tries again.
    pub async fn sweep(&self, now: Timestamp) -> AppResult<(usize, usize)> {
        let operations = self.expired_operations(now).await?;
        for operation in &operations {
            let (results, id) = (self.results(), operation.id);
            spawn_blocking(move || results.delete(id))
                .await
                .map_err(AppError::internal)?
                .map_err(AppError::internal)?;
        }
        let uploads = self.expired_uploads(now).await?;
        for upload in &uploads {
            let path = self.file_of(upload.id);
            let deleted = spawn_blocking(move || fs::remove_file(path)).await.map_err(AppError::internal)?;
            match deleted {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(AppError::internal(error)),
                Ok(()) | Err(_) => {}
            }
        }
        if !operations.is_empty() || !uploads.is_empty() {
            self.db.commit(&Mark { operations: &operations, uploads: &uploads, now }).await?;
        }
        Ok((operations.len(), uploads.len()))
    }

    async fn expired_operations(&self, now: Timestamp) -> AppResult<Vec<bulk_operation::Model>> {
        use bulk_operation::Column;
        let expired = bulk_operation::Entity::find()
            .filter(Column::Status.is_not_in(OPEN))
            .filter(Column::Status.ne(BulkStatus::Expired))
            .filter(Column::ExpiresAt.lt(now));
        Ok(expired.limit(ROUND).all(self.db.read()).await?)
    }

    async fn expired_uploads(&self, now: Timestamp) -> AppResult<Vec<upload::Model>> {
        use upload::Column;
        let needed = Query::select()
            .column(bulk_operation::Column::UploadId)
            .from(bulk_operation::Entity)
            .and_where(bulk_operation::Column::Status.is_in(OPEN))
            .take();
        let expired = upload::Entity::find()
            .filter(Column::Status.ne(UploadStatus::Expired))
            .filter(Column::ExpiresAt.lt(now))
            .filter(Column::Id.not_in_subquery(needed));
        Ok(expired.limit(ROUND).all(self.db.read()).await?)
    }
}

struct Mark<'a> {
    operations: &'a [bulk_operation::Model],
    uploads: &'a [upload::Model],
    now: Timestamp,
}

impl Job for Mark<'_> {
    type Output = ();

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<()> {
        bulk_operation::Entity::update_many()
            .col_expr(bulk_operation::Column::Status, Expr::value(BulkStatus::Expired))
            .col_expr(bulk_operation::Column::Version, Expr::col(bulk_operation::Column::Version).add(1))
            .col_expr(bulk_operation::Column::UpdatedAt, Expr::value(self.now))
            .filter(bulk_operation::Column::Id.is_in(self.operations.iter().map(|row| Value::from(row.id))))
            .exec(tx)
            .await?;
        upload::Entity::update_many()
            .col_expr(upload::Column::Status, Expr::value(UploadStatus::Expired))
            .col_expr(upload::Column::Version, Expr::col(upload::Column::Version).add(1))
            .col_expr(upload::Column::UpdatedAt, Expr::value(self.now))
            .filter(upload::Column::Id.is_in(self.uploads.iter().map(|row| Value::from(row.id))))
            .exec(tx)
            .await?;
        Ok(())
    }
}
