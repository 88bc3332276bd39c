//! Two accounts of two units put a mark into every text they send, then each looks everywhere for marks of the other: in
//! everything that the schema shows, in look-ups of the other's ids, in refusals of writes, in files, reports and previews.

use std::collections::BTreeSet;

use entity::id::UnitId;
use entity::value::Role;
use jixiao::auth::{Grant, Scope};
use serde_json::{Value, json};

use super::scene::Files;
use crate::support::introspection::{Introspection, named, required_arguments, text};
use crate::support::write::mutation as mutation_of;

const YEAR: i32 = 2026;

/// One of the two, with what it made.
struct Side {
    files: Files,
    /// How its marks begin.
    sign: &'static str,
    unit: &'static str,
    /// Ids of everything it sees.
    ids: BTreeSet<String>,
    /// Addresses of its files.
    urls: Vec<String>,
}

/// Gives each text a mark of its own: `«sign.column.number»`.
struct Marks {
    sign: &'static str,
    count: usize,
}

impl Marks {
    fn text(&mut self, column: &str) -> String {
        self.count += 1;
        format!("«{}.{column}.{}»", self.sign, self.count)
    }

    /// A project with a mark in everything that is text.
    fn project(&mut self, unit: &str, code: &str) -> Value {
        let indicator = json!({
            "level1": "产出指标", "level2": "数量指标", "name": self.text("indicator.name"),
            "description": self.text("indicator.description"), "basis": self.text("indicator.basis"),
            "target": {"text": self.text("indicator.target")},
        });
        json!({
            "key": {"divisionCode": "130304", "unitCode": unit, "fiscalYear": YEAR, "code": code},
            "set": {
                "name": self.text("project.name"), "purpose": self.text("project.purpose"), "budget": {"wanYuan": "10"},
                "objectives": [self.text("objective.text")], "indicators": [indicator],
            },
        })
    }
}

impl Side {
    async fn new(ann: &Files, sign: &'static str, unit: &'static str, id: UnitId) -> Self {
        let files = ann.beside(sign, Grant::new(Role::UnitEditor, Scope::Unit(id))).await;
        Self { files, sign, unit, ids: BTreeSet::new(), urls: Vec::new() }
    }

    /// The code of a project: they are unique in a division.
    fn code(&self, name: &str) -> String {
        format!("{}-{name}", self.sign)
    }

    /// Good rows, one with a value that is refused, and one of the other's unit.
    fn rows(&self, marks: &mut Marks, other: &str) -> String {
        let mut bad = marks.project(self.unit, &self.code("BAD"));
        bad["set"]["budget"] = marks.text("refused.value").into();
        let mut foreign = marks.project(other, &self.code("P4"));
        foreign["set"].as_object_mut().unwrap().remove("indicators");
        let good = ["P1", "P2", "P3"].map(|code| marks.project(self.unit, &self.code(code)));
        good.into_iter().chain([bad, foreign]).map(|row| format!("{row}\n")).collect()
    }

    /// Writes everything that can be written, twice, so that there is a past.
    async fn write(&mut self, other: &str) {
        let mut marks = Marks { sign: self.sign, count: 0 };
        for dry_run in [false, false, true] {
            let text = self.rows(&mut marks, other);
            let name = format!("{}.jsonl", marks.text("upload.name"));
            let options =
                json!({"kind": "PROJECTS", "dryRun": dry_run, "clientIdentifier": marks.text("operation.name")});
            let ended = self.files.import(&name, text.as_bytes(), options).await;
            assert_eq!(ended.outcomes().iter().filter(|outcome| **outcome == "FAILED").count(), 2, "{:?}", ended.lines);
            let id = ended.operation["id"].as_str().unwrap();
            self.ids.insert(id.to_owned());
            self.urls.extend(["results", "errors", "workbook"].map(|file| format!("/v1/operations/{id}/{file}")));
        }
        let upload = self.files.upload(&marks.text("upload.name"), marks.text("upload.bytes").as_bytes()).await;
        self.urls.push(format!("/v1/uploads/{upload}"));
        self.ids.insert(upload);
        let goal = json!({
            "key": {"unit": {"divisionCode": "130304", "code": self.unit}, "fiscalYear": YEAR},
            "set": {"overall": marks.text("goal.overall"), "subGoals": [marks.text("goal_item.text")],
                    "measures": [marks.text("measure.text")]},
        });
        let query =
            "mutation($input: DepartmentGoalUpsertInput!) { it: departmentGoalUpsert(input: $input) { outcome } }";
        assert_eq!(self.files.ask_with(query, json!({ "input": goal })).await["it"]["outcome"], "CREATED");
    }

