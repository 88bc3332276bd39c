//! The table of access and the schema name the same types, fields, conditions and mutations.

use std::collections::BTreeSet;

use entity::value::Role;
use jixiao::auth::policy::{Class, Permission, allows, sees};
use jixiao::db::Db;
use jixiao::graphql::access::{self, Surface};
use jixiao::graphql::{public_schema, schema};
use jixiao::lang::Lang;

use crate::support::introspection::{Introspection, named, text};

fn no_database() -> Option<Db> {
    None
}

/// `Type.field` of all objects but those of introspection itself.
fn fields(schema: &Introspection) -> BTreeSet<(String, String)> {
    let objects = schema.types().filter(|(name, ty)| ty["kind"] == "OBJECT" && !name.starts_with("__"));
    objects
        .flat_map(|(name, ty)| {
            let fields = ty["fields"].as_array().into_iter().flatten();
            fields.map(|field| (name.to_owned(), text(&field["name"]))).collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test]
async fn every_field_and_mutation_has_a_line() {
    let schema = Introspection::of(&schema(no_database(), Lang::En)).await;
    let mut without = Vec::new();
    for (type_name, field) in fields(&schema) {
        let known = match type_name.as_str() {
            "Mutation" => access::of_mutation(&field).is_some(),
            name => access::of_type(name).is_some_and(|access| access.class(&field).is_some()),
        };
        if !known {
            without.push(format!("{type_name}.{field}"));
        }
    }
    assert!(without.is_empty(), "give them a line in src/graphql/access/table.rs: {without:?}");
}

#[tokio::test]
async fn every_line_is_of_a_field_and_every_condition_has_a_class() {
    let schema = Introspection::of(&schema(no_database(), Lang::En)).await;
    let fields = fields(&schema);
    let types: BTreeSet<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let stale: Vec<_> = access::lines()
        .filter(|(name, field)| match name.strip_prefix('*') {
            None if *name == "Mutation" => !fields.contains(&("Mutation".to_owned(), (*field).to_owned())),
            None => !fields.contains(&((*name).to_owned(), (*field).to_owned())),
            Some(ending) => {
                let mut ending_so = types.iter().filter(|ty| ty.ends_with(ending));
                !ending_so.any(|ty| fields.contains(&((*ty).to_owned(), (*field).to_owned())))
            }
        })
        .collect();
    assert!(stale.is_empty(), "no field has these names: {stale:?}");

    let mut without = Vec::new();
    for (name, input) in schema.types().filter(|(_, ty)| ty["kind"] == "INPUT_OBJECT") {
        // Operators filter values, not objects: they combine nothing.
        let combines = input["inputFields"].as_array().into_iter().flatten().any(|field| field["name"] == "and");
        let Some(of) = name.strip_suffix("Filter").filter(|of| combines && types.contains(of)) else { continue };
        for field in input["inputFields"].as_array().into_iter().flatten() {
            let field = text(&field["name"]);
            let is_combined = ["and", "or", "not"].contains(&field.as_str());
            if !is_combined && access::of_type(of).and_then(|access| access.class_of_condition(&field)).is_none() {
                without.push(format!("{name}.{field}"));
            }
        }
    }
    for (name, order) in schema.types().filter(|(name, _)| name.ends_with("OrderField")) {
        let of = name.trim_end_matches("OrderField");
        for value in order["enumValues"].as_array().into_iter().flatten() {
            let key = text(&value["name"]);
            let access = access::of_type(of).expect("a type with a line");
            if access.class_of_condition(&access::field_of_order(&key)).is_none() {
                without.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(without.is_empty(), "give them a line in src/graphql/access/table.rs: {without:?}");
}

#[tokio::test]
async fn the_schema_of_the_public_has_what_is_public_and_nothing_else() {
    let whole = Introspection::of(&schema(no_database(), Lang::En)).await;
    let public = Introspection::of(&public_schema(no_database(), Lang::En)).await;
    let (whole, of_public) = (fields(&whole), fields(&public));
    assert!(of_public.is_subset(&whole));
    for (type_name, field) in &of_public {
        let access = access::of_type(type_name).expect("a type with a line");
        assert_eq!(access.class(field), Some(Class::Public), "{type_name}.{field}");
        let allowed = |permission: Permission| allows(entity::value::Role::Public, permission);
        assert!(access.permission.is_none_or(allowed), "{type_name}");
        assert!(Surface::Public.has_field(type_name, field), "{type_name}.{field}");
    }
    let types: BTreeSet<&str> = of_public.iter().map(|(name, _)| name.as_str()).collect();
    let expected = "DecimalAggregate DepartmentGoal DepartmentGoalAggregate DepartmentGoalConnection \
                    DepartmentGoalEdge Division DivisionAggregate DivisionConnection DivisionEdge GoalItem \
                    Indicator IndicatorAggregate IndicatorConnection IndicatorEdge IndicatorGroup \
                    IndicatorGroupConnection IndicatorGroupEdge IndicatorLevel Limit Money MoneyAggregate \
                    Objective PageInfo PlanPoint PlannedSpending Project ProjectAggregate ProjectConnection \
                    ProjectEdge ProjectGroup ProjectGroupConnection ProjectGroupEdge QualitativeTarget \
                    QuantityTarget Query RangeTarget SafeguardMeasure SearchConnection SearchEdge \
                    SearchHighlight SearchHit ServiceInfo SpendingPlan TextRange Unit UnitAggregate \
                    UnitConnection UnitEdge UnitSummary";
    assert_eq!(types.into_iter().collect::<Vec<_>>(), expected.split_whitespace().collect::<Vec<_>>());
    // Nor a type of which nobody without an account may see anything, however empty.
    for (name, _) in public.types() {
        assert!(Surface::Public.has_type(name), "{name}");
    }
    assert!(!Surface::Public.has_type("Finding") && Surface::Whole.has_type("Finding"));
    // No mutation, no argument for the past, and every type that is named is there.
    assert!(public.types().all(|(name, _)| name != "Mutation"));
    let known: BTreeSet<String> = public.types().map(|(name, _)| name.to_owned()).collect();
    for (name, ty) in public.types() {
        let list = |ty: &serde_json::Value, key: &str| ty[key].as_array().cloned().unwrap_or_default();
        for field in list(ty, "fields").iter().chain(&list(ty, "inputFields")) {
            assert!(known.contains(&named(&field["type"])), "{name}.{}", field["name"]);
            for argument in list(field, "args") {
                assert!(known.contains(&named(&argument["type"])), "{name}.{}", field["name"]);
                assert_ne!(argument["name"], "asOf", "{name}.{}", field["name"]);
            }
        }
    }
}

/// One line for each permission and class, one column for each role.
fn policy() -> String {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
    let line = |name: &str, kind: &str, of: &dyn Fn(Role) -> bool| {
        let cells = Role::ALL
            .iter()
            .zip(&roles)
            .map(|(role, title)| format!("{:1$}", if of(*role) { "yes" } else { "-" }, title.len()));
        format!("{name:<21} {kind:<6} {}", cells.collect::<Vec<_>>().join(" ")).trim_end().to_owned()
    };
    let head = format!("{:<21} {:<6} {}", "", "", roles.join(" "));
    let permissions = Permission::ALL.iter().map(|permission| {
        let kind = if permission.only_looks() { "looks" } else { "does" };
        line(permission.name(), kind, &|role| allows(role, *permission))
    });
    let classes = Class::ALL.iter().map(|class| line(class.name(), "class", &|role| sees(role, *class)));
    let lines: Vec<String> = [head].into_iter().chain(permissions).chain(classes).collect();
    lines.join("\n")
}

/// Who may what stands in a file beside this one, to be read and to be changed on purpose: a changed policy fails here.
#[test]
fn the_policy_is_the_table_that_was_agreed() {
    assert_eq!(policy(), include_str!("policy.txt").trim_end(), "the policy is now\n{}", policy());
}
