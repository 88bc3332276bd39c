//! The mutations of files: announcing one, starting an operation on it, ending an operation.

use entity::value::{BulkKind, BulkMode};
use entity::{bulk_operation, upload};

use super::result::{Done, result};
use crate::bulk::queue::NewOperation;
use crate::bulk::uploads::NewUpload;
use crate::bulk::{self, Bulk};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::bulk_operation::BulkOperation;
use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::graphql::upload::Upload;
use crate::input::bulk::{self as input, Blank, ImportScope, ImportStart, OperationCancel, UploadCreate};
use crate::intake::{BlankCells, IntakeOptions, ScopeOptions};
use crate::service::work::Work;
use crate::service::write::{Outcome, Row, RowResult};

impl Noun for Upload {
    type Entity = upload::Entity;
    const KEY: upload::Column = upload::Column::Id;
}

impl Noun for BulkOperation {
    type Entity = bulk_operation::Entity;
    const KEY: bulk_operation::Column = bulk_operation::Column::Id;
}

/// Adds them.
pub fn add(mutations: Mutations) -> Mutations {
    mutations
        .served::<Upload, _>(
            "uploadCreate: UploadCreatePayload",
            "Announces a file; its bytes are then sent to its `url` by PUT.",
            input::upload_create,
            |work, bulk, row| Box::pin(upload_create(work, bulk, row)),
        )
        .served::<BulkOperation, _>(
            "importStart: ImportStartPayload",
            "Puts a file into the queue; `bulkOperation` tells how far it is. A dry run unless `dryRun: false`.",
            input::import_start,
            |work, bulk, row| Box::pin(import_start(work, bulk, row)),
        )
        .served::<BulkOperation, _>(
            "bulkOperationCancel: BulkOperationCancelPayload",
            "Ends an operation: at once while it waits, else after the chunk that runs. What was applied stays.",
            input::operation_cancel,
            |work, bulk, row| Box::pin(operation_cancel(work, bulk, row)),
        )
}

async fn upload_create(work: &mut Work<'_>, bulk: &Bulk, row: &Row<UploadCreate>) -> AppResult<RowResult> {
    let input = &row.input;
    let new = NewUpload {
        file_name: input.file_name.clone().unwrap_or_default(),
        size: input.size.unwrap_or_default(),
        sha256: input.sha256.clone(),
    };
    let made = bulk::create_upload(work, bulk.settings(), new).await;
    result(made.map(|made| (made.id.0, None, Outcome::Created)), row, &[])
}

async fn import_start(work: &mut Work<'_>, bulk: &Bulk, row: &Row<ImportStart>) -> AppResult<RowResult> {
    let input = &row.input;
    let started = match (&input.upload_id, &input.confirm_preview) {
        (None, Some(preview)) => {
            let started = bulk::confirm_preview(work, bulk, preview, input.client_identifier.clone()).await;
            return result(started.map(started_as), row, &[(NOT_FOUND, &["confirmPreview"])]);
        }
        (Some(upload), None) => match refused(input) {
            Some(error) => Err(error),
            None => bulk::start(work, bulk, operation(input, upload)).await,
        },
        (Some(_), Some(_)) | (None, None) => {
            Err(AppError::bad_input("Give either `uploadId`, or `confirmPreview` and nothing beside it."))
        }
    };
    result(started.map(started_as), row, &[(NOT_FOUND, &["uploadId"])])
}

const NOT_FOUND: &str = ErrorCode::NotFound.as_str();

fn started_as(row: bulk_operation::Model) -> Done {
    (row.id.0, None, Outcome::Created)
}

/// What no file can be asked for.
fn refused(input: &ImportStart) -> Option<AppError> {
    let kind = input.kind.unwrap_or(BulkKind::Mixed);
    let mode = input.mode.unwrap_or(BulkMode::Upsert);
    let scope = input.scope.as_ref();
    let has = |part: fn(&ImportScope) -> bool| scope.is_some_and(part);
    if mode == BulkMode::ReplaceScope {
        if kind != BulkKind::Projects {
            return Some(AppError::bad_input("`REPLACE_SCOPE` is for files of the kind `PROJECTS`."));
        }
        if !has(|scope| scope.fiscal_year.is_some() && scope.unit_code.is_some()) {
            let message = "`REPLACE_SCOPE` needs `scope` with `fiscalYear`, `unitCode` and, where there are several \
                           divisions, `divisionCode`.";
            return Some(AppError::bad_input(message));
        }
    }
    if kind == BulkKind::Disclosure {
        if mode != BulkMode::Upsert {
            return Some(AppError::bad_input("A document is always taken as a whole: leave `mode` at `UPSERT`."));
        }
        if !has(|scope| scope.division_code.is_some()) {
            return Some(AppError::bad_input("A document does not print its division: give `scope.divisionCode`."));
        }
    }
    None
}

fn operation(input: &ImportStart, upload: &str) -> NewOperation {
    let options = IntakeOptions {
        blank_cells: match input.blank_cells {
            Some(Blank::Clear) => BlankCells::Clear,
            Some(Blank::Keep) | None => BlankCells::Keep,
        },
        scope: input.scope.clone().map(|scope| ScopeOptions {
            division_code: scope.division_code,
            division_name: scope.division_name,
            fiscal_year: scope.fiscal_year,
            unit_code: scope.unit_code,
            unit_name: scope.unit_name,
        }),
        expected_scope_rows: input.expected_scope_rows.and_then(|rows| u64::try_from(rows).ok()),
    };
    NewOperation {
        kind: input.kind.unwrap_or(BulkKind::Mixed),
        mode: input.mode.unwrap_or(BulkMode::Upsert),
        upload: upload.to_owned(),
        dry_run: input.dry_run.unwrap_or(true),
        options: options.stored(),
        client_identifier: input.client_identifier.clone(),
    }
}

async fn operation_cancel(work: &mut Work<'_>, bulk: &Bulk, row: &Row<OperationCancel>) -> AppResult<RowResult> {
    let ended = bulk::cancel(work, bulk, row.input.id.as_deref().unwrap_or_default()).await;
    result(ended.map(|row| (row.id.0, Some(row.version), Outcome::Updated)), row, &[(NOT_FOUND, &["id"])])
}
