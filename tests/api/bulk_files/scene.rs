//! A service that takes files, with a worker and an account that may write everything; others can stand beside it.

use std::sync::Arc;

use entity::value::AccountKind;
use jixiao::auth::{Caller, Grant};
use jixiao::bulk::{Bulk, BulkSettings};
use jixiao::graphql::{self, ApiSchema};
use jixiao::import::FileStore;
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use jixiao::{clock, intake};
use serde_json::{Value, json};

use crate::bulk::scene::{ONE, Scene, Workers};
use crate::bulk::server::Server;
use crate::toy::Answer;

/// Everything that a test needs, as one account.
pub struct Files {
    /// Of the first account alone; they end before what they work on.
    _workers: Option<Workers>,
    scene: Arc<Scene>,
    /// The account.
    pub caller: Caller,
    bulk: Bulk,
    schema: ApiSchema,
    server: Server,
}

/// What became of a file.
pub struct Ended {
    /// The operation as GraphQL tells it.
    pub operation: Value,
    /// The lines of results.
    pub lines: Vec<Value>,
}

impl Ended {
    /// The outcome of each line.
    pub fn outcomes(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect()
    }

    /// Code, path and place of each mistake.
    pub fn faults(&self) -> Vec<(String, String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let faults = self.lines.iter().flat_map(|line| line["userErrors"].as_array().unwrap());
        let path = |fault: &Value| {
            let steps: Vec<&str> = fault["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            steps.join(".")
        };
        faults.map(|fault| (text(&fault["code"]), path(fault), text(&fault["place"]))).collect()
    }
}

impl Files {
    /// One with two units of the division 130304.
    pub async fn new() -> Self {
        let scene = Arc::new(Scene::new().await);
        let ann = scene.account("ann", AccountKind::Service).await;
        let settings = BulkSettings { ..ONE };
        let handlers = intake::handlers(FileStore::new(scene.folder.path().join("files")));
        let bulk = Bulk::new(scene.db.clone(), scene.folder.path(), settings, handlers, clock::system);
        let workers = Workers::of(&bulk);
        let files = Self { _workers: Some(workers), ..Self::of(scene, bulk, ann).await };
        files
            .ask("mutation { divisionCreate(input: {key: {code: \"130304\"}, set: {name: \"北戴河区\"}}) { outcome } }")
            .await;
        let units = "{\"type\":\"unit\",\"key\":{\"code\":\"450002\"},\"set\":{\"name\":\"甲单位\"}}\n\
                     {\"type\":\"unit\",\"key\":{\"code\":\"450003\"},\"set\":{\"name\":\"乙单位\"}}\n";
        let made = files.import("units.jsonl", units.as_bytes(), json!({ "dryRun": false })).await;
        assert_eq!(made.outcomes(), ["CREATED", "CREATED"], "{:?}", made.lines);
        files
    }

    async fn of(scene: Arc<Scene>, bulk: Bulk, caller: Caller) -> Self {
        let schema = graphql::schema_with_bulk(Some(scene.db.clone()), Some(bulk.clone()), Lang::En);
        let server = Server::of(&scene, &bulk, &[&caller]).await;
        Self { scene, caller, bulk, schema, server, _workers: None }
    }

    /// Another account at the same files, database and worker.
    pub async fn beside(&self, name: &str, grant: Grant) -> Self {
        let caller = self.scene.account_with(name, grant).await;
        Self::of(Arc::clone(&self.scene), self.bulk.clone(), caller).await
    }

    /// Asks as the account, and gives the data of an answer without errors.
    pub async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, json!({})).await
    }

    /// Asks as the account, and gives the whole answer.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        let request = async_graphql::Request::new(query)
            .variables(async_graphql::Variables::from_json(variables))
            .data(self.caller.clone())
            .data(ProfileLimits::SERVICE)
            .data(Lang::En);
        serde_json::to_value(self.schema.execute(request).await).unwrap()
    }

    /// Asks as the account, and gives the data of an answer without errors.
    pub async fn ask_with(&self, query: &str, variables: Value) -> Value {
        let answer = self.answer(query, variables.clone()).await;
        assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
        answer["data"].clone()
    }

    /// The schema that it asks.
    pub fn schema(&self) -> &ApiSchema {
        &self.schema
    }

    /// Announces and sends a file.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> String {
        let query = "mutation($input: UploadCreateInput!) { it: uploadCreate(input: $input) { \
                     upload { id url complete } outcome userErrors { message } } }";
        let input = json!({ "fileName": name, "size": bytes.len().to_string() });
        let made = self.ask_with(query, json!({ "input": input })).await;
        assert_eq!(made["it"]["outcome"], "CREATED", "{made:#}");
        let url = made["it"]["upload"]["url"].as_str().unwrap();
        let sent = self.send("PUT", url, bytes).await;
        assert!(sent.status < 300, "{} {}", sent.status, String::from_utf8_lossy(&sent.body));
        made["it"]["upload"]["id"].as_str().unwrap().to_owned()
    }

    /// Starts an operation, and gives the payload.
    pub async fn start(&self, input: Value) -> Value {
        let query = "mutation($input: ImportStartInput!) { it: importStart(input: $input) { \
                     bulkOperation { id } outcome userErrors { code path message } } }";
        self.ask_with(query, json!({ "input": input })).await["it"].clone()
    }

    /// Waits for the end of what was started.
    pub async fn ended(&self, started: &Value) -> Ended {
        let id = started["bulkOperation"]["id"].as_str().unwrap_or_else(|| panic!("{started:#}"));
        let query = "query($id: ID!) { it: bulkOperation(id: $id) { id status failure { code message } resultUrl \
                     progress { rowsDone rowsCreated rowsUpdated rowsUnchanged rowsDeleted rowsFailed rowsSkipped percent } \
                     errorSummary { code count firstLine firstSheet } } }";
        for _ in 0..6_000 {
            let operation = self.ask_with(query, json!({ "id": id })).await["it"].clone();
            let status = operation["status"].as_str().unwrap();
            if !["QUEUED", "VALIDATING", "RUNNING", "CANCELING"].contains(&status) {
                let lines = self.fetch(operation["resultUrl"].as_str().unwrap()).await;
                let lines = std::str::from_utf8(&lines).unwrap().lines();
                return Ended { operation, lines: lines.map(|line| serde_json::from_str(line).unwrap()).collect() };
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the operation does not end");
    }

    /// Sends a request as the account.
    pub async fn send(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        let name = &self.caller.identity().unwrap().name;
        self.server.send(name, method, target, &[], body).await
    }

    /// Fetches a file that must be there.
    pub async fn fetch(&self, url: &str) -> Vec<u8> {
        let answer = self.send("GET", url, &[]).await;
        assert_eq!(answer.status, 200, "{url}: {}", String::from_utf8_lossy(&answer.body));
        answer.body
    }

    /// Sends a file, runs an operation on it, and gives what became of it.
    pub async fn import(&self, name: &str, bytes: &[u8], mut options: Value) -> Ended {
        options["uploadId"] = self.upload(name, bytes).await.into();
        let started = self.start(options).await;
        self.ended(&started).await
    }

    /// Name and purpose of every project, by code.
    pub async fn projects(&self) -> Value {
        self.ask("{ projects(first: 500, orderBy: [{field: CODE}]) { nodes { code name purpose } } }").await["projects"]
            ["nodes"]
            .clone()
    }
}

/// A line of JSONL for a project.
pub fn project(code: &str, name: &str) -> String {
    let key = json!({ "fiscalYear": 2026, "unitCode": "450002", "code": code });
    format!("{}\n", json!({ "key": key, "set": { "name": name } }))
}
