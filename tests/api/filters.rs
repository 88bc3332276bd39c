//! Filters give exactly the rows that a naive judge in memory gives.

use jixiao::auth::Scope;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::support::data::{Data, Shape};
use crate::support::graph::Graph;
use crate::support::introspection::Introspection;
use crate::support::operand::{Kind, Operands};
use crate::support::world::{World, reader_of};

/// The root connections, and the objects they list.
const LISTS: &[(&str, &str)] = &[
    ("divisions", "Division"),
    ("units", "Unit"),
    ("projects", "Project"),
    ("indicators", "Indicator"),
    ("departmentGoals", "DepartmentGoal"),
    ("findings", "Finding"),
    ("sourceDocuments", "SourceDocument"),
];

/// Filters of one document.
const AT_ONCE: usize = 25;

struct Judge {
    world: World,
    graph: Graph,
    operands: Operands,
}

impl Judge {
    async fn new() -> Self {
        let world = World::empty().await;
        let data = Data::stored(&world.db, Shape::SMALL).await;
        let graph = Graph::whole(&data);
        let operands = Operands::of(&Introspection::of(&world.schema).await, &graph);
        Self { world, graph, operands }
    }

    /// The keys that the service finds for each filter.
    async fn found(&self, list: &str, object: &str, filters: &[Value]) -> Vec<Vec<String>> {
        let caller = reader_of(Scope::Everything);
        let mut found = Vec::new();
        for filters in filters.chunks(AT_ONCE) {
            let declared: String = (0..filters.len()).map(|n| format!("$f{n}: {object}Filter ")).collect();
            let fields: String = (0..filters.len())
                .map(|n| format!("a{n}: {list}(first: 500, filter: $f{n}) {{ totalCount nodes {{ id }} }} "))
                .collect();
            let variables: Value = filters.iter().enumerate().map(|(n, f)| (format!("f{n}"), f.clone())).collect();
            let answer = self.world.ask_as(&caller, &format!("query({declared}) {{ {fields} }}"), variables).await;
            assert_eq!(answer.get("errors"), None, "{}\n{answer:#}", json!(filters));
            for n in 0..filters.len() {
                let page = &answer["data"][format!("a{n}")];
                let mut keys: Vec<_> = page["nodes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|node| node["id"].as_str().unwrap().to_owned())
                    .collect();
                assert_eq!(page["totalCount"], json!(keys.len()), "{}", filters[n]);
                keys.sort();
                found.push(keys);
            }
        }
        found
    }

    async fn check(&self, list: &str, object: &str, filters: &[Value]) {
        for (filter, found) in filters.iter().zip(self.found(list, object, filters).await) {
            assert_eq!(found, self.expected(object, filter), "{object}: {filter}");
        }
    }

    fn expected(&self, object: &str, filter: &Value) -> Vec<String> {
        self.graph.list(object, filter, &json!([]), &[])
    }
}

/// Every operator with every operand, on every field of a filter; `wrap` puts the filter where it stands.
fn every_operator(operands: &Operands, object: &str, wrap: impl Fn(Value) -> Value) -> Vec<Value> {
    let mut filters = Vec::new();
    for (field, kind) in operands.fields(object) {
        match kind {
            Kind::Value(operators) => {
                for (operator, operands) in operators {
                    filters.extend(operands.iter().map(|operand| wrap(json!({ &field: { &operator: operand } }))));
                    let first = &operands[0];
                    filters.push(wrap(json!({ "not": { &field: { &operator: first } } })));
                }
            }
            Kind::One(_) => {
                filters.push(wrap(json!({ &field: {} })));
                filters.push(wrap(json!({ "not": { &field: {} } })));
            }
            Kind::Many(_) => {
                for which in ["some", "every", "none"] {
                    filters.push(wrap(json!({ &field: { which: {} } })));
                    filters.push(wrap(json!({ &field: { which: { "or": [] } } })));
                    filters.push(wrap(json!({ &field: { which: { "id": { "in": [] } } } })));
                }
                for operator in ["eq", "ne", "lt", "lte", "gt", "gte"] {
                    filters.extend((0..4).map(|n| wrap(json!({ &field: { "count": { operator: n } } }))));
                }
                for count in [json!({"in": [0, 2]}), json!({"notIn": [0, 2]}), json!({"between": {"min": 1, "max": 2}})]
                {
                    filters.push(wrap(json!({ &field: { "count": count } })));
                }
                filters.push(wrap(json!({ &field: { "count": { "isNull": true } } })));
            }
        }
    }
    filters
}

#[tokio::test]
async fn every_operator_of_every_field_gives_what_a_naive_judge_gives() {
    let judge = Judge::new().await;
    for (list, object) in LISTS {
        judge.check(list, object, &every_operator(&judge.operands, object, |filter| filter)).await;
    }
    for level in ["level1", "level2"] {
        let filters = every_operator(&judge.operands, "IndicatorLevel", |filter| json!({ level: filter }));
        judge.check("indicators", "Indicator", &filters).await;
    }
}

#[test]
fn any_filter_gives_what_a_naive_judge_gives() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let judge = runtime.block_on(Judge::new());
    for (list, object, cases) in [("projects", "Project", 200), ("indicators", "Indicator", 200), ("units", "Unit", 60)]
    {
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&judge.operands.filter(object, 3), |filter| {
            let found = runtime.block_on(judge.found(list, object, std::slice::from_ref(&filter)));
            let expected = judge.expected(object, &filter);
            if found[0] == expected { Ok(()) } else { Err(TestCaseError::fail(format!("{found:?}\n{expected:?}"))) }
        });
        outcome.unwrap();
    }
}

