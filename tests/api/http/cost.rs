//! What a document costs is told on every answer, and can be asked for without running it.

use std::sync::atomic::Ordering;

use serde_json::{Value as Json, json};

use crate::toy::{NEW, PERSON, SYSTEM, Server};

/// Asks what a document costs.
const COST_ONLY: (&str, &str) = ("graphql-cost-only", "1");

#[tokio::test]
async fn every_answer_tells_what_it_cost() {
    let server = Server::usual().await;
    for (query, status, requested, actual) in [
        ("{ hello }", 200, 0, 0),
        ("{ thing { ok thing { ok } } }", 200, 2, 2),
        // A page costs what is on it, a list without a length as much as its costliest entry.
        ("{ page(first: 7) { totalCount nodes { number } } }", 200, 8, 8),
        ("{ thing { things { ok } maybeThings { ok } maybeThing { ok } } }", 200, 4, 4),
        // What failed cost nothing beyond what came.
        ("{ maybeThing { must } }", 200, 1, 0),
        // Refused by the library, for its price, for its form.
        ("{ thing { nothing } }", 400, 1, 0),
        ("{ page(first: 50) { nodes { page(first: 50) { nodes { number } } } } }", 400, 2_601, 0),
        ("{ hello", 400, 0, 0),
    ] {
        let answer = server.ask(query).await;
        assert_eq!((answer.status, answer.cost()[..3].to_vec()), (status, vec![requested, actual, 1_000]), "{query}");
    }
    let answer = server.ask("{ page(first: 50) { nodes { page(first: 50) { nodes { number } } } } }").await;
    let error = &answer.json()["errors"][0]["extensions"];
    assert_eq!(
        (&error["code"], &error["rows"]),
        (&json!("COST_LIMIT"), &json!({ "requested": 2_550, "limit": 1_000 }))
    );
    // What was not used is given back.
    let before = server.ask_as_system("{ hello }").await.cost()[3];
    let [requested, actual, limit, left] = server.ask_as_system("{ maybeThing { must } }").await.cost();
    assert_eq!((requested, actual, limit, left), (1, 0, 100_000, before));
}

#[tokio::test]
async fn a_document_is_priced_and_checked_without_being_run() {
    let server = Server::usual().await;
    let ask = async |query: &str, variables: Json| {
        server.post(&json!({ "query": query, "variables": variables }), &[NEW, PERSON, COST_ONLY]).await
    };
    let wait = "query($first: Int!) { wait(ms: 60000) page(first: $first) { nodes { number } } must }";
    let answer = ask(wait, json!({ "first": 30 })).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "data": null })));
    assert_eq!(answer.cost(), [31, 0, 10_000, 1_000_000]);
    let answer = ask("mutation { touch }", json!({})).await;
    assert_eq!((answer.json(), answer.cost()[0]), (json!({ "data": null }), 0));
    assert_eq!(server.counts.begun.load(Ordering::SeqCst), 0);
    // The checks are those of a run.
    for (query, variables, code) in [
        ("{ hello", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo(number: \"1\") }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (wait, json!({}), "BAD_USER_INPUT"),
        (wait, json!({ "first": 101 }), "BAD_USER_INPUT"),
        ("{ page(first: 100) { nodes { page(first: 100) { nodes { number } } } } }", json!({}), "COST_LIMIT"),
    ] {
        let answer = ask(query, variables).await;
        assert_eq!((answer.status, answer.refusal().0.as_str()), (400, code), "{query}");
        assert_eq!(answer.json().get("data"), None);
    }
    // Another value asks for nothing.
    let touch = json!({ "query": "mutation { touch }" });
    let answer = server.post(&touch, &[SYSTEM, ("graphql-cost-only", "0")]).await;
    assert_eq!(answer.json(), json!({ "data": { "touch": 1 } }));
}
