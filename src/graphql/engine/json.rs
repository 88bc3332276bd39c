//! The JSON of answers, written straight from rows: many values in one buffer, which those of the level above copy from.

use std::collections::HashMap;
use std::hash::Hash;

use async_graphql::{Name, Value};

use crate::error::{AppError, AppResult};

/// The JSON of many values, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// The most bytes for which room is made before they are there.
const RESERVED: usize = 1 << 20;

impl Texts {
    /// No value yet, and room for the places of this many.
    pub fn with_capacity(values: usize) -> Self {
        Self { bytes: Vec::new(), ends: Vec::with_capacity(values) }
    }

    /// One value.
    pub fn one(write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut texts = Self::with_capacity(1);
        texts.push(write);
        texts
    }

    /// Adds the value that `write` writes.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        if self.ends.is_empty() {
            // The others are likely to be about as long.
            self.bytes.reserve(self.bytes.len().saturating_mul(self.ends.capacity()).min(RESERVED));
        }
        self.ends.push(self.bytes.len());
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value at a place; null where there is none.
    pub fn get(&self, place: usize) -> &[u8] {
        let begin = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = begin.zip(self.ends.get(place)).map(|(begin, end)| begin..*end);
        range.and_then(|range| self.bytes.get(range)).unwrap_or(NULL)
    }

    /// All values in their order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// The first value alone; null where there is none.
    pub fn into_first(mut self) -> Vec<u8> {
        match self.ends.first() {
            Some(end) => self.bytes.truncate(*end),
            None => self.bytes = NULL.to_vec(),
        }
        self.bytes
    }
}

impl<'a> FromIterator<&'a [u8]> for Texts {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(values: I) -> Self {
        let mut texts = Self::default();
        for value in values {
            texts.push(|out| out.extend_from_slice(value));
        }
        texts
    }
}

/// The JSON of values that are found by a key.
#[derive(Debug)]
pub struct ByKey<K> {
    places: HashMap<K, usize>,
    texts: Texts,
}

impl<K: Eq + Hash> ByKey<K> {
    /// These values, whose keys come in the same order.
    pub fn new(keys: impl IntoIterator<Item = K>, texts: Texts) -> Self {
        Self { places: keys.into_iter().zip(0..).collect(), texts }
    }

    /// The value with this key.
    pub fn get(&self, key: &K) -> Option<&[u8]> {
        self.places.get(key).map(|place| self.texts.get(*place))
    }
}

impl<K> Default for ByKey<K> {
    fn default() -> Self {
        Self { places: HashMap::new(), texts: Texts::default() }
    }
}

/// What is nothing.
pub const NULL: &[u8] = b"null";

/// The name of a value in an object, as it is written.
#[derive(Clone, Debug)]
pub struct Key(Box<[u8]>);

impl Key {
    /// Names of GraphQL have no character that JSON would escape.
    pub fn new(name: &Name) -> Self {
        Self([b"\"", name.as_bytes(), b"\":"].concat().into_boxed_slice())
    }
}

/// Writes a value that is held.
pub fn value(out: &mut Vec<u8>, value: &Value) {
    // Memory takes all bytes, and the keys of such values are texts.
    let _written = serde_json::to_writer(out, value);
}

/// Writes a list.
pub fn list<'a>(out: &mut Vec<u8>, values: impl IntoIterator<Item = &'a [u8]>) {
    out.push(b'[');
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(value);
    }
    out.push(b']');
}

/// Writes an object, of which `write` writes each value.
pub fn object<'a, T>(
    out: &mut Vec<u8>,
    fields: impl IntoIterator<Item = (&'a Key, T)>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'{');
    for (place, (key, field)) in fields.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&key.0);
        write(out, field);
    }
    out.push(b'}');
}

/// A written value, for the library.
///
/// # Errors
/// `INTERNAL` for what is no JSON.
pub fn read(text: &[u8]) -> AppResult<Value> {
    serde_json::from_slice(text).map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use async_graphql::{Name, value};

    use super::*;

    #[test]
    fn values_are_found_by_their_places() {
        let mut texts = Texts::default();
        texts.push(|out| super::value(out, &value!({"a": "\"\n指标"})));
        texts.push(|out| list(out, [b"1".as_slice(), NULL]));
        let keys = [Key::new(&Name::new("b")), Key::new(&Name::new("c"))];
        texts.push(|out| object(out, keys.iter().zip(1..), |out, n| super::value(out, &Value::from(n))));
        let all: Vec<&str> = texts.iter().map(|text| std::str::from_utf8(text).unwrap()).collect();
        assert_eq!(all, [r#"{"a":"\"\n指标"}"#, "[1,null]", r#"{"b":1,"c":2}"#]);
        assert_eq!((texts.get(3), texts.len()), (NULL, 3));
        assert_eq!(read(texts.get(2)).unwrap(), value!({"b": 1, "c": 2}));
        assert_eq!(texts.iter().collect::<Texts>().into_first(), texts.get(0));
        assert_eq!(Texts::default().into_first(), NULL);
        let named = ByKey::new(["a", "b", "c"], texts);
        assert_eq!((named.get(&"b"), named.get(&"d")), (Some(b"[1,null]".as_slice()), None));
    }
}
