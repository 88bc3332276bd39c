//! What a document costs by the directives of the printed schema alone, written from the cost specification and without a
//! look at how the service estimates.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, TypeKind, TypeSystemDefinition,
};
use async_graphql::parser::{parse_query, parse_schema};
use async_graphql::{Name, Positioned, Value};

/// What the schema says of a field.
#[derive(Default)]
struct Told {
    ty: String,
    slicing: Vec<String>,
    sized: Vec<String>,
    assumed: Option<u64>,
    weight: Option<u64>,
    /// Arguments that cost something where they are given.
    arguments: Vec<(String, u64)>,
}

/// A printed schema.
pub struct PriceList {
    /// Fields by the name of their object or interface.
    fields: HashMap<String, HashMap<String, Told>>,
    /// Fields of inputs that cost something for each entry.
    written: Vec<String>,
}

impl PriceList {
    pub fn of(sdl: &str) -> Self {
        let mut list = Self { fields: HashMap::new(), written: Vec::new() };
        for definition in parse_schema(sdl).expect("SDL").definitions {
            let TypeSystemDefinition::Type(ty) = definition else { continue };
            let fields = match &ty.node.kind {
                TypeKind::Object(object) => &object.fields,
                TypeKind::Interface(interface) => &interface.fields,
                TypeKind::InputObject(input) => {
                    let priced = input.fields.iter().filter(|field| {
                        field.node.directives.iter().any(|directive| directive.node.name.node == "cost")
                    });
                    list.written.extend(priced.map(|field| field.node.name.node.to_string()));
                    continue;
                }
                TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::Union(_) => continue,
            };
            let told = fields.iter().map(|field| {
                let mut told = Told { ty: named(&field.node.ty.node.to_string()), ..Told::default() };
                let cost = field.node.directives.iter().find(|one| one.node.name.node == "cost");
                let weight = cost.and_then(|cost| cost.node.get_argument("weight"));
                told.weight =
                    weight.map(|weight| texts(&Value::List(vec![weight.node.clone()]))[0].parse().expect("points"));
                for directive in field.node.directives.iter().filter(|one| one.node.name.node == "listSize") {
                    let argument = |name: &str| directive.node.get_argument(name).map(|value| &value.node);
                    told.slicing = argument("slicingArguments").map(texts).unwrap_or_default();
                    told.sized = argument("sizedFields").map(texts).unwrap_or_default();
                    told.assumed = argument("assumedSize").and_then(number);
                }
                for argument in &field.node.arguments {
                    let costs = argument.node.directives.iter().filter(|one| one.node.name.node == "cost");
                    let weights = costs.filter_map(|cost| {
                        Some(texts(&Value::List(vec![cost.node.get_argument("weight")?.node.clone()])))
                    });
                    let weights = weights.flatten().map(|weight| weight.parse().expect("a number"));
                    told.arguments.extend(weights.map(|weight| (argument.node.name.node.to_string(), weight)));
                }
                (field.node.name.node.to_string(), told)
            });
            list.fields.insert(ty.node.name.node.to_string(), told.collect());
        }
        list
    }

    /// The price of a document with one operation.
    pub fn price(&self, query: &str, variables: &serde_json::Value) -> u64 {
        let document = parse_query(query).expect("a document");
        let operation = &document.operations.iter().next().expect("an operation").1.node;
        let root = if operation.ty.to_string() == "mutation" { "Mutation" } else { "Query" };
        let pricing = Pricing { list: self, document: &document, operation, variables };
        pricing.set(&operation.selection_set.node, root, None)
    }
}

struct Pricing<'a> {
    list: &'a PriceList,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a serde_json::Value,
}

impl Pricing<'_> {
    /// A set on an object; `sized` says how long some lists in it are.
    fn set(&self, set: &SelectionSet, ty: &str, sized: Option<(&[String], u64)>) -> u64 {
        let of = |selection: &Positioned<Selection>| match &selection.node {
            Selection::Field(field) => self.field(&field.node, ty, sized),
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let ty = condition.map_or(ty, |condition| condition.node.on.node.as_str());
                self.set(&inline.node.selection_set.node, ty, sized)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = &self.document.fragments[&spread.node.fragment_name.node].node;
                self.set(&fragment.selection_set.node, &fragment.type_condition.node.on.node, sized)
            }
        };
        set.items.iter().map(of).sum()
    }

    fn field(&self, field: &Field, ty: &str, sized: Option<(&[String], u64)>) -> u64 {
        let name = field.name.node.as_str();
        let Some(told) = self.list.fields.get(ty).and_then(|fields| fields.get(name)) else {
            assert!(name.starts_with("__"), "{ty}.{name}");
            return 0;
        };
        if !self.list.fields.contains_key(&told.ty) {
            return 0;
        }
        let sliced = told.slicing.iter().filter_map(|path| self.size(field, path)).max();
        let size = if told.slicing.is_empty() { None } else { sliced.or(told.assumed) };
        let below = if told.sized.is_empty() { None } else { size.map(|size| (told.sized.as_slice(), size)) };
        let times = match (sized, size) {
            (Some((fields, size)), _) if fields.iter().any(|sized| sized == name) => size,
            (_, Some(size)) if told.sized.is_empty() => size,
            _ => 1,
        };
        let written: u64 =
            self.list.written.iter().filter_map(|name| self.size(field, &format!("input.{name}"))).max().unwrap_or(0);
        let given = |name: &str| {
            let value = field.get_argument(name).map(|value| value.node.clone());
            let value = value.and_then(|value| value.into_const_with(|name| Ok::<_, ()>(self.variable(&name))).ok());
            value.is_some_and(|value| value != Value::Null)
        };
        let added: u64 = told.arguments.iter().filter(|(name, _)| given(name)).map(|(_, weight)| weight).sum();
        times * (told.weight.unwrap_or(1) + self.set(&field.selection_set.node, &told.ty, below)) + written + added
    }

    /// The number that an argument says, or the length of its list; the path leads into inputs.
    fn size(&self, field: &Field, path: &str) -> Option<u64> {
        let mut steps = path.split('.');
        let literal = field.get_argument(steps.next()?)?.node.clone();
        let value = literal.into_const_with(|name| Ok::<_, ()>(self.variable(&name))).ok()?;
        let value = steps.try_fold(&value, |value, step| match value {
            Value::Object(fields) => fields.get(step),
            _ => None,
        });
        number(value?)
    }

    fn variable(&self, name: &Name) -> Value {
        if let Some(sent) = self.variables.get(name.as_str()) {
            return Value::from_json(sent.clone()).expect("a value");
        }
        let mut definitions = self.operation.variable_definitions.iter();
        let definition = definitions.find(|definition| definition.node.name.node == *name).expect("a declaration");
        definition.node.default_value.as_ref().map_or(Value::Null, |value| value.node.clone())
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::List(entries) => Some(entries.len() as u64),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    let Value::List(entries) = value else { panic!("{value} is no list") };
    let text = |entry: &Value| match entry {
        Value::String(text) => text.clone(),
        other => panic!("{other} is no text"),
    };
    entries.iter().map(text).collect()
}

/// A type inside its lists and non-nulls.
fn named(ty: &str) -> String {
    ty.chars().filter(|c| !"[]!".contains(*c)).collect()
}
