//! The files of results for their readers: as long as the checkpoint says, also while the operation runs.

use std::io::ErrorKind;
use std::path::PathBuf;

use entity::bulk_operation::{Column, Entity};
use entity::id::BulkOperationId;
use entity::upload;
use entity::value::{BulkKind, BulkStatus, UploadStatus};
use sea_orm::EntityTrait;
use tokio::fs::File;

use super::Bulk;
use super::results::Which;
use crate::auth::Caller;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::read::Reader;
use crate::service::scope::Scoped;

/// The file that a client sent for an operation, with the lines of its rows.
#[derive(Debug)]
pub struct Submitted {
    /// Where the file is.
    pub path: PathBuf,
    /// Its name at the client.
    pub file_name: String,
    /// What its rows are.
    pub kind: BulkKind,
    /// What became of them.
    pub results: Download,
}

/// A file of lines.
#[derive(Debug)]
pub struct Download {
    /// The file, open for reading; none when it has no lines.
    pub file: Option<File>,
    /// Bytes of it that are certain; it may be longer.
    pub length: u64,
    /// Names these bytes: other bytes have another name.
    pub tag: String,
}

impl Bulk {
    /// The submitted file of an operation that the caller may see, with its results so far.
    ///
    /// # Errors
    /// As [`Bulk::download`], and `NOT_FOUND` when the submitted file was deleted.
    pub async fn submitted(&self, caller: &Caller, id: &str) -> AppResult<Submitted> {
        let results = self.download(caller, id, Which::Results).await?;
        let gone = || AppError::new(ErrorCode::NotFound, "The submitted file of this operation was deleted.");
        let id = BulkOperationId::parse(id).ok_or_else(gone)?;
        let row = Entity::find_by_id(id).one(self.db.read()).await?.ok_or_else(gone)?;
        let upload = upload::Entity::find_by_id(row.upload_id).one(self.db.read()).await?;
        let upload = upload.filter(|upload| upload.status == UploadStatus::Complete).ok_or_else(gone)?;
        Ok(Submitted { path: self.file_of(upload.id), file_name: upload.file_name, kind: row.kind, results })
    }

    /// A file of results of an operation that the caller may see.
    ///
    /// # Errors
    /// `NOT_FOUND` when there is no such operation that the caller may see, and when its files were deleted.
    pub async fn download(&self, caller: &Caller, id: &str, which: Which) -> AppResult<Download> {
        let missing = || AppError::new(ErrorCode::NotFound, "There is no such operation that this account may see.");
        caller.may(Entity::READ)?;
        let id = BulkOperationId::parse(id).ok_or_else(missing)?;
        let reader = Reader::new(self.db.asked_by(caller), caller);
        let (_, row) = reader.keyed::<Entity>(Column::Id, [id.0]).await?.pop().ok_or_else(missing)?;
        if row.status == BulkStatus::Expired {
            let message = "The files of this operation were deleted a week after its end; start it again.";
            return Err(AppError::new(ErrorCode::NotFound, message));
        }
        let length = match which {
            Which::Results => row.results_length,
            Which::Errors => row.errors_length,
        };
        let tag = format!("{}-{length}", row.id.public());
        let file = match File::open(self.results().path(id, which)).await {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound && length == 0 => None,
            Err(error) => return Err(AppError::internal(error)),
        };
        Ok(Download { file, length: length.unsigned_abs(), tag })
    }
}
