//! The folder of the signing keys: made once, private, never overwritten, the same keys for everybody who starts; and how one
//! key follows another.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::AccountId;
use entity::value::Timestamp;
use jixiao::auth::folder::{KeyFolder, Keys};
use jixiao::auth::keyset::KeySet;
use jixiao::auth::ring::KeyRing;
use jixiao::auth::token::{MAX_LIFE, NewToken, Refusal, TokenChecker, TokenIssuer};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_790_000_000_000_000);

fn after(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds * 1_000_000)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn open(folder: &Path) -> KeyRing {
    KeyRing::open(folder, "jixiao").unwrap()
}

fn refusal(folder: &Path) -> String {
    KeyRing::open(folder, "jixiao").err().expect("the key is refused").to_string()
}

fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The names of the keys of a folder: active, next, previous.
fn kids(folder: &KeyFolder) -> (String, Option<String>, Vec<String>) {
    let Keys { active, next, previous } = folder.keys().unwrap();
    let names = previous.iter().map(|(key, _)| key.kid().to_owned()).collect();
    (active.kid().to_owned(), next.map(|key| key.kid().to_owned()), names)
}

#[test]
fn the_first_start_makes_private_keys_and_the_next_one_reads_them() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("keys");
    let first = open(&folder);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(files(&folder), ["next.p8", "signing.p8"].map(str::to_owned).into(), "no draft stays behind");
    for file in files(&folder) {
        assert_eq!(mode(&folder.join(file)), 0o600);
    }
    let again = open(&folder);
    assert_eq!((again.kid(), again.jwks(NOW)), (first.kid(), first.jwks(NOW)));
    let other = TempDir::new().unwrap();
    assert_ne!(open(other.path()).kid(), first.kid());
}

#[test]
fn a_folder_of_one_key_keeps_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("signing.p8");
    let pair = Ed25519KeyPair::generate().unwrap();
    fs::write(&path, pair.to_pkcs8v1().unwrap()).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let ring = open(folder.path());
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    assert!(ring.jwks(NOW)["keys"].as_array().unwrap().iter().any(|key| key["kid"] == ring.kid() && key["x"] == x));
}

