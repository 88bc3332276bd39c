//! What an import leaves in the database, seen through the API.

use jixiao::import::Options;
use jixiao::service::stored::Tally;
use serde_json::json;

use crate::support::disclosures;
use crate::support::world::World;

const TOTALS: &str = "{
    projects { totalCount } units { totalCount } departmentGoals { totalCount } indicators { totalCount }
    findings { totalCount } sourceDocuments { totalCount }
    coded: projects(filter: {code: {isNull: false}}) { totalCount }
    quantities: indicators(filter: {targetKind: {eq: QUANTITY}}) { totalCount }
    continued: indicators(filter: {level1Raw: {isNull: true}}) { totalCount }
}";

#[tokio::test]
async fn the_four_disclosures_are_stored_whole() {
    let world = World::with_disclosures().await;
    let totals = world.ask(TOTALS, json!({})).await;
    for (what, count) in [
        ("projects", 23),
        ("units", 4),
        ("departmentGoals", 4),
        ("indicators", 131),
        ("sourceDocuments", 4),
        ("coded", 10),
        ("quantities", 68),
    ] {
        assert_eq!(totals[what]["totalCount"], json!(count), "{what}");
    }
}

#[tokio::test]
async fn the_same_document_again_changes_nothing() {
    let world = World::with_disclosures().await;
    let everything = "{ projects(first: 100) { nodes { id version updatedAt source { line document { id } }
        plan { id version points { raw percent amount { amount } } } objectives { id version text }
        indicators(first: 50) { nodes { id version name target { raw } findings { id rule } } } findings { id detail } } }
        units { nodes { id version aliases { code name } } }
        departmentGoals { nodes { id version items { id version } measures { id version } } } }";
    let before = world.ask(everything, json!({})).await;
    for disclosure in disclosures::ALL {
        let report = world.import(disclosure.file, disclosure.bytes(), &disclosure.import_options()).await;
        for (what, tally) in [
            ("units", report.units),
            ("goals", report.goals),
            ("projects", report.parts.projects),
            ("plans", report.parts.plans),
            ("objectives", report.parts.objectives),
            ("indicators", report.parts.indicators),
        ] {
            let unchanged = Tally { unchanged: tally.unchanged, ..Tally::default() };
            assert_eq!(tally, unchanged, "{what} of {}", disclosure.file);
        }
    }
    assert_eq!(world.ask(everything, json!({})).await, before);
}

#[tokio::test]
async fn a_corrected_document_updates_exactly_what_differs() {
    let world = World::empty().await;
    let disclosure = disclosures::ALL[2];
    world.import(disclosure.file, disclosure.bytes(), &disclosure.import_options()).await;
    let versions = "{ projects(orderBy: [{field: ORDINAL}]) { nodes { name version budget { amount }
        plan { version } objectives { version text } indicators { nodes { version } } } } }";
    let before = world.ask(versions, json!({})).await;

    let corrected = disclosure.text().replacen("\t6.00", "\t6.50", 2);
    let report = world.import("corrected.txt", corrected.into_bytes(), &disclosure.import_options()).await;
    assert_eq!(report.parts.projects, Tally { updated: 1, unchanged: 4, ..Tally::default() });
    assert_eq!(report.parts.plans, Tally { updated: 1, unchanged: 4, ..Tally::default() });
    assert_eq!(report.parts.indicators, Tally { unchanged: 19, ..Tally::default() });

    let mut expected = before;
    let changed = &mut expected["projects"]["nodes"][1];
    changed["version"] = json!(2);
    changed["budget"]["amount"] = json!("6.5");
    assert_eq!(world.ask(versions, json!({})).await, expected);
}

