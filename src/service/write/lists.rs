//! Lists inside an object, which are replaced or changed entry by entry.

use crate::input::item::ItemPatch;
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

/// What a patch makes of the entry with its ordinal: the text, or nothing where it deletes it.
pub(super) fn text_or_delete<'p>(
    patch: &'p ItemPatch,
    at: &At<'_>,
    errors: &mut Vec<UserError>,
) -> Option<(i32, Option<&'p str>)> {
    let (ordinal, text) = (patch.ordinal?, patch.text.as_deref());
    if text.is_none() != (patch.delete == Some(true)) {
        let words = Words::new("Give `text` or `delete`, and not both.", "text 与 delete 必须且只能给出一个。");
        errors.push(UserError::validation(UserErrorCode::InvalidFormat, at.path(), "oneOf", None, words));
        return None;
    }
    Some((ordinal, text))
}

/// Why an object is not deleted: entries of its lists. `holds` begins the sentence in both languages.
pub(super) fn has_entries(at: &At<'_>, holds: (&str, &str), counts: &[(&str, usize)]) -> UserError {
    let list = counts.iter().map(|(list, count)| format!("{list}: {count}")).collect::<Vec<_>>().join(", ");
    let words = Words::new(
        format!("{} {list}; `cascade: true` deletes them with it.", holds.0),
        format!("{} {list}；cascade: true 会一并删除。", holds.1),
    );
    UserError::validation(UserErrorCode::HasDependants, at.field("cascade").path(), "dependants", Some(&list), words)
}
