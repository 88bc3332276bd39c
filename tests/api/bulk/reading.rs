//! Operations by GraphQL: how far they are, what went wrong, and who sees them.

use entity::value::{AccountKind, BulkPhase, Role, Timestamp};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::bulk::progress;
use jixiao::graphql;
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use serde_json::{Value, json};

use super::scene::{ONE, Scene, Workers, file, operation};

async fn ask(scene: &Scene, caller: &Caller, query: &str) -> Value {
    let schema = graphql::schema(Some(scene.db.clone()), Lang::En);
    let request = async_graphql::Request::new(query).data(caller.clone()).data(ProfileLimits::SERVICE).data(Lang::En);
    let answer = serde_json::to_value(schema.execute(request).await).unwrap();
    assert_eq!(answer.get("errors"), None, "{query}: {answer:#}");
    answer["data"].clone()
}

const EVERYTHING: &str = "id clientIdentifier kind mode dryRun preview { id } status phase
    progress { rowsTotal rowsDone rowsCreated rowsUpdated rowsUnchanged rowsDeleted rowsFailed rowsSkipped
               bytesTotal bytesDone percent etaSeconds }
    failure { code message }
    errorSummary { code count firstLine firstSheet sampleMessage sampleMessageZh: sampleMessage(lang: ZH) }
    resultUrl errorsUrl startedAt finishedAt";

#[tokio::test]
async fn an_operation_tells_how_it_went() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let bytes = file(200, 10);
    let upload = scene.upload(&bulk, &ann, &bytes).await;
    let named = jixiao::bulk::queue::NewOperation {
        client_identifier: Some("第一季度".to_owned()),
        ..operation(&upload, true)
    };
    let start = scene.as_caller(&ann, async |work| jixiao::bulk::start(work, &bulk, named.clone()).await);
    let begun = start.await.unwrap();
    let id = begun.id.public();
    let query = format!("{{ bulkOperation(id: {id:?}) {{ {EVERYTHING} }} }}");
    let waiting = ask(&scene, &ann, &query).await["bulkOperation"].take();
    assert_eq!((&waiting["status"], &waiting["phase"]), (&json!("QUEUED"), &json!("WAITING")));
    assert_eq!((&waiting["startedAt"], &waiting["progress"]["percent"]), (&Value::Null, &Value::Null));

    let workers = Workers::of(&bulk);
    scene.ended(&begun).await;
    workers.stop().await;
    let mut ended = ask(&scene, &ann, &query).await["bulkOperation"].take();
    for time in ["startedAt", "finishedAt"] {
        assert!(ended[time].take().as_str().unwrap().starts_with("20"));
    }
    let size = bytes.len().to_string();
    let expected = json!({
        "id": id, "clientIdentifier": "第一季度", "kind": "PROJECTS", "mode": "UPSERT", "dryRun": true,
        "preview": null, "status": "COMPLETED_WITH_ERRORS", "phase": "DONE",
        "progress": {
            "rowsTotal": 200, "rowsDone": 200, "rowsCreated": 10, "rowsUpdated": 187, "rowsUnchanged": 0,
            "rowsDeleted": 0, "rowsFailed": 3, "rowsSkipped": 0, "bytesTotal": size, "bytesDone": size,
            "percent": 100, "etaSeconds": null,
        },
        "failure": null,
        "errorSummary": [
            { "code": "REQUIRED", "count": 2, "firstLine": 97, "firstSheet": null,
              "sampleMessage": "`code` is missing.", "sampleMessageZh": "中文 `code` is missing." },
            { "code": "INVALID_FORMAT", "count": 1, "firstLine": 101, "firstSheet": null,
              "sampleMessage": "This line is not JSON.", "sampleMessageZh": "中文 This line is not JSON." },
        ],
        "resultUrl": format!("/v1/operations/{id}/results"), "errorsUrl": format!("/v1/operations/{id}/errors"),
        "startedAt": null, "finishedAt": null,
    });
    assert_eq!(ended, expected);

    let confirm =
        async |work: &mut jixiao::service::work::Work<'_>| jixiao::bulk::confirm_preview(work, &bulk, &id, None).await;
    let real = scene.as_caller(&ann, confirm).await.unwrap();
    let query = format!("{{ node(id: {:?}) {{ ... on BulkOperation {{ preview {{ id }} }} }} }}", real.id.public());
    assert_eq!(ask(&scene, &ann, &query).await["node"]["preview"]["id"], json!(id));
}

