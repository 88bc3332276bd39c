//! GraphQL over HTTP: media types, methods, shapes of requests, refusals.

use serde_json::json;

use crate::toy::{NEW, PERSON, SYSTEM, Server};

use super::OLD;

/// Announces JSON.
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn both_media_types_are_spoken() {
    let server = Server::usual().await;
    let hello = json!({ "query": "{ hello }" });
    for (headers, media) in [
        (vec![], "application/json; charset=utf-8"),
        (vec![OLD], "application/json; charset=utf-8"),
        (vec![("accept", "*/*")], "application/json; charset=utf-8"),
        (vec![NEW], "application/graphql-response+json; charset=utf-8"),
    ] {
        let answer = server.post(&hello, &headers).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some(media));
        let cost = r#"{"cost":{"requested":0,"actual":0,"limit":1000,"remaining":1000000}}"#;
        assert_eq!(answer.text(), format!(r#"{{"data":{{"hello":"hello"}},"extensions":{cost}}}"#));
    }
    let answer = server.post(&hello, &[("accept", "text/html")]).await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (406, "BAD_USER_INPUT"));
}

#[tokio::test]
async fn get_executes_queries_only() {
    let server = Server::usual().await;
    let answer = server.get("/graphql?query=query%20A($a:Int!){echo(number:$a)}query%20B{hello}&operationName=A&variables=%7B%22a%22:3%7D").await;
    assert_eq!(answer.refusal().0, "COST_LIMIT", "two operations are one too many for the public");
    let target = "/graphql?query=query%20A($a:Int!)%7Becho(number:$a)%7D&operationName=A&variables=%7B%22a%22:3%7D&extensions=%7B%7D";
    assert_eq!(server.get(target).await.json(), json!({ "data": { "echo": "3" } }));

    let mutation = "/graphql?query=mutation%7Btouch%7D";
    let answer = server.send("GET", mutation, &[PERSON], b"").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    let answer = server.post(&json!({ "query": "mutation { touch }" }), &[PERSON]).await;
    assert_eq!(answer.json(), json!({ "data": { "touch": 1 } }));
    let answer = server.post(&json!({ "query": "mutation { touch }" }), &[]).await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (401, "UNAUTHENTICATED"));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn what_is_no_graphql_request_is_refused_by_status() {
    let server = Server::usual().await;
    let ok = br#"{"query":"{ hello }"}"#.as_slice();
    let large = format!(r#"{{"query":"{{ hello }}","extensions":{{"x":"{}"}}}}"#, "x".repeat(64 * 1024));
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (method, headers, body, status) in [
        ("PUT", vec![JSON], ok, 405),
        ("DELETE", vec![], b"".as_slice(), 405),
        ("OPTIONS", vec![], b"".as_slice(), 405),
        ("HEAD", vec![], b"".as_slice(), 405),
        ("POST", vec![], ok, 415),
        ("POST", vec![("content-type", "text/plain")], ok, 415),
        ("POST", vec![form], b"query=%7Bhello%7D", 415),
        ("POST", vec![("content-type", "application/json; charset=gbk")], ok, 415),
        ("POST", vec![JSON, ("content-encoding", "gzip")], ok, 415),
        ("POST", vec![JSON, JSON], ok, 415),
        ("POST", vec![JSON], large.as_bytes(), 413),
        ("POST", vec![JSON], b"", 400),
        ("POST", vec![JSON], b"{", 400),
        ("POST", vec![JSON], b"\"text\"", 400),
        ("POST", vec![JSON], b"\xff\xfe", 400),
        ("POST", vec![JSON], br#"[{"query":"{ hello }"}]"#, 400),
        ("POST", vec![JSON], b"{}", 400),
        ("POST", vec![JSON], br#"{"query":1}"#, 400),
        ("POST", vec![JSON], br#"{"query":"{ hello }","variables":[]}"#, 400),
        ("POST", vec![JSON], br#"{"query":"{ hello }","extensions":"x"}"#, 400),
        ("POST", vec![JSON], br#"{"query":"{ hello }","operationName":1}"#, 400),
        ("POST", vec![JSON, ("authorization", "Bearer wrong")], ok, 401),
    ] {
        let answer = server.send(method, "/graphql", &headers, body).await;
        assert_eq!(answer.status, status, "{method} {headers:?} {}", String::from_utf8_lossy(body));
        if method != "HEAD" {
            assert!(!answer.refusal().0.is_empty(), "{answer:?}");
        }
    }
    assert_eq!(server.send("PUT", "/graphql", &[], b"").await.header("allow"), Some("GET, POST"));
    let long = format!("/graphql?query=%7Bhello%7D&x={}", "x".repeat(8 * 1024));
    assert_eq!(server.get(&long).await.status, 414);
    assert_eq!(server.get("/graphql?query=%7Bhello%7D&query=%7Bhello%7D").await.status, 400);
    let answer = server.post(&json!([{ "query": "{ hello }" }]), &[]).await;
    assert_eq!(answer.refusal().1, "Batches of requests are not supported; send one operation per request.");
}

#[tokio::test]
async fn every_refused_document_has_a_code_a_request_id_and_no_data() {
    let server = Server::usual().await;
    for (document, name, code) in [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ hello }", Some("A"), "OPERATION_RESOLUTION_FAILURE"),
        ("query A { hello }", Some("B"), "OPERATION_RESOLUTION_FAILURE"),
        ("query A { hello } query B { hello }", None, "OPERATION_RESOLUTION_FAILURE"),
        ("{ echo(number: \"1\") }", None, "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let body = json!({ "query": document, "operationName": name });
        for (media, status) in [(NEW, 400), (OLD, 200)] {
            let answer = server.post(&body, &[media, PERSON, ("x-request-id", "my-id")]).await;
            assert_eq!(answer.status, status, "{document}");
            let json = answer.json();
            assert_eq!(json.get("data"), None, "{document}");
            let extensions = &json["errors"][0]["extensions"];
            assert_eq!(*extensions, json!({ "code": code, "requestId": "my-id", "retryable": false }), "{document}");
        }
    }
    let body = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "00" } } });
    let answer = server.post(&body, &[NEW]).await;
    assert_eq!((answer.status, answer.refusal().0.as_str()), (404, "PERSISTED_QUERY_NOT_FOUND"));
}

#[tokio::test]
async fn a_document_full_of_errors_is_answered_in_short() {
    let server = Server::usual().await;
    let many: String = (0..120).map(|n| format!("f{n} ")).collect();
    let answer = server.ask(&format!("{{ thing {{ {many} }} }}")).await;
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    assert_eq!(errors.len(), 51);
    assert_eq!(errors[50]["message"], "There are 70 more errors.");
}

#[tokio::test]
async fn an_execution_finds_who_asks_with_which_limits_in_which_language() {
    let server = Server::usual().await;
    let who = json!({ "query": "{ who }" });
    for (headers, expected) in [
        (vec![("x-request-id", "r1")], "nobody 50 en r1"),
        (vec![("x-request-id", "r2"), SYSTEM, ("accept-language", "zh-CN,en;q=0.5")], "robot 500 zh r2"),
    ] {
        assert_eq!(server.post(&who, &headers).await.json()["data"]["who"], expected);
    }
}

#[tokio::test]
async fn request_ids_come_back_if_they_are_usable() {
    let server = Server::usual().await;
    let id = async |sent: &'static str| {
        let answer = server.send("GET", "/livez", &[("x-request-id", sent)], b"").await;
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id("abc-1.2_3").await, "abc-1.2_3");
    assert_eq!(id("a b").await.len(), 36);
    assert_ne!(id("a b").await, id("a b").await);
}
