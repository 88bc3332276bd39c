//! Documents are executed as the specification says: compared with another execution, and by hand where a value is
//! refused.

use std::collections::HashMap;

use async_graphql::Response;
use async_graphql::parser::parse_query;
use jixiao::auth::Caller;
use jixiao::graphql::execution::Document;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::data::{Data, Shape};
use crate::support::document::{self, Writer};
use crate::support::executor::Executor;
use crate::support::introspection::Introspection;
use crate::support::world::{World, reader};

const SHAPE: Shape = Shape { divisions: 1, units: 3, projects: 2, indicators: 3, varied: true, canaries: false };

struct Scene {
    runtime: Runtime,
    world: World,
    data: Data,
    schema: Introspection,
    caller: Caller,
}

impl Scene {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let world = runtime.block_on(World::empty());
        let data = runtime.block_on(Data::stored(&world.db, SHAPE));
        let schema = runtime.block_on(Introspection::of(&world.schema));
        Self { runtime, world, data, schema, caller: reader() }
    }

    fn executor(&self) -> Executor<'_> {
        Executor::new(&self.world, &self.schema, &self.runtime, &self.caller)
    }

    /// The answer to a document without errors, byte for byte.
    fn answered(&self, query: &str, variables: &Value) -> String {
        let response = self.runtime.block_on(self.world.answer(&self.caller, query, variables.clone()));
        assert!(response.errors.is_empty(), "{query}\n{:?}", response.errors);
        serde_json::to_string(&response.data).unwrap()
    }

    fn check(&self, executor: &Executor<'_>, query: &str, variables: &Value) {
        let expected = serde_json::to_string(&executor.data(query, variables)).unwrap();
        assert_eq!(self.answered(query, variables), expected, "{query}");
    }

    /// Root fields that find something, that find nothing, and that find several things.
    fn roots(&self) -> Vec<String> {
        let ids = [
            self.data.divisions[0].id.public(),
            self.data.units[1].id.public(),
            self.data.projects[0].id.public(),
            self.data.indicators[0].id.public(),
            self.data.goals[0].id.public(),
            self.data.documents[0].id.public(),
            self.data.findings[0].id.public(),
            self.data.plans[0].id.public(),
            self.data.objectives[0].id.public(),
            self.data.levels[1].id.public(),
        ];
        let mut roots: Vec<String> = ids.iter().map(|id| format!("node(id: {id:?})")).collect();
        roots.push("node(id: \"nothing\")".to_owned());
        roots.push(format!("nodes(ids: {:?})", [&ids[..], &["none".to_owned(), ids[0].clone()]].concat()));
        for (n, field) in
            ["division", "unit", "project", "indicator", "departmentGoal", "sourceDocument"].iter().enumerate()
        {
            roots.push(format!("{field}(by: {{id: {:?}}})", ids[n]));
        }
        roots.push(format!("unit(by: {{id: {:?}}})", ids[0]));
        let lists = ["divisions", "units", "projects", "indicators", "departmentGoals", "findings", "sourceDocuments"];
        roots.extend(lists.iter().map(|list| format!("{list}(first: 3)")));
        roots.extend(["indicatorLevels(regime: R2021)", "viewer", "service"].map(str::to_owned));
        roots
    }
}

#[test]
fn any_document_is_answered_as_by_another_execution() {
    let scene = Scene::new();
    let executor = scene.executor();
    let mut writer = Writer::new(&scene.schema, scene.roots(), 1);
    for _ in 0..300 {
        let query = writer.document();
        scene.check(&executor, &query, &document::variables());
    }
}

/// Documents with one trap each.
const TRAPS: &[&str] = &[
    "{ a: __typename projects(first: 1) { z: totalCount nodes { name id } a: totalCount __typename } b: __typename }",
    "{ projects(first: 2) { nodes { id } } projects(first: 2) { nodes { name } totalCount } }",
    "{ projects(first: 2) { nodes { id budget { raw } } nodes { budget { amount } name } } }",
    "{ projects(first: 2) { ...A ...B } } fragment A on ProjectConnection { nodes { id ...C } }
        fragment B on ProjectConnection { edges { node { unit { code } } } nodes { unit { name } } }
        fragment C on Project { unit { code parent { code } } }",
    "{ ... { projects(first: 1) { nodes { id } } } ... on Query { projects(first: 1) { nodes { code } } } }",
    "query($a: Boolean = true) { projects(first: 1) @include(if: $a) { totalCount } service { name @skip(if: $a) version } }",
    "query($a: Boolean! = false) { units(first: 1) { nodes @skip(if: $a) { code ... @include(if: $a) { name } } } }",
    "{ projects(first: 1) { nodes @skip(if: true) { id } } service { name @include(if: false) } }",
    "{ projects(first: 2) { nodes { yuan: budget { amount(unit: YUAN) } wan: budget { amount } both: budget {
        a: amount(unit: YUAN) b: amount(unit: WAN_YUAN) amount } } } }",
    "{ a: indicatorLevels(regime: R2015) { label(lang: EN) zh: label(lang: ZH) } b: indicatorLevels(regime: LOCAL) { id } }",
    "{ indicators(first: 20) { nodes { target { __typename raw ... on QuantityTarget { value unit }
        ... on RangeTarget { low high unit } ... on TargetValue { raw again: raw } ...Q } } } }
        fragment Q on QualitativeTarget { text raw }",
    "query($unit: MoneyUnit! = YUAN) { projects(first: 1) { nodes { budget { amount(unit: $unit) } } } }",
    "query($first: Int) { projects(first: $first) { totalCount nodes { id } } }",
    "query($f: ProjectFilter = {budget: {isNull: false}}) { projects(first: 3, filter: $f) { totalCount } }",
    "query($year: Int) { projects(filter: {fiscalYear: {eq: 2020}, and: [{fiscalYear: {gte: $year}}]}) { totalCount } }",
    "{ units(first: 3) { nodes { children(first: 1) { nodes { parent { children(first: 1) { nodes { code } } } } } } } }",
    "{ viewer { account { name } account { kind } grants { role __typename } } }",
    "{ findings(first: 5) { nodes { place { line document { fileName } } place { row table } source { id } } } }",
];

