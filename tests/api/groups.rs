//! What lists come to, groups, and summaries of units: the same as memory computes from the rows that the caller sees.

mod kept;
mod memory;

use entity::value::{Fen, Role};
use entity::{plan_point, project};
use jixiao::auth::{Caller, Grant, Scope};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use self::memory::{Seen, shown};
use crate::support::data::{Data, Shape};
use crate::support::world::{World, person, reader};

const MONEY: &str =
    "sum { amount(unit: YUAN) } min { amount(unit: YUAN) } max { amount(unit: YUAN) } avg { amount(unit: YUAN) }";

fn project_fields() -> String {
    format!("count budget {{ {MONEY} }} fiscalFunds {{ {MONEY} }} otherFunds {{ {MONEY} }}")
}

async fn stage(shape: Shape) -> (World, Data) {
    let world = World::empty().await;
    let data = Data::stored(&world.db, shape).await;
    (world, data)
}

/// Callers with what they see: everything, a division, the subtree of a unit, one year, nothing.
fn callers(data: &Data) -> Vec<(Caller, Seen<'_>)> {
    let top = data.units.iter().max_by_key(|unit| data.subtree(unit.id).len()).expect("units").id;
    let middle = data.closure.iter().find(|link| link.depth == 1).expect("a tree").descendant_id;
    let division = data.divisions[1].code.clone();
    let mut of_year = Grant::view(Role::Finance, Scope::Division(division.clone()));
    of_year.years = jixiao::auth::Years { first: Some(2021), last: None };
    let grants = [
        vec![Grant::view(Role::Finance, Scope::Everything)],
        vec![Grant::view(Role::Finance, Scope::Division(division))],
        vec![of_year],
        vec![Grant::view(Role::Department, Scope::Unit(top))],
        vec![Grant::view(Role::Department, Scope::Unit(middle))],
        vec![Grant::view(Role::Finance, Scope::Division("nowhere".to_owned()))],
    ];
    grants.into_iter().map(|grants| (person(grants.clone()), Seen::by(data, &grants))).collect()
}

