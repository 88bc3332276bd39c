//! The rows of one sheet, one after the other, and its merged ranges.

use std::sync::Arc;

use super::Limits;
use super::cell::Cell;
use super::error::{Excess, FileError};
use super::look::Look;
use super::place::letters;
use super::text::text_inside;
use super::workbook::{Context, Sheet, SheetXml, Workbook};
use crate::import::xml::{Element, Node};

/// Rows that a sheet can have.
const ROWS: u32 = 1_048_576;
/// Columns that a sheet can have.
const COLUMNS: u32 = 16_384;

/// A row with at least one cell that holds something.
#[derive(Clone, Debug)]
pub struct SheetRow {
    /// Its number, from 1.
    pub number: u32,
    /// Its cells that hold something, by number of the column from 0, ascending.
    pub cells: Vec<(u32, Cell)>,
}

/// Cells merged into one; rows from 1, columns from 0, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// First row.
    pub top: u32,
    /// Last row.
    pub bottom: u32,
    /// First column.
    pub left: u32,
    /// Last column.
    pub right: u32,
}

impl Merge {
    /// The range as spreadsheets name it, e.g. `B2:B4`.
    pub fn range(&self) -> String {
        format!("{}{}:{}{}", letters(self.left), self.top, letters(self.right), self.bottom)
    }
}

/// The sheet being read.
pub struct Worksheet {
    xml: SheetXml,
    context: Arc<Context>,
    name: Arc<str>,
    /// Number of the row last begun.
    row: u32,
    over: bool,
    /// Bytes of the unpacked sheet.
    pub length: u64,
    /// Merged ranges, by first row.
    pub merges: Vec<Merge>,
}

impl Worksheet {
    /// Unpacks a sheet and reads its merged ranges, which stand behind its rows.
    ///
    /// # Errors
    /// [`FileError`] when the part is damaged, hostile or beyond the limits.
    pub fn open(workbook: &Workbook, sheet: &Sheet) -> Result<Self, FileError> {
        let unpacked = workbook.unpack(sheet)?;
        let merges =
            if unpacked.merges { merges(workbook.xml(&unpacked)?, sheet, workbook.limits())? } else { Vec::new() };
        let (xml, length) = (workbook.xml(&unpacked)?, unpacked.length);
        let mut worksheet =
            Self { xml, context: workbook.context(), name: sheet.name.clone(), row: 0, over: false, length, merges };
        worksheet.find_rows()?;
        Ok(worksheet)
    }

    fn find_rows(&mut self) -> Result<(), FileError> {
        while let Some(node) = self.xml.next()? {
            if matches!(&node, Node::Open(element) if element.name().1 == "sheetData") {
                return Ok(());
            }
        }
        self.over = true;
        Ok(())
    }

    /// The next row with something in it. Hidden rows are rows.
    ///
    /// # Errors
    /// [`FileError`] when the sheet is not sound.
    pub fn next_row(&mut self) -> Result<Option<SheetRow>, FileError> {
        while !self.over {
            match self.xml.next()? {
                Some(Node::Open(element)) if element.name().1 == "row" => {
                    let cells = self.row(&element)?;
                    if !cells.is_empty() {
                        return Ok(Some(SheetRow { number: self.row, cells }));
                    }
                }
                Some(Node::Open(_)) => self.skip()?,
                Some(Node::Text(_)) => {}
                Some(Node::Close) | None => self.finish()?,
            }
        }
        Ok(None)
    }

    /// Reads what follows the rows, so that a sheet that is cut off is seen.
    fn finish(&mut self) -> Result<(), FileError> {
        self.over = true;
        while self.xml.next()?.is_some() {}
        Ok(())
    }

    /// Bytes of the sheet read so far.
    pub fn offset(&self) -> u64 {
        self.xml.offset()
    }

    fn unsound(&self) -> FileError {
        FileError::Unsound { part: self.name.to_string() }
    }

    fn row(&mut self, element: &Element) -> Result<Vec<(u32, Cell)>, FileError> {
        let number = match element.attribute("r") {
            Some(number) => number.parse().map_err(|_| self.unsound())?,
            None => self.row + 1,
        };
        if number <= self.row || number > ROWS {
            return Err(self.unsound());
        }
        self.row = number;
        let mut cells = Vec::new();
        let mut next = 0;
        while let Some(node) = self.xml.next()? {
            match node {
                Node::Open(element) if element.name().1 == "c" => {
                    let column = match element.attribute("r") {
                        Some(place) => match cell_place(&place) {
                            Some((column, row)) if row == self.row && column >= next => column,
                            Some(_) | None => return Err(self.unsound()),
                        },
                        None => next,
                    };
                    if column >= COLUMNS {
                        return Err(self.unsound());
                    }
                    next = column + 1;
                    let cell = self.cell(&element)?;
                    if !cell.is_blank() {
                        cells.push((column, cell));
                    }
                }
                Node::Open(_) => self.skip()?,
                Node::Text(_) => {}
                Node::Close => return Ok(cells),
            }
        }
        Err(self.unsound())
    }

