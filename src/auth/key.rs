//! A signing key of this service, and how private files are made and read.
//!
//! A key is Ed25519, its file PKCS #8 in DER (`openssl pkey -inform DER -in signing.p8` reads it), private to its owner, and
//! never overwritten. Which keys there are and what each is for stands in [`super::folder`].

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use uuid::Uuid;

/// Mode bits by which others than the owner could read or change a file.
const OTHERS: u32 = 0o077;

/// Mode bits by which others than the owner could replace a file in a folder.
const OTHERS_WRITE: u32 = 0o022;

/// Why a key cannot be used, in words for the operator at start.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file or folder cannot be read or written.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder is open to other users.
    #[error(
        "{} is open to other users (mode {mode:04o}); run `chmod go-rwx {}`, and if someone may have read a key, delete \
         that key: a new one is made at the next start",
        path.display(), path.display()
    )]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file of the signing key holds something else.
    #[error(
        "{} is not an Ed25519 key in PKCS #8 (DER); restore it, or delete it for a new key (tokens issued so far end)",
        path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The file of the sealing key holds something else.
    #[error("{} is not a key of 32 bytes; restore it, or delete it and invite again who uses one-time codes", path.display())]
    NotASealingKey {
        /// The file.
        path: PathBuf,
    },
    /// The system made no key.
    #[error("the system gave no randomness for a new key")]
    NoRandomness,
    /// A key is in use.
    #[error("the key {0} signs the tokens of this moment: make another one active first by `jixiao keys rotate`")]
    Active(String),
    /// No key has this name.
    #[error("there is no key `{0}`; `jixiao keys list` prints all")]
    Unknown(String),
    /// A set of trusted keys, or a key in it, is not acceptable.
    #[error("trusted keys: {0}")]
    Trusted(String),
    /// The development secret is too short to be safe even there.
    #[error("the development secret has {0} bytes and needs at least 32: make one with `openssl rand -base64 48`")]
    ShortSecret(usize),
}

/// The private half of this service's key, with its public name.
pub struct SigningKey {
    kid: String,
    public: Vec<u8>,
    encoding: EncodingKey,
}

impl SigningKey {
    /// A new key, as the bytes of its file.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub(super) fn fresh() -> Result<Vec<u8>, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::NoRandomness)?;
        let der = pair.to_pkcs8v1().map_err(|_| KeyError::NoRandomness)?;
        Ok(der.as_ref().to_vec())
    }

    /// The key in a private file.
    ///
    /// # Errors
    /// When the file is not a key, when it is open to other users, and when it cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        Self::parse(&read_private(path)?, path)
    }

    /// Name of the key in token headers: its RFC 7638 thumbprint, so the same key has the same name everywhere.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    pub(super) fn decoding(&self) -> DecodingKey {
        DecodingKey::from_ed_der(&self.public)
    }

    /// The public half as a JWK (RFC 8037), for those who check tokens of this service themselves.
    pub(super) fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": x })
    }

    pub(super) fn parse(der: &[u8], path: &Path) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::NotAKey { path: path.to_owned() })?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self { kid: thumbprint(&public), public, encoding: EncodingKey::from_ed_der(der) })
    }
}

/// RFC 7638 thumbprint of an Ed25519 key (members as RFC 8037 names them): SHA-256 in base64url.
fn thumbprint(public: &[u8]) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, URL_SAFE_NO_PAD.encode(public));
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, members.as_bytes()))
}

/// The bytes of a private file in a folder; folder and file are made when there are none.
///
/// Two processes may do this at once: the file appears whole or not at all, and the first one wins.
///
/// # Errors
/// When file or folder is open to other users, and when the disk refuses.
pub(super) fn read_or_make(
    folder: &Path,
    file: &str,
    fresh: impl FnOnce() -> Result<Vec<u8>, KeyError>,
) -> Result<Vec<u8>, KeyError> {
    let path = folder.join(file);
    make_folder(folder)?;
    match read_private(&path) {
        Err(KeyError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            create(folder, file, &fresh()?)?;
            read_private(&path)
        }
        found => found,
    }
}

fn make_folder(folder: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io_at(folder))?;
    let mode = fs::metadata(folder).map_err(io_at(folder))?.mode() & 0o7777;
    if mode & OTHERS_WRITE != 0 {
        return Err(KeyError::Open { path: folder.to_owned(), mode });
    }
    Ok(())
}

/// Reads a file that only its owner may read; asks the opened file, so that it cannot be exchanged in between.
fn read_private(path: &Path) -> Result<Vec<u8>, KeyError> {
    let mut file = File::open(path).map_err(io_at(path))?;
    let mode = file.metadata().map_err(io_at(path))?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(KeyError::Open { path: path.to_owned(), mode });
    }
    let mut der = Vec::new();
    file.read_to_end(&mut der).map_err(io_at(path))?;
    Ok(der)
}

/// Writes a new key beside the final name and links it there: linking fails when the name exists, so a key is never
/// overwritten and never half written.
fn create(folder: &Path, file: &str, key: &[u8]) -> Result<(), KeyError> {
    let path = folder.join(file);
    let draft = folder.join(format!(".{file}.{}", Uuid::now_v7()));
    let written = write_new(&draft, key).and_then(|()| match fs::hard_link(&draft, &path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // A draft that stays behind is as private as the key; the error of writing is the one worth telling.
    let removed = fs::remove_file(&draft);
    written.map_err(io_at(&path))?;
    removed.map_err(io_at(&draft))?;
    sync(folder)
}

/// Makes sure that the names in a folder are on the disk.
pub(super) fn sync(folder: &Path) -> Result<(), KeyError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_at(folder))
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { path, source }
}