    /// Everything that the schema shows it, as bytes; the ids in it are kept.
    async fn sees(&mut self, schema: &Introspection) -> Vec<String> {
        let mut seen = Vec::new();
        for field in schema.ty("Query")["fields"].as_array().unwrap() {
            let (name, connection) = (text(&field["name"]), named(&field["type"]));
            let Some(object) = connection.strip_suffix("Connection") else { continue };
            // What administrators alone look at.
            if matches!(object, "Account" | "ServiceClient") {
                continue;
            }
            let backward = field["args"].as_array().unwrap().iter().any(|argument| argument["name"] == "last");
            for (arguments, depth) in [("first: 100", 1), (if backward { "last: 6" } else { "first: 6" }, 2)] {
                let edge = match object {
                    "Search" => schema.selection("SearchEdge", 1),
                    _ => format!("cursor node {{ {} }}", schema.selection(object, depth)),
                };
                let required = required_arguments(&name);
                let query = format!("{{ {name}({required}{arguments}) {{ totalCount edges {{ {edge} }} }} }}");
                let answer = self.files.answer(&query, json!({})).await;
                assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
                collect_ids(&answer, &mut self.ids);
                seen.push(answer.to_string());
            }
        }
        for word in ["left", "right", "project.name", "10"] {
            let query = format!(
                "{{ search(query: {word:?}, first: 100) {{ totalCount edges {{ {} }} }} \
                 projects(search: {word:?}) {{ totalCount nodes {{ name }} }} }}",
                schema.selection("SearchEdge", 1)
            );
            let answer = self.files.answer(&query, json!({})).await;
            assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
            seen.push(answer.to_string());
        }
        for url in &self.urls {
            let answer = self.files.send("GET", url, &[]).await;
            seen.push(format!("{}{}", answer.head, String::from_utf8_lossy(&answer.body)));
        }
        seen
    }

    /// Everything that the other gets when it tries the ids, keys and addresses of this one.
    async fn tried_by(&self, other: &Files) -> Vec<String> {
        let mut got = Vec::new();
        for id in &self.ids {
            let node = format!("{{ node(id: {id:?}) {{ __typename id }} nodes(ids: [{id:?}]) {{ id }} }}");
            let operation =
                format!("{{ bulkOperation(id: {id:?}) {{ clientIdentifier resultUrl preview {{ id }} }} }}");
            for query in [node, operation] {
                got.push(other.answer(&query, json!({})).await.to_string());
            }
            for (mutation, input) in [
                ("projectUpdate", json!({"by": {"id": id}, "set": {"name": "名称"}, "expectedVersion": 1})),
                ("projectDelete", json!({"by": {"id": id}})),
                ("importStart", json!({"uploadId": id, "kind": "PROJECTS"})),
                ("importStart", json!({"confirmPreview": id})),
                ("bulkOperationCancel", json!({"id": id})),
            ] {
                got.push(tried(other, mutation, input).await);
            }
        }
        let goal = json!({"unit": {"divisionCode": "130304", "code": self.unit}, "fiscalYear": YEAR});
        for (mutation, input) in [
            ("departmentGoalUpdate", json!({"key": goal, "set": {"overall": "总体"}, "expectedVersion": 1})),
            ("departmentGoalUpsert", json!({"key": goal, "set": {"overall": "总体"}})),
            ("departmentGoalDelete", json!({"key": goal, "cascade": true})),
        ] {
            got.push(tried(other, mutation, input).await);
        }
        for code in ["P1", "P2", "P3", "BAD", "NONE"] {
            let key =
                json!({"divisionCode": "130304", "unitCode": self.unit, "fiscalYear": YEAR, "code": self.code(code)});
            let by = json!({"key": key});
            let set = json!({"name": "名称", "purpose": Value::Null});
            for (mutation, input) in [
                ("projectCreate", json!({"key": key, "set": {"name": "名称"}})),
                ("projectUpdate", json!({"by": by, "set": set, "expectedVersion": 1})),
                ("projectUpsert", json!({"key": key, "set": set})),
                ("projectDelete", json!({"by": by, "expectedVersion": 7})),
                ("projectsUpsert", json!({"rows": [{"key": key, "set": set}], "dryRun": true})),
            ] {
                got.push(tried(other, mutation, input).await);
            }
        }
        for url in &self.urls {
            for method in ["GET", "HEAD", "PUT", "DELETE"] {
                let answer = other.send(method, url, b"").await;
                assert!(answer.status >= 400, "{method} {url}: {}", answer.status);
                got.push(format!("{}{}", answer.head, String::from_utf8_lossy(&answer.body)));
            }
        }
        let rows: String = ["P1", "P2", "NEW"]
            .map(|code| json!({"key": {"unitCode": self.unit, "fiscalYear": YEAR, "code": self.code(code)}, "set": {"name": "名称"}}))
            .map(|row| format!("{row}\n"))
            .concat();
        for mode in ["UPSERT", "UPDATE", "CREATE", "DELETE"] {
            let options = json!({"kind": "PROJECTS", "mode": mode, "dryRun": false});
            let ended = other.import("theirs.jsonl", rows.as_bytes(), options).await;
            assert_eq!(ended.outcomes(), ["FAILED"; 3], "{mode}: {:?}", ended.lines);
            got.extend([ended.operation.to_string(), format!("{:?}", ended.lines)]);
        }
        got
    }

