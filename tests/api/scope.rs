//! What lies outside a caller's scope does not exist: in lists, counts, filters, orders, cursors, relations of every
//! direction, look-ups and `node`.

mod alike;

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::UnitId;
use entity::value::{Publication, Role};
use entity::{department_goal, goal_item, plan_point, project};
use jixiao::auth::{Caller, Grant, Scope, Years};
use jixiao::service::scope;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::data::{Data, Shape};
use crate::support::graph::{Fact, Graph};
use crate::support::introspection::{Introspection, named, required_arguments, text, written};
use crate::support::operand::Operands;
use crate::support::world::{World, person};

struct Scene {
    world: World,
    data: Data,
    schema: Introspection,
}

impl Scene {
    async fn new() -> Self {
        let world = World::empty().await;
        let data = Data::stored(&world.db, Shape::MARKED).await;
        let schema = Introspection::of(&world.schema).await;
        Self { world, data, schema }
    }

    /// A unit that has others below and above it.
    fn middle(&self) -> UnitId {
        self.data.units[1].id
    }

    /// Callers who see a part, with what they see.
    fn partial(&self) -> Vec<(&'static str, Caller, Vec<Scope>)> {
        let units = &self.data.units;
        let division = |n: usize| Scope::Division(self.data.divisions[n].code.clone());
        let leaf = units.iter().find(|unit| self.data.subtree(unit.id).len() == 1).expect("a unit without children");
        let deepest = self.data.closure.iter().max_by_key(|link| link.depth).expect("a tree").descendant_id;
        let of_role =
            |role: Role, scopes: &[Scope]| person(scopes.iter().map(|scope| Grant::new(role, scope.clone())).collect());
        [
            ("unit and below", Role::Department, vec![Scope::Unit(self.middle())]),
            ("top of a tree", Role::Department, vec![Scope::Unit(units[0].id)]),
            ("leaf", Role::Department, vec![Scope::Unit(leaf.id)]),
            ("deepest", Role::UnitEditor, vec![Scope::Unit(deepest)]),
            ("division", Role::Department, vec![division(1)]),
            ("division as editor", Role::UnitEditor, vec![division(2)]),
            ("division as bureau", Role::Finance, vec![division(0)]),
            ("several", Role::Department, vec![division(2), Scope::Unit(self.middle()), Scope::Unit(leaf.id)]),
            ("a unit that is gone", Role::Department, vec![Scope::Unit(UnitId::new())]),
            ("a division that is gone", Role::Department, vec![Scope::Division("999999".to_owned())]),
        ]
        .into_iter()
        .map(|(name, role, scopes)| (name, of_role(role, &scopes), scopes))
        .collect()
    }

    /// Asks, and refuses every mark and key of a row that the caller does not see.
    async fn ask(&self, caller: &Caller, seen: &Seen, query: &str, variables: Value) -> Value {
        let answer = self.world.ask_as(caller, query, variables.clone()).await;
        seen.scan(&answer, query);
        assert_eq!(answer.get("errors"), None, "{query}\n{variables}\n{answer:#}");
        answer["data"].clone()
    }
}

/// What a caller sees, and what must not be seen.
struct Seen {
    graph: Graph,
    forbidden: HashSet<String>,
}

impl Seen {
    fn of(data: &Data, scopes: &[Scope]) -> Self {
        let graph = Graph::seen(data, scopes);
        let seen = graph.keys();
        let whole = Graph::whole(data);
        let mut forbidden: HashSet<String> = whole.keys().difference(&seen).map(|key| (*key).to_owned()).collect();
        forbidden.extend(data.marks.iter().filter_map(|(mark, owner)| {
            let key = owner.map_or_else(
                || {
                    data.divisions
                        .iter()
                        .find(|row| row.code.contains(mark) || row.name.as_ref().is_some_and(|n| n.contains(mark)))
                        .map(|row| row.id.public())
                },
                |unit| Some(unit.public()),
            );
            let key = key.expect("every mark belongs to a row");
            (!seen.contains(key.as_str())).then(|| mark.clone())
        }));
        for (key, unit) in parts(data) {
            if !seen.contains(unit.public().as_str()) {
                forbidden.insert(key);
            }
        }
        Self { graph, forbidden }
    }

    fn scan(&self, answer: &Value, query: &str) {
        let mut texts = vec![answer.to_string()];
        collect_cursors(answer, &mut texts);
        for text in &texts {
            for word in words(text) {
                assert!(!self.forbidden.contains(word), "{word} must not be seen\n{query}\n{answer:#}");
            }
        }
    }
}

