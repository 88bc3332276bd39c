//! The whole suite.

mod account;
mod database;
mod guard;
mod http;
mod import_read;
mod import_store;
mod key;
mod locale;
mod migration;
mod support;
mod token;
mod toy;
