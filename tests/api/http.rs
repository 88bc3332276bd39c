//! GraphQL over HTTP, execution as the specification says, the other routes, connections and the stop.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::http::HeaderValue;
use jixiao::error::AppError;
use jixiao::http::ServeOptions;
use jixiao::limits::{Limits, ProfileLimits};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::toy::{Log, NEW, PERSON, SECRET, SYSTEM, Server, Setup, read};

const OLD: (&str, &str) = ("accept", "application/json");
const JSON: (&str, &str) = ("content-type", "application/json");

/// Errors as path and code, in the order of the answer.
fn errors(answer: &Json) -> Vec<(Json, String)> {
    let list = answer["errors"].as_array().cloned().unwrap_or_default();
    list.iter().map(|error| (error["path"].clone(), error["extensions"]["code"].as_str().unwrap().to_owned())).collect()
}

mod protocol {
    use super::*;

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
            assert_eq!(answer.text(), r#"{"data":{"hello":"hello"}}"#);
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
                assert_eq!(
                    *extensions,
                    json!({ "code": code, "requestId": "my-id", "retryable": false }),
                    "{document}"
                );
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
}

mod execution {
    use super::*;

    /// One document a case: what of it is answered, and the errors as path and code.
    #[tokio::test]
    async fn failed_fields_become_null_or_take_their_parent_along() {
        let server = Server::usual().await;
        let input = |path: Json| (path, "BAD_USER_INPUT".to_owned());
        for (document, data, expected) in [
            // A nullable field fails: null, and its neighbours stay.
            ("{ hello maybe }", json!({ "hello": "hello", "maybe": null }), vec![input(json!(["maybe"]))]),
            (
                "{ a: maybe hello b: maybe }",
                json!({ "a": null, "hello": "hello", "b": null }),
                vec![input(json!(["a"])), input(json!(["b"]))],
            ),
            (
                "{ thing { ok maybe } hello }",
                json!({ "thing": { "ok": 1, "maybe": null }, "hello": "hello" }),
                vec![input(json!(["thing", "maybe"]))],
            ),
            (
                "{ ... { maybe } ...F } fragment F on Query { b: maybe }",
                json!({ "maybe": null, "b": null }),
                vec![input(json!(["maybe"])), input(json!(["b"]))],
            ),
            // A field that is never null fails: the nearest nullable parent becomes null.
            ("{ hello must }", Json::Null, vec![input(json!(["must"]))]),
            ("{ thing { must } hello }", Json::Null, vec![input(json!(["thing", "must"]))]),
            (
                "{ maybeThing { ok must } hello }",
                json!({ "maybeThing": null, "hello": "hello" }),
                vec![input(json!(["maybeThing", "must"]))],
            ),
            (
                "{ maybeThing { thing { thing { must } } } hello }",
                json!({ "maybeThing": null, "hello": "hello" }),
                vec![input(json!(["maybeThing", "thing", "thing", "must"]))],
            ),
            (
                "{ thing { x: maybeThing { must } maybe } }",
                json!({ "thing": { "x": null, "maybe": null } }),
                vec![input(json!(["thing", "x", "must"])), input(json!(["thing", "maybe"]))],
            ),
            // In lists, where the failing field is nullable.
            (
                "{ thing { numbers } }",
                json!({ "thing": { "numbers": [1, null, null] } }),
                vec![input(json!(["thing", "numbers", 1]))],
            ),
            (
                "{ thing { things { ok maybe } } }",
                json!({ "thing": { "things": [{ "ok": 1, "maybe": null }, { "ok": 1, "maybe": null }] } }),
                vec![input(json!(["thing", "things", 0, "maybe"])), input(json!(["thing", "things", 1, "maybe"]))],
            ),
        ] {
            let answer = server.ask(document).await;
            assert_eq!(answer.status, 200, "{document}");
            let json = answer.json();
            assert_eq!(json.get("data"), Some(&data), "{document}");
            assert_eq!(errors(&json), expected, "{document}");
        }
    }

