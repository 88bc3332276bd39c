//! What is absent keeps, what is null clears, and what is given sets, however it is sent.

use serde_json::{Value, json};

use super::{editor, write};
use crate::support::world::World;

#[tokio::test]
async fn absent_keeps_null_clears_and_a_value_sets_by_literal_and_by_variable() {
    let literal = |set: &str| {
        format!("mutation {{ it: divisionUpsert(input: {{key: {{code: \"1\"}}, set: {set}}}) {{ outcome }} }}")
    };
    let field =
        "mutation($name: String) { it: divisionUpsert(input: {key: {code: \"1\"}, set: {name: $name}}) { outcome } }";
    let set = "mutation($set: DivisionFieldsInput!) { it: divisionUpsert(input: {key: {code: \"1\"}, set: $set}) { outcome } }";
    let input = "mutation($input: DivisionUpsertInput!) { it: divisionUpsert(input: $input) { outcome } }";
    let whole = |set: Value| json!({"input": {"key": {"code": "1"}, "set": set}});
    let cases: [(String, Value, &str); 12] = [
        (literal("{}"), json!({}), "keeps"),
        (literal("{name: null}"), json!({}), "clears"),
        (literal("{name: \"乙\"}"), json!({}), "sets"),
        (field.to_owned(), json!({}), "keeps"),
        (field.to_owned(), json!({"name": null}), "clears"),
        (field.to_owned(), json!({"name": "乙"}), "sets"),
        (set.to_owned(), json!({"set": {}}), "keeps"),
        (set.to_owned(), json!({"set": {"name": null}}), "clears"),
        (set.to_owned(), json!({"set": {"name": "乙"}}), "sets"),
        (input.to_owned(), whole(json!({})), "keeps"),
        (input.to_owned(), whole(json!({"name": null})), "clears"),
        (input.to_owned(), whole(json!({"name": "乙"})), "sets"),
    ];
    let world = World::empty().await;
    for (query, variables, effect) in cases {
        write(&world, "divisionUpsert", json!({"key": {"code": "1"}, "set": {"name": "甲"}}), "outcome").await;
        let answer = world.ask_as(&editor(), &query, variables.clone()).await;
        let (outcome, name) = match effect {
            "keeps" => ("UNCHANGED", json!("甲")),
            "clears" => ("UPDATED", Value::Null),
            _ => ("UPDATED", json!("乙")),
        };
        assert_eq!(answer, json!({"data": {"it": {"outcome": outcome}}}), "{query} {variables}");
        let stored = world.ask("{ division(by: {code: \"1\"}) { name } }", json!({})).await;
        assert_eq!(stored["division"]["name"], name, "{query} {variables}");
    }
}
