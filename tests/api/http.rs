//! The HTTP layer with a toy schema behind it.

mod bounds;
mod connections;
mod cost;
mod documents;
mod execution;
mod overload;
mod protocol;
mod rates;
mod routes;
mod stop;

/// Accepts the old media type.
const OLD: (&str, &str) = ("accept", "application/json");
