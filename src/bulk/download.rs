//! The files of results for their readers: as long as the checkpoint says, also while the operation runs.

use std::io::ErrorKind;

use entity::bulk_operation::{Column, Entity};
use entity::id::BulkOperationId;
use entity::value::BulkStatus;
use sea_orm::{ColumnTrait, QueryFilter};
use tokio::fs::File;

use super::Bulk;
use super::results::Which;
use crate::auth::Caller;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::scope;

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
    /// A file of results of an operation that the caller may see.
    ///
    /// # Errors
    /// `NOT_FOUND` when there is no such operation that the caller may see, and when its files were deleted.
    pub async fn download(&self, caller: &Caller, id: &str, which: Which) -> AppResult<Download> {
        let missing = || AppError::new(ErrorCode::NotFound, "There is no such operation that this account may see.");
        let visible = scope::find::<Entity>(caller)?;
        let id = BulkOperationId::parse(id).ok_or_else(missing)?;
        let row = visible.filter(Column::Id.eq(id)).one(self.db.read()).await?.ok_or_else(missing)?;
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
