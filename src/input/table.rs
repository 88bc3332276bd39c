//! An input object as a table of its fields.

use serde_json::Value as Json;

use super::scalar;
use super::{At, Sent, UserError, UserErrorCode, Words};

type Nested = dyn (Fn() -> &'static dyn Described) + Send + Sync;
type Read<T> = dyn Fn(&mut T, &Json, &At<'_>, &mut Vec<UserError>) + Send + Sync;

struct Field<T> {
    name: &'static str,
    is_required: bool,
    signature: &'static str,
    description: &'static str,
    nested: Option<Box<Nested>>,
    read: Box<Read<T>>,
}

/// An input object: its name, and how each field is read into a `T`.
pub struct Input<T> {
    name: &'static str,
    description: &'static str,
    one_of: bool,
    fields: Vec<Field<T>>,
}

/// Where a value is kept that was read.
pub trait Slot<V> {
    /// Keeps what was sent; none for null.
    fn fill(&mut self, sent: Option<V>);
}

/// Null clears.
impl<V> Slot<V> for Sent<V> {
    fn fill(&mut self, sent: Option<V>) {
        *self = sent.map_or(Self::Clear, Self::Set);
    }
}

/// Null says the same as nothing.
impl<V> Slot<V> for Option<V> {
    fn fill(&mut self, sent: Option<V>) {
        *self = sent;
    }
}

/// What a schema says of an input object.
pub trait Described: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// What it is.
    fn description(&self) -> &'static str;
    /// Whether exactly one field must be given.
    fn is_one_of(&self) -> bool;
    /// Signature and description of each field.
    fn fields(&self) -> Vec<(&'static str, &'static str)>;
    /// The input objects that its fields hold.
    fn nested(&self) -> Vec<&'static dyn Described>;
}

impl<T: 'static> Described for Input<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn is_one_of(&self) -> bool {
        self.one_of
    }

    fn fields(&self) -> Vec<(&'static str, &'static str)> {
        self.fields.iter().map(|field| (field.signature, field.description)).collect()
    }

    fn nested(&self) -> Vec<&'static dyn Described> {
        self.fields.iter().filter_map(|field| field.nested.as_ref()).map(|nested| nested()).collect()
    }
}

