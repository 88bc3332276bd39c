//! What the service can do, without knowing GraphQL or HTTP: reading through one scoped finder, and writing.
//!
//! Reads take a [`read::Reader`] (connection and caller), writes a transaction and a caller. Nothing here opens a
//! transaction, and every row is found through [`scope::find`].

pub mod account;
pub mod filter;
pub mod finding;
pub mod invariants;
pub mod order;
pub mod read;
pub mod relation;
pub mod scope;
pub mod unit;
