//! The tables to fill in, as files to download.

use crate::error::{AppError, AppResult, ErrorCode};
use crate::import::table::{Format, TableKind, template as made};

/// A table to fill in.
#[derive(Clone, Debug)]
pub struct Template {
    /// Media type of its format.
    pub media_type: &'static str,
    /// Name of the file.
    pub file_name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The template with the name `projects.xlsx`, `plan-points.csv`, `units.jsonl`, …
///
/// # Errors
/// `NOT_FOUND` when there is none of this name.
pub fn template(name: &str) -> AppResult<Template> {
    let missing = || {
        let kinds = TableKind::ALL.map(TableKind::argument).join(", ");
        let message = format!("There is no such template: they are called {kinds} with .csv, .xlsx or .jsonl.");
        AppError::new(ErrorCode::NotFound, message)
    };
    let (kind, format) = name.split_once('.').ok_or_else(missing)?;
    let kind = TableKind::ALL.into_iter().find(|known| known.argument() == kind).ok_or_else(missing)?;
    let (format, media_type) = match format {
        "csv" => (Format::Csv, "text/csv; charset=utf-8"),
        "xlsx" => (Format::Xlsx, XLSX),
        "jsonl" => (Format::Jsonl, "application/jsonl"),
        _ => return Err(missing()),
    };
    let bytes = made::template(kind, format).map_err(AppError::internal)?;
    Ok(Template { media_type, file_name: name.to_owned(), bytes })
}

/// Media type of workbooks.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
