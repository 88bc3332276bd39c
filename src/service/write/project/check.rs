//! Checks that several kinds of edits share.

use super::edit::ProjectRow;
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::rules::quality::Rule;
use crate::service::write::version::expect;
use crate::service::write::{Mode, Row};

/// A rule of the field that what was sent would break.
pub(super) fn broken(at: &At<'_>, rule: Rule, value: Option<&str>, words: Words) -> UserError {
    UserError::validation(UserErrorCode::RuleViolated, at.path(), rule.id(), value, words)
}

/// Checks that a part is new or known as the row wants it, and its version.
pub(super) fn check_part(
    row: &Row<ProjectRow>,
    mode: Mode,
    deletes: bool,
    version: Option<i32>,
    id: &str,
    errors: &mut Vec<UserError>,
) {
    let at = row.at();
    let key = at.field(row.input.who.path().first().copied().unwrap_or_default());
    if mode == Mode::Create && version.is_some() {
        let words = Words::new("It exists already.", "该对象已存在。");
        errors.push(UserError::duplicate(UserErrorCode::Duplicate, key.path(), Some(id.to_owned()), words));
    }
    if (mode == Mode::Update || deletes) && version.is_none() {
        errors.push(UserError::not_found(key.path(), &row.input.to_string()));
    }
    expect(&at, row.input.expected_version, version, id, Vec::new, errors);
}
