//! The whole suite.

mod account;
mod guard;
mod http;
mod key;
mod locale;
mod token;
mod toy;