#[tokio::test]
async fn a_dry_run_reports_the_same_and_leaves_nothing() {
    let world = World::empty().await;
    let disclosure = disclosures::ALL[3];
    let options = disclosure.import_options();
    let dry = Options { dry_run: true, ..options.clone() };
    let rehearsed = world.import(disclosure.file, disclosure.bytes(), &dry).await;
    let totals = world.ask("{ divisions { totalCount } projects { totalCount } findings { totalCount } }", json!({}));
    let nothing = json!({"totalCount": 0});
    assert_eq!(totals.await, json!({"divisions": nothing, "projects": nothing, "findings": nothing}));
    assert_eq!(world.import(disclosure.file, disclosure.bytes(), &options).await, rehearsed);
}

#[tokio::test]
async fn a_mistyped_unit_code_becomes_an_alias() {
    let world = World::with_disclosures().await;
    let unit = world
        .ask(
            r#"{ unit(by: {key: {divisionCode: "120116", code: "314004"}}) { name aliases { code name }
                projects(filter: {name: {startsWith: "基本公共卫生"}}) { nodes { unitRaw findings { rule } } } } }"#,
            json!({}),
        )
        .await;
    assert_eq!(unit["unit"]["aliases"], json!([{"code": "3014004", "name": "汉沽卫计"}]));
    let project = &unit["unit"]["projects"]["nodes"][0];
    assert_eq!(project["unitRaw"], json!("3014004汉沽卫计"));
    let rules: Vec<_> = project["findings"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
    assert!(rules.contains(&&json!("UNIT_CODE_FORMAT")), "{rules:?}");
}

/// A sample whose tables name the units 205001 to 205004.
fn department_sample(unit: Option<(&str, &str)>) -> (Vec<u8>, Options) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/hongqiao-education-2023.txt");
    let options = Options {
        division: "120106".to_owned(),
        unit_code: unit.map(|(code, _)| code.to_owned()),
        unit_name: unit.map(|(_, name)| name.to_owned()),
        ..Options::default()
    };
    (std::fs::read(file).unwrap(), options)
}

#[tokio::test]
async fn a_given_department_stands_above_the_printed_units() {
    let world = World::empty().await;
    let (bytes, options) = department_sample(Some(("205", "红桥区教育局")));
    world.import("department.txt", bytes, &options).await;
    let tree = world
        .ask(
            r#"{ unit(by: {key: {code: "205"}}) { level parent { code } goal(fiscalYear: 2023) { items { ordinal } }
                children { nodes { code level parent { name } goal(fiscalYear: 2023) { id } } } } }"#,
            json!({}),
        )
        .await;
    let child = |code: &str| json!({"code": code, "level": "UNIT", "parent": {"name": "红桥区教育局"}, "goal": null});
    let ordinals: Vec<_> = (1..=5).map(|ordinal| json!({"ordinal": ordinal})).collect();
    assert_eq!(
        tree["unit"],
        json!({
            "level": "DEPARTMENT",
            "parent": null,
            "goal": {"items": ordinals},
            "children": {"nodes": [child("205001"), child("205002"), child("205003"), child("205004")]},
        })
    );
}

#[tokio::test]
async fn a_given_unit_that_the_tables_contradict_is_refused() {
    let world = World::empty().await;
    for (unit, hint) in [("450002", "--unit 205"), ("206", "--unit 205")] {
        let (bytes, options) = department_sample(Some((unit, "别的单位")));
        let refusal = world.try_import("department.txt", bytes, &options).await.unwrap_err();
        assert!(refusal.message().contains("205001, 205002, 205003, 205004"), "{refusal}");
        assert!(refusal.message().contains(hint), "{refusal}");
    }
    let (bytes, mut options) = department_sample(Some(("205", "")));
    options.unit_name = None;
    let refusal = world.try_import("department.txt", bytes, &options).await.unwrap_err();
    assert!(refusal.message().contains("--unit-name"), "{refusal}");
    let stored = world.ask("{ units { totalCount } divisions { totalCount } }", json!({})).await;
    assert_eq!(stored, json!({"units": {"totalCount": 0}, "divisions": {"totalCount": 0}}));
}
