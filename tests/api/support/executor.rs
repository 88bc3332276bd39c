//! Another execution of documents, to compare with: field by field as the specification says, each value taken from a
//! document of its own that asks for nothing else and uses no alias, fragment, directive or variable.

use std::cell::RefCell;
use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};
use async_graphql_value::Value as Literal;
use jixiao::auth::Caller;
use serde_json::Value as Json;
use tokio::runtime::Runtime;

use super::introspection::{Introspection, named};
use super::world::World;

/// A step from the root to a value.
#[derive(Clone)]
enum Step {
    /// Into a field with its arguments.
    Field(String),
    /// Into an entry of a list.
    Entry(usize),
    /// To an object behind an interface.
    On(String),
}

/// Executes documents by many small ones.
pub struct Executor<'a> {
    pub world: &'a World,
    pub schema: &'a Introspection,
    pub runtime: &'a Runtime,
    pub caller: &'a Caller,
    known: RefCell<HashMap<String, Json>>,
}

/// A document under execution.
struct Running<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Json,
}

impl<'a> Executor<'a> {
    pub fn new(world: &'a World, schema: &'a Introspection, runtime: &'a Runtime, caller: &'a Caller) -> Self {
        Self { world, schema, runtime, caller, known: RefCell::default() }
    }

    /// The data that a document with one operation must give.
    pub fn data(&self, query: &str, variables: &Json) -> Value {
        let document = parse_query(query).expect("a document");
        let operation = document.operations.iter().next().expect("an operation").1;
        let running = Running { document: &document, operation: &operation.node, variables };
        self.object(&running, &[], "Query", &[&operation.node.selection_set.node])
    }

    /// The value that stands at the end of a path.
    fn fetch(&self, path: &[Step], end: &str) -> Json {
        let (mut open, mut close) = (String::new(), String::new());
        for (n, step) in path.iter().enumerate() {
            match step {
                Step::Field(field) if n + 1 < path.len() => {
                    open += &format!("{field} {{ ");
                    close += "} ";
                }
                Step::Field(field) => open += field,
                Step::On(object) => {
                    open += &format!("... on {object} {{ ");
                    close += "} ";
                }
                Step::Entry(_) => {}
            }
        }
        let query = format!("{{ {open} {end} {close} }}");
        let ask = || {
            let asked = self.world.ask_as(self.caller, &query, Json::Object(Default::default()));
            let mut answer = self.runtime.block_on(asked);
            assert_eq!(answer.get("errors"), None, "{query}");
            answer["data"].take()
        };
        let mut known = self.known.borrow_mut();
        let mut value = known.entry(query.clone()).or_insert_with(ask).clone();
        for step in path {
            match step {
                Step::Field(field) => value = value[field.split('(').next().unwrap_or(field)].take(),
                Step::Entry(n) => value = value[*n].take(),
                Step::On(_) => {}
            }
        }
        value
    }

    fn object(&self, running: &Running<'_>, path: &[Step], name: &str, sets: &[&SelectionSet]) -> Value {
        let mut groups: IndexMap<&Name, Vec<&Field>> = IndexMap::new();
        for set in sets {
            self.collect(running, name, set, &mut groups);
        }
        let fields = groups.into_iter().map(|(key, fields)| (key.clone(), self.field(running, path, name, &fields)));
        Value::Object(fields.collect())
    }

