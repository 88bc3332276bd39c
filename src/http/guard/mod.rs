//! What stands between a document from outside and the GraphQL library: every check is linear in the size of the document
//! and comes before the first piece of work that is not.
//!
//! 1. [`scan`]: one pass over the text counts bytes, tokens and open brackets, because the parser recurses by brackets.
//! 2. One parse; documents that were [`admitted`] before are not read again.
//! 3. [`expansion`]: counts what the document becomes when its fragments are expanded, each fragment once, because the
//!    library expands them again and again before it compares any limit.
//! 4. [`variables`]: how many and how deep; values that cannot become the declared type.
//! 5. [`cost`]: rows and cost, before any statement reaches the database; [`meter`] tells afterwards what it cost indeed.
//!
//! Nothing here knows the schema. That is safe because no count depends on a type: at worst a document is refused that
//! would not have passed validation either.

mod admitted;
mod cost;
mod expansion;
mod introspection;
mod meter;
mod scan;
mod variables;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::parser::{self, parse_query};
use async_graphql::{Pos, Positioned, ServerError, Variables};
use serde_json::Value as Json;

use crate::error::ErrorCode;
use crate::graphql::held::Held;
use crate::limits::ProfileLimits;

use super::errors::refusal;

pub use admitted::Admitted;
pub use cost::Price;
pub use introspection::refuse_introspection;

/// Scans, parses and measures a document; what comes back is executed without being parsed again.
///
/// # Errors
/// `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED` (a fragment that contains itself), `COST_LIMIT`.
pub fn admit(text: &str, limits: &ProfileLimits) -> Result<ExecutableDocument, ServerError> {
    let text = scan::scan(text, limits)?;
    let document = parse_query(&text).map_err(|error| parse_failure(&text, &error))?;
    expansion::expand(&document, limits)?;
    Ok(document)
}

/// Checks the variables of a request and estimates the cost of its selected operation; [`Price::admit`] compares it with
/// the limits.
///
/// # Errors
/// `BAD_USER_INPUT` for variables that do not fit their declarations or a page that is too large, `COST_LIMIT` for too many
/// rows of a bulk mutation.
pub fn price(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    held: &Held,
    limits: &ProfileLimits,
) -> Result<Price, ServerError> {
    variables::coerce(operation, variables, held)?;
    cost::estimate(document, operation, variables, held, limits)
}

/// Checks the number and depth of the variables before they become values of the library.
///
/// # Errors
/// `COST_LIMIT` that names the limit.
pub fn admit_variables(variables: &serde_json::Map<String, Json>, limits: &ProfileLimits) -> Result<(), ServerError> {
    variables::check_shape(variables, limits)
}

/// The operation that a request means: the named one, or the only one.
///
/// # Errors
/// `OPERATION_RESOLUTION_FAILURE` with the reason.
pub fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'a str>, &'a Positioned<OperationDefinition>), ServerError> {
    let fail = |message: &str| refusal(ErrorCode::OperationResolutionFailure, message, None);
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok((None, operation)),
        (DocumentOperations::Single(_), Some(_)) => {
            Err(fail("`operationName` names an operation, but the only operation of the document has no name."))
        }
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get_key_value(name)
            .map(|(name, operation)| (Some(name.as_str()), operation))
            .ok_or_else(|| fail("`operationName` names an operation that is not in the document.")),
        (DocumentOperations::Multiple(operations), None) => {
            let mut entries = operations.iter();
            match (entries.next(), entries.next()) {
                (Some((name, operation)), None) => Ok((Some(name.as_str()), operation)),
                _ => Err(fail("The document has several operations; say which one in `operationName`.")),
            }
        }
    }
}

/// The parser's complaint in one line: its own text draws the document.
fn parse_failure(text: &str, error: &parser::Error) -> ServerError {
    let pos = error.positions().next();
    let message = match error {
        parser::Error::Syntax { start, .. } => match word_at(text, *start) {
            Some(word) => format!("Syntax error: unexpected `{word}`."),
            None => "Syntax error: the document ends too early.".to_owned(),
        },
        parser::Error::MultipleOperations { .. } => {
            "An operation without a name must be the only one of its document.".to_owned()
        }
        parser::Error::OperationDuplicated { operation, .. } => {
            format!("Two operations have the name `{operation}`.")
        }
        parser::Error::FragmentDuplicated { fragment, .. } => format!("Two fragments have the name `{fragment}`."),
        parser::Error::MissingOperation => "The document has no operation.".to_owned(),
        parser::Error::RecursionLimitExceeded => "The document is nested too deep.".to_owned(),
        _ => "The document is not GraphQL.".to_owned(),
    };
    let mut failure = refusal(ErrorCode::GraphqlParseFailed, message, pos);
    failure.locations = error.positions().collect();
    failure
}

/// The name, number or single character at a position; at most 32 characters.
fn word_at(text: &str, pos: Pos) -> Option<String> {
    let line = text.split('\n').nth(pos.line.checked_sub(1)?)?;
    let mut rest = line.chars().skip(pos.column.checked_sub(1)?).skip_while(|c| c.is_whitespace());
    let first = rest.next()?;
    let in_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut word = first.escape_debug().to_string();
    if in_word(&first) {
        word.extend(rest.take_while(in_word).take(31));
    }
    Some(word)
}
