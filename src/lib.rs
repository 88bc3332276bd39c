//! Jixiao (绩效): the open budget-performance database.

pub mod auth;
pub mod db;
pub mod error;
pub mod graphql;
pub mod lang;
pub mod limits;
pub mod service;
