//! Pages are the unpaged list, cut: for any order, filter and size, forward and backward.

use std::collections::HashSet;

use jixiao::auth::Scope;
use proptest::prelude::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use proptest::{collection, sample};
use serde_json::{Value, json};

use crate::support::data::{Data, Shape, insert};
use crate::support::graph::Graph;
use crate::support::introspection::Introspection;
use crate::support::operand::Operands;
use crate::support::world::{World, reader_of};

/// Lists with their objects, and the fields of the order without `orderBy`.
const LISTS: &[(&str, &str, &[&str])] = &[
    ("divisions", "Division", &["code"]),
    ("units", "Unit", &["divisionCode", "code"]),
    ("projects", "Project", &["fiscalYear", "unitId", "ordinal"]),
    ("indicators", "Indicator", &["projectId", "ordinal"]),
    ("departmentGoals", "DepartmentGoal", &["fiscalYear"]),
    ("findings", "Finding", &["rule"]),
    ("sourceDocuments", "SourceDocument", &["importedAt"]),
];

/// A page as a client sees it.
#[derive(Debug)]
struct Page {
    keys: Vec<String>,
    cursors: Vec<String>,
    total: u64,
    info: Value,
}

impl Page {
    fn read(connection: &Value) -> Self {
        let edges = connection["edges"].as_array().expect("edges");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let keys: Vec<_> = edges.iter().map(|edge| text(&edge["node"]["id"])).collect();
        let nodes: Vec<_> = connection["nodes"].as_array().expect("nodes").iter().map(|n| text(&n["id"])).collect();
        assert_eq!(keys, nodes, "edges and nodes are the same objects");
        Self {
            keys,
            cursors: edges.iter().map(|edge| text(&edge["cursor"])).collect(),
            total: connection["totalCount"].as_u64().expect("a number"),
            info: connection["pageInfo"].clone(),
        }
    }

    /// Checks the place that the page says it has in a list against the one it has.
    fn check(&self, whole: &[String]) -> Result<(), TestCaseError> {
        let place = |key: Option<&String>| key.and_then(|key| whole.iter().position(|other| other == key));
        let expected = json!({
            "hasPreviousPage": place(self.keys.first()).is_some_and(|first| first > 0),
            "hasNextPage": place(self.keys.last()).is_some_and(|last| last + 1 < whole.len()),
            "startCursor": self.cursors.first(),
            "endCursor": self.cursors.last(),
        });
        proptest::prop_assert_eq!(&self.info, &expected);
        proptest::prop_assert_eq!(self.total, whole.len() as u64);
        Ok(())
    }
}

const PAGE: &str = "edges { cursor node { id } } nodes { id } totalCount
    pageInfo { hasPreviousPage hasNextPage startCursor endCursor }";

fn question(list: &str, object: &str) -> String {
    format!(
        "query($filter: {object}Filter, $orderBy: [{object}Order!], $first: Int, $after: String, $last: Int, $before: String,
            $offset: Int) {{ page: {list}(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last,
            before: $before, offset: $offset) {{ {PAGE} }} }}"
    )
}

/// Any order of one to three keys.
fn order(schema: &Introspection, object: &str) -> impl Strategy<Value = Value> + use<> {
    let fields = schema.values(&format!("{object}OrderField"));
    let most = fields.len().min(3);
    let keys = sample::subsequence(fields, 1..=most).prop_shuffle();
    let ways = collection::vec((sample::select(vec!["ASC", "DESC"]), sample::select(vec!["FIRST", "LAST"])), 3);
    (keys, ways).prop_map(|(keys, ways)| {
        let keys = keys.into_iter().zip(ways);
        keys.map(|(field, (direction, nulls))| json!({"field": field, "direction": direction, "nulls": nulls}))
            .collect()
    })
}

struct Pager {
    world: World,
    query: String,
    arguments: Value,
}

impl Pager {
    async fn page(&self, window: Value) -> Page {
        let mut variables = self.arguments.clone();
        variables.as_object_mut().unwrap().extend(window.as_object().unwrap().clone());
        Page::read(&self.world.ask(&self.query, variables).await["page"])
    }

