//! A process that works on operations, known by a file that it holds locked as long as it lives.
//!
//! The system takes the lock away with the process, however it dies. So what a dead process of this machine left behind is
//! taken over at once, and only what another machine left behind has to wait until its lease ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::PathBuf;

use uuid::Uuid;

/// One process, alive until dropped. Its file stays, so that others can see that nobody holds it, until they bury it.
#[derive(Debug)]
pub struct Instance {
    folder: PathBuf,
    name: String,
    _lock: File,
}

impl Instance {
    /// Enters the workers of a folder. Blocks.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn enter(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let name = Uuid::now_v7().simple().to_string();
        let lock = OpenOptions::new().write(true).create_new(true).open(folder.join(&name))?;
        lock.try_lock()?;
        Ok(Self { folder, name, _lock: lock })
    }

    /// A name for one lease; no two are the same.
    pub fn lease(&self) -> String {
        format!("{}:{}", self.name, Uuid::now_v7().simple())
    }

    /// Whether the process that holds a lease is known to be dead. Blocks.
    pub fn is_dead(&self, lease: &str) -> bool {
        let Some((name, _)) = lease.split_once(':') else { return false };
        // Only names that were made here lead to a file.
        if name == self.name || Uuid::try_parse(name).is_err() {
            return false;
        }
        let path = self.folder.join(name);
        let Ok(file) = File::open(path) else { return false };
        match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        }
    }

    /// Deletes the files of processes that are dead and hold none of these leases. Blocks.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn bury(&self, leases: &[String]) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let lease = format!("{name}:");
            if self.is_dead(&lease) && !leases.iter().any(|held| held.starts_with(&lease)) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }
}
