//! Search: an index of the texts of units, projects, indicators and department goals, kept in the transaction that writes them,
//! and asked alike on both databases.
//!
//! Each object has one entry with its folded texts and the pairs of neighbouring signs in them ([`crate::rules::search`]).
//! [`stale`] notices which objects a transaction touched, [`source`] reads their texts, [`index`] writes their entries; the
//! database itself removes the entry of an object that goes. [`query`] turns words into a condition, [`hits`] ranks what they
//! find, [`highlight`] shows where. Who may see an object is not kept in the index but asked of [`super::scope`] in the same statement.

pub mod highlight;
pub mod hits;
pub mod index;
pub mod query;
pub mod source;
pub mod stale;
pub mod unordered;
