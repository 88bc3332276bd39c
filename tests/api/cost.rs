//! The cost of documents over the real schema: as its directives say, without a statement, and never more in the end.

use entity::id::AccountId;
use entity::value::{AccountKind, Role};
use jixiao::auth::{Account, Caller, Grant, Scope};
use jixiao::graphql;
use jixiao::lang::Lang;
use serde_json::{Value, json};

use crate::bulk::scene::{ONE, Scene};
use crate::bulk::server::Server;
use crate::support::data::{Data, Shape};
use crate::support::database::names;
use crate::support::document::{self, Writer};
use crate::support::introspection::Introspection;
use crate::support::price::PriceList;
use crate::support::world::World;
use crate::toy::Answer;

struct Stage {
    world: World,
    data: Data,
    server: Server,
}

impl Stage {
    async fn new() -> Self {
        let world = World::empty().await;
        let data = Data::stored(&world.db, Shape::SMALL).await;
        let scene = Scene::over(world.db.clone());
        // A system with every right that somebody of the field can have, so that nothing is refused but for its price.
        let account = Account { id: AccountId::new(), name: "robot".to_owned(), kind: AccountKind::Service };
        let grants = [Role::Service, Role::UnitEditor].map(|role| Grant::new(role, Scope::Everything));
        let caller = Caller::account(account, grants.to_vec());
        let server = Server::of(&scene, &scene.bulk(ONE), &[&caller]).await;
        Self { world, data, server }
    }

    async fn ask(&self, query: &str, variables: &Value, headers: &[(&str, &str)]) -> Answer {
        let answer = self.try_ask(query, variables, headers).await;
        assert_eq!((answer.status, answer.json().get("errors")), (200, None), "{query}");
        answer
    }

    /// Whether a document has more directives than a request may have, which is another limit than its price.
    async fn has_too_many_directives(&self, query: &str, variables: &Value) -> bool {
        let answer = self.try_ask(query, variables, &[("graphql-cost-only", "1")]).await.json();
        answer["errors"][0]["message"].as_str().is_some_and(|message| message.ends_with("directives."))
    }

    async fn try_ask(&self, query: &str, variables: &Value, headers: &[(&str, &str)]) -> Answer {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let length = body.len().to_string();
        let mut all = vec![("content-type", "application/json"), ("content-length", length.as_str())];
        all.extend(headers);
        self.server.send("robot", "POST", "/graphql", &all, body.as_bytes()).await
    }

    /// What a document costs by estimate, which takes no statement.
    async fn priced(&self, query: &str, variables: &Value) -> u64 {
        // Who asks is known by a test's token, so that not even the account is looked up.
        let (statements, answer) = self.world.count(self.ask(query, variables, &[("graphql-cost-only", "1")])).await;
        assert_eq!((statements, answer.json()), (0, json!({ "data": null })), "{query}");
        answer.cost()[0]
    }
}

#[tokio::test]
async fn the_estimate_is_what_the_directives_of_the_schema_say() {
    let stage = Stage::new().await;
    let (schema, list) = (Introspection::of(&stage.world.schema).await, PriceList::of(&graphql::sdl(Lang::En)));
    let ids = [stage.data.units[0].id.public(), stage.data.projects[0].id.public()];
    let mut roots = vec![format!("node(id: {:?})", ids[0]), format!("nodes(ids: {ids:?})")];
    roots.extend(
        [
            "projects(first: 3)",
            "projects",
            "units(last: 2)",
            "findings",
            "indicatorLevels",
            "viewer",
            "projectGroups(groupBy: [UNIT, RULE], first: 3)",
        ]
        .map(str::to_owned),
    );
    let mut writer = Writer::new(&schema, roots, 4);
    let (mut dearest, mut priced) = (0, 0);
    while priced < 150 {
        let query = writer.document();
        if stage.has_too_many_directives(&query, &document::variables()).await {
            continue;
        }
        priced += 1;
        let requested = list.price(&query, &document::variables());
        assert_eq!(stage.priced(&query, &document::variables()).await, requested, "{query}");
        let [told, actual, ..] = stage.ask(&query, &document::variables(), &[]).await.cost();
        assert!(told == requested && actual <= requested, "{actual} of {requested}: {query}");
        dearest = dearest.max(actual);
    }
    assert!(dearest > 20, "the documents find too little: {dearest}");
}

#[tokio::test]
async fn mutations_cost_what_they_write_and_show() {
    let stage = Stage::new().await;
    let list = PriceList::of(&graphql::sdl(Lang::En));
    let rows: Vec<Value> = (0..5).map(|n| json!({ "key": { "code": format!("77{n}") }, "set": {} })).collect();
    let upsert = "mutation($rows: [DivisionUpsertInput!]!, $dry: Boolean!) {
        divisionsUpsert(input: {rows: $rows, dryRun: $dry}) { committed summary { total } results { outcome division { code } } } }";
    let input = "mutation($input: DivisionsUpsertInput!) { divisionsUpsert(input: $input) { results { outcome } } }";
    let one = "mutation { divisionUpsert(input: {key: {code: \"990\"}, set: {}}) { outcome division { code } } }";
    let found = "mutation($n: Int!) { projectsUpdateWhere(input: {filter: {name: {eq: \"no such name\"}}, expectedCount: $n, set: {}}) {
        committed results { outcome project { name } } } }";
    for (query, variables, requested, actual) in [
        // The payload and its summary, five rows written, five results with a division each.
        (upsert, json!({ "rows": rows, "dry": true }), 1 + 1 + 5 + 5 * 2, 1 + 1 + 5 + 5 * 2),
        (input, json!({ "input": { "rows": rows, "dryRun": true } }), 1 + 5 + 5, 1 + 5 + 5),
        (one, json!({}), 2, 2),
        (found, json!({ "n": 7 }), 1 + 7 + 7 * 2, 1 + 7),
    ] {
        assert_eq!(list.price(query, &variables), requested, "{query}");
        assert_eq!(stage.priced(query, &variables).await, requested, "{query}");
        assert_eq!(stage.ask(query, &variables, &[]).await.cost()[..2], [requested, actual], "{query}");
    }
    // The record of what was written has the address that it was asked from.
    let sql = "SELECT client FROM audit_entry WHERE action = 'divisionUpsert'";
    assert_eq!(names(stage.world.db.read(), sql).await, ["127.0.0.1"]);
}
