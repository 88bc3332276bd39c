//! Jixiao (绩效): the open budget-performance database.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod graphql;
pub mod http;
pub mod import;
pub mod lang;
pub mod limits;
pub mod request_id;
pub mod rules;
pub mod service;
