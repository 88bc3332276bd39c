//! Questions for the schema, where they are not answered.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Pos, Positioned, ServerError};

use crate::error::ErrorCode;
use crate::http::errors::refusal;

/// Refuses a document that asks for the schema, in an operation or a fragment.
///
/// The document must have passed [`super::admit`], which bounds the recursion.
///
/// # Errors
/// `FORBIDDEN`, with where the schema is.
pub fn refuse_introspection(document: &ExecutableDocument) -> Result<(), ServerError> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    match operations.chain(fragments).find_map(in_set) {
        None => Ok(()),
        Some(pos) => {
            let message = "Introspection is switched off here; the schema is at `/schema.graphql`.";
            Err(refusal(ErrorCode::Forbidden, message, Some(pos)))
        }
    }
}

fn in_set(set: &Positioned<SelectionSet>) -> Option<Pos> {
    set.node.items.iter().find_map(|selection| match &selection.node {
        Selection::Field(field) if matches!(field.node.name.node.as_str(), "__schema" | "__type") => Some(field.pos),
        Selection::Field(field) => in_set(&field.node.selection_set),
        Selection::InlineFragment(fragment) => in_set(&fragment.node.selection_set),
        Selection::FragmentSpread(_) => None,
    })
}
