//! Putting operations into the queue, and ending them early.

use entity::bulk_operation::{Column, Entity, Model};
use entity::id::{AccountId, BulkOperationId, UploadId};
use entity::upload;
use entity::value::{BulkKind, BulkMode, BulkPhase, BulkStatus, Timestamp, UploadStatus};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect,
};
use serde_json::{Map, Value};

use super::{Bulk, lease, uploads};
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::Work;

/// Operations of one account that have not ended.
pub const UNFINISHED: u64 = 100;
/// Longest name that a client gives an operation, in characters.
const IDENTIFIER: usize = 100;

/// States in which an operation has not ended.
pub(super) const OPEN: [BulkStatus; 4] =
    [BulkStatus::Queued, BulkStatus::Validating, BulkStatus::Running, BulkStatus::Canceling];

/// What to do with a file.
#[derive(Clone, Debug)]
pub struct NewOperation {
    /// What its rows are.
    pub kind: BulkKind,
    /// What to do with them.
    pub mode: BulkMode,
    /// The file, by its public id.
    pub upload: String,
    /// Whether to keep nothing of what is done.
    pub dry_run: bool,
    /// Further options, as the source and the application of the kind know them. `expectedScopeRows` is known here: without
    /// it nothing may replace a scope, unless a preview of it is confirmed.
    pub options: Map<String, Value>,
    /// What the client calls the operation.
    pub client_identifier: Option<String>,
}

/// Starts an operation on a whole file of the caller.
///
/// # Errors
/// `NOT_FOUND` when the caller has no such file, `CONFLICT` when the file is not whole or too many operations wait,
/// `BAD_USER_INPUT` for a kind that is not served here or options that lack something.
pub async fn start(work: &mut Work<'_>, bulk: &Bulk, new: NewOperation) -> AppResult<Model> {
    let upload = uploads::get(work.tx, work.caller, &new.upload).await?;
    let counted = new.options.get("expectedScopeRows").is_some_and(Value::is_u64);
    if new.mode == BulkMode::ReplaceScope && !new.dry_run && !counted {
        let message = "REPLACE_SCOPE deletes what the file lacks: say in `expectedScopeRows` how many rows there are now, \
                       or make a dry run and confirm it by `confirmPreview`.";
        return Err(AppError::bad_input(message));
    }
    let row = Model {
        kind: new.kind,
        mode: new.mode,
        options: Value::Object(new.options).to_string(),
        dry_run: new.dry_run,
        ..blank(work, &upload, new.client_identifier)
    };
    enqueue(work, bulk, &upload, row).await
}

/// An operation on a file of an upload, to be put into the queue.
pub(super) fn blank(work: &Work<'_>, upload: &upload::Model, client_identifier: Option<String>) -> Model {
    Model {
        account_id: upload.account_id,
        request_id: work.origin.request_id.clone(),
        client_identifier,
        ..unbegun(upload.id, upload.size, work.now)
    }
}

