//! Clients that are slow, endless or many.

use std::time::{Duration, Instant};

use jixiao::http::ServeOptions;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::toy::{Log, Server, Setup, read};

fn options(change: impl FnOnce(&mut ServeOptions)) -> Setup {
    let mut options = ServeOptions::default();
    change(&mut options);
    Setup { options, ..Setup::default() }
}

/// How long the server takes to close a connection that was sent these bytes and no more.
async fn closed_after(server: &Server, bytes: &[u8]) -> (Duration, u16) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let began = Instant::now();
    let answer = timeout(Duration::from_secs(20), read(stream)).await.expect("the connection stays open");
    (began.elapsed(), answer.status)
}

#[tokio::test]
async fn heads_that_do_not_end_are_closed() {
    let server = Server::start(options(|options| options.head_timeout = Duration::from_millis(600))).await;
    for bytes in [b"".as_slice(), b"GET /livez HT", b"GET /livez HTTP/1.1\r\nhost: a\r\nx: "] {
        let (took, _) = closed_after(&server, bytes).await;
        assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(5), "{took:?}");
    }
    // Trickling does not help.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    let trickle = async {
        for _ in 0..100 {
            if stream.write_all(b"x: y\r\n").await.is_err() {
                return true;
            }
            sleep(Duration::from_millis(50)).await;
        }
        false
    };
    assert!(trickle.await);
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn bodies_that_do_not_end_are_refused() {
    let server = Server::usual().await;
    let head =
        b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"query\"";
    let (took, status) = closed_after(&server, head).await;
    assert_eq!(status, 408);
    assert!(took >= Duration::from_secs(9) && took < Duration::from_secs(15), "{took:?}");
}

#[tokio::test]
async fn bodies_without_end_or_with_lying_lengths_are_refused() {
    let server = Server::usual().await;
    let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    // A length beyond the limit is refused before the body comes.
    let (took, status) = closed_after(&server, format!("{head}content-length: 100000000\r\n\r\n").as_bytes()).await;
    assert_eq!(status, 413);
    assert!(took < Duration::from_secs(5), "{took:?}");
    // Chunks without end are cut at the limit.
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let endless = format!("{head}transfer-encoding: chunked\r\n\r\n{}", chunk.repeat(4));
    assert_eq!(server.raw(endless).await.status, 413);
    // Two lengths are no HTTP.
    let answer = server.raw(format!("{head}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn answers_that_nobody_takes_are_given_up() {
    for (write_timeout, whole) in [(Duration::from_millis(300), false), (Duration::from_secs(30), true)] {
        let log = Log::collect();
        let server = Server::start(options(|options| options.write_timeout = write_timeout)).await;
        let body = json!({ "query": "{ text(bytes: 30000000) }" }).to_string();
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = "POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer system\r\ncontent-type: application/json";
        stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
        while !log.text().contains("answered") {
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_secs(1)).await;
        assert_eq!(read(stream).await.body.len() > 30_000_000, whole);
    }
}

#[tokio::test]
async fn heads_have_a_largest_size_and_number_of_fields() {
    let server = Server::usual().await;
    let fields: String = (0..70).map(|n| format!("x{n}: y\r\n")).collect();
    assert_eq!(server.raw(format!("GET /livez HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).await.status, 431);
    let long = "y".repeat(33 * 1024);
    assert_eq!(server.raw(format!("GET /livez HTTP/1.1\r\nhost: a\r\nx: {long}\r\n\r\n")).await.status, 431);
}

#[tokio::test]
async fn one_address_has_a_bound_unless_it_is_a_proxy() {
    let server = Server::start(options(|options| options.connections_per_address = 2)).await;
    let held = [TcpStream::connect(server.address).await.unwrap(), TcpStream::connect(server.address).await.unwrap()];
    sleep(Duration::from_millis(100)).await;
    assert_eq!(server.get("/livez").await.status, 0);
    drop(held);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(server.get("/livez").await.status, 200);

    let setup = options(|options| {
        options.connections_per_address = 1;
        options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let server = Server::start(setup).await;
    let _held = TcpStream::connect(server.address).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn all_addresses_together_wait_for_a_place() {
    let server = Server::start(options(|options| options.connections = 1)).await;
    let held = TcpStream::connect(server.address).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert!(timeout(Duration::from_millis(300), server.get("/livez")).await.is_err());
    drop(held);
    assert_eq!(server.get("/livez").await.status, 200);
}
