//! Rows of tables, applied through the service: row by row good or refused, in a handful of statements for a chunk.

use entity::bulk_operation;
use entity::value::{BulkKind, BulkMode};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::options::IntakeOptions;
use super::scope::Scope;
use super::source::{TYPE, table_kind};
use crate::bulk::apply::{Answer, Apply, Fault, Row};
use crate::error::{AppError, AppResult};
use crate::import::table::TableKind;
use crate::input::indicator::{self, IndicatorWrite};
use crate::input::plan::{self, PointWrite};
use crate::input::project::{self, ProjectWrite};
use crate::input::unit::{self, UnitDelete, UnitWrite};
use crate::input::{At, Input};
use crate::service::work::Work;
use crate::service::write::project::{Edit, ProjectRow, Who};
use crate::service::write::{self, Atomicity, Mode, Outcome, Row as WriteRow, RowResult};

/// Applies the rows of tables.
pub(super) struct Tables;

impl Apply for Tables {
    fn chunk<'a>(
        &'a self,
        work: &'a mut Work<'_>,
        operation: &'a bulk_operation::Model,
        rows: &'a [Row],
        state: &'a mut Value,
    ) -> BoxFuture<'a, AppResult<Vec<Answer>>> {
        Box::pin(async move {
            let mut scope = match operation.mode {
                BulkMode::ReplaceScope => Some(Scope::resume(work, &IntakeOptions::of(operation)?, state).await?),
                BulkMode::Create | BulkMode::Update | BulkMode::Upsert | BulkMode::Delete => None,
            };
            let mut answers = Vec::with_capacity(rows.len());
            // Rows of one kind that stand together are applied together, in the order of the file.
            for run in rows.chunk_by(|a, b| kind_of(a, operation.kind) == kind_of(b, operation.kind)) {
                let Some(kind) = run.first().and_then(|row| kind_of(row, operation.kind)) else {
                    return Err(AppError::internal("a row without a kind"));
                };
                let results = apply(work, kind, operation.mode, scope.as_ref(), run).await?;
                if let Some(scope) = &mut scope {
                    scope.named(&results);
                }
                answers.extend(run.iter().zip(results).map(|(row, result)| answer(row, result)));
            }
            if let Some(scope) = &scope {
                *state = scope.state();
            }
            Ok(answers)
        })
    }

    fn can_set_aside(&self, operation: &bulk_operation::Model, rows: &[Row]) -> bool {
        // The rows of one kind are read, judged and written together; units are read again when their tree is made.
        let kinds = || rows.iter().map(|row| kind_of(row, operation.kind));
        kinds().all(|kind| kind == Some(TableKind::Projects))
            || kinds().all(|kind| kind == Some(TableKind::Indicators))
            || kinds().all(|kind| kind == Some(TableKind::PlanPoints))
    }

    fn finish<'a>(
        &'a self,
        work: &'a mut Work<'_>,
        operation: &'a bulk_operation::Model,
        failed: i64,
        state: &'a mut Value,
    ) -> BoxFuture<'a, AppResult<Vec<Answer>>> {
        Box::pin(async move {
            if operation.mode != BulkMode::ReplaceScope {
                return Ok(Vec::new());
            }
            let mut scope = Scope::resume(work, &IntakeOptions::of(operation)?, state).await?;
            let answers = scope.delete_rest(work, failed).await?;
            *state = scope.state();
            Ok(answers)
        })
    }
}

/// What a row is: what the operation says of all of them, or what it tells itself.
fn kind_of(row: &Row, kind: BulkKind) -> Option<TableKind> {
    let told = || TableKind::of_row_type(row.value.get(TYPE)?.as_str()?);
    table_kind(kind).or_else(told)
}

