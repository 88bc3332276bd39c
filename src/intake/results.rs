//! The submitted workbook with a column 校验结果, made from the file of results.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use entity::value::BulkKind;
use serde::Deserialize;

use super::source::table_options;
use crate::bulk::apply::Fault;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::import::table::{FileError, ResultError, RowPlace, RowResult, result_workbook};
use crate::service::write::Outcome;

/// A line of the file of results, as far as the workbook needs it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    sheet: Option<Arc<str>>,
    line: Option<u32>,
    outcome: String,
    user_errors: Vec<Fault>,
}

impl Line {
    fn result(self) -> Option<RowResult> {
        let place = RowPlace::Row { sheet: self.sheet?, row: self.line? };
        let messages = self.user_errors.into_iter().map(|fault| match fault.place {
            Some(place) => format!("{place} {}", fault.message_zh),
            None => fault.message_zh,
        });
        Some(RowResult { place, outcome: Outcome::from_name(&self.outcome)?, messages: messages.collect() })
    }
}

/// Writes the workbook `submitted` to `out`, with what the first `length` bytes of `results` say of its rows. Blocks.
///
/// # Errors
/// `BAD_USER_INPUT` when the submitted file is no workbook.
pub fn workbook(submitted: &Path, kind: BulkKind, results: Option<File>, length: u64, out: &mut File) -> AppResult<()> {
    let submitted = File::open(submitted).map_err(AppError::internal)?;
    let lines = results.into_iter().flat_map(|file| BufReader::new(file.take(length)).lines());
    let mut broken = None;
    let results = lines.map_while(|line| {
        let read = line
            .map_err(AppError::internal)
            .and_then(|line| serde_json::from_str::<Line>(&line).map_err(AppError::internal));
        read.map_err(|error| broken = Some(error)).ok()
    });
    let written = result_workbook(submitted, &table_options(kind), results.filter_map(Line::result), out);
    match (broken, written) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(ResultError::File(FileError::Unreadable(error)))) => Err(AppError::internal(error)),
        (None, Err(ResultError::File(_))) => {
            let message = "The file of this operation is no workbook; fetch its lines at `results` instead.";
            Err(AppError::new(ErrorCode::BadUserInput, message))
        }
        (None, Err(error)) => Err(AppError::internal(error)),
    }
}
