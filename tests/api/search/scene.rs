//! Objects whose texts are made of few signs, so that every query finds some of them, and a judge that looks through them.

use entity::search_entry;
use entity::value::Role;
use jixiao::auth::{Caller, Grant, Scope};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

use crate::support::dice::Dice;
use crate::support::world::{World, person};
use crate::support::write::mutation as mutation_of;

pub const DIVISION: &str = "130304";

/// Signs of texts and of queries: wide and narrow, large and small, composed and not, and all that a database could read as more.
pub const SIGNS: &[&str] = &[
    "国", "内", "招", "商", "引", "资", "国内", "招商", "Ａ", "a", "A", "5", "５", "．", ".", "'", "\"", "*", "%", "_",
    "\\", "(", ")", "&", "|", "!", ":", "-", "^", "＊", "Ⅱ", "ii", "㎡", "é", "e\u{301}", "，", "§",
];

/// A text of up to so many signs, with spaces in it.
pub fn text(dice: &mut Dice, signs: usize) -> String {
    (0..=dice.below(signs)).map(|_| format!("{}{}", dice.one(SIGNS), dice.one(&["", "", "", "", " ", "　"]))).collect()
}

/// A query: mostly one word of few signs, sometimes two or three.
pub fn query(dice: &mut Dice) -> String {
    let words = dice.one(&[1, 1, 1, 1, 2, 3]);
    let word = |dice: &mut Dice| (0..=dice.below(3)).map(|_| dice.one(SIGNS)).collect::<String>();
    (0..words).map(|_| word(dice)).collect::<Vec<_>>().join(dice.one(&[" ", "\u{3000}"]))
}

/// One who writes everything.
pub fn writer() -> Caller {
    person(vec![Grant::new(Role::Service, Scope::Everything)])
}

/// Writes by mutations of which each must succeed.
pub async fn write(world: &World, caller: &Caller, mutation: &str, input: Value) {
    let query = mutation_of(mutation, "userErrors { code path message }");
    let answer = world.ask_as(caller, &query, json!({ "input": input })).await;
    assert_eq!(answer["data"]["it"]["userErrors"], json!([]), "{mutation} {input:#}\n{answer:#}");
}

/// Writes units with other names, goals and projects with everything in them; again with another seed it changes all of them.
pub async fn fill(world: &World, seed: u64) {
    let (writer, mut dice) = (writer(), Dice(seed));
    write(world, &writer, "divisionUpsert", json!({"key": {"code": DIVISION}, "set": {"name": "北戴河区"}})).await;
    for number in 0..6 {
        let unit = json!({"divisionCode": DIVISION, "code": format!("45000{number}")});
        let name = format!("单{}", text(&mut dice, 6));
        write(world, &writer, "unitUpsert", json!({"key": unit, "set": {"name": name}})).await;
        let other = format!("名{}", text(&mut dice, 6));
        write(world, &writer, "unitAliasAdd", json!({"unit": unit, "name": other})).await;
        let goal = json!({
            "overall": text(&mut dice, 12), "subGoals": [text(&mut dice, 6)], "measures": [text(&mut dice, 6), text(&mut dice, 3)],
        });
        let goal = json!({"key": {"unit": unit, "fiscalYear": 2026}, "set": goal});
        write(world, &writer, "departmentGoalUpsert", goal).await;
        let rows: Vec<Value> = (0..10)
            .map(|project| {
                let key = json!({
                    "divisionCode": DIVISION, "unitCode": format!("45000{number}"), "fiscalYear": 2026,
                    "code": format!("P{number}{project}"),
                });
                let indicators: Vec<Value> = (0..dice.below(3)).map(|indicator| json!({
                "level1": "产出指标", "level2": "数量指标", "name": format!("{}{indicator}", text(&mut dice, 5)),
                "description": text(&mut dice, 8), "basis": text(&mut dice, 8), "target": {"text": text(&mut dice, 4)},
            })).collect();
                let objectives: Vec<String> = (0..dice.below(4)).map(|_| text(&mut dice, 8)).collect();
                json!({"key": key, "set": {
                    "name": text(&mut dice, 8), "budget": {"wanYuan": "10"}, "purpose": text(&mut dice, 8),
                    "objectives": objectives, "indicators": indicators,
                }})
            })
            .collect();
        write(world, &writer, "projectsUpsert", json!({"rows": rows})).await;
    }
}

