//! The other routes, what every answer carries, and the log.

use std::sync::Arc;

use jixiao::error::AppError;
use serde_json::json;

use crate::toy::{Log, PERSON, SECRET, Server, Setup};

#[tokio::test]
async fn machines_learn_what_the_service_is() {
    let server = Server::usual().await;
    assert_eq!(server.get("/livez").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ok\n");
    let version = server.get("/version").await.json();
    assert_eq!(version, json!({ "name": "jixiao", "version": env!("CARGO_PKG_VERSION") }));
    let schema = server.get("/schema.graphql").await;
    assert!(schema.text().contains("type Query {"), "{}", schema.text());
    assert!(schema.text().starts_with("# en\n"));
    assert_eq!(schema.header("content-type"), Some("text/plain; charset=utf-8"));
    let schema = server.send("GET", "/schema.graphql", &[("accept-language", "zh-CN")], b"").await;
    assert!(schema.text().starts_with("# zh\n"));
    assert_eq!(schema.header("content-language"), Some("zh"));
}

#[tokio::test]
async fn without_its_database_the_service_lives_but_is_not_ready() {
    let ready = || Err(AppError::internal(std::io::Error::other(SECRET)));
    let setup = Setup { ready: Arc::new(move || Box::pin(async move { ready() })), ..Setup::default() };
    let log = Log::collect();
    let server = Server::start(setup).await;
    assert_eq!(server.get("/livez").await.status, 200);
    let answer = server.get("/readyz").await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (503, "UNAVAILABLE"));
    assert!(!answer.text().contains("accounts"));
    assert!(log.text().contains(SECRET));
}

#[tokio::test]
async fn errors_of_other_routes_look_the_same() {
    let server = Server::usual().await;
    let answer = server.get("/nothing").await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (404, "NOT_FOUND"));
    assert!(answer.json()["errors"][0]["extensions"]["requestId"].is_string());
    let answer = server.send("POST", "/version", &[], b"x").await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (405, "BAD_USER_INPUT"));
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    for path in ["/explorer/nothing.js", "/explorer/../index.html", "/explorer/%2e%2e/Cargo.toml"] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_explorer_is_locked_in_and_known_by_its_tag() {
    let server = Server::usual().await;
    let page = server.get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    for rule in ["default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let tag = page.header("etag").unwrap();
    let weak = format!("\"other\", W/{tag}");
    for known in [tag, weak.as_str(), "*"] {
        let again = server.send("GET", "/", &[("if-none-match", known)], b"").await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
    }
    assert_eq!(server.send("GET", "/", &[("if-none-match", "\"other\"")], b"").await.status, 200);
}

#[tokio::test]
async fn other_origins_may_ask_only_if_configured() {
    let origin = ("origin", "https://a.example");
    let preflight =
        [origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];
    let closed = Server::usual().await;
    let answer = closed.send("OPTIONS", "/graphql", &preflight, b"").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, None));

    let origins = vec!["https://a.example".to_owned()];
    let open = Server::start(Setup { origins, ..Setup::default() }).await;
    let answer = open.send("OPTIONS", "/graphql", &preflight, b"").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("https://a.example")));
    let answer = open.send("OPTIONS", "/graphql", &[("origin", "https://b.example"), preflight[1]], b"").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = open.post(&json!({ "query": "{ hello }" }), &[origin]).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://a.example"));
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask() {
    let server = Server::usual().await;
    let body = json!({ "query": "{ text(bytes: 10000) }" });
    let answer = server.post(&body, &[("accept-encoding", "gzip")]).await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert!(answer.body.len() < 1_000);
    let answer = server.post(&body, &[]).await;
    assert_eq!(answer.header("content-encoding"), None);
    assert!(answer.body.len() > 10_000);
}

#[tokio::test]
async fn one_line_a_request_without_what_it_carried() {
    let log = Log::collect();
    let server = Server::usual().await;
    let body = json!({
        "query": "query Secrets($number: Int!) { echo(number: $number, text: \"s3cret-literal\") }",
        "variables": { "number": 1, "text": "s3cret-variable" },
    });
    let headers = [PERSON, ("x-request-id", "line-1"), ("cookie", "s3cret-cookie")];
    assert_eq!(server.post(&body, &headers).await.status, 200);
    server
        .send("GET", "/graphql?query=%7Bhello%7D&s3cret-parameter", &[("authorization", "Bearer s3cret-token")], b"")
        .await;
    server.send("GET", "/a%0Ab", &[], b"").await;
    let log = log.text();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("answered")).collect();
    assert_eq!(lines.len(), 3, "{log}");
    for part in ["line-1", "method=POST", "/graphql", "status=200", "ms=", "Secrets", "Ann\\\\nforged line"] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    assert!(lines[1].contains("status=401"), "{}", lines[1]);
    assert!(!log.contains("s3cret") && !log.contains("Bearer person"), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("forged")), "{log}");
}
