//! The folder of the signing keys: which keys there are, and how one follows another.
//!
//! | file | key |
//! | --- | --- |
//! | `signing.p8` | signs the tokens of this moment |
//! | `next.p8` | will sign after the next rotation; published so that everybody knows it by then |
//! | `previous-<seconds since 1970>.p8` | signed before; tokens by it are accepted until this time |
//!
//! Each step of a rotation is one atomic operation, in an order in which whoever reads in between finds a key that signs and
//! every key that has signed. Deleting all files ends every token; new keys are made within seconds or at the next start.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use entity::value::Timestamp;

use super::key::{KeyError, SigningKey, io_at, read_or_make, sync};
use super::token::{LEEWAY, MAX_LIFE, at, seconds};

const ACTIVE: &str = "signing.p8";
const NEXT: &str = "next.p8";
const PREVIOUS: &str = "previous-";
const SUFFIX: &str = ".p8";

/// How long another process may go on signing by a key after it was replaced: it looks every few seconds.
const NOTICE: Duration = Duration::from_secs(60);

/// How often the folder is read without waiting for a moment in which nobody changes it.
const READINGS: usize = 4;

/// The keys of a folder.
pub struct Keys {
    /// Signs the tokens of this moment.
    pub active: SigningKey,
    /// Signs after the next rotation; none in a folder that cannot be written to.
    pub next: Option<SigningKey>,
    /// Have signed, the last one first; tokens by each are accepted until the time beside it.
    pub previous: Vec<(SigningKey, Timestamp)>,
}

/// The folder.
#[derive(Clone, Debug)]
pub struct KeyFolder {
    path: PathBuf,
}

impl KeyFolder {
    /// The keys of this folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// All keys; folder and keys are made where they are missing.
    ///
    /// # Errors
    /// When a file is not a key, when it or the folder is open to other users, and when the disk refuses.
    pub fn keys(&self) -> Result<Keys, KeyError> {
        for _ in 0..READINGS {
            match self.read() {
                Ok(keys) if self.active()?.kid() == keys.active.kid() => return Ok(keys),
                // A rotation between two files may have hidden a key, or taken one away.
                Ok(_) => {}
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let _turn = self.turn()?;
        self.read()
    }

    fn read(&self) -> Result<Keys, KeyError> {
        let active = self.active()?;
        let next = match self.next() {
            Ok(key) => Some(key),
            Err(KeyError::Io { source, .. }) if is_read_only(&source) => None,
            Err(error) => return Err(error),
        };
        let mut previous: Vec<(SigningKey, Timestamp)> = Vec::new();
        for (path, until) in self.previous()? {
            match SigningKey::read(&path) {
                // A rotation that was cut short leaves a key under two names.
                Ok(key) if [Some(&active), next.as_ref()].iter().flatten().any(|known| known.kid() == key.kid()) => {}
                Ok(key) if previous.iter().any(|(known, _)| known.kid() == key.kid()) => {}
                Ok(key) => previous.push((key, until)),
                // Removed by another process since the folder was listed.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Keys { active, next, previous })
    }

    /// Makes the next key the active one, and a new next one. The key that was active is accepted until every token by it has
    /// ended; those whose tokens had ended at `now` are deleted.
    ///
    /// # Errors
    /// As [`KeyFolder::keys`].
    pub fn rotate(&self, now: Timestamp) -> Result<(), KeyError> {
        let _turn = self.turn()?;
        self.next()?;
        let until = at(seconds(now).saturating_add_unsigned((MAX_LIFE + NOTICE).as_secs()).saturating_add(LEEWAY));
        let (active, next) = (self.path.join(ACTIVE), self.path.join(NEXT));
        match fs::hard_link(&active, self.path.join(previous_name(until))) {
            // Another rotation within this second: what it replaced never signed anything.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            linked => linked.map_err(io_at(&active))?,
        }
        sync(&self.path)?;
        fs::rename(&next, &active).map_err(io_at(&next))?;
        sync(&self.path)?;
        for (path, until) in self.previous()? {
            if until <= now {
                fs::remove_file(&path).map_err(io_at(&path))?;
            }
        }
        self.next().map(drop)
    }

    /// Deletes a key that is not the active one: tokens by it end at once, and a next one is replaced by a new one.
    ///
    /// # Errors
    /// For the active key and for an unknown one, and as [`KeyFolder::keys`].
    pub fn remove(&self, kid: &str) -> Result<(), KeyError> {
        let _turn = self.turn()?;
        let Keys { active, next, previous } = self.read()?;
        if active.kid() == kid {
            return Err(KeyError::Active(kid.to_owned()));
        }
        let path = if next.is_some_and(|key| key.kid() == kid) {
            self.path.join(NEXT)
        } else {
            let known = previous.iter().find(|(key, _)| key.kid() == kid);
            let (_, until) = known.ok_or_else(|| KeyError::Unknown(kid.to_owned()))?;
            self.path.join(previous_name(*until))
        };
        fs::remove_file(&path).map_err(io_at(&path))?;
        sync(&self.path)?;
        self.next().map(drop)
    }

    /// The active key, made when it is missing.
    fn active(&self) -> Result<SigningKey, KeyError> {
        self.made(ACTIVE)
    }

    /// The next key, made when it is missing.
    fn next(&self) -> Result<SigningKey, KeyError> {
        self.made(NEXT)
    }

    fn made(&self, file: &str) -> Result<SigningKey, KeyError> {
        SigningKey::parse(&read_or_make(&self.path, file, SigningKey::fresh)?, &self.path.join(file))
    }

    /// The files of the previous keys, each with the end of its tokens, the last end first.
    fn previous(&self) -> Result<Vec<(PathBuf, Timestamp)>, KeyError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(io_at(&self.path))? {
            let path = entry.map_err(io_at(&self.path))?.path();
            if let Some(until) = end_of(&path) {
                files.push((path, until));
            }
        }
        files.sort_by_key(|(_, until)| Reverse(*until));
        Ok(files)
    }

    /// Waits for the turn of this process to change the folder; it ends with the value.
    fn turn(&self) -> Result<File, KeyError> {
        self.active()?;
        let folder = File::open(&self.path).map_err(io_at(&self.path))?;
        folder.lock().map_err(io_at(&self.path))?;
        Ok(folder)
    }
}

/// The file of a previous key.
fn previous_name(until: Timestamp) -> String {
    format!("{PREVIOUS}{}{SUFFIX}", seconds(until))
}

/// The time in the name of a previous key.
fn end_of(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let digits = name.strip_prefix(PREVIOUS)?.strip_suffix(SUFFIX)?;
    digits.parse().ok().map(at)
}

/// Whether a file is not there any more.
fn is_gone(error: &KeyError) -> bool {
    matches!(error, KeyError::Io { source, .. } if source.kind() == ErrorKind::NotFound)
}

/// Whether the system refuses to write where it lets read.
fn is_read_only(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}
