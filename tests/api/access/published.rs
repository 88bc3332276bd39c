//! What is published: who publishes, what the public sees of it, and that it is not changed meanwhile.

use std::collections::BTreeSet;

use async_graphql::Request;
use entity::value::Role;
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::graphql::public_schema;
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use serde_json::{Value, json};

use crate::support::world::{World, person};
use crate::support::write::mutation as mutation_of;

const DIVISION: &str = "130304";

fn key(code: &str) -> Value {
    json!({"divisionCode": DIVISION, "unitCode": "450001", "fiscalYear": 2026, "code": code})
}

/// Two projects and a goal of one unit, made by a system.
async fn world() -> (World, Caller, Caller) {
    let world = World::empty().await;
    let system = person(vec![Grant::new(Role::Service, Scope::Everything)]);
    let finance = person(vec![Grant::new(Role::Finance, Scope::Everything)]);
    let unit = json!({"divisionCode": DIVISION, "code": "450001"});
    let project = |code: &str| {
        json!({"key": key(code), "set": {
            "name": format!("项目{code}"), "budget": {"wanYuan": "10"}, "objectives": ["目标"],
            "indicators": [{"level1": "产出指标", "level2": "数量指标", "name": "数量", "target": {"text": "≥5个"}}],
        }})
    };
    for (mutation, input) in [
        ("divisionUpsert", json!({"key": {"code": DIVISION}, "set": {"name": "北戴河区"}})),
        ("unitUpsert", json!({"key": unit, "set": {"name": "单位"}})),
        ("projectUpsert", project("A")),
        ("projectUpsert", project("B")),
        ("departmentGoalUpsert", json!({"key": {"unit": unit, "fiscalYear": 2026}, "set": {"overall": "总体"}})),
    ] {
        let outcome = write(&world, &system, mutation, input).await;
        assert_eq!(outcome, ("CREATED".to_owned(), Vec::new()), "{mutation}");
    }
    (world, system, finance)
}

