//! The whole suite.
