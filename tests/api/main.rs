//! The whole suite.

mod account;
mod execution;
mod filters;
mod guard;
mod http;
mod import_read;
mod import_store;
mod key;
mod locale;
mod money;
mod paging;
mod schema;
mod scope;
mod statements;
mod support;
mod token;
mod toy;
