//! The number of SQL statements of a document does not depend on how many rows there are.

use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::mutation::write;
use crate::support::data::{Data, Shape, insert};
use crate::support::database::row_security;
use crate::support::world::World;

/// The projects of one unit in one year, with eight indicators each; a thousand rows and more at the third level.
const SIZES: &[usize] = &[1, 10, 500];

fn shape(projects: usize) -> Shape {
    Shape { divisions: 1, units: 1, projects, indicators: 8, varied: false, canaries: false }
}

const INDICATORS: &str = "indicators(first: 8) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
        id name level1 { label parent { id } } level2 { label parent { label } }
        target { raw ... on QuantityTarget { value } ... on RangeTarget { low high } }
        findings { rule message source { fileName } } project { name } unit { code }
    } } nodes { ...Indicator } }
    few: indicators(last: 1, orderBy: [{field: WEIGHT, direction: DESC}], filter: {targetKind: {ne: RANGE}}) {
        totalCount nodes { ...Indicator project { unit { name } } }
    }";

const INDICATOR: &str =
    "fragment Indicator on Indicator { level1 { label(lang: EN) children { label } } findings { id } }";

/// Documents of three levels, each from another root.
fn documents() -> Vec<String> {
    vec![
        format!(
            "{{ units(first: 500) {{ totalCount nodes {{ code parent {{ code }} division {{ code }} aliases {{ code }}
                projects(first: 500) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{
                    budget {{ amount raw }} plan {{ points {{ month amount {{ amount }} }} }} objectives {{ text }}
                    source {{ line document {{ fileName unit {{ code }} }} }} findings {{ rule }} {INDICATORS}
                }} }}
                poor: projects(first: 500, filter: {{budget: {{lt: {{wanYuan: \"1\"}}}}}}) {{ nodes {{ name unit {{ code }} }} }}
            }} }} }} {INDICATOR}"
        ),
        format!("{{ projects(first: 500) {{ edges {{ cursor node {{ unit {{ code }} {INDICATORS} }} }} }} }} {INDICATOR}"),
        format!(
            "{{ sourceDocuments(first: 500) {{ nodes {{ unit {{ code }} projects(first: 500) {{ nodes {{ {INDICATORS} }} }}
                goals(first: 10) {{ nodes {{ items {{ text }} measures {{ text }} findings {{ rule }} }} }}
                findings(first: 500) {{ totalCount nodes {{ project {{ name }} indicator {{ name target {{ raw }} }}
                    goal {{ overall }} place {{ document {{ title }} }} }} }} }} }} }} {INDICATOR}"
        ),
        "{ findings(first: 500) { nodes { project { plan { points { raw } } } indicator { project { unit { code } } }
            unit { goals(first: 3) { nodes { items { text } } } goal(fiscalYear: 2020) { overall } } } } }"
            .to_owned(),
        "{ indicators(first: 500) { nodes { project { objectives { project { plan { project { code } } } } } unit { division {
            units(first: 500) { nodes { children(first: 10) { nodes { code } } findings(first: 3) { nodes { id } } } } } } } } }"
            .to_owned(),
    ]
}

async fn count(world: &World, query: &str, variables: Value) -> usize {
    world.count(world.ask(query, variables)).await.0
}

#[tokio::test]
async fn a_document_needs_as_many_statements_for_a_thousand_rows_as_for_one() {
    let mut counts: Vec<Vec<usize>> = Vec::new();
    for projects in SIZES {
        let world = World::empty().await;
        let data = Data::stored(&world.db, shape(*projects)).await;
        assert_eq!(data.indicators.len(), 2 * 8 * projects);
        let mut of_size = Vec::new();
        for query in documents() {
            of_size.push(count(&world, &query, json!({})).await);
        }
        counts.push(of_size);
    }
    assert!(counts.windows(2).all(|sizes| sizes[0] == sizes[1]), "{counts:?}");
    // One for each relation that is asked for, and one for each total.
    assert!(counts[0].iter().all(|statements| (8..=70).contains(statements)), "{counts:?}");
}

