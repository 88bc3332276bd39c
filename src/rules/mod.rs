//! The pure knowledge of the field: plain functions and types with the section of the field's rules that they follow.
//!
//! Nothing here may use the database, GraphQL, the file system or the clock; from `entity` only the stored value types.
//! Numbers are integers throughout (分, or a decimal times 10⁶): no floating point.

pub mod decimal;
pub mod money;
pub mod plan;
pub mod project_code;
pub mod quality;
pub mod target;
pub mod taxonomy;
pub mod text;
