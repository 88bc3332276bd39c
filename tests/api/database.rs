//! The database layer: what it refuses at the start, what it stops in time, and that no write is lost or half done.

mod settings;
mod time;
mod writing;
