//! The file of the signing key: made once, private, never overwritten, the same key for everybody who starts.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jixiao::auth::key::SigningKey;
use tempfile::TempDir;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn refusal(folder: &Path) -> String {
    SigningKey::open_or_create(folder).err().expect("the key is refused").to_string()
}

#[test]
fn the_first_start_makes_a_private_key_and_the_next_one_reads_it() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("keys");
    let first = SigningKey::open_or_create(&folder).unwrap();
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("signing.p8")), 0o600);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft stays behind");
    assert_eq!(SigningKey::open_or_create(&folder).unwrap().kid(), first.kid());
    let other = TempDir::new().unwrap();
    assert_ne!(SigningKey::open_or_create(other.path()).unwrap().kid(), first.kid());
}

#[test]
fn the_name_is_the_thumbprint_of_the_public_key() {
    let folder = TempDir::new().unwrap();
    let key = SigningKey::open_or_create(folder.path()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(&fs::read(folder.path().join("signing.p8")).unwrap()).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let members = serde_json::json!({ "crv": "Ed25519", "kty": "OKP", "x": x }).to_string();
    assert_eq!(key.kid(), URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes())));
}

#[test]
fn starts_at_once_agree_on_one_key() {
    for _ in 0..20 {
        let data = TempDir::new().unwrap();
        let folder = data.path().join("keys");
        let barrier = Barrier::new(8);
        let kids: Vec<String> = thread::scope(|scope| {
            let start = || {
                barrier.wait();
                SigningKey::open_or_create(&folder).unwrap().kid().to_owned()
            };
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(kids.iter().all(|kid| *kid == kids[0]), "{kids:?}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}

#[test]
fn a_key_open_to_others_is_refused() {
    let folder = TempDir::new().unwrap();
    SigningKey::open_or_create(folder.path()).unwrap();
    let path = folder.path().join("signing.p8");
    for open in [0o640, 0o604, 0o620, 0o602] {
        fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
        let error = refusal(folder.path());
        assert!(error.contains(&format!("(mode {open:04o})")) && error.contains("chmod go-rwx"), "{error}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    SigningKey::open_or_create(folder.path()).unwrap();
}

#[test]
fn a_folder_in_which_others_could_exchange_the_key_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    assert!(refusal(folder.path()).contains("(mode 0777)"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no key is made there");
}

#[test]
fn what_is_not_a_key_is_refused_and_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("signing.p8");
    for wrong in [&b""[..], b"-----BEGIN PRIVATE KEY-----"] {
        fs::write(&path, wrong).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let error = refusal(folder.path());
        assert!(error.contains("is not an Ed25519 key"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), wrong);
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let inside = folder.path().join("file/keys");
    assert!(refusal(&inside).contains("file/keys cannot be used"));
}