    /// What async-graphql 8.0.0-rc.5 does otherwise than the specification says, so that a new version that does it right
    /// (or worse) is noticed. The service's schema has no such position: only root fields can fail, as `Option<Result<T>>`.
    #[tokio::test]
    async fn known_deviations_of_the_library() {
        let server = Server::usual().await;
        let input = |path: Json| (path, "BAD_USER_INPUT".to_owned());
        for (document, data, expected) in [
            // `Result<Option<T>>` takes its parent along although it is nullable.
            ("{ maybeThing { ok trap } }", json!({ "maybeThing": null }), vec![input(json!(["maybeThing", "trap"]))]),
            // The path of an error that takes list entries along ends at the entry.
            (
                "{ maybeThing { things { must } } }",
                json!({ "maybeThing": null }),
                vec![input(json!(["maybeThing", "things", 0]))],
            ),
            // Here the path is right, since the nullable entry catches the error before the list sees it.
            (
                "{ thing { maybeThings { must } } }",
                json!({ "thing": { "maybeThings": [null, null, null] } }),
                vec![
                    input(json!(["thing", "maybeThings", 0, "must"])),
                    input(json!(["thing", "maybeThings", 2, "must"])),
                ],
            ),
        ] {
            let json = server.ask(document).await.json();
            assert_eq!(json.get("data"), Some(&data), "{document}");
            assert_eq!(errors(&json), expected, "{document}");
        }
    }

    #[tokio::test]
    async fn fields_come_in_the_order_of_the_request() {
        let server = Server::usual().await;
        let answer = server.ask("{ slowHello hello thing { maybe ok } __typename maybe }").await;
        let text = answer.text();
        let keys = ["\"data\"", "\"slowHello\"", "\"hello\":", "\"thing\"", "\"ok\"", "\"__typename\""];
        let places: Vec<usize> = keys.iter().map(|key| text.rfind(key).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.starts_with("{\"errors\":"), "{text}");
    }

    #[tokio::test]
    async fn an_execution_error_keeps_data_even_if_it_is_null() {
        let server = Server::usual().await;
        for (document, data) in [("{ must }", Json::Null), ("{ maybe }", json!({ "maybe": null }))] {
            for media in [NEW, OLD] {
                let answer = server.post(&json!({ "query": document }), &[media]).await;
                assert_eq!(answer.status, 200);
                assert_eq!(answer.json().get("data"), Some(&data));
            }
        }
        assert_eq!(server.ask("{ __typename }").await.json(), json!({ "data": { "__typename": "Query" } }));
        let body = json!({ "query": "mutation { touch  __typename }" });
        let answer = server.post(&body, &[NEW, PERSON]).await;
        assert_eq!(answer.json(), json!({ "data": { "touch": 1, "__typename": "Mutation" } }));
    }

    #[tokio::test]
    async fn an_argument_that_cannot_be_read_is_the_callers_error() {
        let server = Server::usual().await;
        let body = json!({ "query": "query($a: Int!) { small(number: $a) }", "variables": { "a": 70_000 } });
        let json = server.post(&body, &[NEW]).await.json();
        assert_eq!(json.get("data"), Some(&Json::Null));
        assert_eq!(errors(&json), [(json!(["small"]), "BAD_USER_INPUT".to_owned())]);
    }

    #[tokio::test]
    async fn codes_of_the_service_reach_the_client_and_faults_do_not() {
        let (log, _guard) = Log::collect();
        let server = Server::usual().await;
        let answer = server.ask("{ missing }").await.refusal();
        assert_eq!(answer, ("NOT_FOUND".to_owned(), "There is no such thing.".to_owned()));
        for field in ["fault", "foreign", "bare"] {
            let answer = server.ask(&format!("{{ {field} }}")).await;
            assert_eq!(answer.json()["data"], json!({ field: null }));
            assert_eq!(answer.refusal().0, "INTERNAL");
            assert!(!answer.text().contains("accounts"), "{}", answer.text());
            let id = answer.header("x-request-id").unwrap().to_owned();
            let log = log.text();
            let line = log.lines().find(|line| line.contains(&id) && line.contains("a field failed"));
            assert!(line.is_some_and(|line| line.contains(SECRET) && line.contains(field)), "{field}: {log}");
        }
    }
}

mod bounds {
    use super::*;

