//! Execution as the specification says: nulls, paths, order, and which errors a client may read.

use serde_json::{Value as Json, json};

use crate::toy::{Log, NEW, PERSON, SECRET, Server};

use super::OLD;

/// Errors as path and code, in the order of the answer.
fn errors(answer: &Json) -> Vec<(Json, String)> {
    let list = answer["errors"].as_array().cloned().unwrap_or_default();
    list.iter().map(|error| (error["path"].clone(), error["extensions"]["code"].as_str().unwrap().to_owned())).collect()
}

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
            vec![input(json!(["thing", "maybeThings", 0, "must"])), input(json!(["thing", "maybeThings", 2, "must"]))],
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
    let log = Log::collect();
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

/// The library forgets the defaults of variables when it decides what to leave out, so the handler fills them in.
#[tokio::test]
async fn defaults_of_variables_decide_what_is_left_out() {
    let server = Server::usual().await;
    let document = "query ($yes: Boolean = true, $no: Boolean! = false) {
        a: hello @include(if: $yes) b: hello @include(if: $no) c: hello @skip(if: $yes) ...F @include(if: $yes)
    } fragment F on Query { d: hello @skip(if: $no) }";
    for (variables, data) in [
        (json!({}), json!({ "a": "hello", "d": "hello" })),
        (json!({ "yes": false }), json!({ "c": "hello" })),
        (json!({ "no": true }), json!({ "a": "hello", "b": "hello" })),
    ] {
        let body = json!({ "query": document, "variables": variables });
        let answer = server.post(&body, &[]).await.json();
        assert_eq!(answer, json!({ "data": data }), "{variables}");
    }
}
