//! Tables for bulk writing: a file of rows becomes rows of JSON in the shape of the mutation inputs, one after the other.
//!
//! Three formats give the same rows: [`Format::Jsonl`] (one object a line), [`Format::Csv`] and [`Format::Xlsx`] (columns
//! as in [`columns`]). A row says where it stands, holds what could be read, and lists as [`Fault`]s what could not; a file
//! that cannot be read at all is a [`FileError`]. Whether the values make sense is judged by whoever takes the rows: here
//! is only decided what is written in a cell.
//!
//! JSONL and CSV are read with a record in memory, a workbook with its packed bytes, the texts that its cells share and a
//! row, its sheets being unpacked into temporary files; all within [`Limits`]. Reading blocks; [`Table::position`] after a row is where [`Table::resume`] goes on.

mod assemble;
mod cell;
pub mod columns;
mod delimited;
pub mod error;
pub mod fault;
pub mod guide;
mod header;
mod json;
mod lines;
mod look;
mod number;
pub mod place;
mod result;
pub mod row;
pub mod template;
mod text;
mod workbook;
mod worksheet;
mod xlsx;

use std::io::{Read, Seek};

use serde::{Deserialize, Serialize};

pub use columns::TableKind;
pub use error::FileError;
pub use fault::{Fault, Problem};
pub use place::{Place, RowPlace};
pub use result::{ResultError, RowResult, result_workbook};
pub use row::Row;

use super::limits::Limits as PackageLimits;

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object a line, with the parts of a project inside it.
    Jsonl,
    /// Columns divided by comma, semicolon or tab, in UTF-8 or GB18030.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// How much a table may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a workbook: its bytes, parts, texts and nesting.
    pub package: PackageLimits,
    /// Bytes of one line of JSONL or one record of CSV. A longer one is passed over without being held.
    pub record: usize,
    /// Objects and lists inside each other, in JSONL.
    pub nesting: usize,
    /// Columns of a table.
    pub columns: usize,
    /// Merged ranges of a sheet.
    pub merges: usize,
    /// Bytes of the texts that the cells of a workbook share.
    pub texts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // Parts are not held in memory, unlike those of documents; a sheet may declare all its rows.
        let package =
            PackageLimits { unpacked: 300 << 20, part: 256 << 20, entries: 2_000, ..PackageLimits::default() };
        Self { package, record: 1 << 20, nesting: 16, columns: 256, merges: 100_000, texts: 64 << 20 }
    }
}

/// What is known about a table before it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What the rows are. Without it the file tells: JSONL by `"type"` on each line, CSV by its headings, a workbook by
    /// the names of its sheets, which are then read in the order of [`TableKind::ALL`].
    pub kind: Option<TableKind>,
    /// Limits of the reading.
    pub limits: Limits,
}

/// How far a table has been read: everything before it is done. Good for the same bytes and options only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(At);

/// A position, by format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum At {
    /// In JSONL and CSV: the next byte, and the number of its line.
    Byte { offset: u64, line: u64 },
    /// In a workbook: the table among those that are read, and the last row taken of it.
    Row { table: usize, row: u32 },
}

/// Bytes read and bytes there are, for a bar of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub done: u64,
    /// All bytes: of the file, or of the unpacked sheets of a workbook.
    pub of: u64,
}

/// A table being read: an iterator over its rows. After an error there is nothing more.
pub struct Table<R>(Reader<R>);

enum Reader<R> {
    Jsonl(lines::Lines<R>),
    Csv(Box<delimited::Delimited<R>>),
    Xlsx(Box<xlsx::Xlsx>),
}

impl<R: Read + Seek> Table<R> {
    /// Opens a table and reads its headings.
    ///
    /// # Errors
    /// [`FileError`] when the file is no such table, damaged, hostile or beyond the limits.
    pub fn open(format: Format, source: R, options: &Options) -> Result<Self, FileError> {
        let reader = match format {
            Format::Jsonl => Reader::Jsonl(lines::Lines::open(source, options)?),
            Format::Csv => Reader::Csv(Box::new(delimited::Delimited::open(source, options)?)),
            Format::Xlsx => Reader::Xlsx(Box::new(xlsx::Xlsx::open(source, options)?)),
        };
        Ok(Self(reader))
    }

    /// Opens a table and goes on behind the row after which `position` was taken.
    ///
    /// # Errors
    /// As [`Table::open`], and [`FileError::Position`] when the position is of another file.
    pub fn resume(format: Format, source: R, options: &Options, position: &Position) -> Result<Self, FileError> {
        let mut table = Self::open(format, source, options)?;
        match (&mut table.0, &position.0) {
            (Reader::Jsonl(lines), At::Byte { offset, line }) => lines.seek(*offset, *line)?,
            (Reader::Csv(records), At::Byte { offset, line }) => records.seek(*offset, *line)?,
            (Reader::Xlsx(workbook), At::Row { table, row }) => workbook.seek(*table, *row)?,
            (Reader::Jsonl(_) | Reader::Csv(_), At::Row { .. }) | (Reader::Xlsx(_), At::Byte { .. }) => {
                return Err(FileError::Position);
            }
        }
        Ok(table)
    }

    /// Where the reading stands.
    pub fn position(&self) -> Position {
        let of_bytes = |(offset, line)| Position(At::Byte { offset, line });
        match &self.0 {
            Reader::Jsonl(lines) => of_bytes(lines.position()),
            Reader::Csv(records) => of_bytes(records.position()),
            Reader::Xlsx(workbook) => {
                let (table, row) = workbook.position();
                Position(At::Row { table, row })
            }
        }
    }

    /// How much has been read.
    pub fn progress(&self) -> Progress {
        match &self.0 {
            Reader::Jsonl(lines) => lines.progress(),
            Reader::Csv(records) => records.progress(),
            Reader::Xlsx(workbook) => workbook.progress(),
        }
    }
}

impl<R: Read + Seek> Iterator for Table<R> {
    type Item = Result<Row, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Reader::Jsonl(lines) => lines.next(),
            Reader::Csv(records) => records.next(),
            Reader::Xlsx(workbook) => workbook.next(),
        }
    }
}
