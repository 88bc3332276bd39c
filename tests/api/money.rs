//! Money and other decimals are exact, in and out, in both units.

use entity::value::{Fen, Micro};
use serde_json::{Value, json};

use crate::support::data::{Data, Shape, insert};
use crate::support::world::World;

/// An amount in the smallest unit, in 元 and in 万元.
const AMOUNTS: &[(i64, &str, &str)] = &[
    (0, "0", "0"),
    (1, "0.01", "0.000001"),
    (-1, "-0.01", "-0.000001"),
    (88_800_000, "888000", "88.8"),
    (104_150_000, "1041500", "104.15"),
    (22_000_000, "220000", "22"),
    (123_456_789, "1234567.89", "123.456789"),
    (900_719_925_474_099_301, "9007199254740993.01", "900719925474.099301"),
    (9_007_199_254_740_993_010, "90071992547409930.1", "9007199254740.99301"),
    (i64::MAX, "92233720368547758.07", "9223372036854.775807"),
    (i64::MIN, "-92233720368547758.08", "-9223372036854.775808"),
];

/// One project for each amount, whose only indicator has the same number as value and weight.
async fn world() -> World {
    let world = World::empty().await;
    let one = Shape { divisions: 1, units: 1, projects: 1, indicators: 1, varied: false, canaries: false };
    let data = Data::stored(&world.db, one).await;
    let mut projects = Vec::new();
    let mut indicators = Vec::new();
    for (n, (amount, ..)) in AMOUNTS.iter().enumerate() {
        let project = entity::project::Model {
            id: entity::id::ProjectId::new(),
            fiscal_year: 2030,
            ordinal: i32::try_from(n).unwrap(),
            code: Some(format!("money {n}")),
            budget: Some(Fen(*amount)),
            ..data.projects[0].clone()
        };
        indicators.push(entity::indicator::Model {
            id: entity::id::IndicatorId::new(),
            fiscal_year: 2030,
            project_id: project.id,
            target_kind: entity::value::TargetKind::Quantity,
            value: Some(Micro(*amount)),
            weight: Some(Micro(*amount)),
            ..data.indicators[0].clone()
        });
        projects.push(project);
    }
    let stored = world.db.write(async |tx| {
        insert(tx, &projects).await;
        insert(tx, &indicators).await;
        Ok(())
    });
    stored.await.unwrap();
    world
}

#[tokio::test]
async fn amounts_come_out_as_they_are_in_both_units() {
    let world = world().await;
    let query = "{ projects(filter: {fiscalYear: {eq: 2030}}, orderBy: [{field: ORDINAL}]) { nodes {
        budget { yuan: amount(unit: YUAN) wan: amount(unit: WAN_YUAN) amount }
        indicators { nodes { weight target { ... on QuantityTarget { value } } } } } } }";
    let answer = world.ask(query, json!({})).await;
    let expected: Vec<_> = AMOUNTS
        .iter()
        .map(|(_, yuan, wan)| {
            json!({
                "budget": {"yuan": yuan, "wan": wan, "amount": wan},
                "indicators": {"nodes": [{"weight": wan, "target": {"value": wan}}]},
            })
        })
        .collect();
    assert_eq!(answer["projects"]["nodes"], json!(expected));
}

#[tokio::test]
async fn amounts_go_in_as_they_are_in_both_units() {
    let world = world().await;
    let found = async |filter: Value| {
        let query = "query($f: ProjectFilter) { projects(first: 100, filter: $f, orderBy: [{field: BUDGET}]) {
            nodes { budget { amount(unit: YUAN) } } } }";
        let filter = json!({"fiscalYear": {"eq": 2030}, "and": [filter]});
        let answer = world.ask(query, json!({ "f": filter })).await;
        let nodes = answer["projects"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["budget"]["amount"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut sorted = AMOUNTS.to_vec();
    sorted.sort_by_key(|(fen, ..)| *fen);
    for (n, (_, yuan, wan)) in sorted.iter().enumerate() {
        for money in [json!({ "yuan": yuan }), json!({ "wanYuan": wan })] {
            let yuan_of = |amounts: &[(i64, &str, &str)]| {
                amounts.iter().map(|(_, yuan, _)| (*yuan).to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(found(json!({"budget": {"eq": money}})).await, [*yuan], "{money}");
            assert_eq!(found(json!({"budget": {"lt": money}})).await, yuan_of(&sorted[..n]), "{money}");
            assert_eq!(found(json!({"budget": {"gte": money}})).await, yuan_of(&sorted[n..]), "{money}");
        }
        for field in ["value", "weight"] {
            let same = json!({"indicators": {"some": { field: {"eq": wan} }}});
            assert_eq!(found(same).await, [*yuan], "{field} {wan}");
        }
    }
}

#[tokio::test]
async fn what_is_no_exact_decimal_is_refused() {
    let world = World::empty().await;
    for (money, place, places) in [
        (json!({"yuan": "0.001"}), "yuan", 2),
        (json!({"wanYuan": "0.0000001"}), "wanYuan", 6),
        (json!({"yuan": "92233720368547758.08"}), "yuan", 2),
        (json!({"wanYuan": "-9223372036854.775809"}), "wanYuan", 6),
        (json!({"yuan": "1e5"}), "yuan", 2),
        (json!({"yuan": "1,000"}), "yuan", 2),
        (json!({"yuan": "+1"}), "yuan", 2),
        (json!({"yuan": ""}), "yuan", 2),
        (json!({"yuan": "-"}), "yuan", 2),
        (json!({"yuan": "１"}), "yuan", 2),
        (json!({"yuan": "NaN"}), "yuan", 2),
        (json!({"yuan": "9".repeat(40)}), "yuan", 2),
        (json!({"yuan": 88.8}), "yuan", 2),
        (json!({"yuan": 88}), "yuan", 2),
        (json!({"wanYuan": true}), "wanYuan", 6),
    ] {
        let query = "query($f: ProjectFilter) { projects(filter: $f) { totalCount } }";
        let refused = world.refusals(query, json!({"f": {"budget": {"in": [money]}}})).await;
        let form = "must be a decimal string such as \"104.15\" with at most";
        let message = format!("`filter.budget.in[0].{place}` {form} {places} decimals.");
        assert_eq!(refused, [(message, "BAD_USER_INPUT".to_owned())], "{money}");
    }
    for literal in ["88.8", "88"] {
        let query = format!("{{ projects(filter: {{budget: {{eq: {{yuan: {literal}}}}}}}) {{ totalCount }} }}");
        let refused = world.refusals(&query, json!({})).await;
        assert_eq!(refused.len(), 1, "{literal}");
        assert!(refused[0].0.contains("filter.budget.eq.yuan"), "{refused:?}");
    }
}
