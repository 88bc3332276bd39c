//! Variables as the specification coerces them, before a document is executed.

use async_graphql::Variables;
use async_graphql::parser::types::OperationDefinition;

/// Gives each variable that was not sent its default. The library does so for arguments, but not for `@skip` and
/// `@include`.
#[must_use]
pub fn with_defaults(operation: &OperationDefinition, mut variables: Variables) -> Variables {
    for definition in &operation.variable_definitions {
        if let Some(default) = &definition.node.default_value {
            variables.entry(definition.node.name.node.clone()).or_insert_with(|| default.node.clone());
        }
    }
    variables
}