async fn apply(
    work: &mut Work<'_>,
    kind: TableKind,
    mode: BulkMode,
    scope: Option<&Scope>,
    rows: &[Row],
) -> AppResult<Vec<RowResult>> {
    let made = match mode {
        BulkMode::Create => Some(Mode::Create),
        BulkMode::Update => Some(Mode::Update),
        BulkMode::Upsert | BulkMode::ReplaceScope => Some(Mode::Upsert),
        BulkMode::Delete => None,
    };
    let edit: Vec<WriteRow<ProjectRow>> = match kind {
        TableKind::Units => return units(work, made, rows).await,
        TableKind::Projects => {
            let read = |row: &Row| {
                let mut row = read(project::write(), row, made.is_none());
                if let Some(scope) = scope {
                    scope.refuse_others(row.input.key.as_ref(), &mut row.errors);
                }
                row.map(|input| of_project(input, made))
            };
            rows.iter().map(read).collect()
        }
        TableKind::Indicators => {
            let read = |row| read(indicator::write(), row, made.is_none()).map(|input| of_indicator(input, made));
            rows.iter().map(read).collect()
        }
        TableKind::PlanPoints => {
            let read = |row| read(plan::write(), row, made.is_none()).map(|input| of_point(input, made));
            rows.iter().map(read).collect()
        }
    };
    write::project::apply(work, &edit, Atomicity::PerRow).await
}

async fn units(work: &mut Work<'_>, mode: Option<Mode>, rows: &[Row]) -> AppResult<Vec<RowResult>> {
    let rows: Vec<WriteRow<UnitWrite>> = rows.iter().map(|row| read(unit::upsert(), row, mode.is_none())).collect();
    let Some(mode) = mode else {
        let delete = |row: &UnitWrite| UnitDelete {
            key: row.key.clone(),
            expected_version: row.expected_version,
            cascade: None,
        };
        let rows: Vec<_> = rows.iter().map(|row| row.map(delete)).collect();
        return write::unit::delete(work, &rows, Atomicity::PerRow).await;
    };
    write::unit::apply(work, &rows, mode, Atomicity::PerRow).await
}

/// Reads a row by the input table of its kind. Only the key counts of one that is to be deleted.
fn read<T: Default + 'static>(table: &Input<T>, row: &Row, deletes: bool) -> WriteRow<T> {
    let mut value = row.value.clone();
    if let Value::Object(members) = &mut value {
        members.remove(TYPE);
        if deletes {
            members.insert("set".to_owned(), Value::Object(Map::new()));
        }
    }
    let mut errors = Vec::new();
    let input = table.read(&value, &At::ROOT, &mut errors);
    WriteRow { path: Vec::new(), input, errors }
}

fn of_project(row: &ProjectWrite, mode: Option<Mode>) -> ProjectRow {
    match mode {
        Some(mode) => ProjectRow::of_project(row, mode),
        None => ProjectRow {
            who: Who::Key(row.key.clone().unwrap_or_default(), &["key"]),
            mode: Mode::Update,
            expected_version: row.expected_version,
            // Who lists projects to delete means them with what is inside them.
            edit: Edit::DeleteProject { cascade: true },
        },
    }
}

fn of_indicator(row: &IndicatorWrite, mode: Option<Mode>) -> ProjectRow {
    let known = ProjectRow::of_indicator(row, mode.unwrap_or(Mode::Update));
    let ordinal = known.edit.part().unwrap_or_default();
    if mode.is_some() { known } else { ProjectRow { edit: Edit::Indicator(ordinal, None), ..known } }
}

fn of_point(row: &PointWrite, mode: Option<Mode>) -> ProjectRow {
    let known = ProjectRow::of_point(row, mode.unwrap_or(Mode::Update));
    let month = known.edit.part().unwrap_or_default();
    if mode.is_some() { known } else { ProjectRow { edit: Edit::Point(month, None), ..known } }
}

fn answer(row: &Row, result: RowResult) -> Answer {
    let faults: Vec<Fault> = result.errors.iter().map(|error| row.fault(error)).collect();
    let key = Some(result.key).filter(|key| !key.is_empty());
    // What an earlier row of the chunk made contradicts nothing; a row alone is never passed over.
    let outcome = if faults.is_empty() { result.outcome } else { Outcome::Failed };
    Answer { outcome, key, faults, seen: result.seen.map(i64::from) }
}