    /// All pages of a size from the first to the last, or from the last to the first, each checked on its way.
    async fn walk(&self, size: usize, backward: bool, whole: &[String]) -> Result<Vec<String>, TestCaseError> {
        let (size_name, cursor_name) = if backward { ("last", "before") } else { ("first", "after") };
        let (more, next) = if backward { ("hasPreviousPage", "startCursor") } else { ("hasNextPage", "endCursor") };
        let mut keys = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let page = self.page(json!({ size_name: size, cursor_name: cursor })).await;
            page.check(whole)?;
            keys = if backward { [page.keys, keys].concat() } else { [keys, page.keys].concat() };
            proptest::prop_assert!(keys.len() <= whole.len(), "pages go on for ever");
            if page.info[more] != json!(true) {
                return Ok(keys);
            }
            cursor = page.info[next].clone();
        }
    }
}

#[test]
fn forward_and_backward_pages_are_the_unpaged_list() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::empty());
    let data = runtime.block_on(Data::stored(&world.db, Shape::SMALL));
    let graph = Graph::whole(&data);
    let schema = runtime.block_on(Introspection::of(&world.schema));
    let operands = Operands::of(&schema, &graph);
    let mut pager = Pager { world, query: String::new(), arguments: Value::Null };
    for (list, object, default) in LISTS {
        let orders = proptest::prop_oneof![1 => proptest::prelude::Just(json!([])), 9 => order(&schema, object)];
        let filters = proptest::prop_oneof![proptest::prelude::Just(json!({})), operands.filter(object, 1)];
        let sizes = sample::select(vec![1_usize, 2, 3, 7, 50, 499]);
        let cases = if matches!(*object, "Project" | "Indicator") { 30 } else { 10 };
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        pager.query = question(list, object);
        let pager = std::cell::RefCell::new(&mut pager);
        let outcome = runner.run(&(orders, filters, sizes), |(order, filter, size)| {
            let mut pager = pager.borrow_mut();
            let whole = graph.list(object, &filter, &order, default);
            // A page of one is enough of a long list.
            let size = size.max(whole.len() / 25);
            pager.arguments = json!({ "filter": filter, "orderBy": order });
            let unpaged = runtime.block_on(pager.page(json!({"first": 500})));
            proptest::prop_assert_eq!(&unpaged.keys, &whole);
            proptest::prop_assert_eq!(&runtime.block_on(pager.walk(size, false, &whole))?, &whole);
            proptest::prop_assert_eq!(&runtime.block_on(pager.walk(size, true, &whole))?, &whole);
            Ok(())
        });
        outcome.unwrap();
    }
}

#[tokio::test]
async fn every_part_between_two_cursors_says_where_it_lies() {
    let world = World::empty().await;
    Data::stored(&world.db, Shape { divisions: 1, units: 7, ..Shape::SMALL }).await;
    let pager = Pager { world, query: question("units", "Unit"), arguments: json!({"orderBy": [{"field": "NAME"}]}) };
    let whole = pager.page(json!({"first": 500})).await;
    let n = whole.keys.len();
    assert_eq!(n, 7);
    for after in 0..n {
        for before in after + 1..n {
            for size in 0..3 {
                let inside = &whole.keys[after + 1..before];
                let bounds = json!({"after": whole.cursors[after], "before": whole.cursors[before]});
                let window = |name: &str| {
                    let mut window = bounds.clone();
                    window[name] = json!(size);
                    window
                };
                // As the Relay specification counts: what `first` leaves of the window is next, what `last` leaves
                // is previous; the other side lies beyond the cursor.
                let more = json!(size < inside.len());
                let first = pager.page(window("first")).await;
                assert_eq!(first.keys, inside[..size.min(inside.len())]);
                assert_eq!(first.info["hasPreviousPage"], json!(true), "{after} {before} {size}");
                assert_eq!(first.info["hasNextPage"], more, "{after} {before} {size}");
                let last = pager.page(window("last")).await;
                assert_eq!(last.keys, inside[inside.len().saturating_sub(size)..]);
                assert_eq!(last.info["hasPreviousPage"], more, "{after} {before} {size}");
                assert_eq!(last.info["hasNextPage"], json!(true), "{after} {before} {size}");
            }
        }
    }
    for offset in 0..n {
        for size in 1..4 {
            let page = pager.page(json!({"offset": offset, "first": size})).await;
            assert_eq!(page.keys, whole.keys[offset..(offset + size).min(n)]);
            page.check(&whole.keys).unwrap();
        }
    }
    assert_eq!(pager.page(json!({"offset": n})).await.keys, [""; 0]);
}

