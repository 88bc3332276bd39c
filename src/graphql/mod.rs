//! GraphQL.
pub mod engine;
