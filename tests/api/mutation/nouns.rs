//! The mutations of units, department goals and findings, as clients send them.

use serde_json::{Value, json};

use super::write;
use crate::support::world::World;

const ERRORS: &str = "userErrors { __typename code path message }";

async fn unit(world: &World, field: &str, input: Value) -> Value {
    let selection = format!("outcome unit {{ code name parent {{ code }} aliases {{ code }} version }} {ERRORS}");
    write(world, field, input, &selection).await
}

fn key(code: &str) -> Value {
    json!({"divisionCode": "130304", "code": code})
}

fn shown(outcome: &str, unit: Value) -> Value {
    json!({"outcome": outcome, "unit": unit, "userErrors": []})
}

#[tokio::test]
async fn units_are_made_moved_merged_and_deleted() {
    let world = World::empty().await;
    write(&world, "divisionCreate", json!({"key": {"code": "130304"}, "set": {}}), "outcome").await;
    let rows = ["450", "450001", "4500010"].map(|code| json!({"key": key(code), "set": {"name": code}}));
    let selection = format!("committed results {{ outcome unit {{ code }} }} {ERRORS}");
    let made = write(&world, "unitsUpsert", json!({"rows": rows}), &selection).await;
    let created = |code: &str| json!({"outcome": "CREATED", "unit": {"code": code}});
    let results = ["450", "450001", "4500010"].map(created);
    assert_eq!(made, json!({"committed": true, "results": results, "userErrors": []}));

    let created = unit(&world, "unitCreate", json!({"key": key("451"), "set": {"name": "局"}})).await;
    let expected = json!({"code": "451", "name": "局", "parent": null, "aliases": [], "version": 1});
    assert_eq!(created, shown("CREATED", expected));
    let moved = json!({"key": key("451"), "expectedVersion": 1, "set": {"parentCode": "450"}});
    let expected = json!({"code": "451", "name": "局", "parent": {"code": "450"}, "aliases": [], "version": 2});
    assert_eq!(unit(&world, "unitUpdate", moved.clone()).await, shown("UPDATED", expected));
    let again = unit(&world, "unitUpsert", moved).await;
    assert_eq!(again["userErrors"][0]["code"], json!("CONFLICT"));
    let cycle = unit(&world, "unitUpsert", json!({"key": key("450"), "set": {"parentCode": "451"}})).await;
    assert_eq!(cycle["outcome"], json!("FAILED"));
    assert_eq!(cycle["userErrors"][0]["path"], json!(["input", "set", "parentCode"]));
    assert_eq!(cycle["userErrors"][0]["code"], json!("CYCLE"));

    let alias = unit(&world, "unitAliasAdd", json!({"unit": key("451"), "code": "3451"})).await;
    assert_eq!((&alias["outcome"], &alias["unit"]["aliases"]), (&json!("CREATED"), &json!([{"code": "3451"}])));
    let merged = unit(&world, "unitMerge", json!({"into": key("450001"), "from": key("4500010")})).await;
    let expected = json!({
        "code": "450001", "name": "450001", "parent": {"code": "450"}, "aliases": [{"code": "4500010"}], "version": 2,
    });
    assert_eq!(merged, shown("UPDATED", expected));
    let refused = unit(&world, "unitDelete", json!({"key": key("450")})).await;
    assert_eq!(refused["userErrors"][0]["code"], json!("HAS_DEPENDANTS"));
    let gone = unit(&world, "unitDelete", json!({"key": key("450"), "cascade": true})).await;
    assert_eq!(gone, shown("DELETED", Value::Null));
    assert_eq!(world.ask("{ units { totalCount } }", json!({})).await, json!({"units": {"totalCount": 0}}));
}

#[tokio::test]
async fn department_goals_are_written_and_deleted() {
    let world = World::empty().await;
    write(&world, "divisionCreate", json!({"key": {"code": "130304"}, "set": {}}), "outcome").await;
    unit(&world, "unitCreate", json!({"key": key("450"), "set": {"name": "局"}})).await;
    // The only division needs no name.
    let key = json!({"unit": {"code": "450"}, "fiscalYear": 2020});
    let goal = async |field: &str, input: Value| {
        let selection = format!("outcome departmentGoal {{ overall version items {{ number text }} }} {ERRORS}");
        write(&world, field, input, &selection).await
    };
    let set = json!({"overall": "总体", "subGoals": ["1.分项"]});
    let stored = |outcome: &str, overall: Value, version: u32| {
        let items = json!([{"number": "1.", "text": "分项"}]);
        let goal = json!({"overall": overall, "version": version, "items": items});
        json!({"outcome": outcome, "departmentGoal": goal, "userErrors": []})
    };
    let created = goal("departmentGoalCreate", json!({"key": key, "set": set})).await;
    assert_eq!(created, stored("CREATED", json!("总体"), 1));
    let same = goal("departmentGoalUpsert", json!({"key": key, "set": set})).await;
    assert_eq!(same, stored("UNCHANGED", json!("总体"), 1));
    let cleared = goal("departmentGoalUpdate", json!({"key": key, "set": {"overall": null}})).await;
    assert_eq!(cleared, stored("UPDATED", Value::Null, 2));
    let gone = goal("departmentGoalDelete", json!({"key": key, "cascade": true})).await;
    assert_eq!(gone, json!({"outcome": "DELETED", "departmentGoal": null, "userErrors": []}));
}

#[tokio::test]
async fn a_finding_is_acknowledged_and_that_is_taken_back() {
    let world = World::with_disclosures().await;
    let id =
        world.ask("{ findings(first: 1) { nodes { id } } }", json!({})).await["findings"]["nodes"][0]["id"].clone();
    let finding = async |field: &str, input: Value| {
        let selection = format!("outcome finding {{ acknowledgedBy acknowledgedReason version }} {ERRORS}");
        write(&world, field, input, &selection).await
    };
    let done = finding("findingAcknowledge", json!({"id": id, "reason": "原文如此"})).await;
    let stored = json!({"acknowledgedBy": "tester", "acknowledgedReason": "原文如此", "version": 2});
    assert_eq!(done, json!({"outcome": "UPDATED", "finding": stored, "userErrors": []}));
    let done = finding("findingUnacknowledge", json!({"id": id, "expectedVersion": 2})).await;
    let stored = json!({"acknowledgedBy": null, "acknowledgedReason": null, "version": 3});
    assert_eq!(done, json!({"outcome": "UPDATED", "finding": stored, "userErrors": []}));
}
