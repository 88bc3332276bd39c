//! Mutations of everything that passes a filter.

use serde_json::{Value, json};

use super::write;
use crate::support::world::World;

#[tokio::test]
async fn all_that_is_found_is_written_when_it_is_as_much_as_expected() {
    let world = World::with_disclosures().await;
    let state = async || {
        let query = "{ projects(first: 500) { nodes { id version purpose unit { division { code } } } } }";
        world.ask(query, json!({})).await["projects"]["nodes"].as_array().expect("a list").clone()
    };
    let filter = json!({"divisionCode": {"eq": "130304"}});
    let before = state().await;
    let found = before.iter().filter(|project| project["unit"]["division"]["code"] == "130304").count();
    assert!(found > 0 && found < before.len());
    let send = async |count: usize, set: Value, dry_run: bool| {
        let input = json!({"filter": filter, "set": set, "expectedCount": count, "dryRun": dry_run});
        let selection = "committed summary { total updated } results { outcome project { purpose } }
                         userErrors { code path ... on ValidationError { value } }";
        write(&world, "projectsUpdateWhere", input, selection).await
    };
    let purpose = json!({"purpose": "统一说明"});

    let refused = send(found + 1, purpose.clone(), false).await;
    assert_eq!(
        (&refused["committed"], &refused["results"], &refused["userErrors"]),
        (
            &json!(false),
            &json!([]),
            &json!([{"code": "COUNT_MISMATCH", "path": ["input", "expectedCount"], "value": found.to_string()}])
        )
    );
    let mistaken = send(found, json!({"purpose": " "}), false).await;
    assert_eq!(mistaken["userErrors"][0]["path"], json!(["input", "set", "purpose"]));
    assert_eq!(mistaken["committed"], json!(false));
    let rehearsed = send(found, purpose.clone(), true).await;
    assert_eq!(state().await, before);

    let done = send(found, purpose, false).await;
    assert_eq!(done, rehearsed);
    assert_eq!(done["summary"], json!({"total": found, "updated": found}));
    assert!(done["results"].as_array().expect("a list").iter().all(|row| row["project"]["purpose"] == "统一说明"));
    for (old, new) in before.iter().zip(state().await) {
        let hit = old["unit"]["division"]["code"] == "130304";
        assert_eq!(new["purpose"] == "统一说明", hit);
        assert_eq!(new["version"].as_i64(), old["version"].as_i64().map(|version| version + i64::from(hit)));
    }
}