/// Refusals: a list, a filter, the message and the code.
fn refusals() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let decimal = "must be a decimal string such as \"104.15\" with at most";
    let nested = (0..9).fold(json!({}), |filter, _| json!({ "not": filter }));
    let many: Vec<_> = (0..101).map(|n| json!({"ordinal": {"eq": n}})).collect();
    let entries: Vec<_> = (0..1001).collect();
    let leak = |message: String| -> &'static str { Box::leak(message.into_boxed_str()) };
    vec![
        ("projects", json!({"budget": {"eq": null}}), "`filter.budget.eq` must not be null; use `isNull`.", BAD),
        ("projects", json!({"id": {"in": null}}), "`filter.id.in` must not be null.", BAD),
        ("projects", json!({"indicators": {"some": null}}), "`filter.indicators.some` must not be null.", BAD),
        (
            "projects",
            json!({"and": [{"budget": {"gt": {"yuan": "0.001"}}}]}),
            leak(format!("`filter.and[0].budget.gt.yuan` {decimal} 2 decimals.")),
            BAD,
        ),
        (
            "projects",
            json!({"not": {"budget": {"in": [{"yuan": "1"}, {"wanYuan": "1e3"}]}}}),
            leak(format!("`filter.not.budget.in[1].wanYuan` {decimal} 6 decimals.")),
            BAD,
        ),
        (
            "projects",
            json!({"budget": {"between": {"min": {"yuan": "1"}, "max": {"yuan": "1,000"}}}}),
            leak(format!("`filter.budget.between.max.yuan` {decimal} 2 decimals.")),
            BAD,
        ),
        (
            "projects",
            json!({"budget": {"lt": {"wanYuan": 88.8}}}),
            leak(format!("`filter.budget.lt.wanYuan` {decimal} 6 decimals.")),
            BAD,
        ),
        (
            "indicators",
            json!({"or": [{}, {"project": {"indicators": {"none": {"value": {"lte": 5}}}}}]}),
            leak(format!("`filter.or[1].project.indicators.none.value.lte` {decimal} 6 decimals.")),
            BAD,
        ),
        (
            "indicators",
            json!({"weight": {"eq": "99999999999999"}}),
            leak(format!("`filter.weight.eq` {decimal} 6 decimals.")),
            BAD,
        ),
        (
            "projects",
            json!({"updatedAt": {"gt": "2020-03-31"}}),
            "`filter.updatedAt.gt` must be a time with offset such as \"2020-03-31T16:00:00Z\".",
            BAD,
        ),
        (
            "projects",
            json!({"name": {"contains": "a\u{0}b"}}),
            "`filter.name.contains` must not hold the character U+0000.",
            BAD,
        ),
        (
            "projects",
            json!({"code": {"in": ["1", "\u{0}"]}}),
            "`filter.code.in[1]` must not hold the character U+0000.",
            BAD,
        ),
        (
            "projects",
            json!({"name": {"startsWith": "*".repeat(10_001)}}),
            "`filter.name.startsWith` may have 10000 characters at the most.",
            BAD,
        ),
        ("projects", nested, "A filter may be 8 levels deep at the most.", COST),
        ("indicators", json!({"or": many}), "A filter may have 100 conditions at the most.", COST),
        (
            "indicators",
            json!({"ordinal": {"in": entries}}),
            "`filter.ordinal.in` may have 1000 entries at the most.",
            BAD,
        ),
        (
            "indicators",
            json!({"id": {"notIn": vec![""; 1001]}}),
            "`filter.id.notIn` may have 1000 entries at the most.",
            BAD,
        ),
        (
            "indicators",
            json!({"or": vec![json!({"ordinal": {"in": vec![1; 1000]}}); 11]}),
            "The lists of a filter may have 10000 entries together at the most.",
            COST,
        ),
        ("indicators", json!({"and": vec![json!({}); 1001]}), "`filter.and` may have 1000 entries at the most.", BAD),
        ("indicators", json!({"and": vec![json!({}); 101]}), "A filter may have 100 conditions at the most.", COST),
    ]
}

