//! The whole suite.

mod account;
mod database;
mod full_disk;
mod guard;
mod http;
mod import_read;
mod import_store;
mod import_together;
mod key;
mod killed;
mod large_import;
mod locale;
mod migration;
mod support;
mod token;
mod toy;
mod unit_tree;