#[test]
fn traps_are_answered_as_by_another_execution() {
    let scene = Scene::new();
    let executor = scene.executor();
    for query in TRAPS {
        scene.check(&executor, query, &json!({}));
    }
}

#[test]
fn a_field_that_stands_several_times_is_read_once() {
    let scene = Scene::new();
    let count = |query: &str| scene.runtime.block_on(scene.world.count(scene.world.ask(query, json!({})))).0;
    let once = count("{ projects(first: 2) { nodes { id unit { code name } } } }");
    let twice = "{ projects(first: 2) { nodes { id unit { code } } } ...P }
        fragment P on Query { ... { projects(first: 2) { nodes { unit { name } } } } }";
    assert_eq!(count(twice), once);
    let refused = "{ projects(first: -1) { totalCount } projects(first: -1) { nodes { id } } }";
    assert_eq!(scene.runtime.block_on(scene.world.refusals(refused, json!({}))).len(), 1);
}

fn errors(answer: &Value) -> HashMap<String, Value> {
    let errors = answer["errors"].as_array().unwrap().iter();
    errors.map(|error| (error["path"].to_string(), error["message"].clone())).collect()
}

#[test]
fn a_failed_nullable_field_leaves_its_siblings() {
    let scene = Scene::new();
    let ask = |query: &str| scene.runtime.block_on(scene.world.ask_as(&reader(), query, json!({})));
    let answer = ask(r#"{ before: service { name } a: project(by: {key: {fiscalYear: 2020}}) { id }
            b: unit(by: {key: {code: "\u0000"}}) { id } again: service { name }
            c: node(id: "x") { ... on Unit { projects(first: 501) { totalCount } } } }"#);
    let name = json!({"name": "Jixiao"});
    assert_eq!(answer["data"], json!({"before": name, "a": null, "b": null, "again": name, "c": null}));
    let keys: Vec<_> = errors(&answer).into_keys().collect();
    assert_eq!(keys.len(), 3, "{answer:#}");
    for path in [r#"["a"]"#, r#"["b"]"#, r#"["c"]"#] {
        assert!(keys.contains(&path.to_owned()), "{answer:#}");
    }
}

