//! Lists inside an input, which are replaced or changed entry by entry.

use crate::input::{At, Sent, UserError, UserErrorCode, Words};

/// Refuses a list that is sent together with changes of its entries.
pub(super) fn one_of_two<A, B>(
    at: &At<'_>,
    list: (&str, &Sent<A>),
    patch: (&str, &Sent<B>),
    errors: &mut Vec<UserError>,
) {
    if list.1.is_absent() || patch.1.is_absent() {
        return;
    }
    let words = Words::new(
        format!("`{}` replaces the list and `{}` changes single entries: give one of them.", list.0, patch.0),
        format!("{} 替换整个列表，{} 修改个别项：只能给出其中之一。", list.0, patch.0),
    );
    errors.push(UserError::validation(UserErrorCode::InvalidFormat, at.field(patch.0).path(), "oneOf", None, words));
}
