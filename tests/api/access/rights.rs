//! What mutations need, what a token holds back, and what the years of a grant reach.

use std::collections::BTreeSet;

use entity::id::UnitId;
use entity::value::Role;
use jixiao::auth::policy::{Permission, allows};
use jixiao::auth::{Caller, Grant, Scope, Years};
use jixiao::error::ErrorCode;
use jixiao::graphql::access;
use serde_json::{Value, json};

use crate::support::data::{Data, Shape};
use crate::support::generated;
use crate::support::introspection::{Introspection, named, text};
use crate::support::world::{World, person};
use crate::support::write::mutation as mutation_of;

/// Something that has the form of an input type; what must not be there is not.
fn minimal(schema: &Introspection, ty: &Value) -> Value {
    if ty["kind"] == "NON_NULL" {
        return minimal(schema, &ty["ofType"]);
    }
    if ty["kind"] == "LIST" {
        return json!([]);
    }
    let name = named(ty);
    match name.as_str() {
        "Int" => return json!(1),
        "Boolean" => return json!(true),
        "String" | "ID" => return json!("x"),
        _ => {}
    }
    let described = schema.ty(&name);
    if described["kind"] == "ENUM" {
        return described["enumValues"][0]["name"].clone();
    }
    let fields = described["inputFields"].as_array().into_iter().flatten();
    let mut needed: Vec<&Value> = fields.clone().filter(|field| field["type"]["kind"] == "NON_NULL").collect();
    if described["isOneOf"] == true {
        needed = fields.take(1).collect();
    }
    needed.into_iter().map(|field| (text(&field["name"]), minimal(schema, &field["type"]))).collect()
}

#[tokio::test]
async fn every_mutation_is_refused_to_every_role_without_its_permission() {
    let world = World::empty().await;
    let schema = Introspection::of(&world.schema).await;
    let mutations = schema.ty("Mutation")["fields"].as_array().expect("mutations");
    let mut cells = 0;
    for mutation in mutations {
        let name = text(&mutation["name"]);
        let permission = access::of_mutation(&name).expect("a line");
        let argument = &mutation["args"][0];
        let input = minimal(&schema, &argument["type"]);
        let query =
            format!("mutation($input: {}!) {{ it: {name}(input: $input) {{ __typename }} }}", named(&argument["type"]));
        let callers = Role::ALL.iter().map(|role| (Some(*role), person(vec![Grant::new(*role, Scope::Everything)])));
        let looking = Role::ALL.iter().map(|role| (None, person(vec![Grant::view(*role, Scope::Everything)])));
        let others = [(None, person(Vec::new())), (None, Caller::anonymous()), (None, Caller::public())];
        for (role, caller) in callers.chain(looking).chain(others) {
            let codes: BTreeSet<String> = world
                .refusals_as(&caller, &query, json!({ "input": input }))
                .await
                .into_iter()
                .map(|(_, code)| code)
                .collect();
            let refused = codes.contains("FORBIDDEN") || codes.contains("UNAUTHENTICATED");
            let may = match role {
                Some(role) => allows(role, permission),
                // The one mutation that only looks after what one has started.
                None => permission.only_looks() && caller.may(permission).is_ok(),
            };
            assert_eq!(refused, !may, "{name} {role:?} {caller:?} {codes:?}");
            cells += 1;
        }
    }
    assert!(cells >= 47 * 21, "{cells}");
}

/// A caller's right to nothing but these.
fn limited(scopes: &[&str]) -> Caller {
    person(vec![Grant::new(Role::Service, Scope::Everything)])
        .limited_to(Some(scopes.iter().map(|&scope| scope.to_owned()).collect()))
}

#[tokio::test]
async fn a_token_allows_what_it_says_and_no_more_than_the_account_may() {
    let world = World::empty().await;
    Data::stored(&world.db, Shape::SMALL).await;
    let code = async |caller: &Caller, query: &str| {
        let refusals = world.refusals_as(caller, query, json!({})).await;
        refusals.into_iter().map(|(_, code)| code).collect::<Vec<_>>()
    };
    let projects = limited(&["project:read", "nonsense"]);
    assert!(code(&projects, "{ projects { totalCount nodes { name plan { points { month } } } } }").await.is_empty());
    for beyond in [
        "{ indicators { totalCount } }",
        "{ projects { nodes { indicators { totalCount } } } }",
        "{ projects { nodes { unit { code } } } }",
        "{ projects { nodes { history { totalCount } } } }",
        "{ findings { totalCount } }",
        "{ projects(asOf: \"2026-01-01T00:00:00Z\") { totalCount } }",
    ] {
        assert_eq!(code(&projects, beyond).await, ["FORBIDDEN"], "{beyond}");
    }
    let unit = "mutation { unitUpsert(input: {key: {divisionCode: \"1\", code: \"450\"}, set: {}}) { outcome } }";
    assert_eq!(code(&projects, unit).await, ["FORBIDDEN"]);
    assert_eq!(code(&limited(&[]), "{ projects { totalCount } }").await, ["FORBIDDEN"]);
    // What the account may not do, no token allows.
    let publishes = limited(&["publication:write", "project:read"]);
    assert!(publishes.may(Permission::PublicationWrite).is_err());
    let everything: Vec<&str> = Permission::ALL.iter().map(|permission| permission.name()).collect();
    for permission in Permission::ALL {
        assert_eq!(limited(&everything).may(*permission).is_ok(), allows(Role::Service, *permission), "{permission:?}");
        assert!(
            person(Vec::new())
                .limited_to(Some(everything.iter().map(|&scope| scope.to_owned()).collect()))
                .may(*permission)
                .is_err()
        );
    }
}

