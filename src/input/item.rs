//! Entries of a list of numbered texts, which are changed one by one: objectives, sub-goals, safeguard measures.

use super::{Input, scalar};

/// Longest text, in characters.
pub(super) const TEXT: usize = 20_000;
/// Largest ordinal of an entry of any list.
pub(super) const ORDINALS: i32 = 10_000;
/// What the text of an entry holds.
pub(super) const NUMBERED: &str = "Its text, with its number as a form prints it.";

/// A change of one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemPatch {
    /// Which one; a new one when none has this ordinal.
    pub ordinal: Option<i32>,
    /// Delete it.
    pub delete: Option<bool>,
    /// Its text, with its number as a form prints it.
    pub text: Option<String>,
}

/// The input of a change; `ordinal` says which entries it means.
pub(super) fn patch(name: &'static str, description: &'static str, ordinal: &'static str) -> Input<ItemPatch> {
    Input::new(name, description)
        .int("ordinal: Int!", ordinal, 1, ORDINALS, |patch: &mut ItemPatch| &mut patch.ordinal)
        .value("delete: Boolean", "Deletes it; then without `text`.", scalar::truth, |patch| &mut patch.delete)
        .text("text: String", NUMBERED, TEXT, |patch| &mut patch.text)
}
