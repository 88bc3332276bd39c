//! How the databases find the rows of the operations that are measured (`bench/README.md`): by indexes alone.
//!
//! The plans are committed as they are, to be read: a change of an index, a filter or an order shows in them.

use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::support::data::{Data, Shape};
use crate::support::world::World;

/// The most expensive projects, those of which nobody knows the budget last; and the projects by name, from the end.
const LARGEST: &str = "orderBy: [{field: BUDGET, direction: DESC}]";
const BY_NAME: &str = "orderBy: [{field: NAME, direction: DESC}]";

/// The operations, each with its variables; the cursors are of projects in the usual order, in that of [`LARGEST`], and of [`BY_NAME`].
fn operations(data: &Data, [cursor, largest, by_name]: &[String; 3]) -> Vec<(&'static str, String, Value)> {
    let (unit, project) = (&data.units[1], &data.projects[0]);
    let division = &project.division_code;
    vec![
        (
            "Q1",
            "query($key: ProjectKeyInput!) { project(by: {key: $key}) { id code name } }".to_owned(),
            json!({"key": {"divisionCode": division, "fiscalYear": project.fiscal_year, "code": "K000000000000001"}}),
        ),
        (
            "Q2",
            "query($unit: UnitKeyInput!, $year: Int!) { unit(by: {key: $unit}) { name \
             projects(first: 20, filter: {fiscalYear: {eq: $year}}) { nodes { name plan { points { month } } \
             indicators(first: 8) { nodes { name target { raw } } } } } } }".to_owned(),
            json!({"unit": {"divisionCode": unit.division_code, "code": unit.code}, "year": project.fiscal_year}),
        ),
        (
            "Q3",
            "query($division: String!, $year: Int!) { projects(first: 50, orderBy: [{field: BUDGET, direction: DESC}], \
             filter: {divisionCode: {eq: $division}, fiscalYear: {eq: $year}, budget: {gte: {yuan: \"1\"}}}) \
             { totalCount nodes { name unit { name } } } }".to_owned(),
            json!({"division": division, "year": project.fiscal_year}),
        ),
        (
            "Q4",
            "query($after: String!) { projects(first: 50, after: $after) { nodes { name } } }".to_owned(),
            json!({"after": cursor}),
        ),
        (
            "Q7",
            "query($division: String!, $year: Int!) { units(first: 10, filter: {divisionCode: {eq: $division}, \
             code: {startsWith: \"1\"}}) { nodes { name projects(first: 10, filter: {fiscalYear: {eq: $year}}) \
             { nodes { name indicators(first: 8) { nodes { name } } } } } } }".to_owned(),
            json!({"division": division, "year": project.fiscal_year}),
        ),
        ("the largest", format!("{{ projects(first: 50, {LARGEST}) {{ nodes {{ name }} }} }}"), json!({})),
        (
            "after the largest",
            format!("query($after: String!) {{ projects(first: 50, after: $after, {LARGEST}) {{ nodes {{ name }} }} }}"),
            json!({"after": largest}),
        ),
        (
            "before the last name",
            format!("query($after: String!) {{ projects(first: 50, after: $after, {BY_NAME}) {{ nodes {{ name }} }} }}"),
            json!({"after": by_name}),
        ),
    ]
}

/// The lines of a plan, without what depends on numbers of rows.
async fn plan(world: &World, statement: &Statement) -> Vec<String> {
    let backend = world.db.backend();
    let explain = match backend {
        DbBackend::Sqlite => "EXPLAIN QUERY PLAN",
        _ => "EXPLAIN (COSTS OFF)",
    };
    let explained = Statement { sql: format!("{explain} {}", statement.sql), ..statement.clone() };
    let rows = world.db.write(async |tx| {
        if backend == DbBackend::Postgres {
            // Few rows are read fastest as they stand; here it counts what is possible.
            tx.execute_unprepared("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off").await?;
        }
        Ok(tx.query_all_raw(explained.clone()).await?)
    });
    let column = if backend == DbBackend::Sqlite { 3 } else { 0 };
    let lines = rows.await.expect("a plan");
    lines.iter().map(|row| without_values(&row.try_get_by_index::<String>(column).expect("a line"))).collect()
}

/// A line without what stands between quotes.
fn without_values(line: &str) -> String {
    line.split('\'').enumerate().map(|(number, part)| if number % 2 == 0 { part } else { "…" }).collect()
}

/// How often a plan reads a whole table. What a statement selects from a subquery that has the name of the table does not count.
fn whole_scans(backend: DbBackend, lines: &[String], table: &str) -> usize {
    let count = |is: &dyn Fn(&str) -> bool| lines.iter().filter(|line| is(line.trim())).count();
    match backend {
        DbBackend::Sqlite => {
            let subqueries = count(&|line| line == format!("CO-ROUTINE {table}"));
            count(&|line| line == format!("SCAN {table}")).saturating_sub(subqueries)
        }
        _ => count(&|line| line.contains(&format!("Seq Scan on {table}"))),
    }
}

#[tokio::test]
async fn point_and_page_reads_use_indexes() {
    let mut world = World::empty().await;
    let data = Data::stored(&world.db, Shape { divisions: 2, units: 12, ..Shape::SMALL }).await;
    let statements: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let seen = Arc::clone(&statements);
    world.db.observe(move |info| seen.lock().expect("no panic").push(info.statement.clone()));
    world.schema = jixiao::graphql::schema(Some(world.db.clone()), jixiao::lang::Lang::En);
    if world.db.backend() == DbBackend::Postgres {
        let analyzed = world.db.write(async |tx| Ok(tx.execute_unprepared("ANALYZE").await?));
        analyzed.await.expect("the planner knows the tables");
    }
    let cursor = async |order: &str| {
        let first =
            world.ask(&format!("{{ projects(first: 1{order}) {{ pageInfo {{ endCursor }} }} }}"), json!({})).await;
        first["projects"]["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned()
    };
    let cursors = [cursor("").await, cursor(&format!(", {LARGEST}")).await, cursor(&format!(", {BY_NAME}")).await];
    let mut text = String::new();
    for (name, query, variables) in operations(&data, &cursors) {
        statements.lock().expect("no panic").clear();
        world.ask(&query, variables).await;
        let mut asked = statements.lock().expect("no panic").clone();
        // Those of one level run side by side.
        asked.sort_by(|one, other| one.sql.cmp(&other.sql));
        assert!(!asked.is_empty(), "{name} asks the database");
        for (number, statement) in asked.iter().enumerate() {
            text.push_str(&format!("{name}, statement {}\n", number + 1));
            let lines = plan(&world, statement).await;
            lines.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
            for table in ["project", "spending_plan", "plan_point", "indicator"] {
                assert_eq!(whole_scans(world.db.backend(), &lines, table), 0, "{name} reads all of {table}:\n{text}");
            }
        }
    }
    let which = if world.db.backend() == DbBackend::Sqlite { "sqlite" } else { "postgres" };
    insta::with_settings!({ snapshot_path => "explain", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(which, text);
    });
}
