//! More clients than there are places, and clients that keep their places: whoever is answered is answered properly, and
//! everything that was taken is given back.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use jixiao::http::ServeOptions;
use jixiao::limits::{Limits, ProfileLimits};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::toy::{self, PERSON, SYSTEM, Server, Setup};

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_crowd_gets_answers_or_is_told_to_come_again() {
    let public = ProfileLimits { requests_minute: 150, ..toy::limits().public };
    let options = ServeOptions { connections_per_address: 1_000, ..ServeOptions::default() };
    let limits = Limits { public, ..toy::limits() };
    let server = Server::start(Setup { limits, options, ..Setup::default() }).await;
    let (mut asked, mut codes) = (Vec::new(), BTreeMap::<(&str, u16), usize>::new());
    for number in 0..400 {
        let who = [None, Some(PERSON), Some(SYSTEM)][number % 3];
        let server = &server;
        asked.push(async move {
            let headers: Vec<_> = who.into_iter().collect();
            let answer = server.post(&json!({ "query": "{ wait(ms: 100) }" }), &headers).await;
            (who.map_or("nobody", |(_, token)| token), answer)
        });
    }
    for (who, answer) in join_all(asked).await {
        match answer.status {
            200 => assert_eq!(answer.json(), json!({ "data": { "wait": "waited" } })),
            429 | 503 => {
                assert!(answer.header("retry-after").is_some(), "{answer:?}");
                assert_eq!(answer.json()["errors"][0]["extensions"]["retryable"], true);
            }
            _ => panic!("{answer:?}"),
        }
        *codes.entry((who, answer.status)).or_default() += 1;
    }
    // Each of them is served, and the crowd is more than there are places.
    for who in ["nobody", "Bearer person", "Bearer system"] {
        assert!(codes.contains_key(&(who, 200)) && codes.contains_key(&(who, 503)), "{codes:?}");
    }
    // The places are there again: all of them at once.
    let all = |who| join_all((0..8).map(move |_| who).map(|who| server_post(&server, who)));
    for who in [PERSON, SYSTEM] {
        assert_eq!(all(who).await, [200; 8], "{codes:?}");
    }
}

async fn server_post(server: &Server, who: (&str, &str)) -> u16 {
    server.post(&json!({ "query": "{ wait(ms: 20) }" }), &[who]).await.status
}

#[tokio::test]
async fn slow_clients_keep_nobody_waiting() {
    let options = ServeOptions {
        connections_per_address: 1_000,
        head_timeout: Duration::from_secs(2),
        write_timeout: Duration::from_secs(2),
        ..ServeOptions::default()
    };
    let server = Server::start(Setup { options, ..Setup::default() }).await;
    let mut slow = Vec::new();
    for number in 0..120 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        let body = r#"{"query":"{ text(bytes: 8000000) }"}"#;
        let bytes = match number % 3 {
            // Half a head.
            0 => head.to_owned(),
            // Half a body.
            1 => format!("{head}content-length: {}\r\n\r\n{{\"que", body.len()),
            // A whole request, and an answer of which nothing is taken.
            _ => format!("{head}authorization: Bearer system\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
        };
        // A refusal may close the connection meanwhile.
        let _ = stream.write_all(bytes.as_bytes()).await;
        slow.push(stream);
    }
    for _ in 0..20 {
        let answer = timeout(PATIENCE, server.post(&json!({ "query": "{ hello }" }), &[PERSON])).await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // When the answers that nobody took are given up, there is memory for others.
    let large = async {
        loop {
            let answer = server.ask_as_system("{ text(bytes: 30000000) }").await;
            match answer.status {
                200 => return answer.body.len(),
                503 => tokio::time::sleep(Duration::from_millis(100)).await,
                _ => panic!("{}", answer.head),
            }
        }
    };
    assert!(timeout(PATIENCE, large).await.unwrap() > 30_000_000);
    drop(slow);
}
