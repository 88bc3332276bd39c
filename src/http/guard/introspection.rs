//! Questions for the schema, where they are not answered.

use async_graphql::ServerError;

use crate::error::ErrorCode;
use crate::graphql::execution::Document;
use crate::http::errors::refusal;

/// Refuses a document that asks for the schema, in an operation or a fragment.
///
/// The document must have passed [`super::admit`], which bounds the recursion.
///
/// # Errors
/// `FORBIDDEN`, with where the schema is.
pub fn refuse_introspection(document: &Document) -> Result<(), ServerError> {
    match document.introspects {
        None => Ok(()),
        Some(pos) => {
            let message = "Introspection is switched off here; the schema is at `/schema.graphql`.";
            Err(refusal(ErrorCode::Forbidden, message, Some(pos)))
        }
    }
}
