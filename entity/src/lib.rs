//! The database as Rust types: one file for each table, one key type for each table, and the stored values.
//!
//! Nothing here knows GraphQL, and nothing here asks the database anything.

pub mod account;
pub mod account_grant;
pub mod audit_entry;
pub mod audit_head;
pub mod bulk_operation;
pub mod change;
pub mod client;
pub mod client_assertion;
pub mod client_key;
pub mod client_secret;
pub mod credential;
pub mod department_goal;
pub mod division;
pub mod finding;
pub mod goal_item;
pub mod id;
pub mod idempotency;
pub mod indicator;
pub mod indicator_count;
pub mod indicator_level;
pub mod invitation;
pub mod login_failure;
pub mod objective;
pub mod part;
pub mod plan_point;
pub mod project;
pub mod refresh_token;
pub mod revocation;
pub mod search_entry;
pub mod search_format;
pub mod session;
pub mod source_document;
pub mod spending_plan;
pub mod unit;
pub mod unit_alias;
pub mod unit_closure;
pub mod upload;
pub mod value;
