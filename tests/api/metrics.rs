//! The numbers of a running service, asked for as Prometheus does, before and after requests that are known.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::cli::program::{Program, Running};

/// What a client sends and nobody may find again.
const SECRET: &str = "geheimnis";

/// The head and the body of an answer to GET.
fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// Where the numbers are, as the log says.
fn address(service: &mut Running) -> SocketAddr {
    let named = |log: &str| {
        log.split_once("metrics address=").and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
    };
    service.wait_until(|service| named(&service.log()).is_some());
    named(&service.log()).unwrap()
}

/// The numbers by name and labels.
fn numbers(address: SocketAddr) -> BTreeMap<String, f64> {
    let (head, text) = get(address, "/metrics");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("application/openmetrics-text"), "{head}");
    assert!(!text.contains(SECRET), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)))
        .collect()
}

#[test]
fn known_requests_are_counted_and_nothing_of_the_client_is_told() {
    let mut program = Program::new();
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    program.set("JIXIAO_METRICS_LISTEN", "127.0.0.1:0");
    let mut service = program.start(&["demo"], "Ctrl-C");
    let metrics = address(&mut service);
    let reader = service.line_behind("Token of `reader`").to_owned();
    let before = numbers(metrics);

    service.ask(&reader, "{ projects(first: 5) { nodes { name } } }");
    service.graphql(&reader, &json!({ "query": format!("query {SECRET} {{ units {{ totalCount }} }}") }));
    service.ask(&reader, &format!("{{ {SECRET}"));
    service.ask(&reader, &format!("{{ {SECRET} }}"));
    let (status, _) = service.post(
        "/graphql",
        &[("Authorization", &format!("Bearer {SECRET}"))],
        &json!({"query": "{ __typename }"}),
    );
    assert_eq!(status, 401);
    let (status, _) = service.post("/public/graphql", &[], &json!({"query": "{ projects { totalCount } }"}));
    assert_eq!(status, 200);
    let (status, _) = service.post(&format!("/{SECRET}?{SECRET}"), &[(SECRET, SECRET)], &json!({}));
    assert_eq!(status, 404);
    // The service itself does not show them.
    let (head, _) = get(service.address(), "/metrics");
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");

    let after = numbers(metrics);
    let grown = |name: &str| after.get(name).copied().unwrap_or(0.0) - before.get(name).copied().unwrap_or(0.0);
    for (name, by) in [
        ("jixiao_http_requests_total{route=\"/graphql\",status=\"200\"}", 4.0),
        ("jixiao_http_requests_total{route=\"/graphql\",status=\"401\"}", 1.0),
        ("jixiao_http_requests_total{route=\"/public/graphql\",status=\"200\"}", 1.0),
        ("jixiao_http_requests_total{route=\"none\",status=\"404\"}", 2.0),
        ("jixiao_http_request_seconds_count{route=\"/graphql\"}", 5.0),
        ("jixiao_documents_total{operation=\"query\",outcome=\"answered\"}", 3.0),
        ("jixiao_documents_total{operation=\"query\",outcome=\"refused\"}", 1.0),
        ("jixiao_documents_total{operation=\"unknown\",outcome=\"refused\"}", 2.0),
        ("jixiao_document_seconds_count{operation=\"query\"}", 4.0),
        ("jixiao_errors_total{code=\"GRAPHQL_PARSE_FAILED\"}", 1.0),
        ("jixiao_errors_total{code=\"GRAPHQL_VALIDATION_FAILED\"}", 1.0),
        ("jixiao_errors_total{code=\"UNAUTHENTICATED\"}", 1.0),
        ("jixiao_errors_total{code=\"NOT_FOUND\"}", 2.0),
        ("jixiao_errors_total{code=\"INTERNAL\"}", 0.0),
        ("jixiao_statements_failed_total", 0.0),
    ] {
        assert_eq!(grown(name), by, "{name}");
    }
    assert!(grown("jixiao_statement_seconds_count{kind=\"read\"}") >= 3.0);
    assert!(grown("jixiao_cost_points_estimated_total") >= grown("jixiao_cost_points_actual_total"));
    assert!(grown("jixiao_cost_points_actual_total") >= 5.0);
    for (name, number) in [
        ("jixiao_http_requests_running", 0.0),
        ("jixiao_database_up", 1.0),
        ("jixiao_database_connections{pool=\"write\",state=\"most\"}", 1.0),
        ("jixiao_database_connections{pool=\"answer\",state=\"most\"}", 4.0),
        ("jixiao_database_connections{pool=\"read\",state=\"most\"}", 4.0),
        ("jixiao_bulk_operations_open{state=\"QUEUED\"}", 0.0),
        ("jixiao_outbox_lag_seconds", 0.0),
    ] {
        assert_eq!(after.get(name), Some(&number), "{name}");
    }
}
