//! Tables directly on the database: the same queue and worker as in the service, inside this process.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use entity::bulk_operation;
use entity::id::BulkOperationId;
use futures_util::stream;
use sea_orm::EntityTrait;
use serde_json::{Map, Value};
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::tables::{State, name};
use crate::app;
use crate::auth::Caller;
use crate::bulk::load::NewLoad;
use crate::bulk::queue::NewOperation;
use crate::bulk::receive::{Part, Received};
use crate::bulk::results::Which;
use crate::bulk::uploads::NewUpload;
use crate::bulk::{self, Bulk, progress};
use crate::cli::failure::Failure;
use crate::clock;
use crate::config::Settings;
use crate::db::Db;
use crate::error::{AppError, AppResult};
use crate::service::work::{Origin, Work};

/// Bytes of a file that are read at a time.
const READ: usize = 256 * 1024;

/// A database with a worker on it.
pub struct Direct {
    db: Db,
    bulk: Bulk,
    stop: oneshot::Sender<()>,
    worker: JoinHandle<AppResult<()>>,
}

impl Direct {
    /// Begins to work on the queue of a database.
    pub fn on(db: Db, settings: &Settings) -> Self {
        let bulk = app::bulk(settings, &db, app::handlers(settings));
        let (stop, stopped) = oneshot::channel::<()>();
        let working = bulk.clone();
        let worker = tokio::spawn(async move { working.work(async { drop(stopped.await) }).await });
        Self { db, bulk, stop, worker }
    }

    /// Ends the work and closes the database.
    pub async fn close(self) -> Result<(), Failure> {
        drop(self.stop);
        self.worker.await.map_err(AppError::internal)??;
        Ok(self.db.close().await?)
    }

    /// Does something as the operator, in one unit of work.
    async fn work<T>(&self, task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>) -> AppResult<T> {
        let (caller, origin) = (Caller::operator(), Origin::of("import"));
        self.db.write(async |tx| Work::within(tx, &caller, &origin, clock::system, &task).await).await
    }

    pub async fn start(&self, file: &Path, options: &Map<String, Value>) -> Result<String, Failure> {
        let unread = |source| Failure::File { path: file.to_owned(), source };
        let open = tokio::fs::File::open(file).await.map_err(unread)?;
        let size = open.metadata().await.map_err(unread)?.len();
        let new = NewUpload { file_name: name(file), size, sha256: None };
        let upload = self.work(async |work| bulk::create_upload(work, self.bulk.settings(), new.clone()).await).await?;
        let id = upload.id.public();
        let body = stream::try_unfold(open, |mut file| async move {
            let mut bytes = BytesMut::with_capacity(READ);
            let read = file.read_buf(&mut bytes).await?;
            Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(bytes), file)))
        });
        let caller = Caller::operator();
        match self.bulk.receive(&caller, &id, Part::Whole, Some(size), body).await? {
            Received::Known(_) | Received::Whole(_) => {}
            Received::Part(_)
            | Received::WrongOffset(_)
            | Received::TooLarge(_)
            | Received::Broken(_)
            | Received::Mismatch(_) => {
                return Err(AppError::bad_input(format!("{} changed while it was read.", file.display())).into());
            }
        }
        let NewLoad { kind, mode, options, dry_run } = NewLoad::of(options);
        let new = NewOperation { kind, mode, upload: id, dry_run, options, client_identifier: None };
        let started = self.work(async |work| bulk::start(work, &self.bulk, new.clone()).await).await?;
        self.bulk.wake();
        Ok(started.id.public())
    }

    pub async fn state(&self, id: &str) -> Result<State, Failure> {
        let gone = || AppError::internal("an operation is gone");
        let id = BulkOperationId::parse(id).ok_or_else(gone)?;
        let found = bulk_operation::Entity::find_by_id(id).one(self.db.read()).await.map_err(AppError::from)?;
        let row = found.ok_or_else(gone)?;
        let failure = row.failure.as_deref().and_then(|failure| {
            let failure: Value = serde_json::from_str(failure).ok()?;
            failure["message"].as_str().map(str::to_owned)
        });
        Ok(State {
            percent: progress::percent(&row).unwrap_or(0).unsigned_abs(),
            has_ended: row.finished_at.is_some(),
            status: row.status.code().to_owned(),
            rows: vec![
                ("created", row.rows_created),
                ("updated", row.rows_updated),
                ("unchanged", row.rows_unchanged),
                ("deleted", row.rows_deleted),
                ("failed", row.rows_failed),
                ("skipped", row.rows_skipped),
            ],
            failure,
        })
    }

    pub async fn errors(&self, id: &str) -> Result<Vec<u8>, Failure> {
        let download = self.bulk.download(&Caller::operator(), id, Which::Errors).await?;
        let mut bytes = Vec::new();
        if let Some(file) = download.file {
            file.take(download.length).read_to_end(&mut bytes).await.map_err(AppError::internal)?;
        }
        Ok(bytes)
    }
}
