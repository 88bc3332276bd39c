//! What is found is what a look through all texts finds, on both databases, in the same order.

use jixiao::service::search::unordered::FEW;
use serde_json::{Value, json};

use super::scene::{DIVISION, fill, judge, query, shown, things, write, writer};
use crate::support::dice::Dice;
use crate::support::world::World;

/// Searches of one document.
const AT_ONCE: usize = 2;

#[tokio::test]
async fn what_is_found_is_what_a_look_through_all_texts_finds() {
    let world = World::empty().await;
    fill(&world, 1).await;
    // Over everything again, so that the index is one that was changed.
    fill(&world, 2).await;
    let things = things(&world).await;
    let mut dice = Dice(7);
    let (mut found, mut longest) = (0, 0);
    for _ in 0..600 {
        let queries: Vec<String> = (0..AT_ONCE).map(|_| query(&mut dice)).collect();
        let declared: String = (0..AT_ONCE).map(|n| format!("$q{n}: String! ")).collect();
        let fields: String = (0..AT_ONCE)
            .map(|n| {
                format!(
                    "s{n}: search(query: $q{n}, first: 500) {{ totalCount nodes {{ score node {{ id }} }} }}
                     p{n}: projects(search: $q{n}, first: 500) {{ totalCount nodes {{ id }} }} "
                )
            })
            .collect();
        let variables: Value = queries.iter().enumerate().map(|(n, q)| (format!("q{n}"), json!(q))).collect();
        let answer = world.ask(&format!("query({declared}) {{ {fields} }}"), variables).await;
        for (n, query) in queries.iter().enumerate() {
            let wanted = judge(&things, query, &[]);
            let page = &answer[format!("s{n}")];
            assert_eq!(shown(page), wanted, "{query:?}");
            assert_eq!(page["totalCount"], wanted.len(), "{query:?}");
            let mut wanted: Vec<String> = judge(&things, query, &["PROJECT"]).into_iter().map(|(id, _)| id).collect();
            let projects = &answer[format!("p{n}")];
            let nodes = projects["nodes"].as_array().expect("nodes").iter();
            let mut ids: Vec<String> = nodes.map(|node| node["id"].as_str().expect("an id").to_owned()).collect();
            wanted.sort_unstable();
            ids.sort_unstable();
            assert_eq!((ids.len(), &projects["totalCount"]), (wanted.len(), &json!(wanted.len())), "{query:?}");
            assert_eq!(ids, wanted, "{query:?}");
            found += usize::from(!wanted.is_empty());
            longest = longest.max(query.chars().count());
        }
    }
    assert!(found > 300 && longest > 6, "{found} of 1,200 queries found something, the longest had {longest} signs");
}

#[tokio::test]
async fn pages_make_the_whole_list_whatever_their_size() {
    let world = World::empty().await;
    fill(&world, 3).await;
    let things = things(&world).await;
    for (query, kinds) in
        [("国", vec![]), ("招商", vec!["PROJECT", "UNIT"]), ("a 5", vec!["INDICATOR"]), ("450002", vec![])]
    {
        let wanted = judge(&things, query, &kinds);
        assert!(!wanted.is_empty(), "{query}");
        for first in [1, 3, 7] {
            let (mut found, mut after) = (Vec::new(), Value::Null);
            loop {
                let page = world
                    .ask(
                        "query($q: String!, $types: [SearchType!], $first: Int, $after: String) { search(query: $q, types: $types, \
                         first: $first, after: $after) { totalCount nodes { score node { id } } edges { cursor } \
                         pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
                        json!({"q": query, "types": kinds, "first": first, "after": after}),
                    )
                    .await["search"]
                    .take();
                assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(after != Value::Null));
                assert_eq!(page["totalCount"], wanted.len());
                found.extend(shown(&page));
                after = page["pageInfo"]["endCursor"].clone();
                assert_eq!(after, page["edges"].as_array().expect("edges").last().expect("an edge")["cursor"]);
                if page["pageInfo"]["hasNextPage"] == json!(false) {
                    break;
                }
            }
            assert_eq!(found, wanted, "{query} by {first}");
        }
    }
}