#[test]
fn a_failed_field_that_must_have_a_value_takes_everything() {
    let scene = Scene::new();
    let ask = |caller: &Caller, query: &str| scene.runtime.block_on(scene.world.ask_as(caller, query, json!({})));
    let answer = ask(&reader(), "{ service { name } all: projects(first: 501) { totalCount } }");
    assert_eq!(answer["data"], Value::Null);
    assert!(errors(&answer)[r#"["all"]"#].as_str().unwrap().contains("`first` is 501"), "{answer:#}");
    let anonymous = ask(&Caller::anonymous(), r#"{ node(id: "x") { id } units { totalCount } service { name } }"#);
    assert_eq!(anonymous["data"], Value::Null);
    assert!(errors(&anonymous).contains_key(r#"["units"]"#), "{anonymous:#}");
}

/// The library stops at the first of them, which the specification allows: the others would take the same data along.
#[test]
fn of_several_failures_that_take_everything_one_is_told() {
    let scene = Scene::new();
    let query = r#"{ a: projects(first: 501) { totalCount } b: units(last: -1) { totalCount }
        c: indicators(filter: {weight: {eq: "x"}}) { totalCount } }"#;
    let answer = scene.runtime.block_on(scene.world.ask_as(&reader(), query, json!({})));
    let errors = errors(&answer);
    assert_eq!(answer["data"], Value::Null);
    assert!(
        !errors.is_empty() && errors.keys().all(|path| [r#"["a"]"#, r#"["b"]"#, r#"["c"]"#].contains(&path.as_str()))
    );
}

/// What is known of a document from before makes no difference to what it answers and refuses later.
#[test]
fn a_known_document_answers_as_a_new_one() {
    let scene = Scene::new();
    let (division, unit) = (&scene.data.divisions[0], &scene.data.units[1]);
    let key = json!({"divisionCode": division.code, "code": unit.code});
    let by_key = "query($unit: UnitKeyInput!, $year: Int) { unit(by: {key: $unit}) { code
        projects(first: 2, filter: {fiscalYear: {eq: $year}}) { nodes { code } } } }";
    let parts =
        "query($division: String!, $code: String!) { unit(by: {key: {divisionCode: $division, code: $code}}) { id } }";
    let optional =
        "query($code: String, $id: ID) { unit(by: {key: {divisionCode: \"1\", code: $code}, id: $id}) { id } }";
    let by_id = "query($id: ID!) { node(id: $id) { id ... on Unit { name } } }";
    let list = "query($order: [ProjectOrder!], $first: Int = 1) { projects(first: $first, orderBy: $order) { totalCount nodes { name } } }";
    let directive = "query($flag: Boolean! = true) { divisions(first: 1) { nodes { code name @include(if: $flag) } } }";
    let wrong = "query($first: Int) { projects(first: $first, orderBy: [{field: NOTHING}]) { totalCount } }";
    let mixed = "query($year: Int!) { projects(filter: {fiscalYear: {eq: $year}, name: {eq: 5}}) { totalCount } }";
    let several =
        "query A($first: Int!) { divisions(first: $first) { totalCount } } query B($id: ID!) { node(id: $id) { id } }";
    let schema = "query($first: Int!) { divisions(first: $first) { nodes { code } } __schema { queryType { name } } }";
    for (document, good, others) in [
        (
            by_key,
            json!({"unit": key, "year": 2026}),
            vec![
                json!({"unit": key}),
                json!({"unit": key, "year": null}),
                json!({"unit": key, "year": "2026"}),
                json!({"unit": key, "year": 1.5}),
                json!({"unit": key, "year": [2026]}),
                json!({"unit": key, "year": 5_000_000_000_u64}),
                json!({"unit": null}),
                json!({}),
                json!({"unit": {"divisionCode": "1"}}),
                json!({"unit": {"divisionCode": division.code, "code": 5}}),
                json!({"unit": {"divisionCode": division.code, "code": unit.code, "name": "a"}}),
                json!({"unit": [key]}),
                json!({"unit": key, "more": 1}),
            ],
        ),
        (
            parts,
            json!({"division": division.code, "code": unit.code}),
            vec![
                json!({"division": null, "code": unit.code}),
                json!({"code": unit.code}),
                json!({"division": 1, "code": ["a"]}),
            ],
        ),
        (
            optional,
            json!({"code": "1"}),
            vec![json!({"code": null}), json!({}), json!({"code": "1", "id": "a"}), json!({"id": "a"})],
        ),
        (
            by_id,
            json!({"id": unit.id.public()}),
            vec![json!({"id": 5}), json!({"id": null}), json!({}), json!({"id": ["a"]}), json!({"id": true})],
        ),
        (
            list,
            json!({"order": [{"field": "BUDGET", "direction": "DESC"}], "first": 3}),
            vec![
                json!({}),
                json!({"order": {"field": "CODE"}}),
                json!({"order": [null]}),
                json!({"order": [{"field": "NOTHING"}]}),
                json!({"order": [{"direction": "DESC"}]}),
                json!({"order": [{"field": "CODE", "direction": null}]}),
                json!({"order": [{"field": "CODE"}, {"field": "CODE"}]}),
                json!({"first": -1}),
                json!({"first": 100_000}),
                json!({"first": "a"}),
                json!({"first": null}),
            ],
        ),
        (
            directive,
            json!({"flag": false}),
            vec![json!({}), json!({"flag": true}), json!({"flag": null}), json!({"flag": "a"})],
        ),
        (wrong, json!({"first": 1}), vec![json!({}), json!({"first": "a"})]),
        (mixed, json!({"year": 2026}), vec![json!({"year": "a"}), json!({})]),
        (several, json!({"first": 1}), vec![json!({"id": "a"}), json!({"first": "a"})]),
        (schema, json!({"first": 1}), vec![json!({}), json!({"first": "a"})]),
    ] {
        let known = Document::new(parse_query(document).unwrap());
        let good = [good];
        for variables in [&good, others.as_slice(), &good].concat() {
            let told = |response: Response| (serde_json::to_value(&response).unwrap(), response.errors.len());
            let again = scene.runtime.block_on(scene.world.execute(&scene.caller, &known, variables.clone()));
            let new = Document::new(parse_query(document).unwrap());
            let new = scene.runtime.block_on(scene.world.execute(&scene.caller, &new, variables.clone()));
            let library =
                scene.runtime.block_on(scene.world.schema_answers(&scene.caller, document, variables.clone()));
            let (again, new, library) = (told(again), told(new), told(library));
            assert_eq!(again, new, "{document}\n{variables}");
            assert_eq!(again, library, "{document}\n{variables}");
        }
    }
}