#[tokio::test]
async fn accounts_see_their_own_and_who_looks_after_the_service_sees_all() {
    let scene = Scene::new().await;
    let bulk = scene.bulk(ONE);
    let (ann, bob) =
        (scene.account("ann", AccountKind::Service).await, scene.account("bob", AccountKind::Person).await);
    let all = scene.account_with("all", Grant::new(Role::SysAdmin, Scope::Everything)).await;
    let workers = Workers::of(&bulk);
    let operation = scene.start(&bulk, &ann, &file(5, 5), false).await;
    scene.ended(&operation).await;
    workers.stop().await;
    let other = scene.start(&bulk, &bob, &file(5, 5), false).await;
    // Divisions are there now, so a grant on one of them can be given.
    let part = Grant::new(Role::Service, Scope::Division("000001".to_owned()));
    let part = scene.account_with("part", part).await;
    let own = scene.start(&bulk, &part, &file(5, 5), false).await;

    let list = "{ bulkOperations(first: 10) { totalCount nodes { id } } }";
    let ids = |answer: &Value| -> Vec<String> {
        let nodes = answer["bulkOperations"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
    };
    let all_ids = [&operation, &other, &own].map(|row| row.id.public());
    assert_eq!(ids(&ask(&scene, &all, list).await), all_ids);
    let seen = ask(&scene, &part, list).await;
    assert_eq!((ids(&seen), &seen["bulkOperations"]["totalCount"]), (vec![own.id.public()], &json!(1)));
    for foreign in [operation.id.public(), "blk_00000000000000000000000000".to_owned(), "x".to_owned()] {
        let query = format!("{{ bulkOperation(id: {foreign:?}) {{ id }} node(id: {foreign:?}) {{ id }} }}");
        assert_eq!(ask(&scene, &part, &query).await, json!({ "bulkOperation": null, "node": null }));
    }
    let queued = "{ bulkOperations(filter: {status: {in: [QUEUED, RUNNING]}}) { nodes { id } } }";
    assert_eq!(ids(&ask(&scene, &all, queued).await), all_ids[1..]);
}

#[tokio::test]
async fn percent_and_time_left_come_from_the_bytes() {
    let scene = Scene::new().await;
    let (bulk, ann) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let begun = scene.start(&bulk, &ann, &file(5, 5), false).await;
    let at = |phase: BulkPhase, done: i64, seconds: i64| {
        let mut row = begun.clone();
        (row.phase, row.bytes_done, row.bytes_total) = (phase, done, 4_000_000_000_000_000_000);
        row.started_at = Some(begun.created_at);
        row.updated_at = Timestamp(begun.created_at.0 + seconds * 1_000_000);
        (progress::percent(&row), progress::eta_seconds(&row))
    };
    assert_eq!(at(BulkPhase::Waiting, 0, 0), (None, None));
    assert_eq!(at(BulkPhase::Checking, 0, 5), (None, None));
    assert_eq!(at(BulkPhase::Applying, 0, 5), (Some(0), None));
    assert_eq!(at(BulkPhase::Applying, 1_000_000_000_000_000_000, 20), (Some(25), Some(60)));
    assert_eq!(at(BulkPhase::Applying, 4_000_000_000_000_000_000, 20), (Some(99), Some(0)));
    assert_eq!(at(BulkPhase::Done, 1_000_000_000_000_000_000, 20), (Some(25), None));
    assert_eq!(at(BulkPhase::Done, 4_000_000_000_000_000_000, 20), (Some(100), None));
}
