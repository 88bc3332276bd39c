//! JSONL: one object a line. A line is never held beyond the limit, so that the file may be of any length.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use serde_json::Value;

use super::columns::TableKind;
use super::error::{FileError, OtherFormat};
use super::fault::{Problem, shown};
use super::place::RowPlace;
use super::row::Row;
use super::{Options, Progress, json};

/// The mark that some programs write before UTF-8.
pub const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The file being read.
pub struct Lines<R> {
    source: BufReader<R>,
    /// Bytes taken.
    offset: u64,
    /// Number of the next line.
    line: u64,
    length: u64,
    options: Options,
    over: bool,
}

impl<R: Read + Seek> Lines<R> {
    pub fn open(source: R, options: &Options) -> Result<Self, FileError> {
        let (source, offset, length) = open_text(source)?;
        Ok(Self { source, offset, line: 1, length, options: *options, over: false })
    }

    pub fn seek(&mut self, offset: u64, line: u64) -> Result<(), FileError> {
        if offset > self.length || line == 0 {
            return Err(FileError::Position);
        }
        self.source.seek(SeekFrom::Start(offset))?;
        (self.offset, self.line) = (offset, line);
        Ok(())
    }

    pub fn position(&self) -> (u64, u64) {
        (self.offset, self.line)
    }

    pub fn progress(&self) -> Progress {
        Progress { done: self.offset, of: self.length }
    }

    pub fn next(&mut self) -> Option<Result<Row, FileError>> {
        while !self.over {
            let place = RowPlace::Line(self.line);
            let line = match self.line() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            };
            match line {
                Line::Whole(bytes) if bytes.trim_ascii().is_empty() => {}
                Line::Whole(bytes) => return Some(Ok(self.row(&bytes, place))),
                Line::TooLong => {
                    let problem = Problem::TooLong { limit: self.options.limits.record };
                    return Some(Ok(Row::faulty(self.assumed(), place, problem)));
                }
            }
        }
        self.over = true;
        None
    }

    /// Takes the next line with its end; `None` behind the last one.
    fn line(&mut self) -> Result<Option<Line>, FileError> {
        let mut line = Line::Whole(Vec::new());
        let mut taken: u64 = 0;
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            match &mut line {
                Line::Whole(bytes) if bytes.len() + length > self.options.limits.record => line = Line::TooLong,
                Line::Whole(bytes) => bytes.extend_from_slice(buffer.get(..length).unwrap_or_default()),
                Line::TooLong => {}
            }
            self.source.consume(length);
            taken += u64::try_from(length).unwrap_or_default();
            if end.is_some() {
                break;
            }
        }
        self.offset += taken;
        self.line += u64::from(taken > 0);
        Ok((taken > 0).then_some(line))
    }

    /// The kind of a line that does not tell its own.
    fn assumed(&self) -> TableKind {
        self.options.kind.unwrap_or(TableKind::Projects)
    }

    fn row(&self, line: &[u8], place: RowPlace) -> Row {
        let read = json::read(line, self.options.limits.nesting).and_then(|mut json| Ok((self.kind(&mut json)?, json)));
        match read {
            Ok((kind, json)) => Row { kind, place, json, faults: Vec::new(), blanks: Vec::new(), cells: Vec::new() },
            Err(problem) => Row::faulty(self.assumed(), place, problem),
        }
    }

    /// Takes the member `type` out of a row.
    fn kind(&self, json: &mut Value) -> Result<TableKind, Problem> {
        let told = json.as_object_mut().and_then(|members| members.remove("type"));
        let told = told.map(|told| {
            let known = told.as_str().and_then(TableKind::of_row_type);
            known.ok_or_else(|| Problem::UnknownType { found: shown(&told.to_string()) })
        });
        match (told.transpose()?, self.options.kind) {
            (Some(told), Some(expected)) if told != expected => Err(Problem::OtherType { expected }),
            (Some(kind), _) | (None, Some(kind)) => Ok(kind),
            (None, None) => Err(Problem::NoType),
        }
    }
}

/// A line as taken from the file.
enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// A file of text behind its mark, with the bytes of the mark and of the whole file.
///
/// # Errors
/// [`FileError`] when it cannot be read, there is nothing in it, or its first bytes are of another format.
pub fn open_text<R: Read + Seek>(mut source: R) -> Result<(BufReader<R>, u64, u64), FileError> {
    let length = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    let mut source = BufReader::with_capacity(1 << 16, source);
    let start = text_start(source.fill_buf()?)?;
    source.consume(start);
    Ok((source, u64::try_from(start).unwrap_or_default(), length))
}

/// How many bytes stand before the text: those of its mark.
fn text_start(first: &[u8]) -> Result<usize, FileError> {
    let other: [(&[u8], OtherFormat); 5] = [
        (b"PK\x03\x04", OtherFormat::Package),
        (b"\xD0\xCF\x11\xE0", OtherFormat::OldOrEncrypted),
        (b"%PDF", OtherFormat::Pdf),
        (b"\xFF\xFE", OtherFormat::Utf16),
        (b"\xFE\xFF", OtherFormat::Utf16),
    ];
    if first.is_empty() {
        return Err(FileError::Empty);
    }
    match other.into_iter().find(|(start, _)| first.starts_with(start)) {
        Some((_, other)) => Err(FileError::OtherFormat(other)),
        None if first.starts_with(BOM) => Ok(BOM.len()),
        None => Ok(0),
    }
}
