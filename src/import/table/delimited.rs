//! CSV: records of cells under a row of headings, divided by comma, semicolon or tab, in UTF-8 or GB18030.
//!
//! Records are divided before they are decoded: no byte of a Chinese character is one of the signs that divide them, in
//! either encoding. So the place in the file is known in bytes, and a record is never held beyond the limit.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use csv_core::{ReadRecordResult, ReaderBuilder};
use encoding_rs::{Encoding, GB18030, UTF_8};

use super::assemble::Assembly;
use super::cell::Cell;
use super::columns::TableKind;
use super::error::{Excess, FileError};
use super::fault::Problem;
use super::header::Header;
use super::lines::open_text;
use super::place::{ColumnPlace, RowPlace};
use super::row::Row;
use super::{Limits, Options, Progress};

/// The file being read.
pub struct Delimited<R> {
    records: Records<R>,
    encoding: &'static Encoding,
    header: Header,
    over: bool,
}

impl<R: Read + Seek> Delimited<R> {
    pub fn open(source: R, options: &Options) -> Result<Self, FileError> {
        let mut records = Records::open(source, &options.limits)?;
        let record = loop {
            let at = (records.offset, records.line);
            match records.next()? {
                None => return Err(FileError::NoHeadings { sheet: None }),
                Some(Record::Blank) => {}
                Some(Record::TooLong) => {
                    return Err(FileError::TooMany { what: Excess::Bytes, limit: options.limits.record as u64 });
                }
                Some(Record::TooWide) => {
                    return Err(FileError::TooMany { what: Excess::Columns, limit: options.limits.columns as u64 });
                }
                Some(Record::Cells(first)) => break (at, first),
            }
        };
        let (at, first) = record;
        // Read as divided by commas, the headings still hold the other signs.
        let cells = match separator(&first) {
            b',' => first,
            other => {
                records.divided_by(other);
                records.seek(at.0, at.1)?;
                match records.next()? {
                    Some(Record::Cells(cells)) => cells,
                    Some(Record::Blank | Record::TooLong | Record::TooWide) | None => {
                        return Err(FileError::NoHeadings { sheet: None });
                    }
                }
            }
        };
        let encoding = records.encoding(&cells.bytes)?;
        let headings: Option<Vec<String>> =
            cells.iter().map(|cell| decoded(cell, encoding).map(Cow::into_owned)).collect();
        let headings = headings.ok_or(FileError::NotText)?;
        let header = header(&headings, options.kind, at.1)?;
        Ok(Self { records, encoding, header, over: false })
    }

    pub fn seek(&mut self, offset: u64, line: u64) -> Result<(), FileError> {
        if offset < self.records.offset || offset > self.records.length || line < self.records.line {
            return Err(FileError::Position);
        }
        self.records.seek(offset, line)
    }

    pub fn position(&self) -> (u64, u64) {
        (self.records.offset, self.records.line)
    }

    pub fn progress(&self) -> Progress {
        Progress { done: self.records.offset, of: self.records.length }
    }

    pub fn next(&mut self) -> Option<Result<Row, FileError>> {
        while !self.over {
            match self.records.next() {
                Ok(Some(Record::Blank)) => {}
                Ok(Some(record)) => {
                    if let Some(row) = self.row(record) {
                        return Some(Ok(row));
                    }
                }
                Ok(None) => self.over = true,
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// The row of a record; `None` when all its cells are blank.
    fn row(&self, record: Record) -> Option<Row> {
        let place = RowPlace::Line(self.records.started);
        let faulty = |problem| Some(Row::faulty(self.header.kind, place.clone(), problem));
        let cells = match record {
            Record::Blank => return None,
            Record::TooLong => return faulty(Problem::TooLong { limit: self.records.limits.record }),
            Record::TooWide => {
                let found = self.records.limits.columns + 1;
                return faulty(Problem::CellCount { expected: self.header.headings.len(), found });
            }
            Record::Cells(cells) => cells,
        };
        let texts: Option<Vec<Cow<'_, str>>> = cells.iter().map(|cell| decoded(cell, self.encoding)).collect();
        let Some(texts) = texts else { return faulty(Problem::NotText { encoding: self.encoding.name() }) };
        let texts: Vec<Cell> = texts.into_iter().map(|text| Cell::Text(text.into_owned())).collect();
        if texts.iter().all(Cell::is_blank) {
            return None;
        }
        let expected = self.header.headings.len();
        let surplus = texts.get(expected..).unwrap_or_default();
        if texts.len() < expected || !surplus.iter().all(Cell::is_blank) {
            return faulty(Problem::CellCount { expected, found: texts.len() });
        }
        let mut row = Assembly::new(&self.header, place);
        for (at, (heading, cell)) in self.header.headings.iter().zip(&texts).enumerate() {
            row.put(at, cell, ColumnPlace::Heading(heading.text.clone()));
        }
        Some(row.finish())
    }
}

/// The headings as those of this kind, or of the only kind that they fit.
fn header(headings: &[String], kind: Option<TableKind>, line: u64) -> Result<Header, FileError> {
    let place = format!("line {line}");
    if let Some(kind) = kind {
        return Header::read(kind, headings, &place).map_err(FileError::Headings);
    }
    let mut fitting = TableKind::ALL.into_iter().filter_map(|kind| Header::read(kind, headings, &place).ok());
    match (fitting.next(), fitting.next()) {
        (Some(header), None) => Ok(header),
        (None, _) | (Some(_), Some(_)) => Err(FileError::KindUnknown),
    }
}

/// What divides the cells of the headings: the sign that stands there most often.
fn separator(commas: &Cells) -> u8 {
    let count = |sign: u8| commas.bytes.iter().filter(|byte| **byte == sign).count();
    let signs = [(commas.ends.len().saturating_sub(1), b','), (count(b';'), b';'), (count(b'\t'), b'\t')];
    let most = signs.into_iter().rev().max_by_key(|(count, _)| *count);
    most.map_or(b',', |(_, sign)| sign)
}

fn decoded<'a>(cell: &'a [u8], encoding: &'static Encoding) -> Option<Cow<'a, str>> {
    encoding.decode_without_bom_handling_and_without_replacement(cell)
}

/// A record as taken from the file.
enum Record {
    /// A line without anything.
    Blank,
    TooLong,
    TooWide,
    Cells(Cells),
}

/// Cells of a record one behind the other, and where each ends.
struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }
}

/// The records of a file.
struct Records<R> {
    source: BufReader<R>,
    parser: csv_core::Reader,
    /// Bytes taken.
    offset: u64,
    /// Number of the next line.
    line: u64,
    /// Number of the line on which the last record began.
    started: u64,
    length: u64,
    limits: Limits,
    /// What the parser fills.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: Read + Seek> Records<R> {
    fn open(source: R, limits: &Limits) -> Result<Self, FileError> {
        let (source, offset, length) = open_text(source)?;
        let parser = ReaderBuilder::new().build();
        let (bytes, ends) = (vec![0; 4096], vec![0; limits.columns]);
        Ok(Self { source, parser, offset, line: 1, started: 1, length, limits: *limits, bytes, ends })
    }

