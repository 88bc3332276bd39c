//! What documents cost.

use async_graphql::Variables;
use async_graphql::parser::parse_query;
use serde_json::json;

use super::{Load, Price, estimate};
use crate::graphql::held::Held;
use crate::limits::ProfileLimits;

fn price(text: &str, variables: serde_json::Value, limits: &ProfileLimits) -> Result<Price, String> {
    let document = parse_query(text).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let price = estimate(&document, &operation.node, &Variables::from_json(variables), &Held::default(), limits);
    price.map_err(|error| error.message)
}

fn load(text: &str, variables: serde_json::Value) -> Load {
    let limits = ProfileLimits { bulk_rows: 9, ..ProfileLimits::PUBLIC };
    let Price { cost, rows, .. } = price(text, variables, &limits).unwrap();
    Load { cost, rows }
}

#[test]
fn rows_multiply_what_is_selected_for_each() {
    for (text, cost, rows) in [
        ("{ __typename }", 0, 0),
        ("{ service { version } }", 1, 0),
        ("{ projects(first: 10) { totalCount pageInfo { hasNextPage } } }", 2, 0),
        ("{ projects(first: 10) { nodes { name unit { name } } } }", 1 + 10 * 2, 10),
        ("{ projects(last: 3) { edges { node { name } cursor } } }", 1 + 3 * 2, 3),
        ("{ projects { nodes { name } } }", 1 + 20, 20),
        ("{ projects(first: 5, search: \"a\") { nodes { name } } }", 1 + 10 + 5, 5),
        ("{ projects(first: 5, search: null) { nodes { name } } }", 1 + 5, 5),
        ("{ search(query: \"a\", first: 5) { nodes { score node { id } } } }", 1 + 10 + 5 * 2, 5),
        ("{ projects(first: 10) { nodes { indicators(first: 5) { nodes { name } } } } }", 1 + 10 * (1 + 1 + 5), 60),
        ("{ groups(first: 7) { __typename count } }", 7, 7),
        ("{ projectGroups(groupBy: [UNIT], first: 7) { nodes { count unit { name } } } }", 100 + 7 * 2, 7),
        ("{ unit { summary(fiscalYear: 2020) { units } } }", 1 + 10, 0),
        ("{ projectUpsert { summary { total } } }", 1 + 1, 0),
        ("{ projects(first: 7) { __typename ... { a: __typename } } }", 1, 0),
        ("{ nodes(ids: [\"a\", \"b\"]) { id } }", 2, 2),
        ("{ __schema { types { fields { name } } } }", 0, 0),
        ("{ a: projects(first: 2) { ...C } b: projects(first: 3) { ...C } } fragment C on PC { nodes { name } }", 7, 5),
        ("{ projects(first: 9) { ...C } } fragment C on PC { totalCount }", 1, 0),
        ("query($n: Int = 4) { projects(first: $n) { nodes { name } } }", 5, 4),
        ("query($n: Int) { projects(first: $n) { nodes { name } } }", 21, 20),
    ] {
        assert_eq!(load(text, json!({})), Load { cost, rows }, "{text}");
    }
    let text = "query($n: Int = 4, $ids: [ID!]) { projects(first: $n) { nodes { name } } nodes(ids: $ids) { id } }";
    assert_eq!(load(text, json!({ "n": 6, "ids": ["a", "b", "c"] })), Load { cost: 1 + 6 + 3, rows: 9 });
}

#[test]
fn rows_that_are_written_count_and_so_do_their_results() {
    let rows = json!([{}, {}, {}, {}]);
    let selection = "{ committed results { outcome project { unit { name } } } }";
    for (text, variables) in [
        (format!("mutation($i: I!) {{ a(input: $i) {selection} }}"), json!({ "i": { "rows": rows } })),
        (format!("mutation($r: R!) {{ a(input: {{ rows: $r }}) {selection} }}"), json!({ "r": rows })),
        (format!("mutation {{ a(input: {{ rows: [{{}}, {{}}, {{}}, {{}}] }}) {selection} }}"), json!({})),
    ] {
        // The payload, the writing of each row, and for each a result with a project and its unit.
        assert_eq!(load(&text, variables), Load { cost: 1 + 4 + 4 * 3, rows: 4 }, "{text}");
    }
    let found = format!("mutation($n: Int!) {{ a(input: {{ filter: {{}}, expectedCount: $n }}) {selection} }}");
    assert_eq!(load(&found, json!({ "n": 4 })), Load { cost: 1 + 4 + 4 * 3, rows: 4 });
    assert_eq!(load(&found, json!({ "n": 400 })), Load { cost: 1 + 9 + 9 * 3, rows: 9 }, "no more than allowed");
    let none = "mutation($i: I!) { a(input: $i) { outcome } }";
    assert_eq!(load(none, json!({ "i": { "key": {} } })), Load { cost: 1, rows: 0 });
}

