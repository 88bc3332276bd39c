//! The schema is what `schema.graphql` says, whole and the same by introspection.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Positioned, Value as Const};
use entity::id::ClientId;
use entity::value::{AccountKind, Duty, Role};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::graphql;
use jixiao::lang::Lang;
use jixiao::service::{account, client, session};
use serde_json::{Value, json};

use crate::bulk::scene::{ONE, Scene};
use crate::support::data::{Data, Shape};
use crate::support::database;
use crate::support::introspection::{Introspection, named, text, written};
use crate::support::world::World;

fn schema_file() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    std::fs::read_to_string(path).expect("schema.graphql can be read")
}

async fn introspection() -> Introspection {
    Introspection::of(&graphql::schema(None, Lang::En)).await
}

#[test]
fn the_file_is_what_the_code_exports() {
    assert!(schema_file() == graphql::sdl(Lang::En), "run `jixiao schema > schema.graphql` and look at the difference");
}

/// Every name of a type that a type uses.
fn used(ty: &Value) -> Vec<String> {
    let list = |name: &str| ty[name].as_array().into_iter().flatten();
    let inputs =
        list("inputFields").chain(list("fields").flat_map(|field| field["args"].as_array().into_iter().flatten()));
    let types = inputs.chain(list("fields")).map(|value| named(&value["type"]));
    types.chain(list("interfaces").chain(list("possibleTypes")).map(|other| text(&other["name"]))).collect()
}

#[tokio::test]
async fn every_type_that_is_named_is_there_and_every_type_is_named() {
    let schema = introspection().await;
    let known: BTreeSet<_> = schema.types().map(|(name, _)| name.to_owned()).collect();
    let mut named: BTreeSet<_> = schema.types().flat_map(|(_, ty)| used(ty)).collect();
    // The classes of fields stand in SDL only, at `@access`.
    named.extend(["Query", "Mutation", "FieldClass"].map(str::to_owned));
    let dangling: Vec<_> = named.difference(&known).collect();
    assert!(dangling.is_empty(), "{dangling:?}");
    // Scalars of the specification are there whether they are used or not.
    let alone: Vec<_> = known.difference(&named).filter(|name| *name != "Float").collect();
    assert!(alone.is_empty(), "{alone:?}");
}

#[tokio::test]
async fn every_object_of_the_interface_is_found_by_its_key() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape::SMALL).await;
    let scene = Scene::over(world.db.clone());
    let (bulk, caller) = (scene.bulk(ONE), scene.account("ann", AccountKind::Service).await);
    let operation = scene.start(&bulk, &caller, b"{}", true).await;
    let schema = Introspection::of(&world.schema).await;
    let (account, grant, session) = database::work(&world.db, async |work| {
        let made = account::add(work, "system", Duty::Service).await?;
        let grant = account::grant(work, made.id, &Grant::new(Role::Service, Scope::Everything), None).await?;
        client::add(work, "system", &["project:read".to_owned()].into()).await?;
        let (session, _) = session::begin(work, made.id, "203.0.113.9".to_owned()).await?;
        Ok((made.id, grant.id, session.id))
    })
    .await
    .expect("an account");
    let id_of = BTreeMap::from([
        ("Account", account.public()),
        ("AccountGrant", grant.public()),
        ("ServiceClient", ClientId(account.0).public()),
        ("Session", session.public()),
        ("BulkOperation", operation.id.public()),
        ("Division", data.divisions[0].id.public()),
        ("Unit", data.units[0].id.public()),
        ("DepartmentGoal", data.goals[0].id.public()),
        ("Project", data.projects[0].id.public()),
        ("Objective", data.objectives[0].id.public()),
        ("SpendingPlan", data.plans[0].id.public()),
        ("Indicator", data.indicators[0].id.public()),
        ("IndicatorLevel", data.levels[0].id.public()),
        ("SourceDocument", data.documents[0].id.public()),
        ("Finding", data.findings[0].id.public()),
    ]);
    let objects = schema.types().filter(|(_, ty)| {
        let interfaces = ty["interfaces"].as_array().into_iter().flatten();
        interfaces.into_iter().any(|interface| interface["name"] == "Node")
    });
    let objects: Vec<_> = objects.map(|(name, _)| name).collect();
    assert_eq!(objects, id_of.keys().copied().collect::<Vec<_>>());
    let possible: BTreeSet<_> = used(schema.ty("Node")).into_iter().collect();
    assert_eq!(possible, objects.iter().map(|name| (*name).to_owned()).chain(["ID".to_owned()]).collect());
    for (name, id) in &id_of {
        let fields = schema.ty(name)["fields"].as_array().unwrap();
        let id_field = fields.iter().find(|field| field["name"] == "id").unwrap();
        assert_eq!(written(&id_field["type"]), "ID!", "{name}");
        let query = format!(
            "query($id: ID!) {{ node(id: $id) {{ __typename id }} nodes(ids: [$id]) {{ ... on {name} {{ id }} }} }}"
        );
        let answer = world.ask_as(&Caller::operator(), &query, json!({ "id": id })).await["data"].take();
        assert_eq!(answer, json!({"node": {"__typename": name, "id": id}, "nodes": [{"id": id}]}));
    }
}

