//! The audit: what was done by whom, in chains that show when they were tampered with.

pub mod chain;
