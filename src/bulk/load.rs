//! Files that are loaded into an empty database: the same rows, judged in the same way and with the same lines of results as by the
//! queue, but all files in one transaction, all of them or nothing, by the fast path of the database.
//!
//! Memory is bounded by chunks, by [`REFUSED`] rows, and on SQLite by the pages that [`Load`] keeps.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use entity::bulk_operation::Model;
use entity::id::UploadId;
use entity::value::{BulkKind, BulkMode, BulkPhase, BulkStatus};
use serde_json::{Map, Value};

use super::Bulk;
use super::apply::Handler;
use super::checkpoint::Checkpoint;
use super::group::{Chunk, Group, Groups};
use super::queue::unbegun;
use super::step::{Applied, Step, Tally};
use crate::auth::Caller;
use crate::db::{Aside, Load};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::{Origin, Work};

/// So many refused rows are looked at; the files are not read on behind them.
pub const REFUSED: i64 = 10_000;

/// What to load.
#[derive(Clone, Debug)]
pub struct NewLoad {
    /// What the rows are.
    pub kind: BulkKind,
    /// What to do with them.
    pub mode: BulkMode,
    /// Further options, as for an operation.
    pub options: Map<String, Value>,
    /// Whether to keep nothing of what is done.
    pub dry_run: bool,
}

impl NewLoad {
    /// What options ask for that are in the form of the input of `importStart`.
    pub fn of(options: &Map<String, Value>) -> Self {
        let text = |name: &str| options.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut rest = options.clone();
        for name in ["kind", "mode", "dryRun"] {
            rest.remove(name);
        }
        Self {
            kind: BulkKind::from_code(text("kind")).unwrap_or(BulkKind::Mixed),
            mode: BulkMode::from_code(text("mode")).unwrap_or(BulkMode::Upsert),
            dry_run: options.get("dryRun").and_then(Value::as_bool).unwrap_or(true),
            options: rest,
        }
    }
}

/// What became of a file.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Its rows by what became of them.
    pub tally: Tally,
    /// A line for each refused row, as in the file of errors of an operation.
    pub errors: Vec<u8>,
}

/// Loads files as the operator, one after the other in one transaction, and says what became of each. When a row of any of
/// them is refused, nothing is kept. `progress` is told how many bytes of all files are done.
///
/// # Errors
/// When a file cannot be read, and when the database fails; then nothing is kept either.
pub async fn load(
    bulk: &Bulk,
    load: Load,
    new: &NewLoad,
    files: &[PathBuf],
    progress: impl Fn(u64),
) -> AppResult<Vec<Loaded>> {
    let handler = bulk.handlers.get(&new.kind).cloned();
    let handler = handler.ok_or_else(|| AppError::bad_input("Files of this kind are not served here."))?;
    let mut all = Vec::with_capacity(files.len());
    let (mut failed, mut done) = (0, 0);
    for file in files {
        if failed >= REFUSED {
            all.push(Loaded::default());
            continue;
        }
        let operation = operation(bulk, new, file)?;
        let size = operation.bytes_total.unsigned_abs();
        let run = Run { bulk, load: &load, handler: &handler, operation };
        let loaded = run.file(file, failed, |bytes| progress(done + bytes)).await;
        let loaded = loaded.map_err(|error| in_file(file, error))?;
        done += size;
        failed += loaded.tally.failed;
        all.push(loaded);
    }
    if failed > 0 || new.dry_run {
        load.give_up().await?;
    } else {
        load.commit().await?;
    }
    if failed > 0 {
        for loaded in &mut all {
            let Tally { created, updated, unchanged, deleted, failed, skipped } = loaded.tally;
            let skipped = created + updated + unchanged + deleted + skipped;
            loaded.tally = Tally { failed, skipped, ..Tally::default() };
        }
    }
    Ok(all)
}

/// A reason to refuse a file, with its name: there can be several.
fn in_file(file: &Path, error: AppError) -> AppError {
    if error.code() == ErrorCode::BadUserInput {
        return AppError::bad_input(format!("{}: {}", file.display(), error.message()));
    }
    error
}

/// A file that is being loaded.
struct Run<'a> {
    bulk: &'a Bulk,
    load: &'a Load,
    handler: &'a Handler,
    /// What the file would be in the queue; it is not stored.
    operation: Model,
}

impl Run<'_> {
    async fn file(&self, file: &Path, refused: i64, progress: impl Fn(u64)) -> AppResult<Loaded> {
        let mut loaded = Loaded::default();
        let mut before = Checkpoint::default();
        let source = Arc::clone(&self.handler.source);
        let mut groups = Groups::read(source, file.to_owned(), self.operation.clone(), None, 1);
        while let Some(group) = groups.next().await? {
            let applied = self.group(&group, &before).await?;
            before = applied.checkpoint;
            loaded.tally += applied.tally;
            loaded.errors.extend_from_slice(&applied.lines.errors);
            progress(group.position.bytes);
            if group.is_last || refused + loaded.tally.failed >= REFUSED {
                break;
            }
        }
        Ok(loaded)
    }

    async fn group(&self, group: &Group, before: &Checkpoint) -> AppResult<Applied> {
        let Self { bulk, load, handler, operation } = self;
        let step = Step { bulk, handler, owner: "", operation, before, group };
        let can_set_aside = |chunk: &Chunk| handler.apply.can_set_aside(operation, &chunk.rows);
        let copies = load.copies() && group.chunks.iter().all(can_set_aside);
        let (caller, origin) = (Caller::operator(), Origin::of("import"));
        let (applied, rest) = load
            .piece(async |tx| {
                let work = Work::begin(tx, &caller, &origin, bulk.clock);
                let mut work = if copies { work.setting_aside() } else { work };
                let applied = step.apply_within(&mut work).await?;
                if copies {
                    let (aside, rest) = work.finish_aside().await?;
                    return Ok(((applied, Some(rest)), aside));
                }
                work.finish().await?;
                Ok(((applied, None), Aside::default()))
            })
            .await?;
        if let Some(rest) = rest {
            load.piece(async |tx| Ok((rest.finish(tx).await?, Aside::default()))).await?;
        }
        Ok(applied)
    }
}

/// The operation that a file would be in the queue.
fn operation(bulk: &Bulk, new: &NewLoad, file: &Path) -> AppResult<Model> {
    let size = file.metadata().map_err(AppError::internal)?.len();
    let bytes = i64::try_from(size).map_err(AppError::internal)?;
    Ok(Model {
        kind: new.kind,
        mode: new.mode,
        options: Value::Object(new.options.clone()).to_string(),
        dry_run: new.dry_run,
        status: BulkStatus::Running,
        phase: BulkPhase::Applying,
        ..unbegun(UploadId::new(), bytes, (bulk.clock)())
    })
}