    fn divided_by(&mut self, separator: u8) {
        self.parser = ReaderBuilder::new().delimiter(separator).build();
    }

    fn seek(&mut self, offset: u64, line: u64) -> Result<(), FileError> {
        self.source.seek(SeekFrom::Start(offset))?;
        (self.offset, self.line) = (offset, line);
        self.parser.reset();
        Ok(())
    }

    /// Takes the next record with its end.
    fn next(&mut self) -> Result<Option<Record>, FileError> {
        self.started = self.line;
        let Some(first) = self.source.fill_buf()?.first().copied() else { return Ok(None) };
        if first == b'\n' || first == b'\r' {
            self.source.consume(1);
            (self.offset, self.line) = (self.offset + 1, self.line + 1);
            if first == b'\r' {
                self.second_of_pair()?;
            }
            return Ok(Some(Record::Blank));
        }
        self.parser.reset();
        let mut cells = Cells { bytes: Vec::new(), ends: Vec::new() };
        let mut excess = None;
        loop {
            let input = self.source.fill_buf()?;
            let (result, read, written, ended) = self.parser.read_record(input, &mut self.bytes, &mut self.ends);
            let taken = input.get(..read).unwrap_or_default();
            self.line += taken.iter().filter(|byte| **byte == b'\n').count() as u64;
            let last = taken.last().copied();
            self.source.consume(read);
            self.offset += read as u64;
            if excess.is_none() {
                cells.bytes.extend_from_slice(self.bytes.get(..written).unwrap_or_default());
                cells.ends.extend_from_slice(self.ends.get(..ended).unwrap_or_default());
                if cells.bytes.len() > self.limits.record {
                    excess = Some(Record::TooLong);
                } else if cells.ends.len() > self.limits.columns {
                    excess = Some(Record::TooWide);
                }
            }
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
                ReadRecordResult::Record => {
                    if last == Some(b'\r') {
                        self.line += 1;
                        self.second_of_pair()?;
                    }
                    return Ok(Some(excess.unwrap_or(Record::Cells(cells))));
                }
                ReadRecordResult::End => return Ok(Some(excess.unwrap_or(Record::Cells(cells)))),
            }
        }
    }

    /// Takes LF behind CR.
    fn second_of_pair(&mut self) -> Result<(), FileError> {
        if self.source.fill_buf()?.first() == Some(&b'\n') {
            self.source.consume(1);
            self.offset += 1;
        }
        Ok(())
    }

    /// The encoding, by the headings; where these are ASCII, by the whole file.
    fn encoding(&mut self, headings: &[u8]) -> Result<&'static Encoding, FileError> {
        if !headings.is_ascii() {
            return Ok(if std::str::from_utf8(headings).is_ok() { UTF_8 } else { GB18030 });
        }
        let (offset, line) = (self.offset, self.line);
        let is_utf8 = self.is_utf8()?;
        self.seek(offset, line)?;
        Ok(if is_utf8 { UTF_8 } else { GB18030 })
    }

    /// Whether everything from here on is UTF-8.
    fn is_utf8(&mut self) -> Result<bool, FileError> {
        // The start of a character whose end was not yet read: three bytes at most.
        let mut pending: Vec<u8> = Vec::new();
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                return Ok(pending.is_empty());
            }
            pending.extend_from_slice(buffer);
            let length = buffer.len();
            self.source.consume(length);
            match std::str::from_utf8(&pending) {
                Ok(_) => pending.clear(),
                Err(error) if error.error_len().is_none() => {
                    pending.drain(..error.valid_up_to());
                }
                Err(_) => return Ok(false),
            }
        }
    }
}
