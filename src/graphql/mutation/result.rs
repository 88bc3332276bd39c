//! What a function of the service did, as the result of a row: what the client can mend is a mistake of the input.

use uuid::Uuid;

use crate::error::{AppError, AppResult, ErrorCode};
use crate::input::{Detail, UserError, UserErrorCode, Words};
use crate::service::write::{Outcome, Row, RowResult};

/// Key of the object, the version that it was judged against, and what became of it.
pub type Done = (Uuid, Option<i32>, Outcome);

/// Where in the input a refusal belongs, by its rule, or by its code where it names none.
pub type Places = &'static [(&'static str, &'static [&'static str])];

/// The result of what was asked.
///
/// # Errors
/// What the client cannot mend, and what a database refused: then nothing of the work may stay.
pub fn result<T>(done: AppResult<Done>, row: &Row<T>, places: Places) -> AppResult<RowResult> {
    let error = match done {
        Ok((id, seen, outcome)) => {
            return Ok(RowResult { key: String::new(), outcome, id: Some(id), seen, errors: Vec::new() });
        }
        Err(error) => error,
    };
    let mistake = mistake(&error, row, places).ok_or(error)?;
    Ok(RowResult { key: String::new(), outcome: Outcome::Failed, id: None, seen: None, errors: vec![mistake] })
}

/// The mistake that a refusal stands for; none for one that is of another kind.
fn mistake<T>(error: &AppError, row: &Row<T>, places: Places) -> Option<UserError> {
    if std::error::Error::source(error).is_some() {
        return None;
    }
    let code = error.code();
    let rule = error.explanation().map_or(code.as_str(), |(rule, _)| rule);
    let below = places.iter().find(|(of, _)| *of == rule).map(|(_, place)| *place);
    let path: Vec<String> =
        row.path.iter().cloned().chain(below.unwrap_or_default().iter().map(|step| (*step).to_owned())).collect();
    let en = error.message();
    let validation = |code, zh: String| UserError::validation(code, path.clone(), rule, None, Words::new(en, zh));
    Some(match (code, error.explanation()) {
        (ErrorCode::NotFound, Some((rule, zh))) => UserError {
            code: UserErrorCode::NotFound,
            path,
            words: Box::new(Words::new(en, zh)),
            detail: Box::new(Detail::NotFound { key: rule.to_owned() }),
        },
        (ErrorCode::Conflict, Some(("unique", zh))) => {
            UserError::duplicate(UserErrorCode::Duplicate, path, None, Words::new(en, zh))
        }
        (ErrorCode::Conflict | ErrorCode::BadUserInput, Some((_, zh))) => {
            validation(UserErrorCode::RuleViolated, zh.to_owned())
        }
        (ErrorCode::NotFound, None) if below.is_some() => {
            validation(UserErrorCode::NotFound, "没有此对象，或当前账户无权使用。".to_owned())
        }
        (ErrorCode::BadUserInput, None) => validation(UserErrorCode::InvalidFormat, format!("输入有误：{en}")),
        (ErrorCode::TooLarge, _) => validation(UserErrorCode::OutOfRange, format!("文件过大：{en}")),
        (ErrorCode::Conflict, None) => validation(UserErrorCode::Other, format!("目前无法执行：{en}")),
        _ => return None,
    })
}

/// The result of a row that was not readable: it was not tried.
pub fn unread<T>(row: &Row<T>) -> RowResult {
    RowResult { key: String::new(), outcome: Outcome::Failed, id: None, seen: None, errors: row.errors.clone() }
}
