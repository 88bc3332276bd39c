//! What is out of scope and what is not there look alike, byte for byte, however one asks for it.

use std::collections::BTreeMap;

use entity::value::Role;
use jixiao::auth::{Caller, Grant, Scope};
use serde_json::{Value, json};

use super::{Scene, Seen};
use crate::support::data::Data;
use crate::support::graph::Graph;
use crate::support::world::person;

/// The answer byte for byte.
async fn raw(scene: &Scene, caller: &Caller, query: &str) -> String {
    scene.world.ask_as(caller, query, json!({})).await.to_string()
}

#[tokio::test]
async fn the_forbidden_and_the_absent_look_alike() {
    let scene = Scene::new().await;
    let absent = Graph::whole(&scene.data);
    for (name, caller, scopes) in scene.partial() {
        let seen = Seen::of(&scene.data, &scopes);
        let mut forbidden: Vec<_> = seen.forbidden.iter().filter(|word| !word.starts_with('«')).collect();
        forbidden.sort();
        for key in forbidden.into_iter().step_by(7) {
            let (prefix, _) = key.split_once('_').unwrap();
            let nobody = format!("{prefix}_00000000000000000000000000");
            assert!(!absent.keys().contains(nobody.as_str()));
            for query in look_ups(key) {
                let asked = raw(&scene, &caller, &query).await;
                let of_nobody = raw(&scene, &caller, &query.replace(key, &nobody)).await;
                assert_eq!(asked, of_nobody, "{name}: {query}");
                assert!(asked.contains("null"), "{name}: {query}: {asked}");
            }
        }
        for query in natural_keys(&scene.data, &seen) {
            let asked = raw(&scene, &caller, &query).await;
            let of_nobody = raw(&scene, &caller, &query.replace("»", "»?")).await;
            assert_eq!(asked, of_nobody, "{name}: {query}");
            assert!(asked.contains(":null"), "{name}: {query}: {asked}");
        }
    }
}

/// Ways to ask for an object by its key; the answers do not hold the key.
fn look_ups(key: &str) -> Vec<String> {
    let mut queries = vec![
        format!("{{ node(id: {key:?}) {{ __typename id }} }}"),
        format!("{{ nodes(ids: [{key:?}, {key:?}]) {{ __typename id }} }}"),
    ];
    let field = match key.split_once('_').map(|(prefix, _)| prefix) {
        Some("div") => "division",
        Some("unt") => "unit",
        Some("prj") => "project",
        Some("ind") => "indicator",
        Some("dgl") => "departmentGoal",
        Some("src") => "sourceDocument",
        _ => return queries,
    };
    queries.push(format!("{{ {field}(by: {{id: {key:?}}}) {{ __typename id }} }}"));
    queries
}

/// A text as GraphQL writes it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Look-ups by natural key of rows that are not seen.
fn natural_keys(data: &Data, seen: &Seen) -> Vec<String> {
    let hidden_units = data.units.iter().filter(|unit| !seen.graph.keys().contains(unit.id.public().as_str()));
    let mut queries: Vec<String> = Vec::new();
    for division in data.divisions.iter().filter(|row| !seen.graph.keys().contains(row.id.public().as_str())) {
        queries.push(format!("{{ division(by: {{code: {}}}) {{ id }} }}", quoted(&division.code)));
    }
    for unit in hidden_units {
        let (division, code) = (quoted(&unit.division_code), quoted(&unit.code));
        queries.push(format!("{{ unit(by: {{key: {{code: {code}}}}}) {{ id }} }}"));
        queries.push(format!("{{ unit(by: {{key: {{code: {code}, divisionCode: {division}}}}}) {{ id }} }}"));
        queries
            .push(format!("{{ departmentGoal(by: {{key: {{unit: {{code: {code}}}, fiscalYear: 2020}}}}) {{ id }} }}"));
        for project in data.projects.iter().filter(|project| project.unit_id == unit.id) {
            let key = match &project.code {
                Some(code) => format!("{{fiscalYear: {}, code: {}}}", project.fiscal_year, quoted(code)),
                None => format!(
                    "{{fiscalYear: {}, name: {}, unitCode: {code}}}",
                    project.fiscal_year,
                    quoted(&project.name)
                ),
            };
            queries.push(format!("{{ project(by: {{key: {key}}}) {{ id }} }}"));
            queries.push(format!("{{ indicator(by: {{key: {{project: {key}, ordinal: 1}}}}) {{ id }} }}"));
        }
    }
    queries
}

#[tokio::test]
async fn natural_keys_find_what_is_seen() {
    let scene = Scene::new().await;
    let nothing = Seen::of(&scene.data, &[]);
    let caller = person(vec![Grant::view(Role::Finance, Scope::Everything)]);
    let mut found = BTreeMap::new();
    for query in natural_keys(&scene.data, &nothing) {
        let answer = raw(&scene, &caller, &query).await;
        let field = query[2..].split('(').next().unwrap().to_owned();
        let (all, some): &mut (usize, usize) = found.entry(field).or_default();
        *all += 1;
        *some += usize::from(answer.contains("\"id\":\""));
    }
    for (field, (all, some)) in found {
        // Not every unit has a goal in 2020 and not every project an indicator.
        let whole = !matches!(field.as_str(), "departmentGoal" | "indicator");
        assert!(if whole { all == some } else { 2 * some > all }, "{field}: {some} of {all}");
    }
}