#[tokio::test]
async fn nodes_need_as_many_statements_for_many_keys_as_for_one() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, shape(100)).await;
    let query = format!(
        "query($ids: [ID!]!) {{ nodes(ids: $ids) {{ id __typename
            ... on Project {{ name unit {{ code }} {INDICATORS} }}
            ... on Indicator {{ project {{ unit {{ code }} }} target {{ raw }} ...Indicator }}
            ... on Finding {{ project {{ plan {{ points {{ raw }} }} }} }} }} }} {INDICATOR}"
    );
    let keys = |each: usize| -> Vec<String> {
        let projects = data.projects.iter().take(each).map(|row| row.id.public());
        let indicators = data.indicators.iter().take(each).map(|row| row.id.public());
        let findings = data.findings.iter().take(each).map(|row| row.id.public());
        projects.chain(indicators).chain(findings).collect()
    };
    let one = count(&world, &query, json!({"ids": keys(1)})).await;
    assert_eq!(count(&world, &query, json!({"ids": keys(10)})).await, one);
    assert_eq!(count(&world, &query, json!({"ids": keys(150)})).await, one);
    assert_eq!(count(&world, &query, json!({"ids": ["nonsense", "prj_", ""]})).await, 0);
}

/// SQLite takes 32,766 values in one statement.
#[tokio::test]
async fn a_level_can_have_more_rows_than_a_statement_takes_values() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape { units: 70, ..shape(1) }).await;
    let findings: Vec<_> = data
        .units
        .iter()
        .flat_map(|unit| {
            let mine = data.findings.iter().cycle().take(480).map(|row| entity::finding::Model {
                id: entity::id::FindingId::new(),
                unit_id: unit.id,
                division_code: unit.division_code.clone(),
                ..row.clone()
            });
            mine.collect::<Vec<_>>()
        })
        .collect();
    let stored = world.db.write(async |tx| {
        insert(tx, &findings).await;
        Ok(())
    });
    stored.await.unwrap();
    let query = "{ units(first: 500) { nodes { findings(first: 500) { nodes { id
        place { document { fileName } } source { fileName } project { name } } } } } }";
    let answer = world.ask(query, json!({})).await;
    let units = answer["units"]["nodes"].as_array().unwrap();
    let shown: Vec<_> = units.iter().flat_map(|unit| unit["findings"]["nodes"].as_array().unwrap()).collect();
    assert!(shown.len() > 33_000, "{}", shown.len());
    assert!(shown.iter().all(|finding| finding["place"]["document"] == finding["source"]));
    assert!(shown.iter().all(|finding| finding["source"]["fileName"].is_string()));
}

#[tokio::test]
async fn what_is_not_asked_for_is_not_read() {
    let world = World::empty().await;
    Data::stored(&world.db, shape(10)).await;
    for (query, statements) in [
        ("{ service { name } viewer { account { name } } __typename }", 0),
        ("{ projects { __typename } }", 1),
        ("{ projects { nodes { name budget { amount } source { line } } } }", 1),
        ("{ projects { totalCount } }", 2),
        ("{ projects { nodes { name } edges { node { name } cursor } pageInfo { endCursor } } }", 1),
        ("{ projects { nodes { unit { name } } } }", 2),
        ("{ projects { nodes { a: unit { name } b: unit { code } } } }", 3),
        ("{ projects { nodes { indicators { nodes { target { raw } } } } } }", 2),
        ("{ projects { nodes { indicators { totalCount nodes { target { raw } } } } } }", 3),
        ("{ projects(filter: {unit: {name: {ne: \"\"}}, indicators: {some: {}}}) { nodes { id } } }", 1),
        ("{ node(id: \"nonsense\") { id } }", 0),
    ] {
        assert_eq!(count(&world, query, json!({})).await, statements, "{query}");
    }
}

/// Beside these a transaction begins and ends. SQLite has locked everything by then, so its first statement reads all.
#[tokio::test]
async fn a_text_of_a_project_is_changed_by_few_statements() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, shape(3)).await;
    let counted = async |number: usize| {
        let input =
            json!({"by": {"id": data.projects[0].id.public()}, "set": {"purpose": format!("第{number}次调整")}});
        let (statements, answer) =
            world.count(write(&world, "projectUpdate", input, "outcome project { purpose }")).await;
        assert_eq!(answer["outcome"], "UPDATED");
        statements
    };
    // The first change of all begins the chain of the audit.
    counted(0).await;
    // Lock and questions, changes, answer; where the database looks at who asks, it is told before the answer.
    let expected = match world.db.backend() {
        DbBackend::Sqlite => 3,
        _ => 4 + usize::from(row_security()),
    };
    assert_eq!([counted(1).await, counted(2).await], [expected, expected]);
}
