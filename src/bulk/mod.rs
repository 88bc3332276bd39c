//! Bulk operations from files: uploads, the queue, the worker with its checkpoints, and the files of results.
//!
//! A client announces a file ([`uploads::create_upload`]), sends its bytes ([`receive`]), and starts an operation on it
//! ([`queue::start`]). The operation waits in the database until a [`worker`] takes it, fairly between accounts. A worker
//! has it by a lease: when the process dies, another one goes on. Rows are read as a stream by a [`apply::Source`] and
//! applied chunk by chunk by an [`apply::Apply`]; the checkpoint is written in the transaction of the chunk, so no row is
//! applied twice and none is left out. [`results`] has one line for each row; a run that was interrupted ends with the same
//! bytes as an undisturbed one.
//!
//! [`load`](mod@load) takes files into an empty database at once, without the queue.
//!
//! All processes on one database share the data folder. What a row means and how a format is read is not known here.

pub mod apply;
mod check;
mod checkpoint;
pub mod download;
mod group;
mod instance;
mod lease;
pub mod load;
mod numbers;
pub mod preview;
pub mod progress;
pub mod queue;
pub mod receive;
pub mod results;
mod run;
mod step;
pub mod summary;
pub mod sweep;
pub mod uploads;
pub mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use entity::id::UploadId;
use entity::value::BulkKind;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::db::Db;
use crate::metrics::Metrics;

pub use apply::Handler;
pub use preview::confirm_preview;
pub use queue::{cancel, start};
pub use uploads::create_upload;

/// How bulk operations are run.
#[derive(Clone, Copy, Debug)]
pub struct BulkSettings {
    /// Operations that one process works on at a time; 0 leaves them to other processes.
    pub workers: usize,
    /// Largest file of a system, in bytes; people are held to [`uploads::PERSON_BYTES`] as well.
    pub upload_bytes: u64,
    /// How long a worker has an operation without giving a sign of life.
    pub lease: Duration,
    /// How long a worker stays with one operation while those of other accounts wait.
    pub slice: Duration,
    /// How long a worker without work waits until it looks into the queue again.
    pub poll: Duration,
}

impl BulkSettings {
    /// What ships: files of 4 GiB, leases of 30 s, slices of 10 s.
    pub const DEFAULT: Self = Self {
        workers: 2,
        upload_bytes: 4096 << 20,
        lease: Duration::from_secs(30),
        slice: Duration::from_secs(10),
        poll: Duration::from_secs(1),
    };
}

/// What everything here works with; clones are the same.
#[derive(Clone)]
pub struct Bulk {
    db: Db,
    folder: PathBuf,
    settings: BulkSettings,
    handlers: Arc<BTreeMap<BulkKind, Handler>>,
    clock: Clock,
    wake: Arc<Notify>,
    metrics: Option<Metrics>,
}

impl Bulk {
    /// Bulk operations on a database, with their files below `folder`. A kind without a handler is refused.
    pub fn new(
        db: Db,
        folder: impl Into<PathBuf>,
        settings: BulkSettings,
        handlers: BTreeMap<BulkKind, Handler>,
        clock: Clock,
    ) -> Self {
        let (handlers, wake) = (Arc::new(handlers), Arc::new(Notify::new()));
        Self { db, folder: folder.into(), settings, handlers, clock, wake, metrics: None }
    }

    /// Counts in these numbers what becomes of rows and operations.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// How they are run.
    pub fn settings(&self) -> &BulkSettings {
        &self.settings
    }

    /// Lets the workers of this process look into the queue at once; to be called after an operation was started.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// The file of an upload.
    fn file_of(&self, upload: UploadId) -> PathBuf {
        self.folder.join("uploads").join(upload.public())
    }

    /// The files of results.
    fn results(&self) -> results::Results {
        results::Results::new(self.folder.join("operations"))
    }
}
