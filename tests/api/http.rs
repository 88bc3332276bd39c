//! The HTTP layer with a toy schema behind it.

mod bounds;
mod connections;
mod execution;
mod protocol;
mod routes;
mod stop;

/// Accepts the old media type.
const OLD: (&str, &str) = ("accept", "application/json");