async fn ask(world: &World, caller: &Caller, query: &str) -> Value {
    let answer = world.ask_as(caller, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
    answer["data"].clone()
}

#[tokio::test]
async fn a_list_comes_to_what_memory_computes() {
    let (world, data) = stage(Shape::SMALL).await;
    let query = format!(
        "{{ all: projects(first: 1) {{ totalCount aggregate {{ {0} }} }}
            dear: projects(first: 0, filter: {{budget: {{gt: {{yuan: \"1\"}}}}}}) {{ aggregate {{ {0} }} }}
            none: projects(filter: {{name: {{eq: \"no such name\"}}}}) {{ aggregate {{ {0} }} }}
            indicators {{ aggregate {{ count weight {{ sum min max avg }} }} }}
            units(first: 500) {{ aggregate {{ count }} nodes {{ id projects(first: 1) {{ aggregate {{ {0} }} }} }} }} }}",
        project_fields()
    );
    for (caller, seen) in callers(&data) {
        let answer = ask(&world, &caller, &query).await;
        let all: Vec<_> = seen.projects().collect();
        assert_eq!(answer["all"]["aggregate"], memory::of_projects(&all));
        assert_eq!(answer["all"]["totalCount"], all.len());
        let dear: Vec<_> = all.iter().copied().filter(|row| row.budget > Some(Fen(100))).collect();
        assert_eq!(answer["dear"]["aggregate"], memory::of_projects(&dear));
        assert_eq!(answer["none"]["aggregate"], memory::of_projects(&[]));
        let indicators: Vec<_> = seen.indicators().collect();
        assert_eq!(answer["indicators"]["aggregate"], memory::of_indicators(&indicators));
        let units = answer["units"]["nodes"].as_array().unwrap();
        assert_eq!(answer["units"]["aggregate"]["count"], units.len());
        for unit in units {
            let mine: Vec<_> = all.iter().copied().filter(|row| unit["id"] == row.unit_id.public()).collect();
            assert_eq!(unit["projects"]["aggregate"], memory::of_projects(&mine));
        }
    }
}

#[tokio::test]
async fn sums_are_exact_beyond_what_a_column_holds() {
    let (world, data) =
        stage(Shape { divisions: 1, units: 1, projects: 4, indicators: 1, varied: false, canaries: false }).await;
    let query = format!("{{ projects(first: 1) {{ aggregate {{ budget {{ {MONEY} }} }} }}
        projectGroups(groupBy: [FISCAL_YEAR, UNIT], orderBy: [{{field: BUDGET, direction: DESC}}],
            having: {{budget: {{sum: {{gt: {{yuan: \"0\"}}}}}}}}) {{ nodes {{ budget {{ sum {{ amount(unit: YUAN) }} }} }} }} }}");
    for (budgets, sum, avg) in [
        ([10, 20, 0, 0], "0.3", "0.08"),
        ([i64::MAX, i64::MAX, i64::MAX, i64::MAX], "368934881474191032.28", "92233720368547758.07"),
        ([900_719_925_474_099_301, 2, 0, 0], "9007199254740993.03", "2251799813685248.26"),
        ([i64::MAX, i64::MIN, 5, 0], "0.04", "0.01"),
    ] {
        let year = data.projects[0].fiscal_year;
        let rows: Vec<_> = data.projects.iter().filter(|row| row.fiscal_year == year).collect();
        let stored = world.db.write(async |tx| {
            project::Entity::delete_many().filter(project::Column::FiscalYear.ne(year)).exec(tx).await?;
            for (row, budget) in rows.iter().zip(budgets) {
                let update = project::Entity::update_many().col_expr(project::Column::Budget, Expr::value(budget));
                update.filter(project::Column::Id.eq(row.id)).exec(tx).await?;
            }
            Ok(())
        });
        stored.await.unwrap();
        let answer = world.ask(&query, json!({})).await;
        let budget = &answer["projects"]["aggregate"]["budget"];
        assert_eq!(budget["sum"]["amount"], sum);
        assert_eq!(budget["avg"]["amount"], avg);
        assert_eq!(answer["projectGroups"]["nodes"], json!([{"budget": {"sum": {"amount": sum}}}]));
    }
}

#[tokio::test]
async fn groups_are_what_memory_makes_of_the_rows_that_the_caller_sees() {
    let (world, data) = stage(Shape::SMALL).await;
    for keys in [
        "FISCAL_YEAR",
        "DIVISION",
        "DEPARTMENT",
        "UNIT",
        "FUNDING_KIND",
        "RULE",
        "GOAL_LEVEL, FISCAL_YEAR",
        "DEPARTMENT, FISCAL_YEAR, FUNDING_KIND",
        "RULE, DIVISION, FUNDING_KIND, UNIT, FISCAL_YEAR",
    ] {
        let query = format!(
            "{{ projectGroups(groupBy: [{keys}], first: 500) {{ totalCount nodes {{
                fiscalYear division {{ code }} department {{ id }} unit {{ id }} fundingKind goalLevel rule {} }} }} }}",
            project_fields()
        );
        for (caller, seen) in callers(&data) {
            let answer = ask(&world, &caller, &query).await;
            let groups = &answer["projectGroups"]["nodes"];
            assert_eq!(shown(groups), seen.project_groups(keys), "{keys}");
            assert_eq!(answer["projectGroups"]["totalCount"], groups.as_array().unwrap().len());
        }
    }
    for keys in [
        "LEVEL2",
        "LEVEL1, LEVEL2",
        "DIVISION, LEVEL1, FISCAL_YEAR",
        "UNIT, LEVEL1",
        "DEPARTMENT",
        "TARGET_KIND",
        "RULE",
    ] {
        for weight in ["", "weight { sum min max avg }"] {
            let query = format!(
                "{{ indicatorGroups(groupBy: [{keys}], first: 500) {{ totalCount nodes {{
                    fiscalYear division {{ code }} department {{ id }} unit {{ id }} level1 {{ id }} level2 {{ id }} targetKind rule
                    count {weight} }} }} }}"
            );
            for (caller, seen) in callers(&data) {
                let answer = ask(&world, &caller, &query).await;
                let groups = &answer["indicatorGroups"]["nodes"];
                assert_eq!(shown(groups), seen.indicator_groups(keys, !weight.is_empty()), "{keys}");
                assert_eq!(answer["indicatorGroups"]["totalCount"], groups.as_array().unwrap().len());
            }
        }
    }
}

#[tokio::test]
async fn units_are_the_same_whether_read_with_groups_or_looked_up() {
    let (world, data) = stage(Shape::SMALL).await;
    let aliases = "aliases { code }";
    let query = |more: &str| {
        format!(
            "{{ projectGroups(groupBy: [DEPARTMENT, FISCAL_YEAR, UNIT], first: 20, orderBy: [{{field: COUNT, direction: DESC}}]) {{
                nodes {{ unit {{ code version }} budget {{ sum {{ amount }} max {{ amount }} }} name: unit {{ id name {more} }} }}
                edges {{ node {{ department {{ level code {more} }} top: department {{ __typename }} }} }} }} }}"
        )
    };
    let mut unseen = 0;
    for (caller, _) in callers(&data) {
        let read = ask(&world, &caller, &query("")).await;
        let mut looked_up = ask(&world, &caller, &query(aliases)).await;
        let groups = &mut looked_up["projectGroups"];
        for group in groups["nodes"].as_array_mut().expect("groups") {
            group["name"].as_object_mut().expect("a unit").remove("aliases").expect("they were asked for");
        }
        for edge in groups["edges"].as_array_mut().expect("edges") {
            match edge["node"]["department"].as_object_mut() {
                Some(department) => drop(department.remove("aliases").expect("they were asked for")),
                None => unseen += 1,
            }
        }
        assert_eq!(read, looked_up);
    }
    assert!(unseen > 0, "nobody sees a unit but not its department");
}

#[tokio::test]
async fn groups_are_chosen_sorted_and_paged() {
    let (world, data) = stage(Shape::SMALL).await;
    let seen = Seen::by(&data, &[Grant::view(Role::Finance, Scope::Everything)]);
    for (order, having) in [
        ("", ""),
        ("orderBy: [{field: COUNT, direction: DESC}, {field: UNIT}],", "having: {count: {gt: 1}},"),
        ("orderBy: [{field: BUDGET}],", "having: {budget: {sum: {lt: {yuan: \"900719925474099\"}}}},"),
        ("orderBy: [{field: BUDGET, of: MAX, direction: DESC}],", "having: {budget: {min: {isNull: false}}},"),
        ("orderBy: [{field: FISCAL_YEAR, direction: DESC}, {field: OTHER_FUNDS, of: MIN}],", "having: {},"),
        (
            "orderBy: [{field: FISCAL_FUNDS, direction: DESC}],",
            "having: {fiscalFunds: {sum: {notIn: [{yuan: \"0\"}]}}},",
        ),
    ] {
        let query = |window: &str| {
            format!(
                "{{ projectGroups(groupBy: [UNIT, FISCAL_YEAR], {order} {having} {window}) {{ totalCount
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} edges {{ cursor node {{
                    unit {{ id }} fiscalYear {} }} }} }} }}",
                project_fields()
            )
        };
        let whole = world.ask(&query("first: 500"), json!({})).await["projectGroups"].clone();
        let edges = whole["edges"].as_array().unwrap();
        let nodes: Vec<Value> = edges.iter().map(|edge| edge["node"].clone()).collect();
        let expected = seen.chosen("UNIT, FISCAL_YEAR", having);
        assert_eq!(shown(&json!(nodes)), expected, "{having}");
        memory::assert_sorted(&nodes, order);
        assert!(nodes.len() > 5, "{having}: too few groups are left to page through");
        let mut paged = Vec::new();
        let mut after = String::new();
        loop {
            let page = world.ask(&query(&format!("first: 2 {after}")), json!({})).await["projectGroups"].clone();
            let edges = page["edges"].as_array().unwrap();
            assert_eq!(page["totalCount"], whole["totalCount"]);
            assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_empty());
            assert_eq!(page["pageInfo"]["startCursor"], edges[0]["cursor"]);
            paged.extend(edges.iter().map(|edge| edge["node"].clone()));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = format!("after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(paged, nodes, "{order}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_place() {
    let (world, _) = stage(Shape::SMALL).await;
    let sorted = world.ask("{ projectGroups(groupBy: [UNIT], first: 1) { pageInfo { endCursor } } }", json!({})).await;
    let foreign = &sorted["projectGroups"]["pageInfo"]["endCursor"];
    for (arguments, message) in [
        ("groupBy: []".to_owned(), "`groupBy` must have 1 to 5 keys."),
        ("groupBy: [UNIT, FISCAL_YEAR, UNIT]".to_owned(), "`groupBy[2]` names a key for the second time."),
        ("groupBy: [UNIT], orderBy: [{field: DIVISION}]".to_owned(), "`orderBy[0].field` must be one of `groupBy`."),
        (
            "groupBy: [UNIT], orderBy: [{field: BUDGET}, {field: BUDGET}]".to_owned(),
            "`orderBy[1]` names a key for the second time.",
        ),
        (
            "groupBy: [UNIT], having: {count: {eq: null}}".to_owned(),
            "`having.count.eq` must not be null; use `isNull`.",
        ),
        ("groupBy: [UNIT], first: -1".to_owned(), "`first` must not be negative."),
        (
            format!("groupBy: [DIVISION], after: {foreign}"),
            "`after`: The cursor belongs to another `orderBy`; use it with the order it came from, or start without it.",
        ),
        (
            "groupBy: [UNIT], after: \"x\"".to_owned(),
            "`after`: This is not a cursor of this service; use one from `edges` or `pageInfo`.",
        ),
    ] {
        let query = format!("{{ projectGroups({arguments}) {{ totalCount }} }}");
        assert_eq!(world.refusals(&query, json!({})).await, [(message.to_owned(), "BAD_USER_INPUT".to_owned())]);
    }
}

#[tokio::test]
async fn a_summary_is_what_memory_computes_of_the_subtree() {
    let (world, data) = stage(Shape::SMALL).await;
    let query = format!(
        "{{ units(first: 500) {{ nodes {{ id summary(fiscalYear: 2020) {{ units indicators goals plan {{ month amount {{
            amount(unit: YUAN) }} }} findings {{ severity count }} projects {} }} }} }} }}",
        project_fields().replace("count", "")
    );
    for (caller, seen) in callers(&data) {
        let answer = ask(&world, &caller, &query).await;
        for unit in answer["units"]["nodes"].as_array().unwrap() {
            assert_eq!(unit["summary"], seen.summary(unit["id"].as_str().unwrap(), 2020));
        }
    }
}