#[test]
fn more_rows_than_allowed_are_refused() {
    let limits = ProfileLimits { bulk_rows: 3, ..ProfileLimits::SERVICE };
    let refused = |rows: usize| {
        let variables = json!({ "i": { "rows": vec![json!({}); rows] } });
        price("mutation($i: I!) { a(input: $i) { committed } }", variables, &limits).err()
    };
    assert_eq!(refused(3), None);
    let message = "`rows` has 4 entries; the limit is 3. Send them in several requests.";
    assert_eq!(refused(4).as_deref(), Some(message));
}

#[test]
fn mutations_are_counted_by_what_they_do() {
    let counts = |text: &str| {
        let price = price(text, json!({ "r": [{}, {}] }), &ProfileLimits::SERVICE).unwrap();
        (price.writes, price.bulk, price.imports)
    };
    assert_eq!(counts("{ projects { totalCount } importStart { id } }"), (0, 0, 0));
    assert_eq!(counts("mutation { a: projectUpdate(input: {}) { outcome } projectDelete { outcome } }"), (2, 0, 0));
    assert_eq!(counts("mutation($r: R) { projectsUpsert(input: { rows: $r }) { committed } }"), (1, 1, 0));
    assert_eq!(counts("mutation { projectsUpdateWhere(input: { expectedCount: 5 }) { committed } }"), (1, 1, 0));
    let spread = "mutation { ...M ...M } fragment M on Mutation { importStart(input: {}) { userErrors { code } } }";
    assert_eq!(counts(spread), (2, 0, 2));
}

#[test]
fn an_answer_costs_what_is_in_it_and_never_more_than_was_estimated() {
    let project = |units: usize| json!({ "name": "a", "unit": { "name": "b" }, "objectives": vec![json!({ "text": "c" }); units] });
    for (text, variables, answer, actual, requested) in [
        ("{ service { version } }", json!({}), json!({ "service": { "version": "1" } }), 1, 1),
        ("{ unit { name } }", json!({}), json!({ "unit": null }), 0, 1),
        ("{ a: unit { name } b: unit { name } }", json!({}), json!({ "a": null, "b": { "name": "x" } }), 1, 2),
        (
            "{ projects(first: 10) { totalCount nodes { name unit { name } objectives { text } } } }",
            json!({}),
            json!({ "projects": { "totalCount": 2, "nodes": [project(0), project(7)] } }),
            1 + 2 + 3,
            1 + 10 * 3,
        ),
        (
            "{ projects { edges { cursor node { name } } ...P } } fragment P on PC { pageInfo { hasNextPage } }",
            json!({}),
            json!({ "projects": { "edges": [{ "node": { "name": "a" } }], "pageInfo": {} } }),
            1 + 2 + 1,
            1 + 20 * 2 + 1,
        ),
        ("{ nodes(ids: [1, 2, 3]) { id } }", json!({}), json!({ "nodes": [null, { "id": "a" }, null] }), 1, 3),
        ("{ groups(first: 7) { count } }", json!({}), json!({ "groups": [{ "count": 1 }, { "count": 2 }] }), 2, 7),
        (
            "{ projectGroups(groupBy: [UNIT], first: 7) { nodes { count } } }",
            json!({}),
            json!({ "projectGroups": { "nodes": [{ "count": 1 }, { "count": 2 }] } }),
            100 + 2,
            100 + 7,
        ),
        ("{ __schema { types { name } } }", json!({}), json!({ "__schema": { "types": [{}, {}] } }), 0, 0),
        (
            "mutation($r: R) { a(input: { rows: $r }) { results { outcome project { name } } } }",
            json!({ "r": [{}, {}, {}] }),
            json!({ "a": { "results": [{ "project": null }, { "project": { "name": "a" } }, {}] } }),
            1 + 3 + 3 + 1,
            1 + 3 + 3 * 2,
        ),
    ] {
        let price = price(text, variables, &ProfileLimits::STAFF).unwrap();
        let read = price.meter.read(&serde_json::to_vec(&answer).unwrap());
        assert_eq!((read, price.cost), (actual, requested), "{text}");
    }
}

#[test]
fn a_deep_product_does_not_overflow() {
    let mut text = String::from("name");
    for _ in 0..20 {
        text = format!("a(first: 50) {{ nodes {{ {text} }} }}");
    }
    assert_eq!(load(&format!("{{ {text} }}"), json!({})), Load { cost: u64::MAX, rows: u64::MAX });
}

#[test]
fn a_page_beyond_the_limit_is_refused_by_name() {
    let refused = |first: &str, variables| {
        let text = format!("query($n: Int) {{ projects(first: {first}) {{ totalCount }} }}");
        price(&text, variables, &ProfileLimits::PUBLIC).err()
    };
    let limit = "the limit is 50. Ask for 50 and go on with `after`.";
    assert_eq!(refused("51", json!({})), Some(format!("`first` is 51; {limit}")));
    assert_eq!(refused("$n", json!({ "n": 51 })), Some(format!("`first` is 51; {limit}")));
    let backward = "`last` is 51; the limit is 50. Ask for 50 and go on with `before`.";
    assert_eq!(refused("1, last: 51", json!({})).as_deref(), Some(backward));
    assert!(refused("99999999999999999999", json!({})).is_some_and(|message| message.ends_with(limit)));
    assert_eq!(refused("50", json!({})), None);
    assert_eq!(refused("-1", json!({})), None);
}
