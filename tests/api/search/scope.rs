//! Who finds what: hits, numbers, highlights and cursors are those of a database that has nothing else.

use async_graphql::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::value::Role;
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::graphql::public_schema;
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use serde_json::{Value, json};

use super::scene::{fill, write, writer};
use crate::support::world::{World, person, reader, reader_of};

const SEARCH: &str = "query($q: String!, $types: [SearchType!]) { search(query: $q, types: $types, first: 500) { totalCount \
                      nodes { score node { __typename id ... on Unit { code } ... on Project { unit { code } } \
                      ... on Indicator { unit { code } } ... on DepartmentGoal { unit { code } } } highlights { field text } } } }";

async fn public(world: &World, query: &str, variables: Value) -> Value {
    let schema = public_schema(Some(world.db.clone()), Lang::En);
    let request = Request::new(query).variables(async_graphql::Variables::from_json(variables));
    let request = request.data(Caller::public()).data(ProfileLimits::PUBLIC).data(Lang::En);
    serde_json::to_value(schema.execute(request).await).expect("an answer is JSON")
}

async fn unit_id(world: &World, code: &str) -> entity::id::UnitId {
    let query = "query($by: UnitBy!) { unit(by: $by) { id } }";
    let unit = world.ask(query, json!({"by": {"key": {"divisionCode": "130304", "code": code}}})).await;
    entity::id::UnitId::parse(unit["unit"]["id"].as_str().expect("an id")).expect("an id of a unit")
}

#[tokio::test]
async fn a_search_ends_where_the_grants_end() {
    let world = World::empty().await;
    fill(&world, 1).await;
    let own = reader_of(Scope::Unit(unit_id(&world, "450003").await));
    for query in ["国", "招商", "a", "45000"] {
        let all = world.ask_as(&reader(), SEARCH, json!({ "q": query })).await["data"]["search"].take();
        let unit_of = |hit: &Value| match hit["node"]["__typename"] == "Unit" {
            true => hit["node"]["code"].clone(),
            false => hit["node"]["unit"]["code"].clone(),
        };
        let nodes = all["nodes"].as_array().expect("nodes").clone();
        let visible: Vec<Value> = nodes.into_iter().filter(|hit| unit_of(hit) == "450003").collect();
        assert!(!visible.is_empty() && all["totalCount"] != visible.len(), "{query}");
        let seen = world.ask_as(&own, SEARCH, json!({ "q": query })).await;
        assert_eq!(seen["data"]["search"], json!({"totalCount": visible.len(), "nodes": visible}), "{query}");
    }
    let lists = "{ units(search: \"45000\") { totalCount nodes { code } } }";
    let seen = world.ask_as(&own, lists, json!({})).await;
    assert_eq!(seen["data"]["units"], json!({"totalCount": 1, "nodes": [{"code": "450003"}]}));
}

#[tokio::test]
async fn a_cursor_tells_nothing_of_what_is_not_seen() {
    let world = World::empty().await;
    fill(&world, 1).await;
    let own = reader_of(Scope::Unit(unit_id(&world, "450003").await));
    let query = "query($after: String) { search(query: \"45000\", first: 500, after: $after) { nodes { node { id } } \
                 edges { cursor node { node { ... on Unit { code } } } } } }";
    let all = world.ask_as(&reader(), query, json!({})).await["data"]["search"].take();
    let edges = all["edges"].as_array().expect("edges").iter();
    let of = |code: &str| {
        let edge = edges.clone().find(|edge| edge["node"]["node"]["code"] == code).expect("the unit is found");
        edge["cursor"].as_str().expect("a cursor").to_owned()
    };
    // Neither of them is a place for this caller: a unit of others, and what nobody has.
    let nobody = URL_SAFE_NO_PAD.encode(format!("4:{}", "0".repeat(32)));
    let foreign = world.refusals_as(&own, query, json!({ "after": of("450001") })).await;
    assert_eq!(foreign, world.refusals_as(&own, query, json!({ "after": nobody })).await);
    assert_eq!(foreign[0].1, "BAD_USER_INPUT");
    let after_own = world.ask_as(&own, query, json!({ "after": of("450003") })).await;
    assert_eq!(after_own["data"]["search"]["nodes"], json!([]));
}