/// An operation on a file of so many bytes that has not begun: a dry run, of nobody.
pub(super) fn unbegun(upload: UploadId, bytes: i64, now: Timestamp) -> Model {
    Model {
        id: BulkOperationId::new(),
        account_id: None,
        request_id: None,
        client_identifier: None,
        kind: BulkKind::Projects,
        mode: BulkMode::Upsert,
        options: "{}".to_owned(),
        upload_id: upload,
        preview_id: None,
        dry_run: true,
        status: BulkStatus::Queued,
        phase: BulkPhase::Waiting,
        failure: None,
        rows_total: None,
        rows_done: 0,
        rows_created: 0,
        rows_updated: 0,
        rows_unchanged: 0,
        rows_deleted: 0,
        rows_failed: 0,
        rows_skipped: 0,
        bytes_total: bytes,
        bytes_done: 0,
        checkpoint: None,
        results_length: 0,
        errors_length: 0,
        error_summary: "[]".to_owned(),
        lease_owner: None,
        lease_until: None,
        served_at: None,
        started_at: None,
        finished_at: None,
        expires_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Puts an operation into the queue.
pub(super) async fn enqueue(work: &mut Work<'_>, bulk: &Bulk, upload: &upload::Model, row: Model) -> AppResult<Model> {
    if !bulk.handlers.contains_key(&row.kind) {
        return Err(AppError::bad_input(format!("Files of kind {} are not served here.", row.kind.code())));
    }
    if upload.status == UploadStatus::Expired || upload.expires_at <= work.now {
        return Err(AppError::new(ErrorCode::Conflict, "The upload has expired; send the file again."));
    }
    if upload.status != UploadStatus::Complete {
        let message =
            format!("{} of {} bytes of the file are here; send the rest first.", upload.received, upload.size);
        return Err(AppError::new(ErrorCode::Conflict, message));
    }
    if row.client_identifier.as_ref().is_some_and(|name| name.chars().count() > IDENTIFIER || name.contains('\0')) {
        return Err(AppError::bad_input(format!("`clientIdentifier` has more than {IDENTIFIER} characters.")));
    }
    let unfinished = Entity::find().filter(of_account(row.account_id)).filter(Column::Status.is_in(OPEN));
    if unfinished.count(work.tx).await? >= UNFINISHED {
        let message = format!("This account has {UNFINISHED} operations that have not ended; wait for one of them.");
        return Err(AppError::new(ErrorCode::Conflict, message));
    }
    Entity::insert(row.clone().into_active_model()).exec_without_returning(work.tx).await?;
    Ok(row)
}

fn of_account(account: Option<AccountId>) -> Condition {
    let condition = Condition::all();
    match account {
        Some(account) => condition.add(Column::AccountId.eq(account)),
        None => condition.add(Column::AccountId.is_null()),
    }
}

/// An operation that the caller started, or any for who looks after the service; held until the end of the transaction.
///
/// # Errors
/// `NOT_FOUND` when there is none that the caller may change.
pub(super) async fn hold(tx: &DatabaseTransaction, caller: &Caller, id: &str) -> AppResult<Model> {
    let operates = caller.may_everywhere(Permission::Operate);
    if !operates {
        caller.may(Permission::ImportRun)?;
    }
    let missing = || AppError::new(ErrorCode::NotFound, "There is no such operation of this account.");
    let id = BulkOperationId::parse(id).ok_or_else(missing)?;
    let mut found = Entity::find_by_id(id);
    if !operates {
        found = found.filter(of_account(caller.identity().map(|account| account.id)));
    }
    found.lock_exclusive().one(tx).await?.ok_or_else(missing)
}

/// Ends an operation: at once while it waits, else after the chunk that runs. What was applied stays.
///
/// # Errors
/// `NOT_FOUND` when there is none that the caller may change, `CONFLICT` when it has ended.
pub async fn cancel(work: &mut Work<'_>, bulk: &Bulk, id: &str) -> AppResult<Model> {
    let mut row = hold(work.tx, work.caller, id).await?;
    match row.status {
        BulkStatus::Queued => end(work.tx, bulk, &mut row, BulkStatus::Canceled).await?,
        BulkStatus::Validating | BulkStatus::Running => {
            row.status = BulkStatus::Canceling;
            lease::put(work.tx, &mut row, work.now).await?;
        }
        BulkStatus::Canceling => {}
        BulkStatus::Canceled
        | BulkStatus::Completed
        | BulkStatus::CompletedWithErrors
        | BulkStatus::Failed
        | BulkStatus::Expired => {
            let message = format!("The operation has ended already: {}.", row.status.code());
            return Err(AppError::new(ErrorCode::Conflict, message));
        }
    }
    Ok(row)
}

/// How long the files of an operation are kept after its end: 7 days.
const KEPT: i64 = 7 * 24 * 3600 * 1_000_000;

/// Ends an operation that is held: nobody has it any more, and its files are kept for a week.
pub(super) async fn end(tx: &DatabaseTransaction, bulk: &Bulk, row: &mut Model, status: BulkStatus) -> AppResult<()> {
    let now = (bulk.clock)().max(row.updated_at);
    let expires_at = entity::value::Timestamp(now.0.saturating_add(KEPT));
    row.status = status;
    row.phase = BulkPhase::Done;
    row.lease_owner = None;
    row.lease_until = None;
    row.finished_at = Some(now);
    row.expires_at = Some(expires_at);
    lease::put(tx, row, now).await?;
    keep_file(tx, row.upload_id, expires_at).await
}

/// Keeps the file as long as the operation, for a preview to be confirmed and for people who ask.
async fn keep_file(tx: &DatabaseTransaction, id: UploadId, until: entity::value::Timestamp) -> AppResult<()> {
    let upload = upload::Entity::find_by_id(id).one(tx).await?;
    let Some(upload) = upload.filter(|upload| upload.expires_at < until) else { return Ok(()) };
    let changed = upload::ActiveModel {
        version: sea_orm::ActiveValue::Set(upload.version + 1),
        expires_at: sea_orm::ActiveValue::Set(until),
        ..upload.into_active_model()
    };
    upload::Entity::update(changed).exec(tx).await?;
    Ok(())
}
