//! Mutations of one object.

use entity::value::Role;
use jixiao::auth::{Caller, Grant, Scope};
use serde_json::{Value, json};

use super::{divisions, editor_of, write, write_as};
use crate::support::data::{Data, Shape};
use crate::support::world::{World, person, reader};

const ALL: &str = "outcome division { code name version } userErrors { __typename code path }";

fn done(outcome: &str, name: Value, version: u32) -> Value {
    json!({
        "outcome": outcome,
        "division": {"code": "130304", "name": name, "version": version},
        "userErrors": [],
    })
}

#[tokio::test]
async fn an_upsert_makes_changes_and_leaves_alone() {
    let world = World::empty().await;
    let upsert =
        async |set: Value| write(&world, "divisionUpsert", json!({"key": {"code": "130304"}, "set": set}), ALL).await;
    assert_eq!(upsert(json!({})).await, done("CREATED", Value::Null, 1));
    assert_eq!(upsert(json!({"name": "北戴河区"})).await, done("UPDATED", json!("北戴河区"), 2));
    assert_eq!(upsert(json!({"name": "北戴河区"})).await, done("UNCHANGED", json!("北戴河区"), 2));
    assert_eq!(upsert(json!({})).await, done("UNCHANGED", json!("北戴河区"), 2));
    assert_eq!(upsert(json!({"name": null})).await, done("UPDATED", Value::Null, 3));
}

#[tokio::test]
async fn create_update_and_delete_expect_what_they_say() {
    let world = World::empty().await;
    let key = json!({"code": "130304"});
    let named = json!({"key": key, "set": {"name": "甲"}});
    let absent = json!({"outcome": "FAILED", "division": null, "userErrors": [
        {"__typename": "NotFoundError", "code": "NOT_FOUND", "path": ["input", "key"]},
    ]});
    assert_eq!(write(&world, "divisionUpdate", named.clone(), ALL).await, absent);
    assert_eq!(write(&world, "divisionDelete", json!({"key": key}), ALL).await, absent);
    assert_eq!(write(&world, "divisionCreate", named.clone(), ALL).await, done("CREATED", json!("甲"), 1));
    let again = write(
        &world,
        "divisionCreate",
        named,
        "outcome division { version } userErrors { code path ... on DuplicateKeyError { existing { id } } }
         query { division(by: {code: \"130304\"}) { id } }",
    )
    .await;
    let existing = again["query"]["division"]["id"].clone();
    assert!(existing.is_string());
    assert_eq!(
        json!([again["outcome"], again["division"], again["userErrors"]]),
        json!(["FAILED", {"version": 1}, [
            {"code": "DUPLICATE", "path": ["input", "key"], "existing": {"id": existing}},
        ]]),
    );
    let renamed = write(&world, "divisionUpdate", json!({"key": key, "set": {"name": "乙"}}), ALL).await;
    assert_eq!(renamed, done("UPDATED", json!("乙"), 2));
    let gone = write(&world, "divisionDelete", json!({"key": key, "expectedVersion": 2}), ALL).await;
    assert_eq!(gone, json!({"outcome": "DELETED", "division": null, "userErrors": []}));
    assert_eq!(divisions(&world).await, json!([]));
}

#[tokio::test]
async fn the_answer_has_the_order_of_the_request_and_reads_its_own_write() {
    let world = World::empty().await;
    let document = r#"mutation {
        b: divisionUpsert(input: {key: {code: "2"}, set: {name: "乙"}, clientMutationId: "x-1"}) {
            query { divisions { totalCount } } clientMutationId __typename ...P
        }
        __typename
        a: divisionUpsert(input: {key: {code: "1"}, set: {}}) { clientMutationId query { divisions { nodes { code } } } }
    }
    fragment P on DivisionUpsertPayload { outcome division { name } }"#;
    let answer = world.answer(&super::editor(), document, json!({})).await;
    assert_eq!(
        answer.data.to_string(),
        r#"{b: {query: {divisions: {totalCount: 1}}, clientMutationId: "x-1", __typename: "DivisionUpsertPayload", outcome: "CREATED", division: {name: "乙"}}, __typename: "Mutation", a: {clientMutationId: null, query: {divisions: {nodes: [{code: "1"}, {code: "2"}]}}}}"#
    );
}

#[tokio::test]
async fn a_field_that_stands_twice_runs_once() {
    let world = World::empty().await;
    let document = r#"mutation {
        divisionUpsert(input: {key: {code: "1"}, set: {name: "甲"}}) { outcome }
        ...M
    }
    fragment M on Mutation { divisionUpsert(input: {key: {code: "1"}, set: {name: "甲"}}) { outcome division { version } } }"#;
    let answer = world.ask_as(&super::editor(), document, json!({})).await;
    assert_eq!(answer, json!({"data": {"divisionUpsert": {"outcome": "CREATED", "division": {"version": 1}}}}));
}

#[tokio::test]
async fn a_conflict_tells_what_is_stored() {
    let world = World::empty().await;
    let key = json!({"code": "130304"});
    write(&world, "divisionUpsert", json!({"key": key, "set": {"name": "甲"}}), "outcome").await;
    write(&world, "divisionUpsert", json!({"key": key, "set": {"name": "乙"}}), "outcome").await;
    let errors = "outcome userErrors { code path message zh: message(lang: ZH) ... on ConflictError {
        expectedVersion currentVersion changedFields current { ... on Division { name } } } }";
    let conflict = |changed: Value| {
        json!({"outcome": "FAILED", "userErrors": [{
            "code": "CONFLICT", "path": ["input", "expectedVersion"],
            "message": "The object is at version 2, not 1: read it again and decide anew.",
            "zh": "该对象的版本是2，而不是1：请重新读取后再决定。",
            "expectedVersion": 1, "currentVersion": 2, "changedFields": changed, "current": {"name": "乙"},
        }]})
    };
    for (set, changed) in
        [(json!({"name": "丙"}), json!(["name"])), (json!({"name": "乙"}), json!([])), (json!({}), json!([]))]
    {
        let input = json!({"key": key, "set": set, "expectedVersion": 1});
        assert_eq!(write(&world, "divisionUpsert", input, errors).await, conflict(changed));
    }
    let input = json!({"key": key, "set": {"name": "丙"}, "expectedVersion": 2});
    assert_eq!(write(&world, "divisionUpsert", input, "outcome").await, json!({"outcome": "UPDATED"}));
    let new = json!({"key": {"code": "9"}, "set": {}, "expectedVersion": 0});
    assert_eq!(write(&world, "divisionUpsert", new, "outcome").await, json!({"outcome": "CREATED"}));
}

