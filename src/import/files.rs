//! The original files, kept by the SHA-256 of their bytes.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};

use super::limits::Limits;
use crate::error::{AppError, AppResult, ErrorCode};

/// The bytes of a file that a document may have; of a larger file one more, by which [`super::read`] refuses it.
///
/// # Errors
/// What the system says.
pub fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(Limits::default().file + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A folder of files named by their content.
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// Files below `folder`, which is made when the first one is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// SHA-256 of bytes, 64 hexadecimal digits.
    pub fn sha256(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in digest(&SHA256, bytes).as_ref() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(sha256.get(..2).unwrap_or_default()).join(sha256)
    }

    /// Keeps bytes; a file that is there already is left alone. On disk before this returns.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the folder cannot be written.
    pub fn keep(&self, sha256: &str, bytes: &[u8]) -> AppResult<()> {
        let path = self.path(sha256);
        if path.exists() {
            return Ok(());
        }
        write_whole(&path, bytes).map_err(|error| {
            AppError::new(ErrorCode::Unavailable, "The folder of the service's files cannot be written.")
                .caused_by(error)
        })
    }

    /// The bytes of a kept file.
    ///
    /// # Errors
    /// `NOT_FOUND` when it is not there.
    pub fn read(&self, sha256: &str) -> AppResult<Vec<u8>> {
        std::fs::read(self.path(sha256)).map_err(|error| {
            AppError::new(ErrorCode::NotFound, "The original file is not in the folder of the service.")
                .caused_by(error)
        })
    }
}

/// Writes a draft beside the place, then renames it: readers see the whole file or none. A draft that cannot be finished
/// is removed.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder)?;
    let draft = path.with_extension(format!("draft-{}", uuid::Uuid::now_v7()));
    let written = write_to_disk(&draft, bytes).and_then(|()| std::fs::rename(&draft, path));
    if let Err(error) = written {
        // The first error is the one to tell; a draft that stays is only wasted space.
        let _ = std::fs::remove_file(&draft);
        return Err(error);
    }
    sync_folder(folder)?;
    match folder.parent() {
        Some(above) if is_new => sync_folder(above),
        _ => Ok(()),
    }
}

fn write_to_disk(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Brings the names in a folder to disk: a file is lost with its name. Only Unix can do it, and only Unix needs it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}