    fn marks_in(&self, texts: &[String]) -> BTreeSet<String> {
        let begin = format!("«{}.", self.sign);
        texts.iter().flat_map(|text| text.split(&begin).skip(1)).map(|rest| column(rest).to_owned()).collect()
    }
}

/// The column of a mark, without its number.
fn column(rest: &str) -> &str {
    rest.split('»').next().and_then(|mark| mark.rsplit_once('.')).map_or(rest, |(column, _)| column)
}

/// The bytes of the answer to a write that must not be done.
async fn tried(files: &Files, mutation: &str, input: Value) -> String {
    let outcome =
        if mutation == "projectsUpsert" { "results { outcome userErrors { code path message } }" } else { "outcome" };
    let query = mutation_of(mutation, &format!("{outcome} userErrors {{ code path message }}"));
    let answer = files.answer(&query, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{mutation} {input}\n{answer:#}");
    let it = &answer["data"]["it"];
    let outcome = it.get("outcome").unwrap_or_else(|| &it["results"][0]["outcome"]);
    assert_eq!(outcome, "FAILED", "{mutation} {input}\n{answer:#}");
    answer.to_string()
}

fn collect_ids(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_ids(item, ids)),
        Value::Object(fields) => {
            if let Some(Value::String(id)) = fields.get("id") {
                ids.insert(id.clone());
            }
            fields.values().for_each(|field| collect_ids(field, ids));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[tokio::test]
async fn neither_of_two_finds_a_mark_of_the_other() {
    let ann = Files::new().await;
    let units = ann.ask("{ units(orderBy: [{field: CODE}]) { nodes { id code } } }").await;
    let unit = |n: usize| UnitId::parse(units["units"]["nodes"][n]["id"].as_str().unwrap()).unwrap();
    let mut left = Side::new(&ann, "left", "450002", unit(0)).await;
    let mut right = Side::new(&ann, "right", "450003", unit(1)).await;
    left.write(right.unit).await;
    right.write(left.unit).await;
    let schema = Introspection::of(left.files.schema()).await;

    let (seen_left, seen_right) = (left.sees(&schema).await, right.sees(&schema).await);
    // What each wrote it sees again, so the search finds what there is to find.
    let own = left.marks_in(&seen_left);
    assert_eq!(own, right.marks_in(&seen_right));
    let columns = [
        "goal.overall",
        "goal_item.text",
        "indicator.basis",
        "indicator.description",
        "indicator.name",
        "indicator.target",
        "measure.text",
        "objective.text",
        "operation.name",
        "project.name",
        "project.purpose",
    ];
    for column in columns {
        assert!(own.contains(column), "{column} is not shown to its own account: {own:?}");
    }
    // Ids that both see, of levels of indicators and divisions, are no secrets.
    let shared: BTreeSet<String> = left.ids.intersection(&right.ids).cloned().collect();
    left.ids.retain(|id| !shared.contains(id));
    right.ids.retain(|id| !shared.contains(id));
    assert!(left.ids.len() > 30, "{}", left.ids.len());

    let (got_right, got_left) = (left.tried_by(&right.files).await, right.tried_by(&left.files).await);
    for (side, texts) in [(&left, [&seen_right, &got_right]), (&right, [&seen_left, &got_left])] {
        for texts in texts {
            assert_eq!(side.marks_in(texts), BTreeSet::new(), "marks of {}", side.sign);
        }
    }
    // Nothing was changed by what was tried.
    let again = left.sees(&schema).await;
    assert_eq!(left.marks_in(&again), own);
}