#[test]
fn the_name_is_the_thumbprint_of_the_public_key() {
    let folder = TempDir::new().unwrap();
    let key = open(folder.path());
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
        let sets: Vec<_> = thread::scope(|scope| {
            let start = || {
                barrier.wait();
                let ring = open(&folder);
                (ring.kid(), ring.jwks(NOW))
            };
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
        assert_eq!(files(&folder).len(), 2);
    }
}

#[test]
fn a_key_open_to_others_is_refused() {
    let folder = TempDir::new().unwrap();
    open(folder.path());
    for file in files(folder.path()) {
        let path = folder.path().join(file);
        for open in [0o640, 0o604, 0o620, 0o602] {
            fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
            let error = refusal(folder.path());
            assert!(error.contains(&format!("(mode {open:04o})")) && error.contains("chmod go-rwx"), "{error}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    }
    open(folder.path());
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
    for file in ["signing.p8", "next.p8", "previous-1800000000.p8"] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(file);
        for wrong in [&b""[..], b"-----BEGIN PRIVATE KEY-----"] {
            fs::write(&path, wrong).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let error = refusal(folder.path());
            assert!(error.contains("is not an Ed25519 key") && error.contains(file), "{error}");
            assert_eq!(fs::read(&path).unwrap(), wrong);
        }
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let inside = folder.path().join("file/keys");
    assert!(refusal(&inside).contains("file/keys cannot be used"));
}

#[test]
fn a_key_is_known_before_it_signs_and_until_its_tokens_have_ended() {
    let folder = TempDir::new().unwrap();
    let keys = KeyFolder::at(folder.path());
    let ring = Arc::new(open(folder.path()));
    // Another process, which learns of a rotation only when it reads the folder again.
    let late = TokenChecker::new(KeySet::of(Arc::new(open(folder.path()))), "jixiao");
    let checker = TokenChecker::new(KeySet::of(Arc::clone(&ring)), "jixiao");
    let issuer = TokenIssuer::new(Arc::clone(&ring), "jixiao");
    let issue = |now| issuer.issue(&NewToken::of(AccountId::new(), MAX_LIFE), now).unwrap();

    let (first, second, _) = kids(&keys);
    let old = issue(NOW);
    keys.rotate(NOW).unwrap();
    let (active, third, previous) = kids(&keys);
    assert_eq!((Some(active), previous), (second.clone(), vec![first.clone()]));
    assert!(third.is_some() && third != second);
    ring.refresh().unwrap();
    assert_eq!(Some(ring.kid()), second);

    // Signed in the name of before by a process that has not looked yet, and accepted for as long as it lives.
    let new = issue(after(1));
    assert!(late.check(&new, after(1)).is_ok(), "the next key was known already");
    assert!(checker.check(&new, after(1)).is_ok());
    for now in [after(1), after(3629)] {
        assert!(checker.check(&old, now).is_ok());
        assert_eq!(ring.jwks(now)["keys"].as_array().unwrap().len(), 3);
    }
    // 3600 s of life, 60 s of notice, 30 s of leeway.
    let token_of_first_at = |now| {
        let ring = KeyRing::open(folder.path(), "jixiao").unwrap();
        ring.jwks(now)["keys"].as_array().unwrap().iter().any(|key| key["kid"] == first.as_str())
    };
    assert!(token_of_first_at(after(3689)));
    assert!(!token_of_first_at(after(3690)));
    assert_eq!(ring.jwks(after(3690))["keys"].as_array().unwrap().len(), 2);

    // The rotation after that throws it away.
    keys.rotate(after(3690)).unwrap();
    assert_eq!(kids(&keys).2, [second.unwrap()]);
    ring.refresh().unwrap();
    assert_eq!(checker.check(&old, after(10)), Err(Refusal::UnknownKey));
    assert!(checker.check(&new, after(10)).is_ok());
}

#[test]
fn a_removed_key_ends_its_tokens_and_the_active_one_stays() {
    let folder = TempDir::new().unwrap();
    let keys = KeyFolder::at(folder.path());
    let (first, ..) = kids(&keys);
    keys.rotate(NOW).unwrap();
    let (active, next, _) = kids(&keys);
    let error = keys.remove(&active).unwrap_err().to_string();
    assert!(error.contains("jixiao keys rotate"), "{error}");
    assert!(keys.remove("nobody").unwrap_err().to_string().contains("no key `nobody`"));
    keys.remove(&first).unwrap();
    assert_eq!(kids(&keys), (active.clone(), next.clone(), vec![]));
    keys.remove(&next.clone().unwrap()).unwrap();
    let (still, other, _) = kids(&keys);
    assert_eq!(still, active);
    assert!(other.is_some() && other != next, "a new one takes its place");
}

#[test]
fn a_rotation_that_was_cut_short_is_no_harm() {
    let folder = TempDir::new().unwrap();
    let keys = KeyFolder::at(folder.path());
    let before = kids(&keys);
    let (signing, next) = (folder.path().join("signing.p8"), folder.path().join("next.p8"));
    // After its first step: the active key has a second name.
    fs::hard_link(&signing, folder.path().join("previous-1890000000.p8")).unwrap();
    assert_eq!(kids(&keys), before);
    // After its second step: there is no next key.
    fs::rename(&next, &signing).unwrap();
    let (active, other, previous) = kids(&keys);
    assert_eq!((Some(&active), previous), (before.1.as_ref(), vec![before.0]));
    assert!(other.is_some());
    assert_eq!(kids(&keys).1, other);
}

#[test]
fn rotations_at_once_lose_no_key() {
    let folder = TempDir::new().unwrap();
    let keys = KeyFolder::at(folder.path());
    let mut signed: BTreeSet<String> = BTreeSet::from([kids(&keys).0]);
    for round in 0..10 {
        thread::scope(|scope| {
            for turn in 0..2 {
                let keys = &keys;
                scope.spawn(move || keys.rotate(after(2 * round + turn)).unwrap());
            }
        });
        let (active, _, previous) = kids(&keys);
        assert!(signed.iter().all(|kid| previous.contains(kid)), "{round}");
        signed.insert(active);
        signed.extend(previous);
    }
    assert_eq!(signed.len(), 21);
}

#[test]
fn whoever_reads_during_rotations_finds_every_key_that_signed() {
    let folder = TempDir::new().unwrap();
    let keys = KeyFolder::at(folder.path());
    let ring = Arc::new(open(folder.path()));
    thread::scope(|scope| {
        let turns = scope.spawn(|| {
            for second in 0..30 {
                keys.rotate(after(second)).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        });
        while !turns.is_finished() {
            let read = keys.keys().unwrap();
            let next = read.next.as_ref().map(|key| key.kid().to_owned());
            ring.refresh().unwrap();
            // A later reading knows the key that was to follow.
            let known: Vec<String> = ring.jwks(NOW)["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["kid"].as_str().unwrap().to_owned())
                .collect();
            assert!(next.is_none_or(|kid| known.contains(&kid)) && known.contains(&read.active.kid().to_owned()));
        }
    });
}
