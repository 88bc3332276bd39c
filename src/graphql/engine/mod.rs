//! From a document to SQL to an answer: tables of fields, plans made from selections, and rows rendered in sets.
//!
//! Each GraphQL object is one table ([`object::Fields`]): signature, description, and how a field gets its value from a
//! row or which relation it follows. The same table gives the schema ([`registry`]) and, for a document, the plan
//! ([`plan`]) that names every statement before the first one runs: one for each relation that is selected, for all rows
//! of the level above together. Nothing in a plan can fail for one row alone, so errors belong to root fields, and
//! values are written as JSON at once ([`json`]): no tree of them is ever made.

pub mod aggregate;
pub mod argument;
pub mod asked;
pub mod connection;
pub mod cost;
pub mod edges;
pub mod filter;
pub mod json;
pub mod mutation;
pub mod object;
pub mod order;
pub mod plan;
pub mod registry;
pub mod signature;
