//! The whole suite.

mod account;
mod guard;
mod http;
mod key;
mod token;
mod toy;