/// Keys of rows that no list shows by themselves, with their units.
fn parts(data: &Data) -> Vec<(String, UnitId)> {
    let objectives = data.objectives.iter().map(|row| (row.id.public(), row.unit_id));
    let plans = data.plans.iter().map(|row| (row.id.public(), row.unit_id));
    let items = data.items.iter().map(|row| (row.id.public(), row.unit_id));
    objectives.chain(plans).chain(items).collect()
}

/// The marks and keys in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let marks = text.split('«').skip(1).filter_map(|rest| rest.split_once('»')).map(|(mark, _)| mark.len());
    let mut from = 0;
    let marks: Vec<&str> = marks
        .map(|length| {
            let start = from + text[from..].find('«').expect("a mark");
            let end = start + '«'.len_utf8() + length + '»'.len_utf8();
            from = end;
            &text[start..end]
        })
        .collect();
    let keys = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.len() == 30);
    marks.into_iter().chain(keys)
}

/// The insides of everything that could be a cursor; ids in them are plain.
fn collect_cursors(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            if let Some(inside) = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                texts.push(inside);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_cursors(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect_cursors(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The lists of the root with the objects they show.
const LISTS: &[(&str, &str)] = &[
    ("divisions", "Division"),
    ("units", "Unit"),
    ("projects", "Project"),
    ("indicators", "Indicator"),
    ("departmentGoals", "DepartmentGoal"),
    ("findings", "Finding"),
    ("sourceDocuments", "SourceDocument"),
];

#[tokio::test]
async fn lists_and_totals_hold_what_is_seen_and_nothing_else() {
    let scene = Scene::new().await;
    for (name, caller, scopes) in scene.partial() {
        let seen = Seen::of(&scene.data, &scopes);
        for (list, object) in LISTS {
            let query = format!("{{ {list}(first: 500) {{ totalCount nodes {{ id }} }} }}");
            let page = scene.ask(&caller, &seen, &query, json!({})).await[list].take();
            let found: HashSet<_> =
                page["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
            let expected: HashSet<_> = seen.graph.of(object).keys().map(String::as_str).collect();
            assert_eq!(found, expected, "{name}: {list}");
            assert_eq!(page["totalCount"], json!(expected.len()), "{name}: {list}");
        }
    }
}

#[tokio::test]
async fn relations_lead_only_to_what_is_seen() {
    let scene = Scene::new().await;
    for (name, caller, scopes) in scene.partial() {
        let seen = Seen::of(&scene.data, &scopes);
        for (list, object) in LISTS {
            let facts = seen.graph.of(object);
            let Some((_, any)) = facts.first_key_value() else { continue };
            let relations: Vec<_> = any
                .iter()
                .filter(|(_, fact)| matches!(fact, Fact::One(_) | Fact::Many(_)))
                .map(|(name, _)| *name)
                .collect();
            let fields = scene.schema.ty(object)["fields"].as_array().unwrap();
            let asked: String = relations
                .iter()
                .map(|relation| {
                    let field = fields
                        .iter()
                        .find(|field| field["name"] == **relation)
                        .unwrap_or_else(|| panic!("{object}.{relation}"));
                    match named(&field["type"]) {
                        other if other.ends_with("Connection") => {
                            format!("{relation}(first: 500) {{ totalCount nodes {{ id }} }} ")
                        }
                        _ => format!("{relation} {{ id }} "),
                    }
                })
                .collect();
            let query = format!("{{ {list}(first: 500) {{ nodes {{ id {asked} }} }} }}");
            let answer = scene.ask(&caller, &seen, &query, json!({})).await;
            for node in answer[list]["nodes"].as_array().unwrap() {
                for (relation, fact) in &facts[node["id"].as_str().unwrap()] {
                    let ids = |list: &Value| -> HashSet<String> {
                        list.as_array().unwrap().iter().map(|one| text(&one["id"])).collect()
                    };
                    match fact {
                        Fact::One(one) => {
                            assert_eq!(node[relation]["id"].as_str(), one.as_deref(), "{name}: {object}.{relation}")
                        }
                        Fact::Many(many) => {
                            let found = &node[relation];
                            if let Some(total) = found.get("totalCount") {
                                assert_eq!(total, &json!(many.len()), "{name}: {object}.{relation}");
                            }
                            let found = ids(found.get("nodes").unwrap_or(found));
                            assert_eq!(found, many.iter().cloned().collect(), "{name}: {object}.{relation}");
                        }
                        Fact::Text(_) | Fact::Number(_) => {}
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn no_selection_shows_a_mark_of_what_is_not_seen() {
    let scene = Scene::new().await;
    let marks_of_all: HashSet<&String> = scene.data.marks.keys().collect();
    // With everything in scope the same selections show the marks: the scan sees what there is to see.
    let everything =
        [("everything", person(vec![Grant::view(Role::Finance, Scope::Everything)]), vec![Scope::Everything])];
    for (name, caller, scopes) in everything.into_iter().chain(scene.partial()) {
        let seen = Seen::of(&scene.data, &scopes);
        let mut shown = HashSet::new();
        for (list, object) in LISTS {
            for (arguments, depth) in [("first: 500", 1), ("last: 6", 2)] {
                let query = format!(
                    "{{ {list}({arguments}) {{ totalCount pageInfo {{ startCursor endCursor }} edges {{ cursor node {{ {} }} }} }} }}",
                    scene.schema.selection(object, depth)
                );
                let answer = scene.ask(&caller, &seen, &query, json!({})).await.to_string();
                shown.extend(words(&answer).filter(|word| word.starts_with('«')).map(str::to_owned));
            }
        }
        if name == "everything" {
            // `project.source_id` and the like have no text; plan points, aliases, items and all others have.
            let columns = |marks: &mut dyn Iterator<Item = &String>| -> HashSet<String> {
                marks.map(|mark| mark.split('#').next().unwrap_or_default().to_owned()).collect()
            };
            assert_eq!(columns(&mut shown.iter()), columns(&mut marks_of_all.iter().copied()));
        } else {
            assert!(!shown.is_empty() || name.contains("gone"), "{name} sees something");
        }
    }
}

#[tokio::test]
async fn filters_and_orders_do_not_count_what_is_not_seen() {
    let scene = Scene::new().await;
    let whole = Graph::whole(&scene.data);
    let operands = Operands::of(&scene.schema, &whole);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let mut differs = 0;
    for (name, caller, scopes) in scene.partial() {
        let seen = Seen::of(&scene.data, &scopes);
        for (list, object) in LISTS {
            let strategy = operands.filter(object, 3);
            for _ in 0..25 {
                let filter = strategy.new_tree(&mut runner).unwrap().current();
                let query = format!(
                    "query($f: {object}Filter) {{ {list}(first: 500, filter: $f) {{ totalCount edges {{ cursor node {{ id }} }} }} }}"
                );
                let page = scene.ask(&caller, &seen, &query, json!({ "f": filter })).await[list].take();
                let mut found: Vec<_> =
                    page["edges"].as_array().unwrap().iter().map(|edge| text(&edge["node"]["id"])).collect();
                found.sort();
                let expected = seen.graph.list(object, &filter, &json!([]), &[]);
                assert_eq!(found, expected, "{name}: {object} {filter}");
                assert_eq!(page["totalCount"], json!(expected.len()));
                let of_all = whole.list(object, &filter, &json!([]), &[]);
                let inside: Vec<_> = of_all.into_iter().filter(|id| seen.graph.of(object).contains_key(id)).collect();
                differs += usize::from(inside != expected);
            }
        }
    }
    assert!(
        differs > 5,
        "some filters must tell a scope that reaches into relations from one that does not: {differs}"
    );
}

#[tokio::test]
async fn who_may_not_read_is_refused_everywhere() {
    let scene = Scene::new().await;
    let fields = scene.schema.ty("Query")["fields"].as_array().unwrap();
    let id = scene.data.units[0].id.public();
    for (caller, code) in [(Caller::anonymous(), "UNAUTHENTICATED"), (person(Vec::new()), "FORBIDDEN")] {
        for field in fields {
            let name = text(&field["name"]);
            if matches!(name.as_str(), "service" | "viewer") {
                continue;
            }
            let arguments = match name.as_str() {
                "node" | "bulkOperation" => format!("(id: {id:?})"),
                "nodes" => format!("(ids: [{id:?}])"),
                _ if field["args"][0]["name"] == "by" => format!("(by: {{id: {id:?}}})"),
                _ if !required_arguments(&name).is_empty() => format!("({})", required_arguments(&name)),
                _ => String::new(),
            };
            let query = format!("{{ {name}{arguments} {{ __typename }} }}");
            let (statements, refused) = scene.world.count(scene.world.refusals_as(&caller, &query, json!({}))).await;
            assert_eq!(refused.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>(), [code], "{query}");
            assert_eq!(statements, 0, "{query}");
            let nullable = !written(&field["type"]).ends_with('!');
            let answer = scene.world.ask_as(&caller, &query, json!({})).await;
            let expected = if nullable { json!({ &name: null }) } else { Value::Null };
            assert_eq!(answer["data"], expected, "{query}");
        }
        let open =
            "{ service { name limits { name value } } viewer { account { name } grants { role divisionCode } } }";
        let answer = scene.world.ask_as(&caller, open, json!({})).await;
        assert_eq!((answer.get("errors"), &answer["data"]["viewer"]["grants"]), (None, &json!([])));
    }
}

#[tokio::test]
async fn a_viewer_sees_the_own_grants() {
    let scene = Scene::new().await;
    let unit = &scene.data.units[1];
    let gone = UnitId::new();
    let grants = [Scope::Unit(unit.id), Scope::Division(scene.data.divisions[2].code.clone()), Scope::Unit(gone)];
    let caller = person(grants.iter().map(|scope| Grant::view(Role::Finance, scope.clone())).collect());
    let seen = Seen::of(&scene.data, &grants);
    let query = "{ viewer { account { name kind } grants { role divisionCode unit { id code parent { id } } } } }";
    let answer = scene.ask(&caller, &seen, query, json!({})).await;
    let expected = json!({"viewer": {
        "account": {"name": "tester", "kind": "PERSON"},
        "grants": [
            {"role": "FINANCE", "divisionCode": null, "unit": {"id": unit.id.public(), "code": unit.code, "parent": null}},
            {"role": "FINANCE", "divisionCode": scene.data.divisions[2].code, "unit": null},
            {"role": "FINANCE", "divisionCode": null, "unit": null},
        ],
    }});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn parts_are_seen_with_the_year_and_the_publication_of_the_whole() {
    let world = World::empty().await;
    let mut data = Data::stored(&world.db, Shape::SMALL).await;
    let published = || Expr::val(Publication::Published);
    world
        .db
        .write(async |tx| {
            let projects = project::Entity::update_many().col_expr(project::Column::Publication, published());
            projects.filter(project::Column::Ordinal.eq(1)).exec(tx).await?;
            let goals = department_goal::Entity::update_many();
            let goals = goals.col_expr(department_goal::Column::Publication, published());
            Ok(goals
                .filter(department_goal::Column::Id.is_in(data.goals.iter().step_by(2).map(|row| row.id)))
                .exec(tx)
                .await?)
        })
        .await
        .expect("some are published");
    data.projects = project::Entity::find().all(world.db.read()).await.expect("projects");
    data.goals = department_goal::Entity::find().all(world.db.read()).await.expect("goals");
    let published = |publication: Publication| publication == Publication::Published;
    let later = Years { first: Some(2021), last: None };
    let of_years = person(vec![Grant::view(Role::Department, Scope::Everything).of_years(later)]);
    type Which = fn(i32, bool) -> bool;
    for (caller, which) in
        [(of_years, (|year, _| year >= 2021) as Which), (Caller::public(), (|_, is_published| is_published) as Which)]
    {
        let projects = data.projects.iter().filter(|row| which(row.fiscal_year, published(row.publication)));
        let projects: HashSet<_> = projects.map(|row| row.id).collect();
        let plans = data.plans.iter().filter(|row| projects.contains(&row.project_id));
        let plans: HashSet<_> = plans.map(|row| row.id).collect();
        let points = data.points.iter().filter(|row| plans.contains(&row.plan_id)).map(|row| row.id);
        let goals = data.goals.iter().filter(|row| which(row.fiscal_year, published(row.publication)));
        let goals: HashSet<_> = goals.map(|row| row.id).collect();
        let items = data.items.iter().filter(|row| goals.contains(&row.goal_id)).map(|row| row.id);
        let (points, items) = (points.collect::<HashSet<_>>(), items.collect::<HashSet<_>>());
        assert!(!points.is_empty() && points.len() < data.points.len());
        assert!(!items.is_empty() && items.len() < data.items.len());

        let found = scope::find::<plan_point::Entity>(&caller).expect("a reader").all(world.db.read()).await;
        assert_eq!(found.expect("rows").into_iter().map(|row| row.id).collect::<HashSet<_>>(), points);
        let found = scope::find::<goal_item::Entity>(&caller).expect("a reader").all(world.db.read()).await;
        assert_eq!(found.expect("rows").into_iter().map(|row| row.id).collect::<HashSet<_>>(), items);
    }
}
