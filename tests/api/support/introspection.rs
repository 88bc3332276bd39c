//! The schema as a client sees it: asked by introspection.

use std::collections::BTreeMap;

use async_graphql::{EmptySubscription, ObjectType, Schema};
use serde_json::Value;

const QUESTION: &str = "query {
    __schema { types {
        kind name description specifiedByURL isOneOf
        fields(includeDeprecated: true) { name description args { ...input } type { ...ref } }
        inputFields { ...input }
        interfaces { name }
        possibleTypes { name }
        enumValues(includeDeprecated: true) { name description }
    } queryType { name } mutationType { name } subscriptionType { name } directives { name } }
}
fragment input on __InputValue { name description defaultValue type { ...ref } }
fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The types by name.
pub struct Introspection {
    /// `__schema`.
    pub schema: Value,
    types: BTreeMap<String, Value>,
}

impl Introspection {
    /// Asks a schema.
    pub async fn of<Q: ObjectType + 'static, M: ObjectType + 'static>(
        schema: &Schema<Q, M, EmptySubscription>,
    ) -> Self {
        let answer = serde_json::to_value(schema.execute(QUESTION).await).expect("an answer is JSON");
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        let schema = answer["data"]["__schema"].clone();
        let types = schema["types"].as_array().expect("types").iter();
        let types = types.map(|ty| (ty["name"].as_str().expect("a name").to_owned(), ty.clone())).collect();
        Self { schema, types }
    }

    /// All types but those of introspection itself.
    pub fn types(&self) -> impl Iterator<Item = (&str, &Value)> {
        let own = self.types.iter().filter(|(name, _)| !name.starts_with("__"));
        own.map(|(name, ty)| (name.as_str(), ty))
    }

    /// A type.
    pub fn ty(&self, name: &str) -> &Value {
        self.types.get(name).unwrap_or_else(|| panic!("no type {name}"))
    }

    /// A selection of everything that a type has, so many objects deep.
    pub fn selection(&self, name: &str, depth: usize) -> String {
        let ty = self.ty(name);
        let mut fields = vec!["__typename".to_owned()];
        if ty["kind"] == "INTERFACE" {
            for object in ty["possibleTypes"].as_array().unwrap() {
                let object = text(&object["name"]);
                let below = self.selection(&object, depth);
                fields.push(format!("... on {object} {{ {below} }}"));
            }
            return fields.join(" ");
        }
        for field in ty["fields"].as_array().unwrap() {
            let name = text(&field["name"]);
            let other = named(&field["type"]);
            let arguments = match name.as_str() {
                "goal" | "summary" if !field["args"].as_array().unwrap().is_empty() => "(fiscalYear: 2020)",
                _ => "",
            };
            let composite = self.ty(&other)["fields"].is_array();
            let page = matches!(other.as_str(), "PageInfo") || other.ends_with("Edge") || other.ends_with("Connection");
            // Objects once by `edges` and once by `nodes`, not both ways at each level.
            let other_way = if depth.is_multiple_of(2) { "edges" } else { "nodes" };
            match (composite, depth) {
                _ if name == other_way => {}
                (false, _) => fields.push(name),
                (true, _) if page => fields.push(format!("{name} {{ {} }}", self.selection(&other, depth))),
                (true, 0) => {}
                (true, _) => fields.push(format!("{name}{arguments} {{ {} }}", self.selection(&other, depth - 1))),
            }
        }
        fields.join(" ")
    }

    /// The fields of an input with the names of their types.
    pub fn inputs(&self, name: &str) -> Vec<(String, String)> {
        let fields = self.ty(name)["inputFields"].as_array().unwrap_or_else(|| panic!("{name} is no input"));
        fields.iter().map(|field| (text(&field["name"]), named(&field["type"]))).collect()
    }

    /// The values of an enum; none where the type is no enum.
    pub fn values(&self, name: &str) -> Vec<String> {
        let values = self.types.get(name).and_then(|ty| ty["enumValues"].as_array());
        values.into_iter().flatten().map(|value| text(&value["name"])).collect()
    }
}

/// The text of a JSON string.
pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// The name of a type inside its lists and non-nulls.
pub fn named(ty: &Value) -> String {
    if ty["ofType"].is_object() { named(&ty["ofType"]) } else { text(&ty["name"]) }
}

/// A type as SDL writes it.
pub fn written(ty: &Value) -> String {
    match ty["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&ty["ofType"])),
        Some("LIST") => format!("[{}]", written(&ty["ofType"])),
        _ => text(&ty["name"]),
    }
}

/// What a list of the root must be told, with a comma.
pub fn required_arguments(list: &str) -> &'static str {
    match list {
        "projectGroups" | "indicatorGroups" => "groupBy: [UNIT], ",
        "search" => "query: \"目\", ",
        _ => "",
    }
}
