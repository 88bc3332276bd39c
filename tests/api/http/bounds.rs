//! Deadlines, sizes, running requests, panics: what one request can do to the others.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jixiao::limits::{Limits, ProfileLimits};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::toy::{self, Log, NEW, PERSON, SECRET, Server, Setup};

use super::OLD;

fn limits(public: ProfileLimits) -> Setup {
    Setup { limits: Limits { public, ..toy::limits() }, ..Setup::default() }
}

#[tokio::test]
async fn a_request_beyond_its_deadline_is_dropped() {
    let server = Server::start(limits(ProfileLimits { query_seconds: 1, ..ProfileLimits::PUBLIC })).await;
    let began = Instant::now();
    let answer = server.ask("{ wait(ms: 60000) }").await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!((answer.status, answer.refusal().0.as_str()), (504, "TIMEOUT"));
    assert_eq!(answer.json()["errors"][0]["extensions"]["retryable"], true);
    assert_eq!(server.counts.dropped.load(Ordering::SeqCst), 1);
    let answer = server.post(&json!({ "query": "{ wait(ms: 60000) }" }), &[OLD]).await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (200, "TIMEOUT"));
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_along() {
    let log = Log::collect();
    let server = Server::usual().await;
    let asking = timeout(Duration::from_millis(300), server.ask("{ wait(ms: 4000) }")).await;
    assert!(asking.is_err());
    for _ in 0..100 {
        if server.counts.dropped.load(Ordering::SeqCst) == 1 {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.counts.dropped.load(Ordering::SeqCst), 1);
    assert!(log.text().contains("abandoned by the client"), "{}", log.text());
}

#[tokio::test]
async fn an_answer_has_a_largest_size() {
    let server = Server::start(limits(ProfileLimits { answer_bytes: 1_000, ..ProfileLimits::PUBLIC })).await;
    assert_eq!(server.ask("{ text(bytes: 900) }").await.status, 200);
    let (code, message) = server.ask("{ text(bytes: 1000) }").await.refusal();
    assert_eq!(code, "COST_LIMIT");
    assert!(message.starts_with("The answer has more than 1000 bytes."), "{message}");
}

#[tokio::test]
async fn running_requests_are_bounded_and_others_get_503() {
    let server = Server::start(limits(ProfileLimits { running: 2, ..ProfileLimits::PUBLIC })).await;
    let slow = || server.ask("{ wait(ms: 3000) }");
    let late = async {
        sleep(Duration::from_millis(200)).await;
        let began = Instant::now();
        let answer = server.ask("{ hello }").await;
        assert_eq!((answer.status, answer.refusal().0.as_str()), (503, "UNAVAILABLE"));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(began.elapsed() < Duration::from_secs(2));
        assert_eq!(server.post(&json!({ "query": "{ hello }" }), &[PERSON]).await.status, 200);
        assert_eq!(server.get("/livez").await.status, 200);
    };
    let (first, second, ()) = tokio::join!(slow(), slow(), late);
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(server.ask("{ hello }").await.status, 200);
}

#[tokio::test]
async fn a_panic_is_one_requests_affair() {
    let log = Log::collect();
    let server = Server::usual().await;
    for media in [NEW, OLD] {
        let answer = server.post(&json!({ "query": "{ panics }" }), &[media, ("x-request-id", "p1")]).await;
        assert_eq!((answer.status, answer.refusal().0.as_str()), (500, "INTERNAL"));
        assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], "p1");
        assert!(!answer.text().contains("accounts"));
    }
    assert_eq!(server.ask("{ hello }").await.status, 200);
    assert!(log.text().contains("the request panicked"));
    assert!(!log.text().contains(SECRET), "{}", log.text());
}

#[test]
fn a_panic_is_logged_by_place_without_its_text() {
    // The hook belongs to the whole process, so it is tried in one of its own.
    const CHILD: &str = "JIXIAO_TEST_PANICS";
    if std::env::var_os(CHILD).is_some() {
        let log = Log::collect();
        jixiao::http::log_panics_without_text();
        let caught = std::panic::catch_unwind(|| panic!("{SECRET}"));
        drop(std::panic::take_hook());
        assert!(caught.is_err());
        let log = log.text();
        assert!(log.contains("bounds.rs:") && !log.contains("accounts"), "{log}");
        return;
    }
    let this = "http::bounds::a_panic_is_logged_by_place_without_its_text";
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let output = format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
    assert!(!output.contains("accounts"), "{output}");
}