#[tokio::test]
async fn windows_that_cannot_be_are_refused() {
    let world = World::empty().await;
    Data::stored(&world.db, Shape { divisions: 1, units: 3, ..Shape::SMALL }).await;
    let by_code = world.ask("{ units(orderBy: [{field: CODE}]) { pageInfo { endCursor } } }", json!({})).await;
    let by_code = by_code["units"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    let other = "The cursor belongs to another `orderBy`; use it with the order it came from, or start without it.";
    let none = "This is not a cursor of this service; use one from `edges` or `pageInfo`.";
    let limit = "the limit is 500. Ask for 500 and go on with";
    for (arguments, message) in [
        ("first: 501".to_owned(), format!("`first` is 501; {limit} `after`.")),
        ("last: 501".to_owned(), format!("`last` is 501; {limit} `before`.")),
        ("first: -1".to_owned(), "`first` must not be negative.".to_owned()),
        ("last: -1".to_owned(), "`last` must not be negative.".to_owned()),
        ("offset: -1".to_owned(), "`offset` must not be negative.".to_owned()),
        ("first: 1, last: 1".to_owned(), "`first` and `last` exclude each other; use one of them.".to_owned()),
        ("offset: 10001".to_owned(), "`offset` is 10001; the limit is 10000. Go on with `after`.".to_owned()),
        (
            "offset: 1, last: 1".to_owned(),
            "`offset` cannot be used together with `last`, `after` or `before`.".to_owned(),
        ),
        (
            format!("offset: 1, orderBy: [{{field: CODE}}], after: {by_code:?}"),
            "`offset` cannot be used together with `last`, `after` or `before`.".to_owned(),
        ),
        (format!("after: {by_code:?}"), format!("`after`: {other}")),
        (format!("orderBy: [{{field: CODE, direction: DESC}}], before: {by_code:?}"), format!("`before`: {other}")),
        (format!("orderBy: [{{field: CODE, nulls: FIRST}}], before: {by_code:?}"), format!("`before`: {other}")),
        (r#"after: """#.to_owned(), format!("`after`: {none}")),
        (r#"after: "bm9uc2Vuc2U""#.to_owned(), format!("`after`: {none}")),
        (format!("orderBy: [{{field: CODE}}], after: \"{by_code}A\""), format!("`after`: {none}")),
        (
            "orderBy: [{field: CODE}, {field: NAME}, {field: CODE, direction: DESC}]".to_owned(),
            "`orderBy[2]` names a key for the second time.".to_owned(),
        ),
    ] {
        for query in [
            format!("{{ units({arguments}) {{ nodes {{ id }} }} }}"),
            format!("{{ divisions {{ nodes {{ units({arguments}) {{ nodes {{ id }} }} }} }} }}"),
        ] {
            if arguments.contains("offset") && query.contains("divisions") {
                continue;
            }
            let refused = world.refusals(&query, json!({})).await;
            assert_eq!(refused, [(message.clone(), "BAD_USER_INPUT".to_owned())], "{query}");
        }
    }
    let allowed = world.ask("{ units(first: 500, offset: 10000) { nodes { id } } }", json!({})).await;
    assert_eq!(allowed, json!({"units": {"nodes": []}}));
}

#[tokio::test]
async fn a_cursor_holds_only_places_of_its_order() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape { divisions: 1, units: 3, ..Shape::SMALL }).await;
    let id = json!({"id": data.units[0].id.0});
    let order = "code+id+";
    for places in [
        json!([1, id]),
        json!([null, id]),
        json!(["450000"]),
        json!(["450000", "x"]),
        json!(["450000", id, id]),
        json!(["4500\u{0}", id]),
        json!([{"id": data.units[0].id.0}, id]),
    ] {
        let cursor = URL_SAFE_NO_PAD.encode(json!({"o": order, "k": places}).to_string());
        let query = format!("{{ units(orderBy: [{{field: CODE}}], after: {cursor:?}) {{ nodes {{ id }} }} }}");
        let refused = world.refusals(&query, json!({})).await;
        assert_eq!(refused.len(), 1, "{places}");
        assert_eq!(refused[0].1, "BAD_USER_INPUT", "{places}: {refused:?}");
    }
    let cursor = URL_SAFE_NO_PAD.encode(json!({"o": order, "k": ["", id]}).to_string());
    let query = format!("{{ units(orderBy: [{{field: CODE}}], after: {cursor:?}) {{ totalCount nodes {{ id }} }} }}");
    assert_eq!(world.ask(&query, json!({})).await["units"]["nodes"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn each_parent_has_its_own_pages() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape::SMALL).await;
    let graph = Graph::whole(&data);
    let schema = Introspection::of(&world.schema).await;
    for (object, list, child) in [
        ("Division", "units", "Unit"),
        ("Unit", "children", "Unit"),
        ("Unit", "projects", "Project"),
        ("Unit", "goals", "DepartmentGoal"),
        ("Unit", "sourceDocuments", "SourceDocument"),
        ("Unit", "findings", "Finding"),
        ("Project", "indicators", "Indicator"),
        ("SourceDocument", "projects", "Project"),
        ("SourceDocument", "goals", "DepartmentGoal"),
        ("SourceDocument", "findings", "Finding"),
    ] {
        let root = LISTS.iter().find(|(_, name, _)| *name == object).unwrap().0;
        let default = LISTS.iter().find(|(_, name, _)| *name == child).unwrap().2;
        let last_key = schema.values(&format!("{child}OrderField")).pop().unwrap();
        for order in [json!([]), json!([{"field": last_key, "direction": "DESC", "nulls": "FIRST"}])] {
            for (size_name, size) in [("first", 1), ("last", 1), ("first", 3), ("last", 2), ("first", 0)] {
                let query = format!(
                    "query($order: [{child}Order!]) {{ {root}(first: 500) {{ nodes {{ id
                        page: {list}(orderBy: $order, {size_name}: {size}) {{ {PAGE} }} }} }} }}"
                );
                let answer = world.ask(&query, json!({ "order": order })).await;
                for parent in answer[root]["nodes"].as_array().unwrap() {
                    let id = parent["id"].as_str().unwrap();
                    let mut whole = graph.many(id, list).to_vec();
                    graph.sort(&mut whole, &order, default);
                    let page = Page::read(&parent["page"]);
                    let cut = size.min(whole.len());
                    let expected = if size_name == "first" { &whole[..cut] } else { &whole[whole.len() - cut..] };
                    assert_eq!(page.keys, expected, "{object}.{list} of {id}");
                    if size > 0 {
                        page.check(&whole).unwrap();
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn the_cursor_of_one_parent_pages_another() {
    let world = World::empty().await;
    Data::stored(&world.db, Shape { divisions: 1, varied: false, ..Shape::SMALL }).await;
    let by_ordinal = |after: &str| {
        format!(
            "{{ projects(first: 500) {{ nodes {{ indicators(first: 2, orderBy: [{{field: ORDINAL}}] {after}) {{
                edges {{ cursor node {{ ordinal }} }} }} }} }} }}"
        )
    };
    let first = world.ask(&by_ordinal(""), json!({})).await;
    let cursor = &first["projects"]["nodes"][0]["indicators"]["edges"][1]["cursor"];
    let second = world.ask(&by_ordinal(&format!(", after: {cursor}")), json!({})).await;
    let ordinals = &second["projects"]["nodes"][0]["indicators"]["edges"];
    assert_eq!((&ordinals[0]["node"]["ordinal"], &ordinals[1]["node"]["ordinal"]), (&json!(3), &json!(4)));
}