#[tokio::test]
async fn every_mistake_of_the_input_is_named() {
    let world = World::empty().await;
    let input = json!({"key": {"code": "十三"}, "set": {"name": "  "}, "expectedVersion": -1});
    let answer = write(
        &world,
        "divisionUpsert",
        input,
        "outcome division { id } userErrors { __typename code path ... on ValidationError { value rule } }",
    )
    .await;
    let error = |code: &str, path: &[&str], value: &str, rule: &str| {
        let path = [&["input"], path].concat();
        json!({"__typename": "ValidationError", "code": code, "path": path, "value": value, "rule": rule})
    };
    let mut errors = answer["userErrors"].as_array().expect("a list").clone();
    errors.sort_by_key(|error| error["path"].to_string());
    assert_eq!(
        errors,
        [
            error("OUT_OF_RANGE", &["expectedVersion"], "-1", "int"),
            error("INVALID_FORMAT", &["key", "code"], "十三", "divisionCode"),
            error("REQUIRED", &["set", "name"], "  ", "text"),
        ]
    );
    assert_eq!((&answer["outcome"], &answer["division"]), (&json!("FAILED"), &Value::Null));
    assert_eq!(divisions(&world).await, json!([]));
}

#[tokio::test]
async fn a_division_with_units_or_grants_is_not_deleted() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape::SMALL).await;
    let division = &data.divisions[0];
    let errors = "outcome division { code } userErrors { code path ... on ValidationError { rule value } }";
    let input = json!({"key": {"code": division.code}});
    let answer = write(&world, "divisionDelete", input, errors).await;
    assert_eq!((&answer["outcome"], &answer["division"]["code"]), (&json!("FAILED"), &json!(division.code)));
    let [error] = answer["userErrors"].as_array().expect("a list").as_slice() else { panic!("{answer:#}") };
    assert_eq!(
        (&error["code"], &error["rule"], &error["path"]),
        (&json!("HAS_DEPENDANTS"), &json!("dependants"), &json!(["input", "key"]))
    );
    let mut codes: Vec<_> =
        data.units.iter().filter(|unit| unit.division_code == division.code).map(|unit| &unit.code).collect();
    codes.sort();
    let named = error["value"].as_str().expect("a text");
    assert!(named.starts_with(&format!("unit {}", codes[0])), "{named}");
    let input = json!({"key": {"code": division.code}, "cascade": true});
    let answer = write(&world, "divisionDelete", input, "userErrors { code path }").await;
    assert_eq!(answer["userErrors"], json!([{"code": "RULE_VIOLATED", "path": ["input", "cascade"]}]));
    assert_eq!(divisions(&world).await.as_array().map(Vec::len), Some(data.divisions.len()));
}

