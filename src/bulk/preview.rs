//! Confirming a dry run: exactly what it showed is applied, or nothing.
//!
//! A dry run keeps what its rows saw: their stored versions and what became of them, as a fingerprint. The operation that
//! confirms it rehearses the file once more and compares, before the first row is written, and compares the first rows once
//! more in the transaction that writes them.

use entity::bulk_operation::{Entity, Model};
use entity::upload;
use entity::value::BulkStatus;
use sea_orm::EntityTrait;

use super::{Bulk, queue};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::Work;

/// Starts the operation that a dry run of the caller showed: the same file, the same options.
///
/// # Errors
/// `NOT_FOUND` when the caller has no such operation, `CONFLICT` when it is no dry run, has not ended well, or its file is gone.
pub async fn confirm_preview(
    work: &mut Work<'_>,
    bulk: &Bulk,
    preview: &str,
    client_identifier: Option<String>,
) -> AppResult<Model> {
    let preview = queue::hold(work.tx, work.caller, preview).await?;
    let fine = matches!(preview.status, BulkStatus::Completed | BulkStatus::CompletedWithErrors);
    if !preview.dry_run || !fine {
        let message = format!(
            "Only a dry run that was completed can be confirmed; this operation is {}{}.",
            if preview.dry_run { "" } else { "no dry run and is " },
            preview.status.code()
        );
        return Err(AppError::new(ErrorCode::Conflict, message));
    }
    let upload = upload::Entity::find_by_id(preview.upload_id).one(work.tx).await?;
    let upload = upload.ok_or_else(|| AppError::internal("an upload is gone"))?;
    let row = Model {
        kind: preview.kind,
        mode: preview.mode,
        options: preview.options.clone(),
        preview_id: Some(preview.id),
        dry_run: false,
        ..queue::blank(work, &upload, client_identifier)
    };
    queue::enqueue(work, bulk, &upload, row).await
}

/// The dry run that an operation confirms.
pub(super) async fn of(bulk: &Bulk, operation: &Model) -> AppResult<Option<Model>> {
    match operation.preview_id {
        None => Ok(None),
        Some(id) => Ok(Entity::find_by_id(id).one(bulk.db.read()).await?),
    }
}
