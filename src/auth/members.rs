//! Reading the JSON of a token strictly: one object, no name twice (two readers of a token must never see different
//! values), and a value only as the type that is asked for.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::token::Refusal;

/// The members of a JSON object.
pub(super) struct Members(BTreeMap<String, Value>);

impl Members {
    /// Reads a part of a token: base64url without padding of one JSON object.
    pub(super) fn read(part: &str) -> Result<Self, Refusal> {
        let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Encoding)?;
        serde_json::from_slice(&json).map_err(|_| Refusal::Json)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Whole seconds since 1970, written as a plain number.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        i64::try_from(self.get(name)?.as_u64()?).ok()
    }

    /// The audience: one text, or a list of nothing but texts.
    pub(super) fn audiences(&self) -> Option<Vec<&str>> {
        match self.get("aud")? {
            Value::String(one) => Some(vec![one]),
            Value::Array(list) => list.iter().map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectOfDifferentNames;

        impl<'de> Visitor<'de> for ObjectOfDifferentNames {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object whose names are all different")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(ObjectOfDifferentNames)
    }
}
