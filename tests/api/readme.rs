//! What the READMEs show to paste works.

use std::fs;
use std::path::Path;

use jixiao::auth::Caller;
use jixiao::config::SETTINGS;
use jixiao::import::Options;
use serde_json::{Value, json};

use crate::support::world::World;

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The texts between `open` and the next `close`.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).map(|rest| rest.split(close).next().unwrap()).collect()
}

#[tokio::test]
async fn the_queries_are_answered_without_errors() {
    let world = World::with_disclosures().await;
    for file in ["README.md", "README.zh-CN.md"] {
        let text = read(file);
        let bodies = between(&text, "-d '", "'\n");
        let bodies: Vec<Value> = bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
        let pasted = bodies.iter().map(|body| body["query"].as_str().unwrap().to_owned());
        let pasted = pasted.filter(|query| !query.starts_with("mutation"));
        let queries: Vec<String> =
            pasted.chain(between(&text, "```graphql\n", "```").into_iter().map(str::to_owned)).collect();
        assert_eq!(queries.len(), 4, "{file}");
        for query in queries {
            let data = world.ask(&query, json!({ "name": "经费" })).await;
            let mut answers = data.as_object().unwrap().values();
            let is_answer = |answer: &Value| answer["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty());
            assert!(answers.all(is_answer), "{file}: {query}");
        }
    }
    let guide = read("docs/sums.md");
    let queries = between(&guide, "```graphql\n", "```");
    assert_eq!(queries.len(), 3);
    for query in queries {
        world.ask(query, json!({})).await;
    }
}

#[tokio::test]
async fn the_first_write_is_done() {
    let world = World::empty().await;
    let sample = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/beidaihe-culture-2020.txt")).unwrap();
    let options = Options { division: "130304".to_owned(), ..Options::default() };
    world.import("beidaihe-culture-2020.txt", sample, &options).await;
    for (file, outcome) in [("README.md", "CREATED"), ("README.zh-CN.md", "UNCHANGED")] {
        let text = read(file);
        let bodies = between(&text, "-d '", "'\n").into_iter().map(|body| serde_json::from_str(body).unwrap());
        let writes: Vec<Value> =
            bodies.filter(|body: &Value| body["query"].as_str().unwrap().starts_with("mutation")).collect();
        assert_eq!(writes.len(), 1, "{file}");
        let query = writes[0]["query"].as_str().unwrap();
        let answer = world.ask_as(&Caller::operator(), query, writes[0]["variables"].clone()).await;
        assert_eq!(answer["data"]["projectUpsert"]["outcome"], outcome, "{file}: {answer:#}");
    }
    let guide = read("docs/writing.md");
    let documents = between(&guide, "```graphql\n", "```");
    let one: Value = serde_json::from_str(between(&guide, "```json\n", "```")[0]).unwrap();
    let many = json!({"rows": [one["input"], {"key": one["input"]["key"], "set": {}}]});
    let saved = world.ask_as(&Caller::operator(), documents[0], one).await;
    assert_eq!(saved["data"]["projectUpsert"]["outcome"], "CREATED", "{saved:#}");
    let loaded = world.ask_as(&Caller::operator(), documents[1], many).await;
    let outcomes: Vec<&Value> =
        loaded["data"]["projectsUpsert"]["results"].as_array().unwrap().iter().map(|row| &row["outcome"]).collect();
    assert_eq!(outcomes, ["UNCHANGED", "FAILED"], "{loaded:#}");
}

#[test]
fn every_variable_is_a_setting_and_its_default_is_the_one_shown() {
    for file in ["README.md", "README.zh-CN.md"] {
        let text = read(file);
        let setting = |rest: &str| {
            let name: String = rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            let found = SETTINGS.iter().find(|setting| setting.variable() == format!("JIXIAO_{name}"));
            found.unwrap_or_else(|| panic!("{file} names JIXIAO_{name}"))
        };
        for rest in text.split("JIXIAO_").skip(1) {
            let _known = setting(rest);
        }
        // Rows of the table with one variable and a default in code marks.
        let mut compared = 0;
        for row in text.lines().filter_map(|line| line.strip_prefix("| `JIXIAO_")) {
            if let Some((_, default)) = row.split_once("` | `").filter(|(name, _)| !name.contains('`')) {
                assert_eq!(default.split('`').next(), Some(setting(row).default), "{file}: {row}");
                compared += 1;
            }
        }
        assert_eq!(compared, 4, "{file}");
    }
}
