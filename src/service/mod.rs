//! What the service can do, without knowing GraphQL or HTTP: reading through one scoped finder, and writing.
//!
//! Reads take a [`read::Reader`] (connection and caller), writes a [`work::Work`] (transaction, caller, time, record). Nothing here opens a
//! transaction. Rows for a caller are found through [`scope::find`]; inside a write, after the caller's right to the
//! division is checked, rows are found by natural key.

pub mod account;
pub mod aggregate;
pub mod audit;
pub mod client;
pub mod credential;
pub mod department_goal;
pub mod division;
pub mod filter;
pub mod finding;
pub mod group;
pub mod history;
pub mod idempotency;
pub mod indicator_level;
pub mod invariants;
pub mod invitation;
pub mod journal;
pub mod load;
pub mod lockout;
pub mod order;
pub mod outbox;
pub mod permission;
pub mod project;
pub mod publication;
mod reach;
pub mod read;
pub mod relation;
pub mod revocation;
pub mod scope;
pub mod search;
pub mod session;
pub mod source_document;
pub mod stored;
pub mod summary;
mod sweep;
pub mod unit;
pub mod work;
pub mod write;
