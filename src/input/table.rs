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
    fn field(
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

    /// A value that can be cleared by null.
    #[must_use]
    pub fn value<V>(
        self,
        signature: &'static str,
        description: &'static str,
        read: impl Fn(&Json, &At<'_>) -> Result<V, UserError> + Send + Sync + 'static,
        place: fn(&mut T) -> &mut Sent<V>,
    ) -> Self
    where
        V: 'static,
    {
        self.field(signature, description, None, move |into, value, at, errors| {
            if value.is_null() {
                *place(into) = Sent::Clear;
                return;
            }
            match read(value, at) {
                Ok(value) => *place(into) = Sent::Set(value),
                Err(error) => errors.push(error),
            }
        })
    }

    /// A value for which null says the same as nothing.
    #[must_use]
    pub fn option<V>(
        self,
        signature: &'static str,
        description: &'static str,
        read: impl Fn(&Json, &At<'_>) -> Result<V, UserError> + Send + Sync + 'static,
        place: fn(&mut T) -> &mut Option<V>,
    ) -> Self
    where
        V: 'static,
    {
        self.field(signature, description, None, move |into, value, at, errors| {
            if value.is_null() {
                return;
            }
            match read(value, at) {
                Ok(value) => *place(into) = Some(value),
                Err(error) => errors.push(error),
            }
        })
    }

    /// Text of at most `longest` characters, cleared by null.
    #[must_use]
    pub fn text(
        self,
        signature: &'static str,
        description: &'static str,
        longest: usize,
        place: fn(&mut T) -> &mut Sent<String>,
    ) -> Self {
        self.value(signature, description, move |value, at| scalar::text(value, at, longest), place)
    }

    /// An object by its own table.
    #[must_use]
    pub fn object<V: Default + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<V>,
        place: fn(&mut T) -> &mut Option<V>,
    ) -> Self {
        self.field(signature, description, Some(Box::new(move || input())), move |into, value, at, errors| {
            if !value.is_null() {
                *place(into) = Some(input().read(value, at, errors));
            }
        })
    }

    /// An object that null clears.
    #[must_use]
    pub fn clearable<V: Default + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<V>,
        place: fn(&mut T) -> &mut Sent<V>,
    ) -> Self {
        self.field(signature, description, Some(Box::new(move || input())), move |into, value, at, errors| {
            *place(into) = match value {
                Json::Null => Sent::Clear,
                value => Sent::Set(input().read(value, at, errors)),
            };
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
