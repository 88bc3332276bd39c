//! A workbook as a table: the sheets of the kinds that are read, their headings, and merged cells.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use super::assemble::Assembly;
use super::cell::Cell;
use super::columns::TableKind;
use super::error::{Excess, FileError};
use super::fault::Problem;
use super::header::{Header, Meaning};
use super::place::{ColumnPlace, RowPlace};
use super::row::Row;
use super::workbook::{Sheet, Workbook};
use super::worksheet::{Merge, SheetRow, Worksheet};
use super::{Limits, Options, Progress};

/// Rows above the headings that may hold a title.
const TITLES: usize = 10;

/// The workbook being read.
pub struct Xlsx {
    workbook: Workbook,
    /// The tables in the order in which they are read.
    tables: Vec<(TableKind, Sheet)>,
    /// Bytes of the unpacked sheets before the current one, and of all.
    done: u64,
    length: u64,
    /// Number of the current table.
    at: usize,
    current: Option<SheetTable>,
    /// Last row taken of it.
    row: u32,
}

impl Xlsx {
    /// Opens a workbook and reads the headings of every sheet that will be read.
    pub fn open(mut source: impl Read + Seek, options: &Options) -> Result<Self, FileError> {
        source.seek(SeekFrom::Start(0))?;
        let workbook = Workbook::open(source, &options.limits)?;
        let mut tables = Vec::new();
        let (mut length, mut current) = (0, None);
        for (kind, sheet) in wanted(&workbook, options.kind) {
            if let Some(table) = SheetTable::open(&workbook, kind, &sheet)? {
                length += table.worksheet.length;
                current = current.or(Some(table));
                tables.push((kind, sheet));
            }
        }
        if tables.is_empty() {
            return Err(FileError::NoSheet { kind: options.kind });
        }
        Ok(Self { workbook, tables, done: 0, length, at: 0, current, row: 0 })
    }

    pub fn seek(&mut self, table: usize, row: u32) -> Result<(), FileError> {
        if table > self.tables.len() {
            return Err(FileError::Position);
        }
        while self.at < table {
            self.next_table()?;
        }
        if let Some(current) = &mut self.current {
            current.pass(row)?;
        }
        self.row = row;
        Ok(())
    }

    pub fn position(&self) -> (usize, u32) {
        (self.at, self.row)
    }

    pub fn progress(&self) -> Progress {
        let inside = self.current.as_ref().map_or(0, |table| table.worksheet.offset());
        Progress { done: self.done + inside, of: self.length }
    }

