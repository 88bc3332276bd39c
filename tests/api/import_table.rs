//! Tables for bulk writing: the three formats give the same rows, every trap of real files is met by name and place,
//! templates and result workbooks are what they should be, and hostile files do no harm.

mod book;
mod csv;
mod hostile;
mod jsonl;
mod result;
mod same;
mod template;
mod traps;
mod workbook;

use std::io::Cursor;

use jixiao::import::table::{FileError, Format, Options, Row, Table, TableKind};
use jixiao::lang::Lang;
use serde_json::Value;

/// What is known of a table of this kind.
fn of(kind: TableKind) -> Options {
    Options { kind: Some(kind), ..Options::default() }
}

fn open(format: Format, bytes: &[u8], options: &Options) -> Result<Table<Cursor<Vec<u8>>>, FileError> {
    Table::open(format, Cursor::new(bytes.to_vec()), options)
}

/// All rows of a sound file.
fn rows(format: Format, bytes: &[u8], options: &Options) -> Vec<Row> {
    let table = open(format, bytes, options).expect("a table");
    table.map(|row| row.expect("a row")).collect()
}

/// The inputs of all rows, which have no faults.
fn inputs(format: Format, bytes: &[u8], options: &Options) -> Vec<Value> {
    let good = |row: Row| {
        assert_eq!(row.faults, []);
        row.json
    };
    rows(format, bytes, options).into_iter().map(good).collect()
}

/// The faults of all rows, as `place CODE`.
fn faults(rows: &[Row]) -> Vec<String> {
    let faults = rows.iter().flat_map(|row| &row.faults);
    faults
        .map(|fault| {
            for lang in [Lang::En, Lang::Zh] {
                assert!(fault.message(lang).len() > fault.place.text(lang).len() + 3, "a message in both languages");
            }
            format!("{} {}", fault.place, fault.problem.code())
        })
        .collect()
}

/// Why a file is refused, in English.
fn refused(format: Format, bytes: &[u8], options: &Options) -> String {
    let error = match open(format, bytes, options) {
        Err(error) => error,
        Ok(table) => table.map(|row| row.map(|_| ())).find_map(Result::err).expect("a refusal"),
    };
    assert_ne!(error.message(Lang::Zh), error.message(Lang::En));
    error.message(Lang::En)
}
