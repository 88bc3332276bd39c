//! Trusted documents, and who may ask for the schema.

use std::path::PathBuf;
use std::sync::Arc;

use jixiao::http::TrustedDocuments;
use jixiao::limits::{ByProfile, DocumentPolicy, ProfileLimits};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::toy::{self, Counts, NEW, PERSON, SYSTEM, Server, Setup};

const HELLO: &str = "query Hello { hello }";
/// SHA-256 of [`HELLO`], by another program.
const HELLO_HASH: &str = "3f710a83decac3d21ddeae7bd265d8c5a48749226d23327b5dfd7031f406a987";

/// A manifest as `graphql-codegen` writes it, in a folder of its own.
struct Manifest(TempDir);

impl Manifest {
    fn of(documents: &Json) -> Self {
        let manifest = Self(TempDir::new().unwrap());
        manifest.write(&documents.to_string());
        manifest
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("persisted-documents.json")
    }

    async fn load(&self, documents: &TrustedDocuments) -> Result<usize, String> {
        let schema = toy::schema(&Arc::new(Counts::default()));
        let loaded = documents.load(&[self.path()], &schema, &ProfileLimits::SERVICE).await;
        loaded.map_err(|error| error.to_string().replace(&self.path().display().to_string(), "FILE"))
    }
}

fn good() -> Json {
    json!({
        format!("sha256:{HELLO_HASH}"): HELLO,
        "x-echo": "query Echo($number: Int!) { echo(number: $number) }",
        "x-touch": "mutation Touch { touch }",
    })
}

async fn server(policies: ByProfile<DocumentPolicy>) -> Server {
    let documents = TrustedDocuments::default();
    assert_eq!(Manifest::of(&good()).load(&documents).await, Ok(3));
    Server::start(Setup { documents, policies, ..Setup::default() }).await
}

fn all(policy: DocumentPolicy) -> ByProfile<DocumentPolicy> {
    ByProfile { public: policy, staff: policy, service: policy }
}

/// The ways to name a document, and what each policy says to them: data or a code.
#[tokio::test]
async fn each_policy_takes_what_it_says() {
    let id = format!("sha256:{HELLO_HASH}");
    let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": HELLO_HASH } });
    let unknown = "0".repeat(64);
    let foreign = "query Hello { hello __typename }";
    let foreign_hash = "457089b359a1f1afd3aa381d59f81d8287ec84e4669965d36decf64e0f05ddcb";
    let (data, none, required) = ("", "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_REQUIRED");
    let cases = [
        (json!({ "query": HELLO }), [data, data, required]),
        (json!({ "documentId": id }), [none, data, data]),
        (json!({ "documentId": id, "query": HELLO }), [data, data, data]),
        (json!({ "extensions": persisted }), [none, data, data]),
        (json!({ "extensions": persisted, "query": HELLO }), [data, data, data]),
        (json!({ "documentId": "x-echo", "variables": { "number": 3 } }), [none, data, data]),
        (json!({ "documentId": format!("sha256:{unknown}") }), [none, none, none]),
        (json!({ "documentId": HELLO_HASH }), [none, none, none]),
        (json!({ "query": foreign }), [data, data, required]),
        (json!({ "query": foreign, "documentId": format!("sha256:{foreign_hash}") }), [data, data, required]),
        (json!({ "query": foreign, "documentId": id }), ["BAD_USER_INPUT"; 3]),
        (json!({ "documentId": id, "extensions": persisted }), ["BAD_USER_INPUT"; 3]),
        (json!({ "documentId": 1 }), ["BAD_USER_INPUT"; 3]),
        (json!({ "extensions": { "persistedQuery": { "version": 1 } } }), ["BAD_USER_INPUT"; 3]),
    ];
    for (number, policy) in
        [DocumentPolicy::Off, DocumentPolicy::Prefer, DocumentPolicy::Require].into_iter().enumerate()
    {
        let server = server(all(policy)).await;
        for (body, expected) in &cases {
            let answer = server.post(body, &[NEW]).await;
            let code = if answer.status == 200 { String::new() } else { answer.refusal().0 };
            assert_eq!(code, expected[number], "{policy:?} {body}");
            if code.is_empty() {
                assert!(answer.json()["data"].is_object(), "{policy:?} {body}");
            }
            let status = match code.as_str() {
                "" => 200,
                "PERSISTED_QUERY_NOT_FOUND" => 404,
                "PERSISTED_QUERY_REQUIRED" => 403,
                _ => 400,
            };
            assert_eq!(answer.status, status, "{policy:?} {body}");
        }
    }
}