    fn limits(public: ProfileLimits) -> Setup {
        Setup { limits: Limits { public, ..Limits::DEFAULT }, ..Setup::default() }
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
        let (log, _guard) = Log::collect();
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
        let (log, _guard) = Log::collect();
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
            let (log, _guard) = Log::collect();
            jixiao::http::log_panics_without_text();
            let caught = std::panic::catch_unwind(|| panic!("{SECRET}"));
            drop(std::panic::take_hook());
            assert!(caught.is_err());
            let log = log.text();
            assert!(log.contains("http.rs:") && !log.contains("accounts"), "{log}");
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
}

mod routes {
    use super::*;

    #[tokio::test]
    async fn machines_learn_what_the_service_is() {
        let server = Server::usual().await;
        assert_eq!(server.get("/livez").await.text(), "ok\n");
        assert_eq!(server.get("/readyz").await.text(), "ok\n");
        let version = server.get("/version").await.json();
        assert_eq!(version, json!({ "name": "jixiao", "version": env!("CARGO_PKG_VERSION") }));
        let schema = server.get("/schema.graphql").await;
        assert!(schema.text().contains("type Query {"), "{}", schema.text());
        assert_eq!(schema.header("content-type"), Some("text/plain; charset=utf-8"));
    }

    #[tokio::test]
    async fn without_its_database_the_service_lives_but_is_not_ready() {
        let ready = || Err(AppError::internal(std::io::Error::other(SECRET)));
        let setup = Setup { ready: Arc::new(move || Box::pin(async move { ready() })), ..Setup::default() };
        let (log, _guard) = Log::collect();
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

        let cors = vec![HeaderValue::from_static("https://a.example")];
        let open = Server::start(Setup { cors, ..Setup::default() }).await;
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
        let (log, _guard) = Log::collect();
        let server = Server::usual().await;
        let body = json!({
            "query": "query Secrets($number: Int!) { echo(number: $number, text: \"s3cret-literal\") }",
            "variables": { "number": 1, "text": "s3cret-variable" },
        });
        let headers = [PERSON, ("x-request-id", "line-1"), ("cookie", "s3cret-cookie")];
        assert_eq!(server.post(&body, &headers).await.status, 200);
        server
            .send(
                "GET",
                "/graphql?query=%7Bhello%7D&s3cret-parameter",
                &[("authorization", "Bearer s3cret-token")],
                b"",
            )
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
}

mod connections {
    use super::*;

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
        let server = Server::start(options(|options| options.head_timeout = Duration::from_millis(300))).await;
        for bytes in [b"".as_slice(), b"GET /livez HT", b"GET /livez HTTP/1.1\r\nhost: a\r\nx: "] {
            let (took, _) = closed_after(&server, bytes).await;
            assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(5), "{took:?}");
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
        let head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"query\"";
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
            let server = Server::start(options(|options| options.write_timeout = write_timeout)).await;
            let body = json!({ "query": "{ text(bytes: 30000000) }" }).to_string();
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            let head = "POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer system\r\ncontent-type: application/json";
            stream
                .write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes())
                .await
                .unwrap();
            sleep(Duration::from_millis(1_500)).await;
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
        let held =
            [TcpStream::connect(server.address).await.unwrap(), TcpStream::connect(server.address).await.unwrap()];
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
}

mod stop {
    use super::*;

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
        server.lifecycle.stop();
        let answer = server.get("/readyz").await;
        assert_eq!((answer.status, answer.refusal().0.as_str()), (503, "UNAVAILABLE"));
        assert_eq!(server.get("/livez").await.status, 200);
        assert_eq!(server.ask("{ hello }").await.status, 200);
        assert!(ended(server).await > Duration::from_millis(500));
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
}