#[tokio::test]
async fn statements_are_as_many_for_many_groups_as_for_one() {
    let mut counts = Vec::new();
    for units in [1, 30] {
        let (world, _) =
            stage(Shape { divisions: 2, units, projects: 2, indicators: 3, varied: false, canaries: false }).await;
        let mut of_size = Vec::new();
        for (query, most) in [
            (
                "{ projects { totalCount aggregate { count budget { sum { amount } avg { raw } } otherFunds { min { amount } } } } }",
                2,
            ),
            ("{ units { nodes { projects(first: 1) { totalCount aggregate { budget { sum { amount } } } } } } }", 3),
            ("{ projectGroups(groupBy: [UNIT]) { nodes { count } } }", 1),
            ("{ projectGroups(groupBy: [UNIT, DEPARTMENT]) { nodes { unit { code } department { name } } } }", 1),
            (
                "{ projectGroups(groupBy: [UNIT, DIVISION]) { totalCount nodes { unit { code aliases { code } } division { name } } } }",
                5,
            ),
            ("{ indicatorGroups(groupBy: [LEVEL2]) { nodes { count level2 { label } } } }", 2),
            ("{ units { nodes { summary(fiscalYear: 2020) { units projects budget { sum { amount } } } } } }", 3),
            (
                "{ units { nodes { summary(fiscalYear: 2020) { units projects goals indicators plan { month } findings { count } } } } }",
                7,
            ),
        ] {
            let (statements, _) = world.count(world.ask(query, json!({}))).await;
            assert_eq!(statements, most, "{query}");
            of_size.push(statements);
        }
        counts.push(of_size);
    }
    assert_eq!(counts[0], counts[1]);
}

#[tokio::test]
async fn classes_and_permissions_hold_for_groups() {
    let (world, _) = stage(Shape::SMALL).await;
    let system = person(vec![Grant::new(Role::SysAdmin, Scope::Everything)]);
    for query in [
        "{ projectGroups(groupBy: [UNIT]) { totalCount } }",
        "{ indicatorGroups(groupBy: [LEVEL2]) { nodes { count } } }",
        "{ projects { aggregate { count } } }",
        "{ units { nodes { summary(fiscalYear: 2020) { projects } } } }",
    ] {
        let refused = world.refusals_as(&system, query, json!({})).await;
        assert!(matches!(&refused[..], [(_, code)] if code == "FORBIDDEN"), "{query}: {refused:?}");
    }
    let rows = plan_point::Entity::find().all(world.db.read()).await.unwrap();
    assert!(!rows.is_empty());
    assert_eq!(
        world.refusals_as(&reader(), "{ projectGroups(groupBy: [RULE]) { nodes { rule } } }", json!({})).await,
        []
    );
}