#[tokio::test]
async fn a_grant_reaches_its_years_only() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape::SMALL).await;
    let top = &data.units[0];
    let below = data.subtree(top.id);
    let years = |first, last| Years { first, last };
    let all = |row: Scope| Grant::view(Role::Department, row);
    let cases = [
        (vec![all(Scope::Unit(top.id)).of_years(years(Some(2021), None))], vec![2021]),
        (vec![all(Scope::Unit(top.id)).of_years(years(None, Some(2020)))], vec![2020]),
        (vec![all(Scope::Unit(top.id)).of_years(years(Some(2022), Some(2030)))], vec![]),
        (
            vec![
                all(Scope::Unit(top.id)).of_years(years(Some(2020), Some(2020))),
                all(Scope::Unit(top.id)).of_years(years(Some(2021), Some(2021))),
            ],
            vec![2020, 2021],
        ),
    ];
    for (grants, seen) in cases {
        let caller = person(grants);
        let sees = |unit: entity::id::UnitId, year: i32| below.contains(&unit) && seen.contains(&year);
        let year_of = |id: entity::id::ProjectId| {
            data.projects.iter().find(|row| row.id == id).map(|row| row.fiscal_year).expect("a project")
        };
        let expected: BTreeSet<String> = [
            data.projects.iter().filter(|row| sees(row.unit_id, row.fiscal_year)).map(|row| row.id.public()).collect(),
            data.indicators
                .iter()
                .filter(|row| sees(row.unit_id, row.fiscal_year))
                .map(|row| row.id.public())
                .collect(),
            data.goals.iter().filter(|row| sees(row.unit_id, row.fiscal_year)).map(|row| row.id.public()).collect(),
            data.findings.iter().filter(|row| sees(row.unit_id, row.fiscal_year)).map(|row| row.id.public()).collect(),
            data.documents.iter().filter(|row| sees(row.unit_id, row.fiscal_year)).map(|row| row.id.public()).collect(),
            data.objectives
                .iter()
                .filter(|row| sees(row.unit_id, year_of(row.project_id)))
                .map(|row| row.id.public())
                .collect::<Vec<_>>(),
            data.plans
                .iter()
                .filter(|row| sees(row.unit_id, year_of(row.project_id)))
                .map(|row| row.id.public())
                .collect(),
        ]
        .into_iter()
        .flatten()
        .collect();
        let every: Vec<String> = [
            data.projects.iter().map(|row| row.id.public()).collect::<Vec<_>>(),
            data.indicators.iter().map(|row| row.id.public()).collect(),
            data.goals.iter().map(|row| row.id.public()).collect(),
            data.findings.iter().map(|row| row.id.public()).collect(),
            data.documents.iter().map(|row| row.id.public()).collect(),
            data.objectives.iter().map(|row| row.id.public()).collect(),
            data.plans.iter().map(|row| row.id.public()).collect(),
        ]
        .concat();
        let mut got = BTreeSet::new();
        for ids in every.chunks(100) {
            let answer =
                world.ask_as(&caller, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            let nodes = answer["data"]["nodes"].as_array().expect("nodes").iter();
            got.extend(nodes.filter(|node| !node.is_null()).map(|node| text(&node["id"])));
        }
        assert_eq!(got, expected, "{seen:?}");
        let counts = world
            .ask_as(
                &caller,
                "{ projects { totalCount } plans: units { nodes { projects { totalCount } } } }",
                json!({}),
            )
            .await;
        let projects = data.projects.iter().filter(|row| sees(row.unit_id, row.fiscal_year)).count();
        assert_eq!(counts["data"]["projects"]["totalCount"], projects, "{counts}");
        let below_units = counts["data"]["plans"]["nodes"].as_array().expect("units").iter();
        let sum: u64 = below_units.map(|unit| unit["projects"]["totalCount"].as_u64().unwrap_or(0)).sum();
        assert_eq!(sum as usize, projects);
    }
}

