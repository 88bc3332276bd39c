//! The whole suite.

mod account;
mod cli;
mod filters;
mod guard;
mod http;
mod import_read;
mod import_store;
mod invariants;
mod key;
mod layers;
mod locale;
mod paging;
mod samples;
mod support;
mod token;
mod toy;