#[tokio::test]
async fn who_may_not_write_at_all_gets_an_error_of_the_request() {
    let world = World::empty().await;
    let document = r#"mutation { divisionUpsert(input: {key: {code: "1"}, set: {}}) { outcome } }"#;
    let nobody = person(Vec::new());
    for (caller, code) in [(Caller::anonymous(), "UNAUTHENTICATED"), (reader(), "FORBIDDEN"), (nobody, "FORBIDDEN")] {
        let answer = world.ask_as(&caller, document, json!({})).await;
        assert_eq!(answer["data"], json!({"divisionUpsert": null}));
        let refusals = world.refusals_as(&caller, document, json!({})).await;
        assert_eq!(refusals.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>(), [code]);
    }
    assert_eq!(divisions(&world).await, json!([]));
}

#[tokio::test]
async fn what_lies_outside_the_grants_is_forbidden_where_it_is_seen_and_not_found_elsewhere() {
    let world = World::empty().await;
    for code in ["1", "2", "3"] {
        write(&world, "divisionUpsert", json!({"key": {"code": code}, "set": {}}), "outcome").await;
    }
    let scope = |code: &str| Scope::Division(code.to_owned());
    let caller = person(vec![Grant::new(Role::Service, scope("1")), Grant::view(Role::Finance, scope("2"))]);
    let upsert = async |code: &str| {
        let input = json!({"key": {"code": code}, "set": {"name": "甲"}});
        let selection = "division { code } userErrors { __typename path ... on ForbiddenError { permission } \
                         ... on NotFoundError { key } }";
        write_as(&world, &caller, "divisionUpsert", input, selection).await
    };
    assert_eq!(upsert("1").await, json!({"division": {"code": "1"}, "userErrors": []}));
    assert_eq!(
        upsert("2").await,
        json!({"division": {"code": "2"}, "userErrors": [
            {"__typename": "ForbiddenError", "path": ["input", "key"], "permission": "unit:write"},
        ]})
    );
    // What is there and hidden reads like what is not there.
    for code in ["3", "4"] {
        assert_eq!(
            upsert(code).await,
            json!({"division": null, "userErrors": [
                {"__typename": "NotFoundError", "path": ["input", "key"], "key": format!("division {code}")},
            ]})
        );
    }
    let other = editor_of(Scope::Division("9".to_owned()));
    let answer = write_as(&world, &other, "divisionCreate", json!({"key": {"code": "8"}, "set": {}}), "outcome").await;
    assert_eq!(answer, json!({"outcome": "FAILED"}));
}

#[tokio::test]
async fn a_mutation_that_fails_leaves_those_beside_it() {
    let world = World::empty().await;
    let caller = super::editor();
    let document = r#"mutation {
        a: divisionUpsert(input: {key: {code: "1"}, set: {}}) { outcome }
        b: divisionUpsert(input: {key: {code: "2"}, set: {}}) { query { node(id: "a\u0000") { id } } }
        c: divisionUpsert(input: {key: {code: "3"}, set: {}}) { outcome }
    }"#;
    let answer = world.ask_as(&caller, document, json!({})).await;
    assert_eq!(answer["data"], json!({"a": {"outcome": "CREATED"}, "b": null, "c": {"outcome": "CREATED"}}));
    assert_eq!(answer["errors"][0]["path"], json!(["b"]));
    let codes: Vec<_> = divisions(&world).await.as_array().into_iter().flatten().map(|d| d["code"].clone()).collect();
    assert_eq!(codes, ["1", "3"]);
}