#[tokio::test]
async fn a_grant_to_change_reaches_its_years_only() {
    let world = World::empty().await;
    let operator = Caller::operator();
    let unit = json!({"divisionCode": "130304", "code": "450001"});
    let write = async |caller: &Caller, mutation: &str, input: Value| {
        let query = mutation_of(mutation, "outcome userErrors { code }");
        let answer = world.ask_as(caller, &query, json!({ "input": input })).await;
        assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
        let it = &answer["data"]["it"];
        format!("{} {}", text(&it["outcome"]), it["userErrors"][0]["code"].as_str().unwrap_or_default())
    };
    write(&operator, "divisionUpsert", json!({"key": {"code": "130304"}, "set": {"name": "北戴河区"}})).await;
    write(&operator, "unitUpsert", json!({"key": unit, "set": {"name": "单位"}})).await;
    for (number, (first, last)) in
        [(Some(2021), Some(2022)), (Some(2021), None), (None, Some(2022))].into_iter().enumerate()
    {
        for scope in [Scope::Everything, Scope::Division("130304".to_owned())] {
            let limited = person(vec![Grant::new(Role::Service, scope.clone()).of_years(Years { first, last })]);
            for year in 2020..=2023 {
                let reached = first.is_none_or(|first| year >= first) && last.is_none_or(|last| year <= last);
                let code = format!("{number}-{}", if scope == Scope::Everything { "all" } else { "division" });
                let key = json!({"divisionCode": "130304", "unitCode": "450001", "fiscalYear": year, "code": code});
                let set = json!({"name": format!("项目{code}"), "budget": {"wanYuan": "10"}});
                let outcome = write(&limited, "projectUpsert", json!({"key": key, "set": set})).await;
                let expected = if reached { "CREATED " } else { "FAILED NOT_FOUND" };
                assert_eq!(outcome, expected, "{first:?} to {last:?}: {year} {scope:?}");
            }
        }
    }
}

#[tokio::test]
async fn years_limit_records_and_not_the_units_that_have_them() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape::SMALL).await;
    let years = Years { first: Some(2021), last: None };
    let caller = person(vec![
        Grant::view(Role::Department, Scope::Everything).of_years(years),
        Grant::view(Role::Department, Scope::Unit(data.units[0].id)).of_years(Years { first: None, last: Some(2019) }),
    ]);
    let query = "{ divisions { totalCount } units { totalCount } projects { totalCount } findings { totalCount } }";
    let answer = world.ask_as(&caller, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let of_2021 = |year: &i32| *year >= 2021;
    let projects = data.projects.iter().map(|row| row.fiscal_year).filter(of_2021).count();
    let findings = data.findings.iter().map(|row| row.fiscal_year).filter(of_2021).count();
    let expected = json!({
        "divisions": {"totalCount": data.divisions.len()},
        "units": {"totalCount": data.units.len()},
        "projects": {"totalCount": projects},
        "findings": {"totalCount": findings},
    });
    assert_eq!(answer["data"], expected);
}

#[tokio::test]
async fn a_document_is_imported_where_its_division_and_year_are_in_scope() {
    let world = World::empty().await;
    let options = generated::options();
    let (division, year) = (options.division.clone(), options.fiscal_year.expect("a year"));
    let here = || Scope::Division(division.clone());
    let import = async |scope: Scope, years: Years| {
        let system = person(vec![Grant::new(Role::Service, scope).of_years(years)]);
        world.import_as(&system, &generated::source(1), &options).await.map(drop).map_err(|error| error.code())
    };
    for (scope, years) in [
        (Scope::Division("999999".to_owned()), Years::ALL),
        (Scope::Unit(UnitId::new()), Years::ALL),
        (here(), Years { first: Some(year + 1), last: None }),
        (here(), Years { first: None, last: Some(year - 1) }),
    ] {
        assert_eq!(import(scope.clone(), years).await, Err(ErrorCode::NotFound), "{scope:?} {years:?}");
    }
    let viewer = person(vec![Grant::view(Role::Service, here())]);
    let refused = world.import_as(&viewer, &generated::source(1), &options).await.map(drop);
    assert_eq!(refused.map_err(|error| error.code()), Err(ErrorCode::Forbidden));
    let count = world.ask("{ divisions { totalCount } projects { totalCount } }", json!({})).await;
    assert_eq!(count, json!({"divisions": {"totalCount": 0}, "projects": {"totalCount": 0}}), "nothing of it is kept");
    assert_eq!(import(here(), Years::ALL).await, Ok(()));
}