/// An object with the texts that it shows.
#[derive(Debug)]
pub struct Thing {
    pub id: String,
    pub kind: &'static str,
    names: Vec<String>,
    texts: Vec<String>,
    /// Its number in the index.
    number: i64,
}

/// All objects as the lists of the schema show them.
pub async fn things(world: &World) -> Vec<Thing> {
    let lists = [
        ("units", "UNIT", "name code", "aliases { code name }"),
        ("projects", "PROJECT", "name code", "purpose objectives { text }"),
        ("indicators", "INDICATOR", "name", "description basis target { raw }"),
        ("departmentGoals", "DEPARTMENT_GOAL", "", "overall items { text } measures { text }"),
    ];
    let entries = search_entry::Entity::find().all(world.db.read()).await.expect("entries");
    let numbers: HashMap<String, i64> = entries.iter().map(|entry| (public(entry), entry.number)).collect();
    let mut things = Vec::new();
    for (list, kind, names, texts) in lists {
        let mut after = Value::Null;
        loop {
            let query = format!(
                "query($after: String) {{ it: {list}(first: 500, after: $after) {{ pageInfo {{ hasNextPage endCursor }} \
                 nodes {{ id {names} {texts} }} }} }}"
            );
            let page = world.ask(&query, json!({ "after": after })).await["it"].take();
            for node in page["nodes"].as_array().expect("nodes") {
                let fields = node.as_object().expect("an object").iter().filter(|(key, _)| *key != "id");
                let (of_names, others): (Vec<_>, Vec<_>) = fields.partition(|(key, _)| names.contains(key.as_str()));
                let strings = |fields: Vec<(&String, &Value)>| {
                    let mut strings = Vec::new();
                    fields.into_iter().for_each(|(_, value)| gather(value, &mut strings));
                    strings.iter().map(|text| fold(text)).collect()
                };
                let id = node["id"].as_str().expect("an id").to_owned();
                let number = numbers[&id];
                things.push(Thing { id, kind, names: strings(of_names), texts: strings(others), number });
            }
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
    assert_eq!(things.len(), entries.len(), "an entry for each object and no other");
    things
}

fn public(entry: &search_entry::Model) -> String {
    use entity::id::{DepartmentGoalId, IndicatorId, ProjectId, UnitId};
    use entity::value::SearchKind;
    match entry.kind {
        SearchKind::Unit => UnitId(entry.object_id).public(),
        SearchKind::Project => ProjectId(entry.object_id).public(),
        SearchKind::Indicator => IndicatorId(entry.object_id).public(),
        SearchKind::DepartmentGoal => DepartmentGoalId(entry.object_id).public(),
    }
}

fn gather(value: &Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, strings)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, strings)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Folding, told once more in the plainest words.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

/// Ids and scores of what a query must find, in order.
pub fn judge(things: &[Thing], query: &str, kinds: &[&str]) -> Vec<(String, i64)> {
    let words: Vec<String> = query.split_whitespace().map(fold).collect();
    let score_of = |thing: &Thing, word: &String| {
        let name = |fits: fn(&str, &str) -> bool| thing.names.iter().any(|name| fits(name, word));
        match () {
            () if name(|name, word| name == word) => 4,
            () if name(|name, word| name.starts_with(word)) => 3,
            () if name(|name, word| name.contains(word)) => 2,
            () if thing.texts.iter().any(|text| text.contains(word.as_str())) => 1,
            () => 0,
        }
    };
    let scored = things.iter().filter(|thing| kinds.is_empty() || kinds.contains(&thing.kind)).map(|thing| {
        let score: i64 = words.iter().map(|word| score_of(thing, word)).min().expect("a word");
        (score, thing)
    });
    let mut found: Vec<(i64, &Thing)> = scored.filter(|(score, _)| *score > 0).collect();
    found.sort_by_key(|(score, thing)| std::cmp::Reverse((*score, thing.number)));
    found.into_iter().map(|(score, thing)| (thing.id.clone(), score)).collect()
}

/// Ids and scores of a page of a search.
pub fn shown(page: &Value) -> Vec<(String, i64)> {
    let nodes = page["nodes"].as_array().expect("nodes").iter();
    nodes
        .map(|hit| (hit["node"]["id"].as_str().expect("an id").to_owned(), hit["score"].as_i64().expect("a score")))
        .collect()
}
