//! The submitted workbook with a column 校验结果: what became of each row, and why. Values are kept, styles are not.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{Read, Seek, SeekFrom, Write};
use std::iter::Peekable;

use rust_xlsxwriter::{Format, Workbook as Book, Worksheet as Page, XlsxError};

use super::Options;
use super::cell::Cell;
use super::error::FileError;
use super::header::RESULT;
use super::look::Look;
use super::place::RowPlace;
use super::workbook::{Sheet, Workbook};
use super::worksheet::{SheetRow, Worksheet};
use super::xlsx::{SheetTable, wanted};
use crate::service::write::Outcome;

/// Characters that a cell can hold.
const CELL_LENGTH: usize = 32_767;
/// Characters that the name of a sheet can have.
const NAME_LENGTH: usize = 31;

/// What became of the row at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    /// The row, in a sheet.
    pub place: RowPlace,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in Chinese.
    pub messages: Vec<String>,
}

impl RowResult {
    fn text(&self) -> String {
        let label = match self.outcome {
            Outcome::Created => "新增",
            Outcome::Updated => "更新",
            Outcome::Unchanged => "无变化",
            Outcome::Deleted => "删除",
            Outcome::Failed => "失败",
            Outcome::Skipped => "未写入",
        };
        if self.messages.is_empty() { label.to_owned() } else { format!("{label}：{}", self.messages.join("；")) }
    }
}

/// Why there is no result workbook.
#[derive(Debug)]
pub enum ResultError {
    /// The submitted workbook cannot be read.
    File(FileError),
    /// A result is of no row of the workbook, or the results are not in the order of its rows.
    Order(RowPlace),
    /// It cannot be written; for the log.
    Writing(XlsxError),
}

impl fmt::Display for ResultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Order(place) => write!(f, "the result for {place} does not fit the submitted workbook"),
            Self::Writing(_) => f.write_str("the result workbook cannot be written"),
        }
    }
}

impl std::error::Error for ResultError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::Writing(error) => Some(error),
            Self::Order(_) => None,
        }
    }
}

impl From<FileError> for ResultError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<std::io::Error> for ResultError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<XlsxError> for ResultError {
    fn from(error: XlsxError) -> Self {
        Self::Writing(error)
    }
}

/// Writes the workbook `submitted` with the results of its rows, which come in the order in which a
/// [`Table`](super::Table) with the same options gives the rows. Rows pass through temporary files, not through memory.
///
/// # Errors
/// [`ResultError`].
pub fn result_workbook(
    mut submitted: impl Read + Seek,
    options: &Options,
    results: impl IntoIterator<Item = RowResult>,
    out: impl Write + Send,
) -> Result<(), ResultError> {
    submitted.seek(SeekFrom::Start(0))?;
    let workbook = Workbook::open(submitted, &options.limits)?;
    let mut book = Book::new();
    let mut names = BTreeSet::new();
    for (number, sheet) in (1..).zip(&workbook.sheets) {
        book.add_worksheet_with_constant_memory()?.set_name(name(sheet, number, &mut names))?;
    }
    let tables = wanted(&workbook, options.kind);
    let mut results = results.into_iter().peekable();
    for (kind, sheet) in &tables {
        let table = SheetTable::open(&workbook, *kind, sheet)?;
        if let (Some(table), Some(at)) = (table, position(&workbook, sheet)) {
            let column = Column::of(&workbook, sheet, table.header_row)?;
            copy(&workbook, sheet, Some(&column), &mut results, book.worksheet_from_index(at)?)?;
        }
    }
    if let Some(result) = results.next() {
        return Err(ResultError::Order(result.place));
    }
    for (at, sheet) in workbook.sheets.iter().enumerate() {
        if !tables.iter().any(|(_, table)| position(&workbook, table) == Some(at)) {
            copy(&workbook, sheet, None, &mut results, book.worksheet_from_index(at)?)?;
        }
    }
    Ok(book.save_to_writer(out)?)
}

fn position(workbook: &Workbook, sheet: &Sheet) -> Option<usize> {
    workbook.sheets.iter().position(|other| other.name == sheet.name)
}

