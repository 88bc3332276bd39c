//! Large values of variables, held as the JSON that came instead of becoming values of the library.
//!
//! The library copies the value of a variable when it validates it, and a mutation would read JSON out of it again: for
//! thousands of rows that costs more than writing half of them. So a variable that is declared as an input object is held
//! back when its JSON plainly is a value of that type; where the library does not see a variable it has nothing to say of its
//! value, and nothing it could say is left to say. Anything else goes to the library, which finds the words for what is
//! wrong.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use async_graphql::parser::types::{BaseType, OperationDefinition, Type as Declared};
use async_graphql::registry::{MetaType, MetaTypeName, Registry};
use async_graphql::{OutputType, Value, Variables};
use serde_json::{Map, Value as Json};

use super::query::Query;

/// The values that are held, by the name of their variable.
#[derive(Clone, Debug, Default)]
pub struct Held(Arc<HashMap<String, Arc<Json>>>);

impl Held {
    /// Takes out of the variables of an operation what can be held.
    pub fn take(operation: &OperationDefinition, variables: &mut Map<String, Json>) -> Self {
        let mut held = HashMap::new();
        for definition in &operation.variable_definitions {
            let (name, declared) = (definition.node.name.node.as_str(), &definition.node.var_type.node);
            if variables.get(name).is_some_and(|value| SHAPES.holds(declared, value))
                && let Some(value) = variables.remove(name)
            {
                held.insert(name.to_owned(), Arc::new(value));
            }
        }
        Self(Arc::new(held))
    }

    /// The variables of an operation with a value for each: what is held, what was sent, or null.
    pub fn filled<'a>(&self, operation: &OperationDefinition, sent: &'a Variables) -> Cow<'a, Variables> {
        let mut variables = Cow::Borrowed(sent);
        for definition in &operation.variable_definitions {
            let name = &definition.node.name.node;
            if !variables.contains_key(name) {
                let held = self.get(name).and_then(|held| Value::from_json(Json::clone(held)).ok());
                variables.to_mut().insert(name.clone(), held.unwrap_or(Value::Null));
            }
        }
        variables
    }

    /// The value of a variable, where it is held.
    pub fn get(&self, name: &str) -> Option<&Arc<Json>> {
        self.0.get(name)
    }
}

/// Whether each value that was sent plainly is one of its variable's type, and each variable that needs one has a value.
pub fn all_fit(operation: &OperationDefinition, variables: &Map<String, Json>) -> bool {
    operation.variable_definitions.iter().all(|definition| {
        let definition = &definition.node;
        match variables.get(definition.name.node.as_str()) {
            Some(value) => SHAPES.is_declared(&definition.var_type.node, value),
            None => definition.var_type.node.nullable || definition.default_value.is_some(),
        }
    })
}

/// A type with its `!` and `[]`.
enum Type {
    NonNull(Box<Type>),
    List(Box<Type>),
    Named(String),
}

impl Type {
    fn read(text: &str) -> Self {
        match MetaTypeName::create(text) {
            MetaTypeName::NonNull(inner) => Self::NonNull(Box::new(Self::read(inner))),
            MetaTypeName::List(inner) => Self::List(Box::new(Self::read(inner))),
            MetaTypeName::Named(name) => Self::Named(name.to_owned()),
        }
    }
}

/// What a value of a named type looks like.
enum Shape {
    Text,
    Integer,
    Truth,
    /// Checked where it is read.
    Any,
    OneOf(HashSet<String>),
    Object {
        fields: HashMap<String, Type>,
        required: Vec<String>,
        is_one_of: bool,
    },
}

/// The types of inputs by their names; the library decides about those that are missing here.
struct Shapes(HashMap<String, Shape>);

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let mut registry = Registry::default();
    Query::create_type_info(&mut registry);
    let mut shapes: HashMap<String, Shape> =
        registry.types.iter().filter_map(|(name, registered)| Some((name.clone(), Shape::of(registered)?))).collect();
    // A number can be an ID, too, which is left to the library.
    let plain = [("String", Shape::Text), ("ID", Shape::Text), ("Int", Shape::Integer), ("Boolean", Shape::Truth)];
    shapes.extend(plain.map(|(name, shape)| (name.to_owned(), shape)));
    Shapes(shapes)
});

impl Shape {
    fn of(registered: &MetaType) -> Option<Self> {
        match registered {
            MetaType::Scalar { is_valid: None, .. } => Some(Self::Any),
            MetaType::Enum { enum_values, .. } => Some(Self::OneOf(enum_values.keys().cloned().collect())),
            MetaType::InputObject { input_fields, oneof, .. } => {
                let required = input_fields
                    .values()
                    .filter(|field| MetaTypeName::create(&field.ty).is_non_null() && field.default_value.is_none());
                Some(Self::Object {
                    required: required.map(|field| field.name.clone()).collect(),
                    fields: input_fields.iter().map(|(name, field)| (name.clone(), Type::read(&field.ty))).collect(),
                    is_one_of: *oneof,
                })
            }
            MetaType::Scalar { is_valid: Some(_), .. }
            | MetaType::Object { .. }
            | MetaType::Interface { .. }
            | MetaType::Union { .. } => None,
        }
    }
}

