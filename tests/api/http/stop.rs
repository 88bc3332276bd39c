//! The stop: announced, graceful, forced.

#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jixiao::http::ServeOptions;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::toy::{Server, Setup, read};

fn pauses(announce: Duration, finish: Duration) -> Setup {
    Setup { options: ServeOptions { announce, finish, ..ServeOptions::default() }, ..Setup::default() }
}

/// Waits until the server has ended.
async fn ended(mut server: Server) -> Duration {
    let began = Instant::now();
    timeout(Duration::from_secs(10), &mut server.task).await.expect("the server goes on").unwrap();
    began.elapsed()
}

#[tokio::test]
async fn running_requests_are_finished_and_new_connections_refused() {
    let server = Server::usual().await;
    let asking = async {
        let answer = server.ask("{ wait(ms: 600) }").await;
        assert_eq!(answer.json(), json!({ "data": { "wait": "waited" } }));
    };
    let stopping = async {
        sleep(Duration::from_millis(200)).await;
        server.lifecycle.stop();
        sleep(Duration::from_millis(100)).await;
        assert!(TcpStream::connect(server.address).await.is_err());
    };
    tokio::join!(asking, stopping);
    assert!(ended(server).await < Duration::from_secs(2));
}

#[tokio::test]
async fn the_stop_is_announced_while_requests_are_still_answered() {
    let server = Server::start(pauses(Duration::from_secs(1), Duration::from_secs(5))).await;
    assert_eq!(server.get("/readyz").await.status, 200);
    let began = Instant::now();
    server.lifecycle.stop();
    let answer = server.get("/readyz").await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (503, "UNAVAILABLE"));
    assert_eq!(server.get("/livez").await.status, 200);
    assert_eq!(server.ask("{ hello }").await.status, 200);
    ended(server).await;
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn answers_after_the_announcement_end_their_connections() {
    let server = Server::start(pauses(Duration::from_secs(600), Duration::from_secs(5))).await;
    let staying = "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(staying.as_bytes()).await.unwrap();
    let mut first = [0; 1024];
    let length = stream.read(&mut first).await.unwrap();
    assert!(!String::from_utf8_lossy(&first[..length]).contains("connection: close"));
    server.lifecycle.stop();
    stream.write_all(staying.as_bytes()).await.unwrap();
    let last = read(stream).await;
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
}

#[tokio::test]
async fn nothing_is_announced_when_the_next_process_gets_the_socket() {
    let pauses = pauses(Duration::from_secs(600), Duration::from_secs(5));
    let options = ServeOptions { handed_over: true, ..pauses.options };
    let server = Server::start(Setup { options, ..pauses }).await;
    assert_eq!(server.get("/livez").await.status, 200);
    server.lifecycle.stop();
    ended(server).await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_stop_up() {
    let server = Server::usual().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    sleep(Duration::from_millis(100)).await;
    server.lifecycle.stop();
    assert!(ended(server).await < Duration::from_secs(2));
}

#[tokio::test]
async fn requests_that_run_too_long_are_dropped() {
    let server = Server::start(pauses(Duration::ZERO, Duration::from_millis(300))).await;
    let counts = Arc::clone(&server.counts);
    let asking = tokio::spawn(read(send_wait(&server).await));
    sleep(Duration::from_millis(100)).await;
    server.lifecycle.stop();
    let took = ended(server).await;
    assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(3), "{took:?}");
    assert_eq!(asking.await.unwrap().status, 0);
    assert_eq!(counts.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_second_wish_to_stop_forces_it() {
    for announce in [Duration::ZERO, Duration::from_secs(60)] {
        let server = Server::start(pauses(announce, Duration::from_secs(60))).await;
        let counts = Arc::clone(&server.counts);
        let asking = tokio::spawn(read(send_wait(&server).await));
        sleep(Duration::from_millis(100)).await;
        server.lifecycle.stop();
        sleep(Duration::from_millis(200)).await;
        assert!(!server.task.is_finished());
        server.lifecycle.stop();
        assert!(ended(server).await < Duration::from_secs(2));
        assert_eq!(asking.await.unwrap().status, 0);
        assert_eq!(counts.dropped.load(Ordering::SeqCst), 1);
    }
}

/// A connection on which a request runs for four seconds.
async fn send_wait(server: &Server) -> TcpStream {
    let body = json!({ "query": "{ wait(ms: 4000) }" }).to_string();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ";
    stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    stream
}

/// Signals belong to the whole process, so they are tried in one of its own.
#[cfg(unix)]
#[test]
fn the_first_signal_drains_and_the_second_forces() {
    const CHILD: &str = "JIXIAO_TEST_SIGNALS";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // A signal that is not heard ends the child, and with it the test, by failing.
        let until_forced = async { timeout(Duration::from_secs(10), until_forced()).await };
        return runtime.block_on(until_forced).expect("no signal was heard");
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "http::stop::the_first_signal_drains_and_the_second_forces", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for (awaited, signal) in [("running", "-TERM"), ("draining", "-INT")] {
        assert!(lines.by_ref().any(|line| line.unwrap() == awaited), "the child ended before {awaited}");
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
    let began = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(3), "the second signal was not heard");
}

/// A server on which a request runs for four seconds, until signals force its end.
#[cfg(unix)]
async fn until_forced() {
    let server = Server::start(pauses(Duration::ZERO, Duration::from_secs(60))).await;
    let signals = tokio::spawn(server.lifecycle.clone().follow_signals());
    let asking = tokio::spawn(read(send_wait(&server).await));
    while server.counts.begun.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    println!("running");
    server.lifecycle.draining().await;
    println!("draining");
    ended(server).await;
    assert_eq!(asking.await.unwrap().status, 0);
    signals.abort();
}
