//! Bulk operations from files: sending, waiting, working through, going on after a failure, fetching what came of it.

mod download;
mod killed;
mod preview;
mod queue;
mod reading;
pub mod scene;
pub mod server;
mod sweep;
mod uploads;
mod worker;