/// What became of it, and the codes and permissions of the mistakes.
async fn write(world: &World, caller: &Caller, mutation: &str, input: Value) -> (String, Vec<String>) {
    let query = mutation_of(mutation, "outcome userErrors { code ... on ForbiddenError { permission } }");
    let answer = world.ask_as(caller, &query, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
    let it = &answer["data"]["it"];
    let errors = it["userErrors"].as_array().expect("mistakes").iter();
    let errors = errors.map(|error| format!("{} {}", error["code"], error["permission"]).replace('"', "")).collect();
    (it["outcome"].as_str().expect("an outcome").to_owned(), errors)
}

async fn public(world: &World, query: &str) -> Value {
    let schema = public_schema(Some(world.db.clone()), Lang::En);
    let request = Request::new(query).data(Caller::public()).data(ProfileLimits::PUBLIC).data(Lang::En);
    serde_json::to_value(schema.execute(request).await).expect("an answer is JSON")
}

const SEEN: &str = "{ projects { totalCount nodes { code publishedAt objectives { text } } } indicators { totalCount } \
                    departmentGoals { totalCount } units { nodes { projects { totalCount } } } }";

#[tokio::test]
async fn the_public_sees_what_is_published_as_long_as_it_is() {
    let (world, _, finance) = world().await;
    let nothing = public(&world, SEEN).await["data"].take();
    assert_eq!(nothing["projects"]["totalCount"], 0);
    let drafts = ["indicators", "departmentGoals"].map(|name| nothing[name]["totalCount"].clone());
    assert_eq!((drafts, &nothing["units"]["nodes"][0]["projects"]["totalCount"]), ([json!(0), json!(0)], &json!(0)));

    let published = write(&world, &finance, "projectPublish", json!({"by": {"key": key("A")}})).await;
    assert_eq!(published, ("UPDATED".to_owned(), Vec::new()));
    let again = write(&world, &finance, "projectPublish", json!({"by": {"key": key("A")}})).await;
    assert_eq!(again.0, "UNCHANGED");
    let unit = json!({"divisionCode": DIVISION, "code": "450001"});
    let goal = json!({"key": {"unit": unit, "fiscalYear": 2026}});
    assert_eq!(write(&world, &finance, "departmentGoalPublish", goal.clone()).await.0, "UPDATED");
    let seen = public(&world, SEEN).await["data"].take();
    assert_eq!(seen["projects"]["totalCount"], 1);
    assert_eq!(seen["projects"]["nodes"][0]["code"], "A");
    assert!(seen["projects"]["nodes"][0]["publishedAt"].is_string());
    assert_eq!(seen["projects"]["nodes"][0]["objectives"][0]["text"], "目标");
    assert_eq!((&seen["indicators"]["totalCount"], &seen["departmentGoals"]["totalCount"]), (&json!(1), &json!(1)));
    // A draft is as absent as what never was: in look-ups, filters, orders and counts.
    let of = |code: &str| {
        format!(
            "{{ project(by: {{key: {{divisionCode: \"{DIVISION}\", unitCode: \"450001\", fiscalYear: 2026, code: \"{code}\"}}}}) {{ name }} }}"
        )
    };
    assert_eq!(public(&world, &of("B")).await, public(&world, &of("none")).await);
    let by_name =
        "{ projects(filter: {name: {contains: \"项目\"}}, orderBy: [{field: BUDGET}]) { totalCount nodes { code } } }";
    assert_eq!(public(&world, by_name).await["data"]["projects"], json!({"totalCount": 1, "nodes": [{"code": "A"}]}));

    for (mutation, input) in [("projectUnpublish", json!({"by": {"key": key("A")}})), ("departmentGoalUnpublish", goal)]
    {
        assert_eq!(write(&world, &finance, mutation, input).await, ("UPDATED".to_owned(), Vec::new()));
    }
    assert_eq!(public(&world, SEEN).await["data"], nothing);
}

#[tokio::test]
async fn the_public_asks_for_nothing_else() {
    let (world, _, finance) = world().await;
    write(&world, &finance, "projectPublish", json!({"by": {"key": key("A")}})).await;
    for beyond in [
        "{ projects { nodes { version } } }",
        "{ projects { nodes { findings { rule } } } }",
        "{ projects { nodes { history { totalCount } } } }",
        "{ projects(asOf: \"2026-01-01T00:00:00Z\") { totalCount } }",
        "{ projects(filter: {updatedAt: {isNull: false}}) { totalCount } }",
        "{ projects(filter: {findings: {some: {}}}) { totalCount } }",
        "{ projects(orderBy: [{field: UPDATED_AT}]) { totalCount } }",
        "{ node(id: \"x\") { id } }",
        "{ findings { totalCount } }",
        "{ viewer { account { name } } }",
        "mutation { projectDelete(input: {by: {id: \"x\"}}) { outcome } }",
    ] {
        let answer = public(&world, beyond).await;
        assert!(answer["data"].is_null() && answer["errors"].is_array(), "{beyond}\n{answer}");
    }
}

#[tokio::test]
async fn what_is_published_is_not_changed_until_it_is_taken_back() {
    let (world, system, finance) = world().await;
    let rename = json!({"key": key("A"), "set": {"name": "新名"}});
    let unit = json!({"divisionCode": DIVISION, "code": "450001"});
    let goal = json!({"unit": unit, "fiscalYear": 2026});
    write(&world, &finance, "projectPublish", json!({"by": {"key": key("A")}})).await;
    write(&world, &finance, "departmentGoalPublish", json!({ "key": goal })).await;
    let refused = ("FAILED".to_owned(), vec!["FORBIDDEN publication:write".to_owned()]);
    for (mutation, input) in [
        ("projectUpsert", rename.clone()),
        ("projectDelete", json!({"by": {"key": key("A")}, "cascade": true})),
        ("indicatorDelete", json!({"key": {"project": key("A"), "ordinal": 1}})),
        ("objectiveUpsert", json!({"key": {"project": key("A"), "ordinal": 1}, "set": {"text": "新"}})),
        ("departmentGoalUpsert", json!({"key": goal, "set": {"overall": "新"}})),
        ("departmentGoalDelete", json!({"key": goal, "cascade": true})),
    ] {
        assert_eq!(write(&world, &system, mutation, input).await, refused, "{mutation}");
    }
    // The bureau publishes and corrects nothing itself; a system never publishes.
    let bureau = world
        .refusals_as(
            &finance,
            "mutation($i: ProjectUpsertInput!) { projectUpsert(input: $i) { outcome } }",
            json!({"i": rename}),
        )
        .await;
    assert_eq!(
        bureau.into_iter().map(|(_, code)| code).collect::<BTreeSet<_>>(),
        BTreeSet::from(["FORBIDDEN".to_owned()])
    );
    write(&world, &finance, "projectUnpublish", json!({"by": {"key": key("A")}})).await;
    assert_eq!(write(&world, &system, "projectUpsert", rename).await, ("UPDATED".to_owned(), Vec::new()));
    let stale = json!({"by": {"key": key("A")}, "expectedVersion": 1});
    assert_eq!(write(&world, &finance, "projectPublish", stale).await.1, ["CONFLICT null"]);
    let missing = json!({"by": {"key": key("none")}});
    assert_eq!(write(&world, &finance, "projectPublish", missing).await.1, ["NOT_FOUND null"]);
}