#[tokio::test]
async fn what_stands_in_many_objects_is_found_in_the_same_order() {
    let world = World::empty().await;
    fill(&world, 4).await;
    let indicator = |number: u64| {
        let (name, description) = match number % 50 {
            0 => ("国内".to_owned(), "数量"),
            1 => ("国内招商".to_owned(), "国内"),
            2 => (format!("招商{number}"), "在国内"),
            3 => (format!("招商{number}"), "在外地"),
            // Many, of which none is new.
            _ if number < 600 => (format!("在国内{number}"), "国内招商旧村"),
            _ => (format!("在国内{number}"), "国内招商"),
        };
        json!({"level1": "产出指标", "level2": "数量指标", "name": name, "description": description, "target": {"text": "好"}})
    };
    let project = |number: u64| {
        let key =
            json!({"divisionCode": DIVISION, "unitCode": "450000", "fiscalYear": 2027, "code": format!("M{number}")});
        let name = if number.is_multiple_of(20) { format!("国内项目{number}") } else { format!("项目{number}") };
        let indicators: Vec<Value> = (0..9).map(|part| indicator(number * 9 + part)).collect();
        json!({"key": key, "set": {"name": name, "budget": {"wanYuan": "10"}, "indicators": indicators}})
    };
    let rows: Vec<Value> = (0..140).map(project).collect();
    write(&world, &writer(), "projectsUpsert", json!({ "rows": rows })).await;
    let things = things(&world).await;
    let indicators = || vec!["INDICATOR"];
    for (query, kinds, first) in [
        ("国内", vec![], 150),
        ("国内", vec![], 40),
        ("国内", indicators(), 150),
        ("国内", indicators(), 30),
        ("旧村", indicators(), 20),
        ("国", vec![], 150),
        ("国内 招商", vec![], 150),
    ] {
        let wanted = judge(&things, query, &kinds);
        let many = u64::try_from(wanted.len()).is_ok_and(|wanted| wanted > FEW);
        assert!(many, "{query} is found {} times", wanted.len());
        let scores = (1..=4).filter(|score| wanted.iter().any(|(_, of)| of == score)).count();
        assert!(scores == 4 || query != "国内", "{scores} scores");
        let (mut found, mut after) = (Vec::new(), Value::Null);
        loop {
            let document = "query($q: String!, $types: [SearchType!], $first: Int, $after: String) { search(query: $q, \
                            types: $types, first: $first, after: $after) { nodes { score node { id } } \
                            pageInfo { hasNextPage endCursor } } }";
            let asked = json!({"q": query, "types": kinds, "first": first, "after": after});
            let page = world.ask(document, asked).await["search"].take();
            found.extend(shown(&page));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(found, wanted, "{query} by {first}");
    }
}

#[tokio::test]
async fn a_condition_joins_filter_and_order_and_stands_in_nested_lists() {
    let world = World::empty().await;
    fill(&world, 4).await;
    let answer = world
        .ask(
            "{ all: projects(first: 500, search: \"国\", filter: {unit: {code: {eq: \"450003\"}}}, orderBy: [{field: CODE, direction: DESC}]) \
               { totalCount nodes { id code } } \
               unit(by: {key: {divisionCode: \"130304\", code: \"450003\"}}) { projects(first: 500, search: \"国\", \
               orderBy: [{field: CODE, direction: DESC}]) { totalCount nodes { id code indicators(search: \"招\") { totalCount \
               nodes { id } } } } } \
               indicators(first: 500, search: \"招\", filter: {unit: {code: {eq: \"450003\"}}}) { nodes { id project { id } } } \
               units(search: \"４５０００３\") { nodes { code } } departmentGoals(search: \"没有的\") { totalCount nodes { id } } }",
            json!({}),
        )
        .await;
    let nested = &answer["unit"]["projects"];
    assert!(answer["all"]["totalCount"].as_i64() > Some(1), "{answer:#}");
    assert_eq!(nested["totalCount"], answer["all"]["totalCount"]);
    let ids = |page: &Value| -> Vec<Value> {
        page["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].clone()).collect()
    };
    assert_eq!(ids(nested), ids(&answer["all"]));
    let of_projects: usize =
        nested["nodes"].as_array().expect("nodes").iter().map(|project| ids(&project["indicators"]).len()).sum();
    let projects = ids(nested);
    let indicators = answer["indicators"]["nodes"].as_array().expect("nodes").iter();
    assert_eq!(of_projects, indicators.filter(|one| projects.contains(&one["project"]["id"])).count());
    assert_eq!(answer["units"]["nodes"], json!([{"code": "450003"}]));
    assert_eq!(answer["departmentGoals"], json!({"totalCount": 0, "nodes": []}));
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_refused_where_it_stands() {
    let world = World::empty().await;
    let long = "长".repeat(201);
    for (query, variables, message) in [
        (
            "query($q: String!) { search(query: $q) { totalCount } }",
            json!({"q": " 　\u{200B}"}),
            "`query` must have at least one character besides spaces.",
        ),
        (
            "query($q: String!) { search(query: $q) { totalCount } }",
            json!({"q": long}),
            "`query` may have 200 characters at the most.",
        ),
        (
            "query($q: String!) { search(query: $q) { totalCount } }",
            json!({"q": "1 2 3 4 5 6 7 8 9"}),
            "`query` may have 8 words at the most.",
        ),
        (
            "query($q: String!) { search(query: $q) { totalCount } }",
            json!({"q": "a\0"}),
            "`query` must not hold the character U+0000.",
        ),
        (
            "query($q: String) { projects(search: $q) { totalCount } }",
            json!({"q": ""}),
            "`search` must have at least one character besides spaces.",
        ),
        ("{ search(query: \"a\", first: -1) { totalCount } }", json!({}), "`first` must not be negative."),
        ("{ search(query: \"a\", after: \"x\") { totalCount } }", json!({}), "`after` is not a cursor of a search."),
        (
            "{ projects(asOf: \"2026-01-01T00:00:00Z\", search: \"a\") { totalCount } }",
            json!({}),
            "`search` finds what is there now: it cannot be asked together with `asOf`.",
        ),
        (
            "{ projects(asOf: \"2026-01-01T00:00:00Z\", filter: {name: {eq: \"a\"}}) { nodes { indicators(search: \"a\") { totalCount } } } }",
            json!({}),
            "",
        ),
    ] {
        let refused = world.refusals(query, variables).await;
        let wanted: Vec<_> =
            (!message.is_empty()).then(|| (message.to_owned(), "BAD_USER_INPUT".to_owned())).into_iter().collect();
        assert_eq!(refused, wanted, "{query}");
    }
}

#[tokio::test]
async fn highlights_are_places_in_the_printed_texts() {
    let world = World::empty().await;
    fill(&world, 5).await;
    let page = world
        .ask(
            "{ search(query: \"招商 a\", first: 500) { nodes { node { id } highlights { field text ranges { start end } } } } }",
            json!({}),
        )
        .await["search"]
        .take();
    let nodes = page["nodes"].as_array().expect("nodes");
    assert!(nodes.len() > 3, "{page:#}");
    for hit in nodes {
        let mut seen = [false; 2];
        for highlight in hit["highlights"].as_array().expect("highlights") {
            let text: Vec<char> = highlight["text"].as_str().expect("a text").chars().collect();
            let ranges = highlight["ranges"].as_array().expect("ranges");
            assert!(!ranges.is_empty(), "{hit:#}");
            for range in ranges {
                let at = |name: &str| usize::try_from(range[name].as_u64().expect("a number")).expect("a small one");
                let marked: String = text[at("start")..at("end")].iter().filter(|c| !c.is_whitespace()).collect();
                let marked = marked.to_lowercase().replace('ａ', "a");
                seen[0] |= marked.contains("招商");
                seen[1] |= marked.contains('a');
                assert!(marked.contains("招商") || marked.contains('a'), "{marked} in {highlight:#}");
            }
        }
        assert_eq!(seen, [true; 2], "{hit:#}");
    }
}