impl Shapes {
    /// Whether a variable of this type can be held with this value.
    fn holds(&self, declared: &Declared, value: &Json) -> bool {
        let BaseType::Named(name) = &declared.base else { return false };
        let is_object = matches!(self.0.get(name.as_str()), Some(Shape::Object { .. }));
        is_object && !value.is_null() && self.is_named(name, value)
    }

    fn is_declared(&self, declared: &Declared, value: &Json) -> bool {
        match (&declared.base, value) {
            (_, Json::Null) => declared.nullable,
            (BaseType::List(inner), Json::Array(items)) => items.iter().all(|item| self.is_declared(inner, item)),
            (BaseType::List(inner), single) => self.is_declared(inner, single),
            (BaseType::Named(name), value) => self.is_named(name, value),
        }
    }

    fn is_value(&self, ty: &Type, value: &Json) -> bool {
        match (ty, value) {
            (Type::NonNull(_), Json::Null) => false,
            (Type::NonNull(inner), value) => self.is_value(inner, value),
            (Type::List(_) | Type::Named(_), Json::Null) => true,
            (Type::List(inner), Json::Array(items)) => items.iter().all(|item| self.is_value(inner, item)),
            // One value alone counts as a list of one.
            (Type::List(inner), single) => self.is_value(inner, single),
            (Type::Named(name), value) => self.is_named(name, value),
        }
    }

    fn is_named(&self, name: &str, value: &Json) -> bool {
        match (self.0.get(name), value) {
            (Some(Shape::Any), _) => true,
            (Some(Shape::Text), value) => value.is_string(),
            (Some(Shape::Integer), value) => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            (Some(Shape::Truth), value) => value.is_boolean(),
            (Some(Shape::OneOf(names)), Json::String(name)) => names.contains(name),
            (Some(Shape::Object { fields, required, is_one_of }), Json::Object(sent)) => {
                sent.iter().all(|(name, value)| fields.get(name).is_some_and(|ty| self.is_value(ty, value)))
                    && required.iter().all(|name| sent.contains_key(name))
                    && (!is_one_of || sent.len() == 1 && sent.values().all(|value| !value.is_null()))
            }
            (Some(Shape::OneOf(_) | Shape::Object { .. }) | None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    /// Whether `$a` of a declared type is held with a value.
    fn is_held(declared: &str, value: Json) -> bool {
        let document = parse_query(format!("query($a: {declared}) {{ b }}")).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let mut variables = Map::from_iter([("a".to_owned(), value.clone()), ("b".to_owned(), json!(1))]);
        let held = Held::take(&operation.node, &mut variables);
        assert_eq!(held.get("a").is_none(), variables.contains_key("a"));
        assert!(held.get("a").is_none_or(|held| **held == value));
        held.get("a").is_some()
    }

    fn with(set: Json) -> Json {
        json!({"rows": [{"key": {"fiscalYear": 2026, "code": "K1"}, "set": set}]})
    }

    #[test]
    fn what_plainly_is_a_value_of_the_type_is_held() {
        for set in [
            json!({}),
            json!({"name": "a", "budget": {"yuan": "1"}, "plan": null}),
            json!({"plan": {"month": 3, "percent": "20"}}),
            json!({"indicators": [{"name": "a", "target": {"quantity": {"comparison": "GE", "value": "1"}}}]}),
        ] {
            assert!(is_held("ProjectsUpsertInput!", with(set.clone())), "{set}");
        }
    }

    #[test]
    fn anything_else_is_left_to_the_library() {
        for set in [
            json!(null),
            json!([{}]),
            json!("a"),
            json!({"nmae": "a"}),
            json!({"name": 1}),
            json!({"budget": {"yuan": "1", "wanYuan": "1"}}),
            json!({"budget": {"yuan": null}}),
            json!({"budget": {}}),
            json!({"plan": [{"percent": "20"}]}),
            json!({"plan": [null]}),
            json!({"plan": [{"month": 2_147_483_648_u64}]}),
            json!({"plan": [{"month": 1.5}]}),
            json!({"indicators": [{"target": {"quantity": {"comparison": "LIKE"}}}]}),
        ] {
            assert!(!is_held("ProjectsUpsertInput!", with(set.clone())), "{set}");
        }
        assert!(!is_held("ProjectsUpsertInput", json!(null)));
        assert!(!is_held("[ProjectsUpsertInput!]", json!([])));
        assert!(!is_held("Nothing", json!({})));
        assert!(!is_held("String", json!("a")));
    }
}