    fn cell(&mut self, element: &Element) -> Result<Cell, FileError> {
        let kind = element.attribute("t").unwrap_or_default();
        let style: usize = element.attribute("s").and_then(|style| style.parse().ok()).unwrap_or_default();
        let (mut value, mut text, mut formula) = (None, None, false);
        while let Some(node) = self.xml.next()? {
            match node {
                Node::Open(element) => match element.name().1 {
                    "v" => value = Some(self.text()?),
                    "is" => text = Some(self.text()?),
                    "f" => {
                        formula = true;
                        self.skip()?;
                    }
                    _ => self.skip()?,
                },
                Node::Text(_) => {}
                Node::Close => break,
            }
        }
        let value = value.unwrap_or_default();
        Ok(match kind.as_str() {
            "s" => {
                let text = value.trim().parse().ok().and_then(|number: usize| self.context.texts.get(number));
                Cell::Text(text.ok_or_else(|| self.unsound())?.to_string())
            }
            "inlineStr" => Cell::Text(text.unwrap_or_default()),
            "str" => Cell::Text(value),
            "e" => Cell::Error(value),
            _ if value.trim().is_empty() => {
                if formula {
                    Cell::NoResult
                } else {
                    Cell::Blank
                }
            }
            "b" => Cell::Boolean(value.trim() == "1"),
            "d" => Cell::Number(value, Look::Date),
            _ => Cell::Number(value, self.context.looks.get(style).copied().unwrap_or(Look::Plain)),
        })
    }

    /// Text inside the element last opened, up to its end.
    fn text(&mut self) -> Result<String, FileError> {
        text_inside(&mut self.xml, true)?.ok_or_else(|| self.unsound())
    }

    /// Passes over the element last opened.
    fn skip(&mut self) -> Result<(), FileError> {
        let mut depth = 1_usize;
        while let Some(node) = self.xml.next()? {
            match node {
                Node::Open(_) => depth += 1,
                Node::Close => depth -= 1,
                Node::Text(_) => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err(self.unsound())
    }
}

fn merges(mut xml: SheetXml, sheet: &Sheet, limits: &Limits) -> Result<Vec<Merge>, FileError> {
    let mut merges = Vec::new();
    while let Some(node) = xml.next()? {
        let Node::Open(element) = node else { continue };
        if element.name().1 != "mergeCell" {
            continue;
        }
        let merge = element.attribute("ref").and_then(|range| {
            let (from, to) = range.split_once(':').unwrap_or((&range, &range));
            let ((left, top), (right, bottom)) = (cell_place(from)?, cell_place(to)?);
            (left <= right && top <= bottom).then_some(Merge { top, bottom, left, right })
        });
        let merge: Merge = merge.ok_or_else(|| FileError::Unsound { part: sheet.name.to_string() })?;
        if (merge.left, merge.top) != (merge.right, merge.bottom) {
            merges.push(merge);
        }
        if merges.len() > limits.merges {
            return Err(FileError::TooMany { what: Excess::Merges, limit: limits.merges as u64 });
        }
    }
    merges.sort_by_key(|merge| merge.top);
    Ok(merges)
}

/// Column from 0 and row from 1 of a place such as `B7`.
fn cell_place(text: &str) -> Option<(u32, u32)> {
    let text = text.replace('$', "");
    let digits = text.find(|sign: char| sign.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    let mut column: u32 = 0;
    for letter in letters.bytes() {
        let value = letter.is_ascii_alphabetic().then(|| u32::from(letter.to_ascii_uppercase() - b'A') + 1)?;
        column = column.checked_mul(26)?.checked_add(value)?;
    }
    let row = row.parse().ok().filter(|row| (1..=ROWS).contains(row))?;
    let column = column.checked_sub(1).filter(|column| *column < COLUMNS)?;
    Some((column, row))
}

#[cfg(test)]
mod tests {
    use super::{Merge, cell_place};

    #[test]
    fn places_are_read_and_named_alike() {
        assert_eq!(cell_place("B7"), Some((1, 7)));
        assert_eq!(cell_place("$XFD$1048576"), Some((16_383, 1_048_576)));
        for text in ["", "B", "7", "B0", "XFE1", "A1048577", "甲1", "B-1", "AAAAAAAAAAAAA1"] {
            assert_eq!(cell_place(text), None, "{text}");
        }
        assert_eq!(Merge { top: 2, bottom: 4, left: 1, right: 1 }.range(), "B2:B4");
    }
}
