//! Variables: their number and depth, and whether they can become what the operation declares.
//!
//! The library looks at a variable where it is used, when other root fields may have run already. The specification (6.1.2)
//! wants it before execution. What can be decided without the schema is decided here: presence, null, lists, and the five
//! built-in scalars; types of the schema are checked by validation.

use async_graphql::parser::types::{BaseType, OperationDefinition, Type};
use async_graphql::{ServerError, Value, Variables};
use serde_json::Value as Json;

use crate::error::ErrorCode;
use crate::graphql::held::Held;
use crate::http::errors::refusal;
use crate::limits::ProfileLimits;

/// Counts the variables and their levels of lists and objects.
///
/// # Errors
/// `COST_LIMIT` that names the limit.
pub fn check_shape(variables: &serde_json::Map<String, Json>, limits: &ProfileLimits) -> Result<(), ServerError> {
    let over = |limit: u64, what: &str| {
        Err(refusal(ErrorCode::CostLimit, format!("The request has more than {limit} {what}."), None))
    };
    if variables.len() as u64 > limits.variables {
        return over(limits.variables, "variables");
    }
    if variables.values().any(|value| depth(value) > limits.variables_depth) {
        return over(limits.variables_depth, "levels of lists and objects in a variable");
    }
    Ok(())
}

/// Levels of lists and objects; the JSON parser allows at most 128.
fn depth(value: &Json) -> u64 {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
    }
}

/// Checks every declared variable against its type, as far as the type is known without the schema.
///
/// # Errors
/// `BAD_USER_INPUT` that names the variable, the place in it and the type.
pub fn coerce(operation: &OperationDefinition, variables: &Variables, held: &Held) -> Result<(), ServerError> {
    // What is held is of its type.
    let definitions = operation.variable_definitions.iter();
    for definition in definitions.filter(|definition| held.get(&definition.node.name.node).is_none()) {
        let name = definition.node.name.node.as_str();
        let declared = &definition.node.var_type.node;
        let fail = |message| Err(refusal(ErrorCode::BadUserInput, message, Some(definition.pos)));
        match variables.get(name) {
            None if !declared.nullable && definition.node.default_value.is_none() => {
                return fail(format!("The variable `${name}` of type `{declared}` is missing."));
            }
            None => {}
            Some(value) => {
                if let Some(place) = misfit(declared, value, format!("${name}")) {
                    return fail(format!("`{place}` is not a value of the declared type `{declared}`."));
                }
            }
        }
    }
    Ok(())
}

/// The place inside a value that cannot become the type.
fn misfit(declared: &Type, value: &Value, place: String) -> Option<String> {
    if let Value::Null = value {
        return (!declared.nullable).then_some(place);
    }
    match (&declared.base, value) {
        (BaseType::List(inner), Value::List(items)) => {
            items.iter().enumerate().find_map(|(index, item)| misfit(inner, item, format!("{place}[{index}]")))
        }
        // A single value stands for a list of one.
        (BaseType::List(inner), single) => misfit(inner, single, place),
        (BaseType::Named(name), value) => (!fits(name, value)).then_some(place),
    }
}

/// Whether a value other than null can become a built-in scalar; any value for other types.
fn fits(name: &str, value: &Value) -> bool {
    match name {
        "Int" => matches!(value, Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok())),
        "Float" => matches!(value, Value::Number(_)),
        "String" => matches!(value, Value::String(_)),
        "Boolean" => matches!(value, Value::Boolean(_)),
        "ID" => match value {
            Value::String(_) => true,
            Value::Number(number) => number.is_i64() || number.is_u64(),
            _ => false,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::{check_shape, coerce};
    use crate::graphql::held::Held;
    use crate::limits::ProfileLimits;

    fn coerced(declared: &str, variables: serde_json::Value) -> Result<(), String> {
        let document = parse_query(format!("query({declared}) {{ a }}")).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        coerce(&operation.node, &Variables::from_json(variables), &Held::default()).map_err(|error| error.message)
    }

    #[test]
    fn values_become_the_declared_type_or_the_place_is_named() {
        for (declared, variables) in [
            ("$a: Int", json!({})),
            ("$a: Int! = 1", json!({})),
            ("$a: Int!", json!({"a": 2_147_483_647})),
            ("$a: [Int!]!", json!({"a": 1})),
            ("$a: [[Int]]", json!({"a": [[1, null], null]})),
            ("$a: ID!", json!({"a": 7})),
            ("$a: Float!", json!({"a": 7})),
            ("$a: Any!", json!({"a": {"b": [1]}})),
            ("$a: Int", json!({"a": null, "b": "unknown"})),
        ] {
            assert_eq!(coerced(declared, variables), Ok(()), "{declared}");
        }
        for (declared, variables, place) in [
            ("$a: Int! = 1", json!({"a": null}), "`$a` is not a value of the declared type `Int!`."),
            ("$a: Int", json!({"a": 2_147_483_648u64}), "`$a` is not a value of the declared type `Int`."),
            ("$a: Int", json!({"a": 1.5}), "`$a` is not a value of the declared type `Int`."),
            ("$a: [Int!]", json!({"a": [1, null]}), "`$a[1]` is not a value of the declared type `[Int!]`."),
            (
                "$a: [[String]]",
                json!({"a": [[], ["b", 3]]}),
                "`$a[1][1]` is not a value of the declared type `[[String]]`.",
            ),
            ("$a: String", json!({"a": 1}), "`$a` is not a value of the declared type `String`."),
            ("$a: Boolean", json!({"a": "true"}), "`$a` is not a value of the declared type `Boolean`."),
            ("$a: ID", json!({"a": 1.5}), "`$a` is not a value of the declared type `ID`."),
            ("$a: Other!", json!({}), "The variable `$a` of type `Other!` is missing."),
        ] {
            assert_eq!(coerced(declared, variables), Err(place.to_owned()), "{declared}");
        }
    }

    #[test]
    fn number_and_depth_are_limited() {
        let shape = |variables: serde_json::Value| {
            check_shape(variables.as_object().unwrap(), &ProfileLimits::PUBLIC).map_err(|error| error.message)
        };
        let many = |count| (0..count).map(|n| (format!("v{n}"), json!(n))).collect::<serde_json::Map<_, _>>();
        let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }));
        assert_eq!(shape(many(20).into()), Ok(()));
        assert_eq!(shape(many(21).into()), Err("The request has more than 20 variables.".to_owned()));
        assert_eq!(shape(json!({ "a": deep(8) })), Ok(()));
        let message = "The request has more than 8 levels of lists and objects in a variable.";
        assert_eq!(shape(json!({ "a": deep(9) })), Err(message.to_owned()));
    }
}
