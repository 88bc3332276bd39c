//! The bytes of an upload, written to disk as they come.
//!
//! What the row calls received is on disk for certain: a client can go on there after any failure of either side.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use entity::id::UploadId;
use entity::upload;
use entity::value::UploadStatus;
use futures_util::{Stream, StreamExt};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use tokio::io::AsyncWriteExt;
use tokio::task::spawn_blocking;

use super::checkpoint::hex;
use super::{Bulk, uploads};
use crate::auth::Caller;
use crate::clock::Clock;
use crate::db::Job;
use crate::error::{AppError, AppResult, ErrorCode};

/// Bytes after which what was received is made certain.
const CERTAIN: u64 = 16 << 20;

/// Where the bytes of a request belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole file, from its beginning.
    Whole,
    /// So many bytes from a place on, of a file of a size that the client knows.
    Range {
        /// The first byte, from 0.
        from: u64,
        /// Number of bytes.
        length: u64,
        /// Size of the file, where the client named it.
        total: Option<u64>,
    },
}

/// What became of the bytes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The file was whole before; none were taken.
    Known(upload::Model),
    /// The file is whole now, and its checksum is right.
    Whole(upload::Model),
    /// More bytes are needed.
    Part(upload::Model),
    /// The bytes belong elsewhere; none were taken.
    WrongOffset(upload::Model),
    /// There were more bytes than announced; none were kept.
    TooLarge(upload::Model),
    /// The bytes ended early; those that came are kept.
    Broken(upload::Model),
    /// The checksum is another one; the file must be sent again from its beginning.
    Mismatch(upload::Model),
}

impl Bulk {
    /// A file of the caller by its public id.
    ///
    /// # Errors
    /// As [`uploads::get`].
    pub async fn upload(&self, caller: &Caller, id: &str) -> AppResult<upload::Model> {
        uploads::get(self.db.read(), caller, id).await
    }