#[tokio::test]
async fn a_total_is_counted_only_when_it_is_asked_for() {
    let world = World::empty().await;
    Data::stored(&world.db, Shape { divisions: 1, ..Shape::SMALL }).await;
    for (with, without) in [
        ("{ projects { totalCount } }", "{ projects { nodes { id } } }"),
        ("{ projects { nodes { id } totalCount } }", "{ projects { nodes { id } pageInfo { hasNextPage } } }"),
        (
            "{ units { nodes { projects { nodes { id } ...Total } } } } fragment Total on ProjectConnection { totalCount }",
            "{ units { nodes { projects { nodes { id } ...Total } } } } fragment Total on ProjectConnection { __typename }",
        ),
        (
            "{ projects { nodes { id } ... @include(if: true) { totalCount } } }",
            "{ projects { nodes { id } ... @include(if: false) { totalCount } } }",
        ),
    ] {
        let (counted, _) = world.count(world.ask(with, json!({}))).await;
        let (uncounted, _) = world.count(world.ask(without, json!({}))).await;
        assert_eq!(counted, uncounted + 1, "{with}");
    }
}

#[tokio::test]
async fn rows_that_come_between_neither_repeat_nor_hide_others() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape { divisions: 1, units: 4, ..Shape::SMALL }).await;
    let before: HashSet<String> = data.projects.iter().map(|project| project.id.public()).collect();
    let orders = [
        json!([]),
        json!([{"field": "BUDGET", "direction": "DESC", "nulls": "FIRST"}]),
        json!([{"field": "NAME"}, {"field": "CODE", "direction": "DESC"}]),
    ];
    for (order, backward) in orders.iter().flat_map(|order| [(order, false), (order, true)]) {
        let query = question("projects", "Project");
        let (size, cursor, more, next) = match backward {
            false => ("first", "after", "hasNextPage", "endCursor"),
            true => ("last", "before", "hasPreviousPage", "startCursor"),
        };
        let mut seen: Vec<String> = Vec::new();
        let mut place = Value::Null;
        for round in 0..100 {
            let variables = json!({"orderBy": order, size: 5, cursor: place});
            let answer = world.ask_as(&reader_of(Scope::Everything), &query, variables).await;
            let page = Page::read(&answer["data"]["page"]);
            seen.extend(page.keys.iter().cloned());
            // A copy of every row, with another key and number: before, inside and after the page.
            let copies = data.projects.iter().enumerate().map(|(n, row)| entity::project::Model {
                id: entity::id::ProjectId::new(),
                code: Some(format!("{}-{backward}-{round}-{n}", order.as_array().unwrap().len())),
                ..row.clone()
            });
            let copies: Vec<_> = copies.skip(round % 8).step_by(8).collect();
            world
                .db
                .write(async |tx| {
                    insert(tx, &copies).await;
                    Ok(())
                })
                .await
                .unwrap();
            if page.info[more] != json!(true) {
                break;
            }
            place = page.info[next].clone();
        }
        let distinct: HashSet<_> = seen.iter().cloned().collect();
        assert_eq!(distinct.len(), seen.len(), "no row comes twice: {order}");
        let missed: Vec<_> = before.difference(&distinct).collect();
        assert!(missed.is_empty(), "{order}: {missed:?}");
        world
            .db
            .write(async |tx| {
                use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
                let known = data.projects.iter().map(|project| project.id);
                entity::project::Entity::delete_many()
                    .filter(entity::project::Column::Id.is_not_in(known))
                    .exec(tx)
                    .await?;
                Ok(())
            })
            .await
            .unwrap();
    }
}
