//! Backups: one state of the database with the files that belong to it, and back.
//!
//! ```text
//! SHA256SUMS        a line for each other file, as `sha256sum --check` reads it
//! manifest.json     version, time, and what the database holds: rows by table, heads of the audit ([`Manifest`])
//! database.sqlite   the database; of PostgreSQL `database.dump`, an archive of `pg_dump`
//! files/…           the original documents
//! uploads/…         files that were sent for bulk operations
//! operations/…      the results of these operations
//! keys/…            the keys of the service, only when they were asked for
//! ```
//!
//! The state is that of one moment, whatever is written meanwhile: `VACUUM INTO` sees one snapshot, and `pg_dump` takes the
//! one in which the rows are counted. The files are copied after it. They only grow, and what the database says of their
//! lengths is of before, so a longer file is the same file ([`crate::bulk::results`] cuts it off).
//!
//! A backup is made beside its place and renamed when all of it is on disk ([`take()`]): at its place it is whole or not there.
//! What is restored is made beside its place, too, and compared and checked there ([`restore()`]).

mod failure;
mod manifest;
mod postgres;
mod restore;
mod take;
mod tree;

use std::path::PathBuf;

use crate::db::DatabaseSettings;

pub use failure::BackupError;
pub use manifest::{Contents, Manifest};
pub use restore::{Restored, is_unfinished, restore};
pub use take::take;

/// Where a service keeps what a backup has: the data folder and the database.
pub struct Place {
    /// The data folder.
    pub data: PathBuf,
    /// How to connect to the database.
    pub database: DatabaseSettings,
}

/// The folders of the data folder that belong to the database.
const FOLDERS: [&str; 3] = ["files", "uploads", "operations"];
/// The folder of the keys.
const KEYS: &str = "keys";
/// The database of SQLite in a backup.
const SQLITE: &str = "database.sqlite";
/// The database of PostgreSQL in a backup.
const POSTGRES: &str = "database.dump";
/// The list of files in a backup.
const SUMS: &str = "SHA256SUMS";
/// What a backup says of itself.
const MANIFEST: &str = "manifest.json";
