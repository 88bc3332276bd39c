//! One line of JSON, read strictly: no member twice, no deep nesting.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Number, Value};

use super::fault::{Problem, shown};

/// Reads a line.
///
/// # Errors
/// The [`Problem`] with it: no JSON, nested deeper than `nesting`, a member that stands twice, or no object.
pub fn read(line: &[u8], nesting: usize) -> Result<Value, Problem> {
    let text = std::str::from_utf8(line).map_err(|_| Problem::NotText { encoding: "UTF-8" })?;
    let mut found = Found { problem: None, path: Vec::new(), nesting };
    let mut reader = Deserializer::from_str(text);
    let value = Node(&mut found).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match (value, found.problem) {
        (_, Some(problem)) => Err(problem),
        (Err(error), None) => Err(Problem::NotJson { byte: error.column().max(1) }),
        (Ok(value), None) if value.is_object() => Ok(value),
        (Ok(_), None) => Err(Problem::NotAnObject),
    }
}

/// The first problem that is more than a mistake of grammar, and the names around the value being read.
struct Found {
    problem: Option<Problem>,
    path: Vec<String>,
    nesting: usize,
}

/// A value at the end of the path.
struct Node<'a>(&'a mut Found);

impl Node<'_> {
    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.0.path.len() < self.0.nesting {
            return Ok(());
        }
        self.0.problem = Some(Problem::TooDeep { limit: self.0.nesting });
        Err(E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut list = Vec::new();
        loop {
            self.0.path.push(list.len().to_string());
            let Some(value) = elements.next_element_seed(Node(&mut *self.0))? else { break };
            self.0.path.pop();
            list.push(value);
        }
        self.0.path.pop();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.0.path.push(name.clone());
            if map.contains_key(&name) {
                self.0.problem = Some(Problem::DuplicateMember { path: shown(&self.0.path.join(".")) });
                return Err(A::Error::custom("a member stands twice"));
            }
            let value = members.next_value_seed(Node(&mut *self.0))?;
            self.0.path.pop();
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Problem, read};

    #[test]
    fn a_line_is_one_object() {
        assert_eq!(
            read(br#" {"a": [1, {"b": null}], "c": "1.50"} "#, 4),
            Ok(json!({ "a": [1, { "b": null }], "c": "1.50" }))
        );
        assert_eq!(read(b"[1]", 4), Err(Problem::NotAnObject));
        assert_eq!(read(br#"{"a": 1} {"a": 1}"#, 4), Err(Problem::NotJson { byte: 10 }));
        assert_eq!(read(br#"{"a": "#, 4), Err(Problem::NotJson { byte: 6 }));
        assert_eq!(read(b"{\"a\": \"\xFF\"}", 4), Err(Problem::NotText { encoding: "UTF-8" }));
    }

    #[test]
    fn members_that_stand_twice_and_deep_nesting_are_found() {
        let twice = br#"{"set": {"plan": [{"month": 3}, {"month": 6, "month": 7}]}}"#;
        assert_eq!(read(twice, 8), Err(Problem::DuplicateMember { path: "set.plan.1.month".to_owned() }));
        assert_eq!(read(br#"{"a": "\u0061", "\u0061": 1}"#, 8), Err(Problem::DuplicateMember { path: "a".to_owned() }));
        assert!(read(br#"{"a": [[1]]}"#, 3).is_ok());
        assert_eq!(read(br#"{"a": [[[1]]]}"#, 3), Err(Problem::TooDeep { limit: 3 }));
        let deep = "[".repeat(1_000_000);
        assert_eq!(read(deep.as_bytes(), 16), Err(Problem::TooDeep { limit: 16 }));
    }
}
