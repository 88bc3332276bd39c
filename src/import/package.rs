//! The package of a Word document: its list of parts is judged before a single one is unpacked.

use std::io::{BufReader, Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::error::{PackageFault, ReadError};
use super::limits::Limits;

/// A package whose list of parts keeps within the limits.
#[derive(Debug)]
pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

/// A part that is unpacked while it is read, never beyond the size that its list declares.
pub type Part<'a, 'b> = BufReader<std::io::Take<ZipFile<'a, Cursor<&'b [u8]>>>>;

impl<'b> Package<'b> {
    /// Opens a package.
    ///
    /// # Errors
    /// [`ReadError`] for a damaged list, too many or too large parts, names that lead out of the package, links,
    /// duplicates, parts that share bytes, and passwords.
    pub fn open(bytes: &'b [u8], limits: &Limits) -> Result<Self, ReadError> {
        let damaged = |_| ReadError::Package(PackageFault::Damaged);
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if archive.len() > limits.entries {
            return Err(ReadError::TooLarge { what: "too many parts", limit: format!("{} parts", limits.entries) });
        }
        if archive.has_duplicate_names() {
            return Err(ReadError::Package(PackageFault::DuplicateName));
        }
        let mut unpacked: u64 = 0;
        for index in 0..archive.len() {
            let entry = archive.by_index_data(index).map_err(damaged)?;
            let name = entry.name().map_err(damaged)?.into_owned();
            if !is_inside(&name) {
                return Err(ReadError::Package(PackageFault::UnsafeName(shown(&name))));
            }
            if entry.is_symlink() {
                return Err(ReadError::Package(PackageFault::Link(shown(&name))));
            }
            if entry.encrypted() {
                return Err(ReadError::Package(PackageFault::Encrypted));
            }
            check_size(&name, entry.size(), entry.compressed_size(), limits)?;
            unpacked = unpacked.saturating_add(entry.size());
        }
        if unpacked > limits.unpacked {
            return Err(too_large("too many bytes when unpacked", limits.unpacked));
        }
        if archive.has_overlapping_entries().map_err(damaged)? {
            return Err(ReadError::Package(PackageFault::Overlap));
        }
        Ok(Self { archive })
    }

    /// Whether there is a part of this name.
    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// Opens a part for reading.
    ///
    /// # Errors
    /// [`ReadError::Package`] when there is no such part or it cannot be unpacked.
    pub fn part(&mut self, name: &str) -> Result<Part<'_, 'b>, ReadError> {
        let file = self.archive.by_name(name).map_err(|error| match error {
            ZipError::FileNotFound => ReadError::Package(PackageFault::NoDocument),
            _ => ReadError::Package(PackageFault::DamagedPart(shown(name))),
        })?;
        let size = file.size();
        Ok(BufReader::new(file.take(size)))
    }
}

fn check_size(name: &str, size: u64, packed: u64, limits: &Limits) -> Result<(), ReadError> {
    if size > Limits::RATIO_FROM && size / packed.max(1) >= limits.ratio {
        return Err(ReadError::Bomb { part: shown(name), ratio: limits.ratio });
    }
    if size > limits.part {
        return Err(too_large("a part with too many bytes when unpacked", limits.part));
    }
    Ok(())
}

fn too_large(what: &'static str, limit: u64) -> ReadError {
    ReadError::TooLarge { what, limit: format!("{limit} bytes") }
}

/// Whether a part name stays inside the package.
fn is_inside(name: &str) -> bool {
    let is_absolute = name.starts_with('/') || name.contains(['\\', ':', '\0']);
    !name.is_empty() && !is_absolute && name.split('/').all(|step| step != "..")
}

/// A name from the file as it may stand in a message: short, without control signs.
pub fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn names_that_lead_out_are_seen() {
        assert!(is_inside("word/document.xml") && is_inside("[Content_Types].xml") && is_inside("a..b/c"));
        for name in ["", "/etc/passwd", "../x", "word/../../x", "C:x", "word\\..\\x", "a\0b"] {
            assert!(!is_inside(name), "{name:?}");
        }
    }
}
