//! The database as Rust types: one file for each table, one key type for each table, and the stored values.

pub mod id;
pub mod value;