impl<T: Default + 'static> Input<T> {
    /// An input object without fields.
    pub fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description, one_of: false, fields: Vec::new() }
    }

    /// Exactly one field must be given, and not null.
    #[must_use]
    pub fn one_of(mut self) -> Self {
        self.one_of = true;
        self
    }

    /// A field that is read in its own way; `nested` is the input object that it holds.
    #[must_use]
    pub(super) fn field(
        mut self,
        signature: &'static str,
        description: &'static str,
        nested: Option<Box<Nested>>,
        read: impl Fn(&mut T, &Json, &At<'_>, &mut Vec<UserError>) + Send + Sync + 'static,
    ) -> Self {
        let name = signature.split_once(':').map_or(signature, |(name, _)| name);
        let is_required = signature.ends_with('!');
        self.fields.push(Field { name, is_required, signature, description, nested, read: Box::new(read) });
        self
    }

    /// A value that is read in its own way; what null says is up to its slot.
    #[must_use]
    pub fn value<V, S: Slot<V> + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        read: impl Fn(&Json, &At<'_>) -> Result<V, UserError> + Send + Sync + 'static,
        place: fn(&mut T) -> &mut S,
    ) -> Self {
        self.field(signature, description, None, move |into, value, at, errors| {
            match given(value).map(|value| read(value, at)).transpose() {
                Ok(value) => place(into).fill(value),
                Err(error) => errors.push(error),
            }
        })
    }

    /// Text of at most `longest` characters.
    #[must_use]
    pub fn text<S: Slot<String> + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        longest: usize,
        place: fn(&mut T) -> &mut S,
    ) -> Self {
        self.value(signature, description, move |value, at| scalar::text(value, at, longest), place)
    }

    /// A whole number from `least` to `most`.
    #[must_use]
    pub fn int<S: Slot<i32> + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        least: i32,
        most: i32,
        place: fn(&mut T) -> &mut S,
    ) -> Self {
        self.value(signature, description, move |value, at| scalar::int(value, at, least, most), place)
    }

    /// An object by its own table.
    #[must_use]
    pub fn object<V: Default + 'static, S: Slot<V> + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<V>,
        place: fn(&mut T) -> &mut S,
    ) -> Self {
        self.field(signature, description, Some(Box::new(move || input())), move |into, value, at, errors| {
            let value = given(value).map(|value| input().read(value, at, errors));
            place(into).fill(value);
        })
    }

    /// A list of objects, at most `longest`; null clears it.
    #[must_use]
    pub fn list<V: Default + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<V>,
        longest: usize,
        place: fn(&mut T) -> &mut Sent<Vec<V>>,
    ) -> Self {
        self.field(signature, description, Some(Box::new(move || input())), move |into, value, at, errors| {
            *place(into) = entries(value, at, longest, errors, |entry, at, errors| input().read(entry, at, errors));
        })
    }

    /// A list of texts, at most `most` of at most `longest` characters; null clears it.
    #[must_use]
    pub fn texts(
        self,
        signature: &'static str,
        description: &'static str,
        most: usize,
        longest: usize,
        place: fn(&mut T) -> &mut Sent<Vec<String>>,
    ) -> Self {
        self.field(signature, description, None, move |into, value, at, errors| {
            *place(into) = entries(value, at, most, errors, |entry, at, errors| {
                scalar::text(entry, at, longest).unwrap_or_else(|error| {
                    errors.push(error);
                    String::new()
                })
            });
        })
    }

    /// Reads an object, and gathers every mistake in it.
    pub fn read(&self, value: &Json, at: &At<'_>, errors: &mut Vec<UserError>) -> T {
        let mut into = T::default();
        let Json::Object(sent) = value else {
            let words = Words::new("This must be an object.", "此处应为对象。");
            let shown = value.to_string();
            errors.push(UserError::validation(UserErrorCode::InvalidFormat, at.path(), "object", Some(&shown), words));
            return into;
        };
        for (name, value) in sent {
            let place = at.field(name);
            match self.fields.iter().find(|field| field.name == name) {
                Some(field) if value.is_null() && (field.is_required || self.one_of) => errors.push(absent(&place)),
                Some(field) => (field.read)(&mut into, value, &place, errors),
                None => errors.push(self.unknown(&place)),
            }
        }
        for field in self.fields.iter().filter(|field| field.is_required) {
            if !sent.contains_key(field.name) {
                errors.push(absent(&at.field(field.name)));
            }
        }
        if self.one_of && sent.len() != 1 {
            let names = self.names();
            let words = Words::new(format!("Give exactly one of {names}."), format!("必须且只能给出 {names} 之一。"));
            errors.push(UserError::validation(UserErrorCode::InvalidFormat, at.path(), "oneOf", None, words));
        }
        into
    }

    fn names(&self) -> String {
        self.fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ")
    }

    fn unknown(&self, at: &At<'_>) -> UserError {
        let names = self.names();
        let words = Words::new(
            format!("There is no such field in {}; it has {names}.", self.name),
            format!("{} 没有这个字段；可用字段为 {names}。", self.name),
        );
        UserError::validation(UserErrorCode::UnknownField, at.path(), "fields", None, words)
    }
}

/// What was sent, where it is not null.
fn given(value: &Json) -> Option<&Json> {
    Some(value).filter(|value| !value.is_null())
}

/// A value that must be there.
pub(super) fn absent(at: &At<'_>) -> UserError {
    let words = Words::new("This must have a value.", "此处必须有值。");
    UserError::validation(UserErrorCode::Required, at.path(), "required", None, words)
}

fn entries<V>(
    value: &Json,
    at: &At<'_>,
    longest: usize,
    errors: &mut Vec<UserError>,
    read: impl Fn(&Json, &At<'_>, &mut Vec<UserError>) -> V,
) -> Sent<Vec<V>> {
    let items = match value {
        Json::Null => return Sent::Clear,
        Json::Array(items) => items.as_slice(),
        // One value alone counts as a list of one, as in GraphQL.
        single => std::slice::from_ref(single),
    };
    if items.len() > longest {
        let length = items.len();
        let words = Words::new(
            format!("The list has {length} entries; {longest} are allowed."),
            format!("列表有{length}项，最多允许{longest}项。"),
        );
        errors.push(UserError::validation(
            UserErrorCode::OutOfRange,
            at.path(),
            "length",
            Some(&length.to_string()),
            words,
        ));
        return Sent::Absent;
    }
    Sent::Set(items.iter().enumerate().map(|(index, item)| read(item, &at.entry(index), errors)).collect())
}
