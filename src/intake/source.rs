//! Tables of any format as rows of a bulk operation.

use std::fs::File;
use std::io::{Read as _, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use entity::bulk_operation;
use entity::value::BulkKind;
use serde_json::Value;

use super::options::{BlankCells, IntakeOptions};
use crate::bulk::apply::{Fault, InChinese, Parts, Place, Position, Read, Row, Rows, Source, Unread};
use crate::error::{AppError, AppResult};
use crate::import::table::place::Place as TablePlace;
use crate::import::table::{self, FileError, Format, Options, RowPlace, Table, TableKind};
use crate::lang::Lang;

/// Bytes of a file by which its format is told.
const HEAD: u64 = 4096;
/// The member of a row that says what it is.
pub(super) const TYPE: &str = "type";

/// Reads JSONL, CSV and XLSX; the format is told by the content.
pub(super) struct Tables;

/// The kind of all rows of an operation; none when each row tells its own.
pub(super) fn table_kind(kind: BulkKind) -> Option<TableKind> {
    match kind {
        BulkKind::Projects => Some(TableKind::Projects),
        BulkKind::Indicators => Some(TableKind::Indicators),
        BulkKind::Units => Some(TableKind::Units),
        BulkKind::PlanPoints => Some(TableKind::PlanPoints),
        BulkKind::Mixed | BulkKind::Disclosure => None,
    }
}

/// How the tables of an operation are read.
pub(super) fn table_options(kind: BulkKind) -> Options {
    Options { kind: table_kind(kind), ..Options::default() }
}

/// A refused file, with the words of both languages.
pub(super) fn refused(error: FileError) -> AppError {
    match error {
        FileError::Unreadable(cause) => AppError::internal(cause),
        error => AppError::bad_input(error.message(Lang::En)).caused_by(InChinese(error.message(Lang::Zh))),
    }
}

impl Source for Tables {
    fn open(
        &self,
        file: &Path,
        operation: &bulk_operation::Model,
        from: Option<&Position>,
    ) -> AppResult<Box<dyn Rows>> {
        let mut file = File::open(file).map_err(AppError::internal)?;
        let length = file.metadata().map_err(AppError::internal)?.len();
        let format = format_of(&mut file).map_err(AppError::internal)?;
        let options = table_options(operation.kind);
        let table = match from {
            None => Table::open(format, file, &options),
            Some(from) => {
                let position: table::Position =
                    serde_json::from_value(from.state.clone()).map_err(AppError::internal)?;
                Table::resume(format, file, &options, &position)
            }
        };
        let clears = IntakeOptions::of(operation)?.blank_cells == BlankCells::Clear;
        Ok(Box::new(Open { table: table.map_err(refused)?, length, clears }))
    }
}

/// The format by the first bytes: a package is a workbook, a brace begins JSON, all else is CSV.
fn format_of(file: &mut File) -> std::io::Result<Format> {
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    Ok(match text {
        [b'P', b'K', 3 | 5, ..] => Format::Xlsx,
        [b'{' | b'[', ..] => Format::Jsonl,
        _ => Format::Csv,
    })
}

/// A table that is being read.
struct Open {
    table: Table<File>,
    /// Bytes of the file.
    length: u64,
    /// Whether blank cells clear.
    clears: bool,
}

impl Rows for Open {
    fn next(&mut self) -> AppResult<Option<Read>> {
        let Some(row) = self.table.next() else { return Ok(None) };
        let mut row = row.map_err(refused)?;
        let place = place(&row.place);
        if !row.faults.is_empty() {
            let faults = row.faults.iter().map(fault).collect();
            return Ok(Some(Err(Unread { place, faults })));
        }
        if self.clears {
            row.clear_blanks();
        }
        let mut value = std::mem::take(&mut row.json);
        if let Value::Object(members) = &mut value {
            members.insert(TYPE.to_owned(), row.kind.row_type().into());
        }
        Ok(Some(Ok(Row { place, value, parts: Some(Arc::new(Cells(row))) })))
    }

    fn position(&self) -> Position {
        let progress = self.table.progress();
        // The sheets of a workbook are larger than the workbook; the part of them that was read counts.
        let bytes = u128::from(progress.done) * u128::from(self.length) / u128::from(progress.of.max(1));
        let bytes = u64::try_from(bytes).unwrap_or(self.length).min(self.length);
        // Numbers with names: JSON can say them.
        Position { bytes, state: serde_json::to_value(self.table.position()).unwrap_or_default() }
    }
}

/// The cells of a row.
#[derive(Debug)]
struct Cells(table::Row);

impl Parts for Cells {
    fn place_of(&self, path: &[String]) -> String {
        self.0.place_of(path).to_string()
    }
}

/// Where a row stands, in the form of the results.
fn place(row: &RowPlace) -> Place {
    match row {
        RowPlace::Line(line) => Place { line: *line, sheet: None },
        RowPlace::Row { sheet, row } => Place { line: u64::from(*row), sheet: Some(sheet.to_string()) },
    }
}

fn fault(fault: &table::Fault) -> Fault {
    Fault {
        code: fault.problem.code().to_owned(),
        path: Vec::new(),
        message: fault.problem.message(Lang::En),
        message_zh: fault.problem.message(Lang::Zh),
        place: Some(TablePlace::to_string(&fault.place)),
    }
}
