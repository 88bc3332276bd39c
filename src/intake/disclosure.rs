//! A published document as a bulk operation: one row, taken in one transaction.

use std::path::Path;

use entity::{bulk_operation, upload};
use futures_util::future::BoxFuture;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::options::IntakeOptions;
use crate::bulk::apply::{Answer, Apply, Fault, Place, Position, Read, Row, Rows, Source};
use crate::error::{AppError, AppResult};
use crate::import::report::Rejected;
use crate::import::{self, FileStore, Report};
use crate::service::stored::Tally;
use crate::service::work::Work;
use crate::service::write::Outcome;

/// Gives the file as one row.
pub(super) struct Whole;

/// A file that is one row: given or not.
struct One {
    row: Option<Row>,
    length: u64,
}

impl Source for Whole {
    fn open(
        &self,
        file: &Path,
        operation: &bulk_operation::Model,
        from: Option<&Position>,
    ) -> AppResult<Box<dyn Rows>> {
        let length = operation.bytes_total.unsigned_abs();
        let place = Place { line: 1, sheet: None };
        let row = Row { place, value: json!({ "file": file }), parts: None };
        let done = from.is_some_and(|from| from.bytes >= length);
        Ok(Box::new(One { row: Some(row).filter(|_| !done), length }))
    }

    fn count(&self, _: &Path, _: &bulk_operation::Model) -> AppResult<Option<u64>> {
        Ok(Some(1))
    }
}

impl Rows for One {
    fn next(&mut self) -> AppResult<Option<Read>> {
        Ok(self.row.take().map(Ok))
    }

    fn position(&self) -> Position {
        Position { bytes: if self.row.is_some() { 0 } else { self.length }, state: Value::Null }
    }
}

/// Imports the document; the projects that it could not take are answers of their own.
pub(super) struct Disclosures {
    /// Where the originals are kept.
    pub(super) files: FileStore,
}

impl Apply for Disclosures {
    fn chunk<'a>(
        &'a self,
        work: &'a mut Work<'_>,
        operation: &'a bulk_operation::Model,
        rows: &'a [Row],
        state: &'a mut Value,
    ) -> BoxFuture<'a, AppResult<Vec<Answer>>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(rows.len());
            for row in rows {
                let report = self.import(work, operation, row).await?;
                answers.push(answer(&report));
                *state = serde_json::to_value(&report.rejected).map_err(AppError::internal)?;
            }
            Ok(answers)
        })
    }

    fn finish<'a>(
        &'a self,
        _: &'a mut Work<'_>,
        _: &'a bulk_operation::Model,
        _: i64,
        state: &'a mut Value,
    ) -> BoxFuture<'a, AppResult<Vec<Answer>>> {
        Box::pin(async move {
            let rejected: Option<Vec<Rejected>> = serde_json::from_value(state.take()).map_err(AppError::internal)?;
            Ok(rejected.unwrap_or_default().into_iter().map(refused).collect())
        })
    }
}

impl Disclosures {
    async fn import(&self, work: &mut Work<'_>, operation: &bulk_operation::Model, row: &Row) -> AppResult<Report> {
        let file = row.value.get("file").and_then(Value::as_str).unwrap_or_default().to_owned();
        let scope = IntakeOptions::of(operation)?.scope.unwrap_or_default();
        let upload = upload_of(work, operation).await?;
        let options = import::Options {
            division: scope.division_code.unwrap_or_default(),
            division_name: scope.division_name,
            fiscal_year: scope.fiscal_year,
            unit_code: scope.unit_code,
            unit_name: scope.unit_name,
            publish: false,
            dry_run: operation.dry_run,
        };
        let prepared = spawn_blocking(move || {
            let bytes = import::files::read_bounded(Path::new(&file)).map_err(AppError::internal)?;
            import::prepare(import::Source { name: upload.file_name, bytes }, options)
        });
        let prepared = prepared.await.map_err(AppError::internal)??;
        if !operation.dry_run {
            // The file first: a row never points to a file that is not there.
            prepared.keep(&self.files)?;
        }
        prepared.store(work).await
    }
}

async fn upload_of(work: &Work<'_>, operation: &bulk_operation::Model) -> AppResult<upload::Model> {
    let found = upload::Entity::find_by_id(operation.upload_id).one(work.tx).await?;
    found.ok_or_else(|| AppError::internal("an upload is gone"))
}

/// What became of the document as a whole.
fn answer(report: &Report) -> Answer {
    let parts = &report.parts;
    let tallies = [&report.units, &report.goals, &parts.projects, &parts.plans, &parts.objectives, &parts.indicators];
    let any = |count: fn(&Tally) -> u64| tallies.iter().any(|tally| count(tally) > 0);
    let changed = any(|tally| tally.updated) || any(|tally| tally.deleted);
    let outcome = match (any(|tally| tally.created), changed, any(|tally| tally.unchanged)) {
        (true, false, false) => Outcome::Created,
        (false, false, _) => Outcome::Unchanged,
        (true, _, _) | (_, true, _) => Outcome::Updated,
    };
    let key = format!("{} {} {} {}", report.division, report.fiscal_year, report.unit, report.file);
    Answer { outcome, key: Some(key), faults: Vec::new(), seen: None }
}

/// A project of the document that was not taken.
fn refused(rejected: Rejected) -> Answer {
    let fault = Fault {
        code: "PROJECT_REJECTED".to_owned(),
        path: Vec::new(),
        message: rejected.reason,
        message_zh: rejected.reason_zh,
        place: Some(rejected.place),
    };
    Answer { outcome: Outcome::Failed, key: Some(rejected.heading), faults: vec![fault], seen: None }
}
