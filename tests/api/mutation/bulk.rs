//! Mutations of many objects.

use serde_json::{Value, json};

use super::{divisions, editor, write};
use crate::support::world::World;

const ALL: &str = "committed summary { total created updated unchanged deleted failed skipped }
    results { index key outcome division { code name version } userErrors { code path } } userErrors { path }";

fn row(code: &str, set: Value) -> Value {
    json!({"key": {"code": code}, "set": set})
}

fn outcomes(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().expect("a list");
    results.iter().map(|result| result["outcome"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn one_bad_row_stops_all_or_only_itself() {
    let world = World::empty().await;
    write(&world, "divisionUpsert", row("1", json!({"name": "甲"})), "outcome").await;
    let rows = json!([
        row("1", json!({"name": "甲"})),
        row("2", json!({"name": "乙"})),
        row("x", json!({"name": ""})),
        row("2", json!({"name": "丙"})),
        row("1", json!({"name": null})),
        row("3", json!({})),
    ]);
    let before = divisions(&world).await;
    let answer = write(&world, "divisionsUpsert", json!({"rows": rows}), ALL).await;
    assert_eq!(outcomes(&answer), ["SKIPPED", "SKIPPED", "FAILED", "FAILED", "FAILED", "SKIPPED"]);
    assert_eq!(
        (&answer["committed"], &answer["summary"]),
        (
            &json!(false),
            &json!({"total": 6, "created": 0, "updated": 0, "unchanged": 0, "deleted": 0, "failed": 3, "skipped": 3})
        )
    );
    let paths: Vec<_> = answer["userErrors"].as_array().expect("a list").iter().map(|e| e["path"].clone()).collect();
    assert_eq!(
        paths,
        [
            json!(["input", "rows", "2", "key", "code"]),
            json!(["input", "rows", "2", "set", "name"]),
            json!(["input", "rows", "3", "key"]),
            json!(["input", "rows", "4", "key"]),
        ]
    );
    assert_eq!(answer["results"][3]["userErrors"], json!([{"code": "DUPLICATE_IN_REQUEST", "path": paths[2]}]));
    let known = json!({"code": "1", "name": "甲", "version": 1});
    assert_eq!((&answer["results"][0]["division"], &answer["results"][1]["division"]), (&known, &Value::Null));
    assert_eq!(divisions(&world).await, before);

    let answer = write(&world, "divisionsUpsert", json!({"rows": rows, "atomicity": "PER_ROW"}), ALL).await;
    assert_eq!(outcomes(&answer), ["UNCHANGED", "CREATED", "FAILED", "FAILED", "FAILED", "CREATED"]);
    assert_eq!(answer["committed"], json!(true));
    let rows: Vec<_> =
        answer["results"].as_array().expect("a list").iter().map(|r| (r["index"].clone(), r["key"].clone())).collect();
    let keys = ["1", "2", "", "2", "1", "3"];
    assert_eq!(rows, keys.iter().enumerate().map(|(n, key)| (json!(n), json!(key))).collect::<Vec<_>>());
    assert_eq!(
        divisions(&world).await,
        json!([known, {"code": "2", "name": "乙", "version": 1}, {"code": "3", "name": null, "version": 1}])
    );
}

#[tokio::test]
async fn a_dry_run_tells_what_the_run_tells_and_leaves_nothing() {
    let world = World::empty().await;
    write(&world, "divisionUpsert", row("1", json!({"name": "甲"})), "outcome").await;
    let rows = json!([row("1", json!({"name": "乙"})), row("2", json!({})), row("3", json!({"name": "丙"}))]);
    let before = divisions(&world).await;
    let selection = format!("{ALL} query {{ divisions {{ nodes {{ code name version }} }} }}");
    let input = |dry_run: bool| json!({"rows": rows, "dryRun": dry_run});
    let rehearsed = write(&world, "divisionsUpsert", input(true), &selection).await;
    assert_eq!(divisions(&world).await, before);
    let done = write(&world, "divisionsUpsert", input(false), &selection).await;
    assert_eq!(rehearsed, done);
    assert_eq!(outcomes(&done), ["UPDATED", "CREATED", "CREATED"]);
    assert_eq!(done["query"]["divisions"]["nodes"], divisions(&world).await);
}

#[tokio::test]
async fn statements_do_not_grow_with_the_rows() {
    let world = World::empty().await;
    let selection = "committed results { outcome division { code units(first: 1) { totalCount } } userErrors { code
        ... on ConflictError { current { ... on Division { name } } } } }";
    let mut counts = Vec::new();
    for size in [1, 40, 400] {
        let rows = |prefix: usize, version: Value| {
            let rows = (0..size)
                .map(|n| json!({"key": {"code": format!("{prefix}{n:04}")}, "set": {}, "expectedVersion": version}));
            rows.collect::<Vec<_>>()
        };
        let send = async |rows: Vec<Value>, outcome: &str| {
            let input = json!({"rows": rows, "atomicity": "PER_ROW"});
            let (statements, answer) = world.count(write(&world, "divisionsUpsert", input, selection)).await;
            assert!(outcomes(&answer).iter().all(|found| *found == outcome), "{answer}");
            statements
        };
        let made = send(rows(size, Value::Null), "CREATED").await;
        let known = send(rows(size, json!(1)), "UNCHANGED").await;
        let conflicts = send(rows(size, json!(7)), "FAILED").await;
        counts.push([made, known, conflicts]);
    }
    assert_eq!(counts[1], counts[0]);
    assert_eq!(counts[2], counts[0]);
}

#[tokio::test]
async fn there_are_no_more_rows_than_allowed_and_one_counts_as_a_list() {
    let world = World::empty().await;
    let rows: Vec<_> = (0..5_001).map(|n| row(&n.to_string(), json!({}))).collect();
    let query = "mutation($input: DivisionsUpsertInput!) { divisionsUpsert(input: $input) { committed } }";
    let refusals = world.refusals_as(&editor(), query, json!({"input": {"rows": rows}})).await;
    let message = "`rows` has 5001 entries; the limit is 5000. Send them in several requests.";
    assert_eq!(refusals, [(message.to_owned(), "COST_LIMIT".to_owned())]);
    let answer = write(&world, "divisionsUpsert", json!({"rows": row("1", json!({}))}), "summary { created }").await;
    assert_eq!(answer, json!({"summary": {"created": 1}}));
    let nothing = write(&world, "divisionsUpsert", json!({"rows": []}), "committed results { index }").await;
    assert_eq!(nothing, json!({"committed": true, "results": []}));
}
