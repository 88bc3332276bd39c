//! Announcing a file, and finding it again.

use entity::id::{AccountId, UploadId};
use entity::upload;
use entity::value::{AccountKind, Timestamp, UploadStatus};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use serde::Serialize;

use super::BulkSettings;
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::Work;

/// Largest file of a person, in bytes (`reliability.md` 3).
pub const PERSON_BYTES: u64 = 20 << 20;
/// Files of one account at a time.
pub const FILES: u64 = 100;
/// Bytes of these files together, as a multiple of the largest file.
pub const FILES_BYTES: u64 = 4;
/// How long a file is kept that nothing is done with.
const LIFE: i64 = 24 * 3600 * 1_000_000;
/// Longest name of a file, in characters.
const NAME: usize = 200;

/// A file that a client is going to send.
#[derive(Clone, Debug)]
pub struct NewUpload {
    /// Its name at the client; its ending tells the format.
    pub file_name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, 64 hexadecimal digits; checked when all bytes are there.
    pub sha256: Option<String>,
}

impl BulkSettings {
    /// The largest file of a caller, in bytes.
    pub fn file_bytes(&self, caller: &Caller) -> u64 {
        match caller.identity().map(|account| account.kind) {
            Some(AccountKind::Person) => self.upload_bytes.min(PERSON_BYTES),
            Some(AccountKind::Service) | None => self.upload_bytes,
        }
    }
}

/// Announces a file of the caller. Its bytes are sent to `PUT /v1/uploads/{id}`.
///
/// # Errors
/// `BAD_USER_INPUT` for a name, size or checksum that cannot be, `TOO_LARGE` above the limit of the caller, `CONFLICT` when the
/// caller has too many files already.
pub async fn create_upload(work: &mut Work<'_>, settings: &BulkSettings, new: NewUpload) -> AppResult<upload::Model> {
    work.caller.may(Permission::ImportRun)?;
    let most = settings.file_bytes(work.caller);
    let name = new.file_name.trim();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'))
    {
        let message = format!("`fileName` must be the name of a file without its folder, of 1 to {NAME} characters.");
        return Err(AppError::bad_input(message));
    }
    if new.size == 0 {
        return Err(AppError::bad_input("`size` must be the size of the file in bytes, 1 or more."));
    }
    if new.size > most {
        let message = format!("The file has {} bytes; the limit is {most}. Send it in several files.", new.size);
        return Err(AppError::new(ErrorCode::TooLarge, message));
    }
    let sha256 = new.sha256.map(|text| text.to_ascii_lowercase());
    let is_digest = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if sha256.as_ref().is_some_and(|text| !is_digest(text)) {
        return Err(AppError::bad_input("`sha256` must be 64 hexadecimal digits."));
    }
    let account_id = work.caller.identity().map(|account| account.id);
    let (files, bytes) = kept(work, account_id).await?;
    if files >= FILES || bytes.saturating_add(new.size) > most.saturating_mul(FILES_BYTES) {
        let message = format!(
            "This account has {files} files of {bytes} bytes here; the limits are {FILES} files and {} bytes. Files go \
             with their operations, or a day after nothing was done with them.",
            most.saturating_mul(FILES_BYTES)
        );
        return Err(AppError::new(ErrorCode::Conflict, message));
    }
    let size = i64::try_from(new.size).map_err(AppError::internal)?;
    let row = upload::Model {
        id: UploadId::new(),
        account_id,
        file_name: name.to_owned(),
        size,
        sha256,
        actual_sha256: None,
        received: 0,
        status: UploadStatus::Receiving,
        expires_at: Timestamp(work.now.0.saturating_add(LIFE)),
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    upload::Entity::insert(row.clone().into_active_model()).exec_without_returning(work.tx).await?;
    Ok(row)
}

/// Number and bytes of the files that an account has here.
async fn kept(work: &Work<'_>, account: Option<AccountId>) -> AppResult<(u64, u64)> {
    use sea_orm::sea_query::ExprTrait;
    let kept = upload::Entity::find()
        .select_only()
        .column_as(upload::Column::Id.count(), "files")
        .column_as(upload::Column::Size.sum().cast_as("bigint"), "bytes")
        .filter(of_account(account))
        .filter(upload::Column::Status.ne(UploadStatus::Expired))
        .into_tuple::<(i64, Option<i64>)>()
        .one(work.tx)
        .await?;
    let (files, bytes) = kept.unwrap_or_default();
    Ok((files.unsigned_abs(), bytes.unwrap_or_default().unsigned_abs()))
}

/// The rows of an account, or those of the operator.
fn of_account(account: Option<AccountId>) -> Condition {
    let condition = Condition::all();
    match account {
        Some(account) => condition.add(upload::Column::AccountId.eq(account)),
        None => condition.add(upload::Column::AccountId.is_null()),
    }
}

/// An upload as its client sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// Its public id.
    pub id: String,
    /// Name of the file.
    pub file_name: String,
    /// Size in bytes that was announced.
    pub size: u64,
    /// Bytes that are here.
    pub received: u64,
    /// Whether the file is whole and its checksum right.
    pub complete: bool,
    /// SHA-256 of the whole file; null until then.
    pub sha256: Option<String>,
}

impl From<&upload::Model> for Described {
    fn from(row: &upload::Model) -> Self {
        Self {
            id: row.id.public(),
            file_name: row.file_name.clone(),
            size: row.size.unsigned_abs(),
            received: row.received.unsigned_abs(),
            complete: row.status == UploadStatus::Complete,
            sha256: row.actual_sha256.clone(),
        }
    }
}

/// A file of the caller by its public id.
///
/// # Errors
/// `NOT_FOUND` when there is none, or it is another account's (the two look alike).
pub async fn get(db: &impl ConnectionTrait, caller: &Caller, id: &str) -> AppResult<upload::Model> {
    caller.may(Permission::ImportRun)?;
    let missing = || AppError::new(ErrorCode::NotFound, "There is no such upload of this account.");
    let id = UploadId::parse(id).ok_or_else(missing)?;
    let account = caller.identity().map(|account| account.id);
    upload::Entity::find_by_id(id).filter(of_account(account)).one(db).await?.ok_or_else(missing)
}
