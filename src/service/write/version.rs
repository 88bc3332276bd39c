//! The version that a caller expects of what he writes.

use crate::input::{At, UserError};

/// Compares the version that the caller expects with the stored one.
pub(super) fn expect(
    at: &At<'_>,
    expected: Option<i32>,
    stored: Option<i32>,
    node: &str,
    changed: impl FnOnce() -> Vec<String>,
    errors: &mut Vec<UserError>,
) {
    let Some(expected) = expected else { return };
    match stored {
        None if expected == 0 => {}
        None => {
            errors.push(UserError::not_found(at.field("expectedVersion").path(), &format!("version {expected}")));
        }
        Some(stored) if stored == expected => {}
        Some(stored) => {
            let path = at.field("expectedVersion").path();
            errors.push(UserError::conflict(path, expected, stored, node.to_owned(), changed()));
        }
    }
}
