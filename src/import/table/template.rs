//! Templates: a table with the headings, one example, and in a workbook a sheet that explains each column.

use std::io::Cursor;

use rust_xlsxwriter::{DataValidation, DataValidationRule, Format as Style, Workbook, XlsxError};

use super::columns::{Column, Form, TableKind};
use super::error::FileError;
use super::lines::BOM;
use super::{Format, Options, Table, guide};

/// Rows of a sheet, the headings included.
const ROWS: u32 = 1_048_576;
/// Width of a column of the sheet, in characters of the default font.
const WIDTH: f64 = 18.0;

/// Why there is no template; for the log, since it is made of nothing that a caller gave.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The workbook cannot be written.
    #[error("the template cannot be written")]
    Writing(#[from] XlsxError),
    /// The example cannot be read.
    #[error("the example of the template cannot be read")]
    Example(#[from] FileError),
}

/// The template of a table. Its example row is a good one, to be overwritten.
///
/// # Errors
/// [`TemplateError`].
pub fn template(kind: TableKind, format: Format) -> Result<Vec<u8>, TemplateError> {
    match format {
        Format::Csv => Ok(csv(kind)),
        Format::Xlsx => Ok(xlsx(kind)?),
        Format::Jsonl => jsonl(kind),
    }
}

/// With the mark by which Excel knows UTF-8. No heading or example holds a sign that would have to be quoted.
fn csv(kind: TableKind) -> Vec<u8> {
    let line = |cell: fn(&Column) -> String| kind.columns().iter().map(cell).collect::<Vec<String>>().join(",");
    let text = format!("{}\r\n{}\r\n", line(Column::printed), line(|column| column.example.to_owned()));
    [BOM, text.as_bytes()].concat()
}

/// The example as the other formats give it.
fn jsonl(kind: TableKind) -> Result<Vec<u8>, TemplateError> {
    let options = Options { kind: Some(kind), ..Options::default() };
    let mut text = String::new();
    for row in Table::open(Format::Csv, Cursor::new(csv(kind)), &options)? {
        let mut json = row?.json;
        if let Some(members) = json.as_object_mut() {
            members.insert("type".to_owned(), kind.row_type().into());
        }
        text.push_str(&json.to_string());
        text.push('\n');
    }
    Ok(text.into_bytes())
}

fn xlsx(kind: TableKind) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Style::new().set_bold();
    let text = Style::new().set_num_format("@");
    let page = book.add_worksheet().set_name(kind.sheet())?;
    for (at, column) in (0..).zip(kind.columns()) {
        page.set_column_width(at, WIDTH)?;
        match column.form {
            Form::Code | Form::Text | Form::Lines => {
                page.set_column_format(at, &text)?.write_string_with_format(1, at, column.example, &text)?;
            }
            Form::Integer | Form::Decimal | Form::Percent | Form::Money => {
                if let Ok(number) = column.example.parse::<f64>() {
                    page.write_number(1, at, number)?;
                }
            }
        }
        page.write_string_with_format(0, at, column.printed(), &bold)?;
        if let Some((least, most)) = column.range {
            page.add_data_validation(1, at, ROWS - 1, at, &validation(column, least, most))?;
        }
    }
    page.set_freeze_panes(1, 0)?;
    let page = book.add_worksheet().set_name("说明")?;
    for (at, heading) in (0..).zip(guide::HEADINGS) {
        page.set_column_width(at, WIDTH)?.write_string_with_format(0, at, heading, &bold)?;
    }
    let mut row = 1;
    for column in kind.columns() {
        for (at, words) in (0..).zip(guide::described(column)) {
            page.write_string(row, at, words)?;
        }
        row += 1;
    }
    for (zh, en) in guide::NOTES {
        row += 1;
        page.write_string(row, 0, *zh)?;
        row += 1;
        page.write_string(row, 0, *en)?;
    }
    book.save_to_buffer()
}

fn validation(column: &Column, least: i32, most: i32) -> DataValidation {
    let validation = DataValidation::new();
    match column.form {
        Form::Integer => validation.allow_whole_number(DataValidationRule::Between(least, most)),
        Form::Code | Form::Text | Form::Lines | Form::Decimal | Form::Percent | Form::Money => {
            validation.allow_decimal_number(DataValidationRule::Between(f64::from(least), f64::from(most)))
        }
    }
}