const BAD: &str = "BAD_USER_INPUT";
const COST: &str = "COST_LIMIT";

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_refused_with_its_place() {
    let world = World::empty().await;
    for (list, filter, message, code) in refusals() {
        let object = LISTS.iter().find(|(name, _)| *name == list).unwrap().1;
        let query = format!("query($f: {object}Filter) {{ {list}(filter: $f) {{ totalCount }} }}");
        let refused = world.refusals(&query, json!({ "f": &filter })).await;
        assert_eq!(refused, [(message.to_owned(), code.to_owned())], "{filter}");
    }
}

#[tokio::test]
async fn what_the_schema_does_not_know_is_refused_before_anything_is_read() {
    let world = World::empty().await;
    let query = "query($f: IndicatorFilter) { indicators(filter: $f) { totalCount } }";
    for (filter, place) in [
        (json!({"targetKind": {"eq": "NONE"}}), "\"filter.targetKind.eq\""),
        (json!({"targetKind": {"in": ["RANGE", "range"]}}), "\"filter.targetKind.in.1\""),
        (json!({"nonsense": {"eq": 1}}), "unknown field \"nonsense\""),
        (json!({"ordinal": {"like": 1}}), "unknown field \"like\""),
        (json!({"ordinal": {"eq": "1"}}), "\"filter.ordinal.eq\""),
        (json!({"ordinal": {"eq": 1.5}}), "\"filter.ordinal.eq\""),
        (json!({"ordinal": {"eq": 2_147_483_648_i64}}), "`filter.ordinal.eq` must be a whole number of 32 bits."),
        (json!({"ordinal": {"in": [1, null]}}), "\"filter.ordinal.in.1\""),
        (json!({"ordinal": {"between": {"min": 1}}}), "field \"max\""),
        (json!({"project": {"budget": {"eq": {}}}}), "\"filter.project.budget.eq\""),
        (json!({"project": {"budget": {"eq": {"yuan": "1", "wanYuan": "1"}}}}), "\"filter.project.budget.eq\""),
        (json!({"project": {"budget": {"eq": {"yuan": null}}}}), "\"filter.project.budget.eq\""),
        (json!({"name": {"eq": 5}}), "\"filter.name.eq\""),
        (json!([1]), "`filter` must be an object."),
    ] {
        let (statements, refused) = world.count(world.refusals(query, json!({ "f": &filter }))).await;
        assert_eq!((statements, refused.len()), (0, 1), "{filter}: {refused:?}");
        assert!(refused[0].0.contains(place), "{filter}: {refused:?}");
    }
}

#[tokio::test]
async fn the_largest_filters_that_are_allowed_are_answered() {
    // With rows, since a statement over none never looks at a pattern.
    let judge = Judge::new().await;
    let terms: Vec<_> = (0..99).map(|n| json!({"ordinal": {"in": vec![n; 100]}})).collect();
    let pattern = |operator: &str, text: &str| json!({"name": { operator: text.repeat(10_000) }});
    let every = |filter, _| json!({ "project": { "indicators": { "every": filter } } });
    let deep = json!({ "not": (0..3).fold(json!({"ordinal": {"eq": 1}}), every) });
    for filter in [
        json!({"ordinal": {"in": (0..1000).collect::<Vec<_>>()}}),
        json!({ "or": terms }),
        deep,
        pattern("contains", "*"),
        pattern("startsWith", "绩"),
    ] {
        judge.check("indicators", "Indicator", &[filter]).await;
    }
}