#[tokio::test]
async fn the_policy_is_that_of_the_caller() {
    let (off, prefer, require) = (DocumentPolicy::Off, DocumentPolicy::Prefer, DocumentPolicy::Require);
    let server = server(ByProfile { public: require, staff: off, service: prefer }).await;
    let text = json!({ "query": "{ hello }" });
    assert_eq!(server.post(&text, &[]).await.refusal().0, "PERSISTED_QUERY_REQUIRED");
    for who in [PERSON, SYSTEM] {
        assert_eq!(server.post(&text, &[who]).await.status, 200);
    }
    let id = json!({ "documentId": "x-touch" });
    assert_eq!(server.post(&id, &[SYSTEM]).await.json(), json!({ "data": { "touch": 1 } }));
    assert_eq!(server.post(&id, &[PERSON]).await.status, 404);
}

#[tokio::test]
async fn a_document_is_asked_for_by_its_address() {
    let server = server(all(DocumentPolicy::Require)).await;
    let target = format!("/graphql?documentId=sha256:{HELLO_HASH}");
    let answer = server.get(&target).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "data": { "hello": "hello" } })));
    let vary = answer.header("vary").unwrap();
    for header in ["accept", "accept-language", "authorization"] {
        assert!(vary.split(", ").any(|name| name == header), "{vary}");
    }
    let echo = server.get("/graphql?documentId=x-echo&variables=%7B%22number%22:4%7D").await;
    assert_eq!(echo.json(), json!({ "data": { "echo": "4" } }));
    assert_eq!(server.get("/graphql?documentId=x-touch").await.status, 401, "mutations need a token");
    let answer = server.send("GET", "/graphql?documentId=x-touch", &[PERSON], b"").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn a_manifest_that_is_not_good_changes_nothing() {
    let documents = TrustedDocuments::default();
    let manifest = Manifest::of(&good());
    assert_eq!(manifest.load(&documents).await, Ok(3));
    let refusals = [
        (json!(["x"]).to_string(), "the manifest FILE is not a JSON object of ids and documents: "),
        ("{".to_owned(), "the manifest FILE is not a JSON object of ids and documents: "),
        (
            json!({ format!("sha256:{HELLO_HASH}"): "{ hello }" }).to_string(),
            &format!(
                "the manifest FILE has a document that cannot be used, `sha256:{HELLO_HASH}`: the id of its text is `sha256:"
            ),
        ),
        (
            json!({ "x": "query A {\n  hello\n  nothing\n}" }).to_string(),
            "the manifest FILE has a document that cannot be used, `x`: line 3, column 3: Unknown field \"nothing\" on type \"Query\"",
        ),
        (
            json!({ "x": "{ hello" }).to_string(),
            "the manifest FILE has a document that cannot be used, `x`: line 1, column 8: Syntax error",
        ),
    ];
    for (text, start) in refusals {
        manifest.write(&text);
        let error = manifest.load(&documents).await.unwrap_err();
        assert!(error.starts_with(start), "{error}");
        let server = Server::start(Setup {
            documents: documents.clone(),
            policies: all(DocumentPolicy::Require),
            ..Setup::default()
        })
        .await;
        assert_eq!(server.post(&json!({ "documentId": "x-touch" }), &[SYSTEM]).await.status, 200, "{start}");
    }
    // A hash is one id, with its prefix and without.
    manifest.write(&json!({ HELLO_HASH: HELLO, format!("sha256:{HELLO_HASH}"): HELLO, "x": HELLO }).to_string());
    assert_eq!(manifest.load(&documents).await, Ok(2));
    std::fs::remove_file(manifest.path()).unwrap();
    let error = manifest.load(&documents).await.unwrap_err();
    assert!(error.starts_with("the manifest FILE cannot be read: "), "{error}");
}

#[tokio::test]
async fn questions_for_the_schema_are_answered_to_those_who_may_ask() {
    let introspection = ByProfile { public: false, staff: true, service: false };
    let server = Server::start(Setup { introspection, ..Setup::default() }).await;
    let queries = [
        "{ __schema { queryType { name } } }",
        "{ hello __type(name: \"Query\") { name } }",
        "{ ...F } fragment F on Query { ... { a: __schema { queryType { name } } } }",
        "query A($no: Boolean = false) { __schema @include(if: $no) { queryType { name } } }",
    ];
    for query in queries {
        let body = json!({ "query": query });
        for who in [NEW, SYSTEM] {
            let answer = server.post(&body, &[who]).await;
            assert_eq!((answer.status, answer.refusal().0.as_str()), (403, "FORBIDDEN"), "{query}");
            assert!(answer.refusal().1.ends_with("the schema is at `/schema.graphql`."));
        }
        assert_eq!(server.post(&body, &[PERSON]).await.status, 200, "{query}");
    }
    assert_eq!(server.ask("{ __typename hello }").await.status, 200);
    assert_eq!(server.get("/schema.graphql").await.status, 200);
}