/// The name of a sheet, or `Sheet3` where no workbook could have it.
fn name(sheet: &Sheet, number: usize, names: &mut BTreeSet<String>) -> String {
    let name = &sheet.name;
    let sound = !name.is_empty()
        && name.chars().count() <= NAME_LENGTH
        && !name.contains(['[', ']', ':', '*', '?', '/', '\\'])
        && !name.starts_with('\'')
        && !name.ends_with('\'');
    if sound && names.insert(name.to_lowercase()) {
        return name.to_string();
    }
    let mut number = number;
    loop {
        let name = format!("Sheet{number}");
        if names.insert(name.to_lowercase()) {
            return name;
        }
        number += 1;
    }
}

/// Where the results go.
struct Column {
    header_row: u32,
    at: u32,
}

impl Column {
    /// The column that has the heading already, or the one behind all that hold something.
    fn of(workbook: &Workbook, sheet: &Sheet, header_row: u32) -> Result<Self, FileError> {
        let mut worksheet = Worksheet::open(workbook, sheet)?;
        let (mut known, mut width) = (None, 0);
        while let Some(row) = worksheet.next_row()? {
            if row.number == header_row {
                let result = row.cells.iter().find(|(_, cell)| cell.heading().trim() == RESULT);
                known = result.map(|(column, _)| *column);
            }
            width = width.max(row.cells.last().map_or(0, |(column, _)| column + 1));
        }
        Ok(Self { header_row, at: known.unwrap_or(width) })
    }
}

/// Copies a sheet, with the results of its rows.
fn copy(
    workbook: &Workbook,
    sheet: &Sheet,
    column: Option<&Column>,
    results: &mut Peekable<impl Iterator<Item = RowResult>>,
    page: &mut Page,
) -> Result<(), ResultError> {
    let mut worksheet = Worksheet::open(workbook, sheet)?;
    while let Some(row) = worksheet.next_row()? {
        let result = column.and_then(|column| {
            if row.number == column.header_row {
                return Some((column.at, RESULT.to_owned()));
            }
            let place = RowPlace::Row { sheet: sheet.name.clone(), row: row.number };
            results.next_if(|result| result.place == place).map(|result| (column.at, result.text()))
        });
        write_row(page, &row, column.map(|column| column.at), result)?;
    }
    Ok(())
}

/// Writes a row; what stood in the column of results is left out.
fn write_row(
    page: &mut Page,
    row: &SheetRow,
    results: Option<u32>,
    result: Option<(u32, String)>,
) -> Result<(), ResultError> {
    let mut cells: Vec<(u32, Cell)> = row.cells.iter().filter(|(at, _)| Some(*at) != results).cloned().collect();
    cells.extend(result.map(|(at, text)| (at, Cell::Text(text))));
    cells.sort_by_key(|(at, _)| *at);
    // Here rows count from 0.
    let number = row.number - 1;
    for (at, cell) in &cells {
        // A sheet has 16,384 columns, which the reader has checked.
        let Ok(at) = u16::try_from(*at) else { continue };
        write(page, number, at, cell)?;
    }
    Ok(())
}

fn write(page: &mut Page, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => write_text(page, row, column, text)?,
        Cell::Number(stored, look) => match stored.trim().parse::<f64>().ok().filter(|value| value.is_finite()) {
            Some(value) => match look {
                Look::Plain => page.write_number(row, column, value)?,
                Look::Percent => {
                    page.write_number_with_format(row, column, value, &Format::new().set_num_format("0.##%"))?
                }
                Look::Date => {
                    page.write_number_with_format(row, column, value, &Format::new().set_num_format("yyyy-mm-dd"))?
                }
            },
            None => write_text(page, row, column, stored)?,
        },
        Cell::Boolean(value) => page.write_boolean(row, column, *value)?,
        Cell::Error(value) => write_text(page, row, column, value)?,
        Cell::Blank | Cell::NoResult => page,
    };
    Ok(())
}

/// Writes text as text: what begins like a formula is marked, so that it does not become one when the cell is edited.
fn write_text<'a>(page: &'a mut Page, row: u32, column: u16, text: &str) -> Result<&'a mut Page, XlsxError> {
    let text: String = text.chars().take(CELL_LENGTH).collect();
    if text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        page.write_string_with_format(row, column, text, &Format::new().set_quote_prefix())
    } else {
        page.write_string(row, column, text)
    }
}
