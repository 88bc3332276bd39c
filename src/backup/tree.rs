//! Copying files with their checksums, so that they are on disk before anybody is told.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use super::failure::{BackupError, at};
use crate::service::audit::chain::hex;

/// Checksums by path, which is relative to the backup and written with `/`.
pub type Sums = BTreeMap<String, String>;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Makes a folder that nobody else can read; one that exists stays.
pub fn make_folder(path: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))
}

/// The paths of all files below a folder, relative to it; none when there is no folder.
pub fn list(folder: &Path) -> Result<Vec<String>, BackupError> {
    fn walk(folder: &Path, above: &str, found: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{above}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), &format!("{name}/"), found)?;
            } else {
                found.push(name);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    match walk(folder, "", &mut found) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(folder)(error)),
        Ok(()) | Err(_) => {}
    }
    found.sort();
    Ok(found)
}

/// Copies a file and gives its checksum.
pub fn copy(from: &Path, to: &Path) -> Result<String, BackupError> {
    let mut source = File::open(from).map_err(at(from))?;
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(at(to))?;
    let sum = through(&mut source, |piece| target.write_all(piece)).map_err(at(to))?;
    target.sync_all().map_err(at(to))?;
    Ok(sum)
}

/// The checksum of a file.
pub fn sum(path: &Path) -> Result<String, BackupError> {
    let mut source = File::open(path).map_err(at(path))?;
    through(&mut source, |_| Ok(())).map_err(at(path))
}

/// Reads a file to its end in pieces, and gives its checksum.
fn through(source: &mut File, mut piece: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<String> {
    let (mut buffer, mut digest) = (vec![0; PIECE], Context::new(&SHA256));
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(hex(digest.finish().as_ref())),
            length => {
                digest.update(&buffer[..length]);
                piece(&buffer[..length])?;
            }
        }
    }
}

/// Writes a new file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}

/// Brings a file, or the names in a folder, to disk.
pub fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

/// Brings the names of all folders below one to disk, and its own.
pub fn sync_folders(folder: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        if entry.file_type().map_err(at(folder))?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync(folder)
}

/// The folder that holds a path.
pub fn above(path: &Path) -> PathBuf {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above.to_owned(),
        _ => PathBuf::from("."),
    }
}