#[tokio::test]
async fn kinds_that_a_caller_may_not_look_at_are_as_empty_ones() {
    let world = World::empty().await;
    fill(&world, 1).await;
    let nobody = person(Vec::new());
    let refused = world.refusals_as(&nobody, SEARCH, json!({"q": "国"})).await;
    assert_eq!(refused.into_iter().map(|(_, code)| code).collect::<Vec<_>>(), ["FORBIDDEN"]);
    let stranger = world.refusals_as(&Caller::anonymous(), SEARCH, json!({"q": "国"})).await;
    assert_eq!(stranger.into_iter().map(|(_, code)| code).collect::<Vec<_>>(), ["UNAUTHENTICATED"]);
}

#[tokio::test]
async fn the_public_finds_what_is_published_by_what_is_public() {
    let world = World::empty().await;
    let (system, finance) = (writer(), person(vec![Grant::new(Role::Finance, Scope::Everything)]));
    let unit = json!({"divisionCode": "130304", "code": "450001"});
    let project =
        |code: &str| json!({"divisionCode": "130304", "unitCode": "450001", "fiscalYear": 2026, "code": code});
    let content = json!({
        "name": "招商", "budget": {"wanYuan": "1"}, "objectives": ["招商引资"],
        "indicators": [{"level1": "产出指标", "level2": "数量指标", "name": "招商数", "target": {"text": "≥5个"}}],
    });
    for (mutation, input) in [
        ("divisionUpsert", json!({"key": {"code": "130304"}, "set": {"name": "北戴河区"}})),
        ("unitUpsert", json!({"key": unit, "set": {"name": "商务局"}})),
        ("unitAliasAdd", json!({"unit": unit, "name": "招商局"})),
        ("projectUpsert", json!({"key": project("A"), "set": content})),
        ("projectUpsert", json!({"key": project("B"), "set": content})),
    ] {
        write(&world, &system, mutation, input).await;
    }
    let query = "query($q: String!) { search(query: $q) { totalCount nodes { score highlights { field } node { __typename } } } \
                 units(search: $q) { totalCount } projects(search: $q) { totalCount } indicators(search: $q) { totalCount } }";
    let staff = world.ask(query, json!({"q": "招商"})).await;
    assert_eq!(staff["search"]["totalCount"], 5, "{staff:#}");
    assert_eq!(staff["units"]["totalCount"], 1);
    let before = public(&world, query, json!({"q": "招商"})).await["data"].take();
    assert_eq!(before["search"], json!({"totalCount": 0, "nodes": []}));
    write(&world, &finance, "projectPublish", json!({"by": {"key": project("A")}})).await;
    let after = public(&world, query, json!({"q": "招商"})).await["data"].take();
    let hit = |score: i32, fields: &[&str], name: &str| {
        let highlights: Vec<Value> = fields.iter().map(|field| json!({ "field": field })).collect();
        json!({"score": score, "highlights": highlights, "node": {"__typename": name}})
    };
    let nodes = [hit(4, &["name", "objectives"], "Project"), hit(3, &["name"], "Indicator")];
    assert_eq!(after["search"], json!({"totalCount": 2, "nodes": nodes}));
    let counts = ["units", "projects", "indicators"].map(|list| after[list]["totalCount"].clone());
    assert_eq!(counts, [json!(0), json!(1), json!(1)]);
    write(&world, &finance, "projectUnpublish", json!({"by": {"key": project("A")}})).await;
    assert_eq!(public(&world, query, json!({"q": "招商"})).await["data"], before);
}