/// A field or an input as both sides tell it: its type, its default, its arguments.
type Field = (String, Option<String>, BTreeMap<String, (String, Option<String>)>);

/// A type as both sides tell it.
#[derive(Debug, Default, PartialEq)]
struct Told {
    kind: &'static str,
    description: Option<String>,
    fields: BTreeMap<String, Field>,
    values: BTreeSet<String>,
    interfaces: BTreeSet<String>,
    one_of: bool,
    specified_by: Option<String>,
}

fn told_by_introspection(ty: &Value) -> Told {
    let list = |name: &str| ty[name].as_array().into_iter().flatten();
    let input = |value: &Value| (written(&value["type"]), value["defaultValue"].as_str().map(str::to_owned));
    let fields = list("fields").map(|field| {
        let arguments =
            field["args"].as_array().into_iter().flatten().map(|value| (text(&value["name"]), input(value)));
        (text(&field["name"]), (written(&field["type"]), None, arguments.collect()))
    });
    let inputs = list("inputFields").map(|value| {
        let (ty, default) = input(value);
        (text(&value["name"]), (ty, default, BTreeMap::new()))
    });
    Told {
        kind: match ty["kind"].as_str() {
            Some("OBJECT") => "object",
            Some("INTERFACE") => "interface",
            Some("INPUT_OBJECT") => "input",
            Some("ENUM") => "enum",
            Some("SCALAR") => "scalar",
            other => panic!("{other:?}"),
        },
        description: ty["description"].as_str().map(str::to_owned),
        fields: fields.chain(inputs).collect(),
        values: list("enumValues").map(|value| text(&value["name"])).collect(),
        interfaces: list("interfaces").map(|interface| text(&interface["name"])).collect(),
        one_of: ty["isOneOf"] == json!(true),
        specified_by: ty["specifiedByURL"].as_str().map(str::to_owned),
    }
}

fn inputs(values: &[Positioned<InputValueDefinition>]) -> impl Iterator<Item = (String, (String, Option<String>))> {
    values.iter().map(|value| {
        let default = value.node.default_value.as_ref().map(|default| default.node.to_string());
        (value.node.name.node.to_string(), (value.node.ty.node.to_string(), default))
    })
}

fn fields(fields: &[Positioned<FieldDefinition>]) -> BTreeMap<String, Field> {
    let field = |field: &FieldDefinition| (field.ty.node.to_string(), None, inputs(&field.arguments).collect());
    fields.iter().map(|definition| (definition.node.name.node.to_string(), field(&definition.node))).collect()
}

fn told_by_sdl(definition: &TypeDefinition) -> Told {
    let directive =
        |name: &str| definition.directives.iter().map(|d| &d.node).find(|d: &&ConstDirective| d.name.node == name);
    let url = directive("specifiedBy").and_then(|directive| match directive.get_argument("url").map(|url| &url.node) {
        Some(Const::String(url)) => Some(url.clone()),
        _ => None,
    });
    let told = Told {
        description: definition.description.as_ref().map(|text| text.node.clone()),
        one_of: directive("oneOf").is_some(),
        specified_by: url,
        ..Told::default()
    };
    let names = |names: &[Positioned<async_graphql::Name>]| names.iter().map(|name| name.node.to_string()).collect();
    match &definition.kind {
        TypeKind::Scalar => Told { kind: "scalar", ..told },
        TypeKind::Object(object) => {
            Told { kind: "object", fields: fields(&object.fields), interfaces: names(&object.implements), ..told }
        }
        TypeKind::Interface(interface) => Told { kind: "interface", fields: fields(&interface.fields), ..told },
        TypeKind::Enum(values) => {
            let values = values.values.iter().map(|value| value.node.value.node.to_string());
            Told { kind: "enum", values: values.collect(), ..told }
        }
        TypeKind::InputObject(input) => {
            let fields = inputs(&input.fields).map(|(name, (ty, default))| (name, (ty, default, BTreeMap::new())));
            Told { kind: "input", fields: fields.collect(), ..told }
        }
        TypeKind::Union(_) => panic!("there are no unions"),
    }
}

#[tokio::test]
async fn introspection_tells_what_the_file_tells() {
    let schema = introspection().await;
    let mut by_introspection: BTreeMap<_, _> =
        schema.types().map(|(name, ty)| (name.to_owned(), told_by_introspection(ty))).collect();
    for name in ["Boolean", "Float", "ID", "Int", "String"] {
        by_introspection.remove(name);
    }
    let document = parse_schema(schema_file()).expect("the file is SDL");
    let by_file: BTreeMap<_, _> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), told_by_sdl(&ty.node))),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        })
        .collect();
    assert_eq!(by_file.keys().collect::<Vec<_>>(), by_introspection.keys().collect::<Vec<_>>());
    for (name, told) in &by_file {
        assert_eq!(told, &by_introspection[name], "{name}");
    }
    assert_eq!(schema.schema["queryType"]["name"], json!("Query"));
    assert_eq!(schema.schema["mutationType"]["name"], json!("Mutation"));
    assert_eq!(schema.schema["subscriptionType"], Value::Null);
}