    /// Takes bytes of a file. `length` is the number of bytes in `body`, where the client said it.
    ///
    /// # Errors
    /// As [`uploads::get`], `BAD_USER_INPUT` for a size that is not the announced one, `CONFLICT` while another request
    /// sends the same file, `UNAVAILABLE` when the folder cannot be written.
    pub async fn receive<E: Send>(
        &self,
        caller: &Caller,
        id: &str,
        part: Part,
        length: Option<u64>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> AppResult<Received> {
        let row = self.upload(caller, id).await?;
        match row.status {
            UploadStatus::Receiving => {}
            UploadStatus::Complete => return Ok(Received::Known(row)),
            UploadStatus::Expired => {
                return Err(AppError::new(ErrorCode::NotFound, "The upload has expired; create a new one."));
            }
        }
        let size = row.size.unsigned_abs();
        if let Part::Range { total: Some(total), .. } = part
            && total != size
        {
            let message = format!("The file was announced with {size} bytes, not {total}.");
            return Err(AppError::bad_input(message));
        }
        let path = self.file_of(row.id);
        let file = spawn_blocking(move || open(&path)).await.map_err(AppError::internal)??;
        // Another request may have ended between reading the row and locking the file.
        let row = self.upload(caller, id).await?;
        if row.status == UploadStatus::Complete {
            return Ok(Received::Known(row));
        }
        let certain = row.received.unsigned_abs().min(file.metadata().map_err(unwritable)?.len());
        let (from, most) = match part {
            Part::Whole => (0, size),
            Part::Range { from, length, .. } => (from, length),
        };
        let row = self.record(&row, certain, None).await?;
        if part != Part::Whole && from != certain {
            return Ok(Received::WrongOffset(row));
        }
        let announced = length.unwrap_or(0).max(if part == Part::Whole { 0 } else { most });
        if from.saturating_add(announced) > size {
            return Ok(Received::TooLarge(row));
        }
        self.write(&row, file, from, most, body).await
    }

    async fn write<E: Send>(
        &self,
        row: &upload::Model,
        mut file: File,
        from: u64,
        most: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> AppResult<Received> {
        file.set_len(from).and_then(|()| file.seek(SeekFrom::Start(from))).map_err(unwritable)?;
        let mut file = tokio::fs::File::from_std(file);
        let (mut at, mut certain, end) = (from, from, from + most);
        let mut body = std::pin::pin!(body);
        let mut broken = false;
        while let Some(chunk) = body.next().await {
            let Ok(chunk) = chunk else {
                broken = true;
                break;
            };
            at += chunk.len() as u64;
            if at > end {
                file.set_len(from).await.map_err(unwritable)?;
                return Ok(Received::TooLarge(self.record(row, from, None).await?));
            }
            file.write_all(&chunk).await.map_err(unwritable)?;
            if at - certain >= CERTAIN {
                file.sync_data().await.map_err(unwritable)?;
                self.record(row, at, None).await?;
                certain = at;
            }
        }
        file.flush().await.map_err(unwritable)?;
        file.sync_all().await.map_err(unwritable)?;
        if broken || at < end {
            return Ok(Received::Broken(self.record(row, at, None).await?));
        }
        if at < row.size.unsigned_abs() {
            return Ok(Received::Part(self.record(row, at, None).await?));
        }
        // The lock goes with the file, so it stays open until the row says that the file is whole.
        let path = self.file_of(row.id);
        let sha256 = spawn_blocking(move || digest(&path)).await.map_err(AppError::internal)?.map_err(unwritable)?;
        if row.sha256.as_ref().is_some_and(|announced| *announced != sha256) {
            file.set_len(0).await.map_err(unwritable)?;
            return Ok(Received::Mismatch(self.record(row, 0, None).await?));
        }
        Ok(Received::Whole(self.record(row, at, Some(sha256)).await?))
    }

    /// Writes down how many bytes are on disk, and the checksum of a whole file. Nothing when that is known already.
    async fn record(&self, row: &upload::Model, received: u64, sha256: Option<String>) -> AppResult<upload::Model> {
        let received = i64::try_from(received).map_err(AppError::internal)?;
        if sha256.is_none() && row.received == received {
            let same = upload::Entity::find_by_id(row.id).one(self.db.read()).await?;
            if let Some(same) = same.filter(|same| same.received == received) {
                return Ok(same);
            }
        }
        self.db.commit(&Record { id: row.id, received, sha256, clock: self.clock }).await
    }
}

/// Opens the file of an upload and keeps other requests from it.
fn open(path: &Path) -> AppResult<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let is_new = !path.exists();
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let message = "Another request is sending this file; wait for its end, or send one after the other.";
            return Err(AppError::new(ErrorCode::Conflict, message));
        }
        Err(TryLockError::Error(error)) => return Err(unwritable(error)),
    }
    // A file is lost with its name.
    if is_new && let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable)?;
    }
    Ok(file)
}

/// SHA-256 of a file, 64 hexadecimal digits. Blocks.
///
/// # Errors
/// When the file cannot be read.
pub fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(context.finish().as_ref())),
            read => context.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

fn unwritable(error: io::Error) -> AppError {
    AppError::new(ErrorCode::Unavailable, "The folder of the service's uploads cannot be written.").caused_by(error)
}

struct Record {
    id: UploadId,
    received: i64,
    sha256: Option<String>,
    clock: Clock,
}

impl Job for Record {
    type Output = upload::Model;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<upload::Model> {
        use sea_orm::sea_query::ExprTrait;
        let mut update = upload::Entity::update_many()
            .col_expr(upload::Column::Received, Expr::value(self.received))
            .col_expr(upload::Column::Version, Expr::col(upload::Column::Version).add(1))
            .col_expr(upload::Column::UpdatedAt, Expr::value((self.clock)()))
            .filter(upload::Column::Id.eq(self.id))
            .filter(upload::Column::Status.eq(UploadStatus::Receiving));
        if let Some(sha256) = &self.sha256 {
            update = update
                .col_expr(upload::Column::ActualSha256, Expr::value(sha256.clone()))
                .col_expr(upload::Column::Status, Expr::value(UploadStatus::Complete));
        }
        update.exec(tx).await?;
        let row = upload::Entity::find_by_id(self.id).one(tx).await?;
        row.ok_or_else(|| AppError::internal("an upload is gone"))
    }
}
