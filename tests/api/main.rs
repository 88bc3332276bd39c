//! The whole suite.

mod account;
mod cli;
mod database;
mod filters;
mod full_disk;
mod guard;
mod http;
mod import_read;
mod import_store;
mod import_together;
mod invariants;
mod key;
mod killed;
mod layers;
mod locale;
mod migration;
mod paging;
mod readme;
mod samples;
mod scope;
mod support;
mod token;
mod toy;
