//! Sending a file: whole, in parts, with broken connections, with more or other bytes than announced.

use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use entity::value::{AccountKind, Role};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::bulk::Bulk;
use jixiao::bulk::uploads::{FILES, NewUpload, PERSON_BYTES};
use jixiao::error::ErrorCode;
use serde_json::json;

use super::scene::{ONE, Scene, code};
use super::server::Server;
use crate::toy::{Answer, read};

/// How a part is refused that does not begin where the file ends.
const PLACE: &str = "The next byte must be";

/// How a part is refused while another request sends the file.
const SENDING: &str = "Another request is sending this file";

struct World {
    scene: Scene,
    bulk: Bulk,
    ann: Caller,
    server: Server,
}

impl World {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let bulk = scene.bulk(ONE);
        let ann = scene.account("ann", AccountKind::Service).await;
        let bob = scene.account("bob", AccountKind::Service).await;
        let reader = Grant { role: Role::Reader, scope: Scope::Everything };
        let reader = scene.account_with("reader", AccountKind::Service, reader).await;
        let server = Server::of(&scene, &bulk, &[&ann, &bob, &reader]).await;
        Self { scene, bulk, ann, server }
    }

    /// Announces a file of ann's, and gives the address to send it to.
    async fn announce(&self, size: usize, sha256: Option<String>) -> String {
        let new = NewUpload { file_name: "rows.jsonl".to_owned(), size: size as u64, sha256 };
        format!("/v1/uploads/{}", self.scene.announce(&self.bulk, &self.ann, &new).await.unwrap())
    }

    async fn put(&self, target: &str, range: Option<&str>, body: &[u8]) -> Answer {
        let headers: Vec<_> = range.iter().map(|range| ("content-range", *range)).collect();
        self.server.send("ann", "PUT", target, &headers, body).await
    }

    /// The bytes on disk.
    fn file(&self, target: &str) -> Vec<u8> {
        let id = target.rsplit('/').next().unwrap();
        std::fs::read(self.scene.folder.path().join("uploads").join(id)).unwrap()
    }

    async fn offset(&self, target: &str) -> String {
        let answer = self.server.send("ann", "GET", target, &[], b"").await;
        assert_eq!(answer.status, 200);
        answer.header("upload-offset").unwrap().to_owned()
    }

    /// Waits until so many bytes are on disk.
    async fn until_length(&self, target: &str, length: usize) {
        let began = Instant::now();
        while self.file(target).len() != length {
            assert!(began.elapsed() < Duration::from_secs(30), "{} bytes", self.file(target).len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a part for the wrong place until it is refused with a message that begins so.
    async fn until_refused(&self, target: &str, why: &str) {
        let began = Instant::now();
        loop {
            let (code, message) = self.put(target, Some("bytes 99999-99999/100000"), b"x").await.refusal();
            assert_eq!(code, "CONFLICT");
            if message.starts_with(why) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{message}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn until_offset(&self, target: &str, offset: &str) {
        let began = Instant::now();
        while self.offset(target).await != offset {
            assert!(began.elapsed() < Duration::from_secs(30), "{}", self.offset(target).await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What an answer says of where it stands: status, and the offset.
fn place(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("upload-offset").unwrap_or("none"))
}

#[tokio::test]
async fn a_file_is_sent_at_once() {
    let world = World::new().await;
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let target = world.announce(bytes.len(), Some(sha256(&bytes).to_uppercase())).await;
    let answer = world.put(&target, None, &bytes).await;
    assert_eq!(place(&answer), (201, "1200000"));
    let id = target.rsplit('/').next().unwrap();
    let expected = json!({
        "id": id, "fileName": "rows.jsonl", "size": 1_200_000, "received": 1_200_000, "complete": true,
        "sha256": sha256(&bytes),
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(world.file(&target), bytes);
    // Sent again because the answer was lost: nothing changes.
    let again = world.put(&target, None, b"other").await;
    assert_eq!((place(&again), again.json()), ((200, "1200000"), expected));
    assert_eq!(world.file(&target), bytes);
}

#[tokio::test]
async fn a_file_is_sent_in_parts() {
    let world = World::new().await;
    let target = world.announce(10, Some(sha256(b"0123456789"))).await;
    let answer = world.put(&target, Some("bytes 0-3/10"), b"0123").await;
    assert_eq!((place(&answer), answer.header("range")), ((308, "4"), Some("bytes=0-3")));
    assert_eq!(answer.json()["complete"], false);
    for (range, body, status) in [
        ("bytes 0-3/10", &b"0123"[..], 409),
        ("bytes 5-6/10", b"56", 409),
        ("bytes 4-5/11", b"45", 400),
        ("bytes 4-5/10", b"456", 400),
        ("lines 4-5/10", b"45", 400),
        ("bytes 4-10/10", b"456789A", 413),
    ] {
        let answer = world.put(&target, Some(range), body).await;
        assert_eq!(answer.status, status, "{range}: {answer:?}");
        if status == 409 {
            assert_eq!((place(&answer), answer.refusal().0.as_str()), ((409, "4"), "CONFLICT"));
            assert!(answer.json()["errors"][0]["extensions"]["requestId"].is_string());
        }
        assert_eq!(world.offset(&target).await, "4", "{range}");
    }
    let head = world.server.send("ann", "HEAD", &target, &[], b"").await;
    assert_eq!((place(&head), head.header("upload-length"), head.body.len()), ((200, "4"), Some("10"), 0));
    assert_eq!(place(&world.put(&target, Some("bytes 4-7/*"), b"4567").await), (308, "8"));
    assert_eq!(place(&world.put(&target, Some("bytes 8-9/10"), b"89").await), (201, "10"));
    assert_eq!(world.file(&target), b"0123456789");
}

#[tokio::test]
async fn what_came_before_a_connection_broke_is_kept() {
    let world = World::new().await;
    let bytes = vec![b'x'; 100_000];
    let target = world.announce(bytes.len(), Some(sha256(&bytes))).await;
    let head = [("authorization", "Bearer ann"), ("content-length", "100000")];
    drop(world.server.open("PUT", &target, &head, &bytes[..40_000]).await);
    world.until_offset(&target, "40000").await;
    // The place is known a moment before the file is free for the next request.
    world.until_refused(&target, PLACE).await;
    let head =
        [("authorization", "Bearer ann"), ("content-length", "60000"), ("content-range", "bytes 40000-99999/100000")];
    let open = world.server.open("PUT", &target, &head, &bytes[..1_000]).await;
    // While one request sends the file, another one cannot. That the first has begun shows on disk, without asking.
    world.until_length(&target, 41_000).await;
    world.until_refused(&target, SENDING).await;
    drop(open);
    world.until_offset(&target, "41000").await;
    world.until_refused(&target, PLACE).await;
    let answer = world.put(&target, Some("bytes 41000-99999/100000"), &bytes[41_000..]).await;
    assert_eq!(place(&answer), (201, "100000"));
    // From the beginning again, after all.
    let target = world.announce(4, None).await;
    assert_eq!(place(&world.put(&target, Some("bytes 0-2/4"), b"abc").await), (308, "3"));
    assert_eq!(place(&world.put(&target, None, b"wxyz").await), (201, "4"));
    assert_eq!(world.file(&target), b"wxyz");
}

#[tokio::test]
async fn more_bytes_than_announced_are_not_kept() {
    let world = World::new().await;
    let target = world.announce(5, None).await;
    let answer = world.put(&target, None, b"123456").await;
    assert_eq!((place(&answer), answer.refusal().0.as_str()), ((413, "0"), "TOO_LARGE"));
    // The same without a length at the head.
    let head = [("authorization", "Bearer ann"), ("transfer-encoding", "chunked")];
    let stream = world.server.open("PUT", &target, &head, b"4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n").await;
    assert_eq!(place(&read(stream).await), (413, "0"));
    let head = [("authorization", "Bearer ann"), ("transfer-encoding", "chunked")];
    let stream = world.server.open("PUT", &target, &head, b"2\r\n12\r\n3\r\n345\r\n0\r\n\r\n").await;
    assert_eq!(place(&read(stream).await), (201, "5"));
}

#[tokio::test]
async fn fewer_bytes_than_announced_are_a_part() {
    let world = World::new().await;
    let target = world.announce(5, None).await;
    let answer = world.put(&target, None, b"123").await;
    assert_eq!((place(&answer), answer.refusal().0.as_str()), ((400, "3"), "BAD_USER_INPUT"));
    assert_eq!(place(&world.put(&target, Some("bytes 3-4/5"), b"45").await), (201, "5"));
}

#[tokio::test]
async fn other_bytes_than_announced_are_sent_again() {
    let world = World::new().await;
    let target = world.announce(5, Some(sha256(b"right"))).await;
    assert_eq!(place(&world.put(&target, Some("bytes 0-1/5"), b"wr").await), (308, "2"));
    let answer = world.put(&target, Some("bytes 2-4/5"), b"ong").await;
    assert_eq!((place(&answer), answer.refusal().0.as_str()), ((422, "0"), "BAD_USER_INPUT"));
    assert_eq!(world.offset(&target).await, "0");
    assert_eq!(place(&world.put(&target, None, b"right").await), (201, "5"));
}

#[tokio::test]
async fn what_is_not_ones_own_is_not_there() {
    let world = World::new().await;
    let target = world.announce(5, None).await;
    for method in ["GET", "PUT"] {
        let mut answers = Vec::new();
        for target in [target.as_str(), "/v1/uploads/upl_00000000000000000000000000", "/v1/uploads/x"] {
            let answer = world.server.send("bob", method, target, &[], b"12345").await;
            answers.push((answer.status, answer.refusal()));
        }
        assert_eq!(answers[0].0, 404, "{answers:?}");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let refused = world.server.send("reader", method, &target, &[], b"12345").await;
        assert_eq!((refused.status, refused.refusal().0.as_str()), (403, "FORBIDDEN"));
        let head = [("content-length", "0")];
        let anonymous = read(world.server.open(method, &target, &head, b"").await).await;
        assert_eq!((anonymous.status, anonymous.refusal().0.as_str()), (401, "UNAUTHENTICATED"));
    }
    assert_eq!(world.offset(&target).await, "0");
    let encoded = world.server.send("ann", "PUT", &target, &[("content-encoding", "gzip")], b"12345").await;
    assert_eq!(encoded.status, 415);
    let posted = world.server.send("ann", "POST", &target, &[], b"").await;
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD, PUT")));
}

#[tokio::test]
async fn files_have_limits() {
    let scene = Scene::new().await;
    let bulk = scene.bulk(ONE);
    let (person, system) =
        (scene.account("person", AccountKind::Person).await, scene.account("system", AccountKind::Service).await);
    let announce = async |caller: &Caller, name: &str, size: u64, sha256: Option<&str>| {
        let new = NewUpload { file_name: name.to_owned(), size, sha256: sha256.map(str::to_owned) };
        scene.announce(&bulk, caller, &new).await
    };
    for (name, size, sha256, refused) in [
        ("", 1, None, ErrorCode::BadUserInput),
        ("a/b.jsonl", 1, None, ErrorCode::BadUserInput),
        ("..\\b.jsonl", 1, None, ErrorCode::BadUserInput),
        ("a\nb", 1, None, ErrorCode::BadUserInput),
        ("a", 0, None, ErrorCode::BadUserInput),
        ("a", 1, Some("12"), ErrorCode::BadUserInput),
        ("a", PERSON_BYTES + 1, None, ErrorCode::TooLarge),
    ] {
        assert_eq!(code(announce(&person, name, size, sha256).await), refused, "{name:?} {size} {sha256:?}");
    }
    announce(&person, "项目.jsonl", PERSON_BYTES, None).await.unwrap();
    announce(&system, "a", PERSON_BYTES + 1, None).await.unwrap();
    assert_eq!(code(announce(&system, "a", ONE.upload_bytes + 1, None).await), ErrorCode::TooLarge);
    // Four of the largest files, or a hundred small ones.
    for _ in 0..3 {
        announce(&person, "a", PERSON_BYTES, None).await.unwrap();
    }
    assert_eq!(code(announce(&person, "a", 1, None).await), ErrorCode::Conflict);
    for _ in 1..FILES {
        announce(&system, "a", 1, None).await.unwrap();
    }
    assert_eq!(code(announce(&system, "a", 1, None).await), ErrorCode::Conflict);
}