    pub fn next(&mut self) -> Option<Result<Row, FileError>> {
        while let Some(table) = &mut self.current {
            match table.next() {
                Ok(Some((number, row))) => {
                    self.row = number;
                    return Some(Ok(row));
                }
                Ok(None) => {
                    if let Err(error) = self.next_table() {
                        return Some(Err(error));
                    }
                }
                Err(error) => {
                    self.current = None;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    fn next_table(&mut self) -> Result<(), FileError> {
        self.done += self.current.take().map_or(0, |table| table.worksheet.length);
        (self.at, self.row) = (self.at + 1, 0);
        if let Some((kind, sheet)) = self.tables.get(self.at) {
            self.current = SheetTable::open(&self.workbook, *kind, sheet)?;
        }
        Ok(())
    }
}

/// The sheets to read: of one kind the one with its name, else the first one; of any kind all that have a name.
pub fn wanted(workbook: &Workbook, kind: Option<TableKind>) -> Vec<(TableKind, Sheet)> {
    let named = |kind: TableKind| {
        workbook.sheets.iter().find(|sheet| &*sheet.name == kind.sheet()).map(|sheet| (kind, sheet.clone()))
    };
    match kind {
        None => TableKind::ALL.into_iter().filter_map(named).collect(),
        Some(kind) => {
            let first = || workbook.sheets.first().map(|sheet| (kind, sheet.clone()));
            named(kind).or_else(first).into_iter().collect()
        }
    }
}

/// A sheet whose headings are read.
pub struct SheetTable {
    worksheet: Worksheet,
    header: Header,
    /// Number of the row of headings.
    pub header_row: u32,
    sheet: Arc<str>,
    /// Merged ranges below the headings that are still to come, the next one last.
    coming: Vec<Merge>,
    /// Those that reach to the current row or below it.
    active: Vec<Merge>,
    /// Values of merged cells that hold for several rows, by column.
    spread: BTreeMap<u32, Cell>,
    /// A row that was read and is still to be given.
    held: Option<SheetRow>,
}

impl SheetTable {
    /// Opens a sheet and reads its headings: the first row with more than one cell; a row with one is a title.
    /// `None` for a sheet without anything.
    pub fn open(workbook: &Workbook, kind: TableKind, sheet: &Sheet) -> Result<Option<Self>, FileError> {
        let mut worksheet = Worksheet::open(workbook, sheet)?;
        let mut found = None;
        let mut titles = 0;
        while let Some(row) = worksheet.next_row()? {
            if row.cells.len() > 1 {
                found = Some(row);
                break;
            }
            titles += 1;
            if titles > TITLES {
                break;
            }
        }
        let Some(row) = found else {
            let empty = titles == 0;
            return if empty { Ok(None) } else { Err(FileError::NoHeadings { sheet: Some(sheet.name.to_string()) }) };
        };
        let header = header(kind, &row, sheet, workbook.limits())?;
        let width = u32::try_from(header.headings.len()).unwrap_or(u32::MAX);
        let mut coming = worksheet.merges.clone();
        coming.retain(|merge| merge.bottom > row.number && merge.left < width);
        coming.reverse();
        let (header_row, sheet) = (row.number, sheet.name.clone());
        let (active, spread) = (Vec::new(), BTreeMap::new());
        Ok(Some(Self { worksheet, header, header_row, sheet, coming, active, spread, held: None }))
    }

    /// The next row that is not blank, with its number.
    fn next(&mut self) -> Result<Option<(u32, Row)>, FileError> {
        while let Some(row) = self.take()? {
            self.reach(&row)?;
            let is_result = |column: u32| {
                let heading = usize::try_from(column).ok().and_then(|column| self.header.headings.get(column));
                heading.is_some_and(|heading| matches!(heading.meaning, Meaning::Result))
            };
            if row.cells.iter().any(|(column, _)| !is_result(*column)) {
                return Ok(Some((row.number, self.row(row))));
            }
        }
        Ok(None)
    }

    fn take(&mut self) -> Result<Option<SheetRow>, FileError> {
        self.held.take().map_or_else(|| self.worksheet.next_row(), |row| Ok(Some(row)))
    }

    /// Passes over rows up to this one; merged cells that begin in them are remembered.
    fn pass(&mut self, last: u32) -> Result<(), FileError> {
        while let Some(row) = self.take()? {
            if row.number > last {
                self.held = Some(row);
                break;
            }
            self.reach(&row)?;
        }
        Ok(())
    }

    /// Brings the merged ranges down to a row.
    fn reach(&mut self, row: &SheetRow) -> Result<(), FileError> {
        self.active.retain(|merge| merge.bottom >= row.number);
        self.spread.retain(|column, _| self.active.iter().any(|merge| merge.left == *column));
        while let Some(merge) = self.coming.pop_if(|merge| merge.top <= row.number) {
            if merge.bottom < row.number {
                continue;
            }
            self.active.push(merge);
            let first = row.cells.iter().find(|(column, _)| *column == merge.left && merge.top == row.number);
            self.spread.remove(&merge.left);
            if let Some((_, cell)) = first.filter(|_| self.spreads(&merge)) {
                self.spread.insert(merge.left, cell.clone());
            }
        }
        // Ranges that overlap are no work of a spreadsheet.
        if self.active.len() > self.header.headings.len() {
            return Err(FileError::Unsound { part: self.sheet.to_string() });
        }
        Ok(())
    }

    /// Whether the value of a merged range holds for each of its rows.
    fn spreads(&self, merge: &Merge) -> bool {
        let heading = usize::try_from(merge.left).ok().and_then(|column| self.header.headings.get(column));
        let column = heading.and_then(|heading| match heading.meaning {
            Meaning::Column(column, _) => Some(column),
            Meaning::Result | Meaning::None => None,
        });
        merge.left == merge.right && merge.top > self.header_row && column.is_some_and(|column| column.spreads)
    }

    fn row(&self, row: SheetRow) -> Row {
        let place = RowPlace::Row { sheet: self.sheet.clone(), row: row.number };
        let mut assembly = Assembly::new(&self.header, place);
        let mut cells: BTreeMap<u32, Cell> = row.cells.into_iter().collect();
        for merge in &self.active {
            // What stands in cells that a merged one covers is not seen by anybody.
            cells.retain(|column, _| !(merge.left..=merge.right).contains(column));
            match self.spread.get(&merge.left) {
                Some(cell) => {
                    cells.insert(merge.left, cell.clone());
                }
                None if self.spreads(merge) => {}
                None => assembly.fault(Some(ColumnPlace::Number(merge.left)), Problem::Merged { range: merge.range() }),
            }
        }
        let width = u32::try_from(self.header.headings.len()).unwrap_or(u32::MAX);
        let beyond = cells.split_off(&width);
        for (at, column) in (0..self.header.headings.len()).zip(0..) {
            assembly.put(at, cells.get(&column).unwrap_or(&Cell::Blank), ColumnPlace::Number(column));
        }
        for column in beyond.into_keys() {
            assembly.fault(Some(ColumnPlace::Number(column)), Problem::NoHeading);
        }
        assembly.finish()
    }
}

fn header(kind: TableKind, row: &SheetRow, sheet: &Sheet, limits: &Limits) -> Result<Header, FileError> {
    let mut headings = Vec::new();
    for (column, cell) in &row.cells {
        let at = usize::try_from(*column).unwrap_or(usize::MAX);
        if at >= limits.columns {
            return Err(FileError::TooMany { what: Excess::Columns, limit: limits.columns as u64 });
        }
        headings.resize(at, String::new());
        headings.push(cell.heading());
    }
    Header::read(kind, &headings, &format!("{}!{}", sheet.name, row.number)).map_err(FileError::Headings)
}