    fn collect<'d>(
        &self,
        running: &Running<'d>,
        name: &str,
        set: &'d SelectionSet,
        groups: &mut IndexMap<&'d Name, Vec<&'d Field>>,
    ) {
        for selection in &set.items {
            if !running.includes(selection.node.directives()) {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => {
                    groups.entry(&field.node.response_key().node).or_default().push(&field.node);
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    if condition.is_none_or(|condition| self.applies(name, &condition.node.on.node)) {
                        self.collect(running, name, &inline.node.selection_set.node, groups);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &running.document.fragments[&spread.node.fragment_name.node].node;
                    if self.applies(name, &fragment.type_condition.node.on.node) {
                        self.collect(running, name, &fragment.selection_set.node, groups);
                    }
                }
            }
        }
    }

    fn applies(&self, object: &str, condition: &str) -> bool {
        let interfaces = self.schema.ty(object)["interfaces"].as_array().into_iter().flatten();
        object == condition || interfaces.into_iter().any(|interface| interface["name"] == condition)
    }

    fn field(&self, running: &Running<'_>, path: &[Step], name: &str, fields: &[&Field]) -> Value {
        let field = fields[0];
        let field_name = field.name.node.as_str();
        if field_name == "__typename" {
            return Value::from(name);
        }
        let known = self.schema.ty(name)["fields"].as_array().expect("an object").iter();
        let meta = known.clone().find(|meta| meta["name"] == field_name).expect("a known field");
        let path = [path, &[Step::Field(format!("{field_name}{}", self.arguments(running, field)))]].concat();
        let ty = named(&meta["type"]);
        if !self.schema.ty(&ty)["fields"].is_array() {
            return Value::from_json(self.fetch(&path, "")).expect("a value");
        }
        let shape = self.fetch(&path, "{ __typename }");
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set.node).collect();
        self.shaped(running, &path, &ty, &shape, &sets)
    }

    fn shaped(&self, running: &Running<'_>, path: &[Step], ty: &str, shape: &Json, sets: &[&SelectionSet]) -> Value {
        match shape {
            Json::Array(entries) => {
                let entries = entries.iter().enumerate().map(|(n, entry)| {
                    let path = [path, &[Step::Entry(n)]].concat();
                    self.shaped(running, &path, ty, entry, sets)
                });
                Value::List(entries.collect())
            }
            Json::Object(object) => {
                let name = object["__typename"].as_str().expect("a name");
                let on = (name != ty).then(|| Step::On(name.to_owned()));
                let path = [path, &on.into_iter().collect::<Vec<_>>()].concat();
                self.object(running, &path, name, sets)
            }
            _ => Value::Null,
        }
    }

    fn arguments(&self, running: &Running<'_>, field: &Field) -> String {
        let given = field.arguments.iter().filter_map(|(name, literal)| {
            running.value(&literal.node, self.schema).map(|value| format!("{}: {value}", name.node))
        });
        let given: Vec<_> = given.collect();
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }
}

impl Running<'_> {
    fn includes(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.node.get_argument("if").map(|literal| match &literal.node {
                Literal::Variable(name) => self.variable(name) == Some(Value::Boolean(true)),
                literal => *literal == Literal::Boolean(true),
            });
            match directive.node.name.node.as_str() {
                "skip" => condition != Some(true),
                "include" => condition == Some(true),
                _ => true,
            }
        })
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        let definition =
            self.operation.variable_definitions.iter().find(|definition| definition.node.name.node == *name);
        let definition = &definition.expect("a declared variable").node;
        match self.variables.get(name.as_str()) {
            Some(sent) => Some(Value::from_json(sent.clone()).expect("a value")),
            None => definition.default_value.as_ref().map(|default| default.node.clone()),
        }
    }

    /// A literal with its variables filled in.
    fn value(&self, literal: &Literal, schema: &Introspection) -> Option<Value> {
        Some(match literal {
            Literal::Variable(name) => {
                let definition = self.operation.variable_definitions.iter().find(|d| d.node.name.node == *name);
                let ty = &definition.expect("a declared variable").node.var_type.node;
                match (self.variable(name)?, &ty.base) {
                    (Value::String(value), BaseType::Named(ty)) if !schema.values(ty).is_empty() => {
                        Value::Enum(Name::new(value))
                    }
                    (value, _) => value,
                }
            }
            Literal::List(items) => {
                Value::List(items.iter().map(|item| self.value(item, schema).unwrap_or(Value::Null)).collect())
            }
            Literal::Object(fields) => {
                let fields = fields.iter().filter_map(|(name, value)| Some((name.clone(), self.value(value, schema)?)));
                Value::Object(fields.collect())
            }
            literal => literal.clone().into_const().expect("a literal without variables"),
        })
    }
}
