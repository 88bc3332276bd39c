//! The tables as a schema: everything that introspection and SDL show is registered here, in the language of the build.

use std::collections::BTreeMap;

use async_graphql::indexmap::{IndexMap, IndexSet};
use async_graphql::registry::{
    __DirectiveLocation, Deprecation, MetaDirective, MetaDirectiveInvocation, MetaEnumValue, MetaField, MetaInputValue,
    MetaType, Registry,
};
use async_graphql::{Name, Value};

use super::aggregate;
use super::connection::Connected;
use super::cost;
use super::filter::Filters;
use super::object::{Field, Fields, Object};
use super::signature::{Argument, Signature};
use crate::graphql::access::{self, Shown, Surface};
use crate::input::Described;

/// Descriptions in another language, by schema coordinate (`Project.budget`, `Query.projects(first:)`). A key that begins
/// with `*` stands for every coordinate that ends so (`*Payload.userErrors`) and has no key of its own; of several the
/// longest counts.
pub type Translations = BTreeMap<String, String>;

/// The description of a coordinate.
pub fn translated<'a>(translations: &'a Translations, coordinate: &str) -> Option<&'a String> {
    let ends = |key: &str| key.strip_prefix('*').is_some_and(|end| coordinate.ends_with(end));
    let shared = || translations.iter().filter(|(key, _)| ends(key)).max_by_key(|(key, _)| key.len());
    translations.get(coordinate).or_else(|| shared().map(|(_, text)| text))
}

/// Registers types; the description of each comes from `translations` where there is one.
pub struct Registrar<'a> {
    registry: &'a mut Registry,
    translations: &'a Translations,
    surface: Surface,
}

impl<'a> Registrar<'a> {
    /// Registers into `registry` what a surface has.
    pub fn new(registry: &'a mut Registry, translations: &'a Translations, surface: Surface) -> Self {
        Self { registry, translations, surface }
    }

    /// Whether the surface has a type.
    pub fn has_type(&self, name: &str) -> bool {
        self.surface.has_type(name)
    }

    /// Whether the surface has a field of an object.
    pub fn has_field(&self, type_name: &str, field: &str) -> bool {
        self.surface.has_field(type_name, field)
    }

    fn describe(&self, coordinate: &str, english: &str) -> Option<String> {
        Some(translated(self.translations, coordinate).cloned().unwrap_or_else(|| english.to_owned()))
    }

    fn input_value(&self, coordinate: &str, argument: &Argument) -> MetaInputValue {
        let signature = argument.signature;
        MetaInputValue {
            description: self.describe(coordinate, argument.description),
            default_value: signature.default.map(str::to_owned),
            ..MetaInputValue::new(signature.name, signature.ty)
        }
    }

    fn field(&self, parent: &str, name: &str, ty: &str, description: &str, arguments: &[Argument]) -> MetaField {
        let coordinate = format!("{parent}.{name}");
        let input = arguments.iter().find(|argument| argument.signature.name == "input");
        let input = input.and_then(|input| self.registry.types.get(input.signature.ty.trim_end_matches('!')));
        let input_has = |name: &str| match input {
            Some(MetaType::InputObject { input_fields, .. }) => input_fields.contains_key(name),
            _ => false,
        };
        let directive_invocations = cost::of_field(name, ty, arguments, input_has);
        let arguments = arguments.iter().filter(|argument| self.surface.has_argument(argument.signature.name));
        let arguments = arguments.map(|argument| {
            let name = argument.signature.name;
            let value = self.input_value(&format!("{coordinate}({name}:)"), argument);
            (name.to_owned(), MetaInputValue { directive_invocations: cost::of_argument(name), ..value })
        });
        MetaField {
            name: name.to_owned(),
            description: self.describe(&coordinate, description),
            args: arguments.collect(),
            ty: ty.to_owned(),
            deprecation: Deprecation::NoDeprecated,
            cache_control: Default::default(),
            external: false,
            requires: None,
            provides: None,
            visible: None,
            shareable: false,
            inaccessible: false,
            tags: Vec::new(),
            override_from: None,
            compute_complexity: None,
            directive_invocations,
            requires_scopes: Vec::new(),
        }
    }

    fn insert_object(&mut self, name: &str, description: &str, mut fields: IndexMap<String, MetaField>) {
        fields.retain(|field, _| self.surface.has_field(name, field));
        for (field, meta) in &mut fields {
            meta.directive_invocations.extend(access::shown_of_field(name, field).map(invocation));
        }
        let object = MetaType::Object {
            name: name.to_owned(),
            description: self.describe(name, description),
            fields,
            cache_control: Default::default(),
            extends: false,
            shareable: false,
            resolvable: true,
            keys: None,
            visible: None,
            inaccessible: false,
            interface_object: false,
            tags: Vec::new(),
            is_subscription: false,
            rust_typename: None,
            directive_invocations: access::shown_of_type(name).map(invocation).into_iter().collect(),
            requires_scopes: Vec::new(),
        };
        self.registry.types.insert(name.to_owned(), object);
    }

    /// An object with these fields.
    pub fn fields<R: Clone + Send + Sync + 'static>(&mut self, name: &str, table: &Fields<R>) {
        if !self.surface.has_type(name) {
            return;
        }
        let fields = table.all().iter().map(|field| self.of_table(name, field)).collect();
        self.insert_object(name, table.description, fields);
        for interface in &table.interfaces {
            self.registry.add_implements(name, interface);
            if let Some(MetaType::Interface { possible_types, .. }) = self.registry.types.get_mut(*interface) {
                possible_types.insert(name.to_owned());
            }
        }
    }

    /// A root whose fields are answered in their own way: signature, description and arguments of each.
    pub fn root<'f>(
        &mut self,
        name: &str,
        description: &str,
        fields: impl Iterator<Item = (Signature, &'static str, &'f [Argument])>,
    ) {
        let fields = fields.map(|(Signature { name: field, ty, .. }, description, arguments)| {
            (field.to_owned(), self.field(name, field, ty, description, arguments))
        });
        let fields = fields.collect();
        self.insert_object(name, description, fields);
    }

    /// An object by its type.
    pub fn object<T: Object>(&mut self) {
        self.fields(T::NAME, T::fields());
    }

    /// An object with its connection, edge, filter and order.
    pub fn connected<T: Connected>(&mut self) {
        if !self.surface.has_type(T::NAME) {
            return;
        }
        self.object::<T>();
        let name = T::NAME;
        let edge = format!("{name}Edge");
        let plain = |registrar: &Self, parent: &str, name: &str, ty: &str, description: &str| {
            (name.to_owned(), registrar.field(parent, name, ty, description, &[]))
        };
        let connection = format!("{name}Connection");
        let fields = [
            plain(
                self,
                &connection,
                "edges",
                &format!("[{edge}!]!"),
                "The objects of this page, each with its cursor.",
            ),
            plain(self, &connection, "nodes", &format!("[{name}!]!"), "The objects of this page."),
            plain(self, &connection, "pageInfo", "PageInfo!", "Where this page lies in the list."),
            plain(
                self,
                &connection,
                "totalCount",
                "Int!",
                "The exact number of objects in the whole list, counted only when this field is selected.",
            ),
            plain(
                self,
                &connection,
                "aggregate",
                &format!("{}!", T::AGGREGATE),
                "What the objects of the whole list come to; only what is selected is computed.",
            ),
        ];
        self.insert_object(&connection, &format!("A page of a list of type {name}."), fields.into_iter().collect());
        self.fields(T::AGGREGATE, &aggregate::fields::<T>());
        let fields = [
            plain(self, &edge, "cursor", "String!", "The place of the object in this order, for `after` and `before`."),
            plain(self, &edge, "node", &format!("{name}!"), "The object."),
        ];
        self.insert_object(
            &edge,
            &format!("An object of type {name} and its place in a list."),
            fields.into_iter().collect(),
        );
        if !T::SEARCHED {
            return;
        }
        self.filter(T::filters());
        let has = |order: &str| self.surface.has_condition(name, &access::field_of_order(order));
        let orders = T::orders().iter().filter(|order| has(order.name));
        let values: Vec<_> = orders.map(|order| (order.name, order.description)).collect();
        let order_field = format!("{name}OrderField");
        self.enumeration(&order_field, &format!("The keys that objects of type {name} can be sorted by."), &values);
        let field = Signature { name: "field", ty: leak(format!("{order_field}!")), default: None };
        let fields = [
            Argument { signature: field, description: "What to sort by." },
            Argument::new("direction: SortDirection! = ASC", "Smallest or largest first."),
            Argument::new("nulls: NullsOrder! = LAST", "Where objects without a value stand, whatever the direction."),
        ];
        self.input(&format!("{name}Order"), &format!("One key of an order of objects of type {name}."), &fields, false);
    }

    /// A filter input, with `and`, `or` and `not`.
    pub fn filter(&mut self, filters: &Filters) {
        let list: &'static str = leak(format!("[{}!]", filters.name));
        let mut fields = vec![
            Argument {
                signature: Signature { name: "and", ty: list, default: None },
                description: "All of these hold.",
            },
            Argument {
                signature: Signature { name: "or", ty: list, default: None },
                description: "At least one of these holds; an empty list holds for nothing.",
            },
            Argument {
                signature: Signature { name: "not", ty: filters.name, default: None },
                description: "This does not hold. A test of an absent value other than `isNull` is false, so its `not` \
                              is true.",
            },
        ];
        let filtered = access::type_of_filter(filters.name);
        let own = filters.fields.iter().map(|field| field.argument);
        fields.extend(own.filter(|argument| self.surface.has_condition(filtered, argument.signature.name)));
        self.input(filters.name, filters.description, &fields, false);
    }

    /// An input object.
    pub fn input(&mut self, name: &str, description: &str, fields: &[Argument], oneof: bool) {
        let input_fields = fields.iter().map(|field| {
            let key = field.signature.name;
            let value = self.input_value(&format!("{name}.{key}"), field);
            (key.to_owned(), MetaInputValue { directive_invocations: cost::of_input(key), ..value })
        });
        let input = MetaType::InputObject {
            name: name.to_owned(),
            description: self.describe(name, description),
            input_fields: input_fields.collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            oneof,
            directive_invocations: Vec::new(),
        };
        self.registry.types.insert(name.to_owned(), input);
    }

    /// An enum.
    pub fn enumeration(&mut self, name: &str, description: &str, values: &[(&str, &str)]) {
        let enum_values = values.iter().map(|(value, description)| {
            let description = self.describe(&format!("{name}.{value}"), description);
            ((*value).to_owned(), MetaEnumValue { description, ..MetaEnumValue::new(*value) })
        });
        let enumeration = MetaType::Enum {
            name: name.to_owned(),
            description: self.describe(name, description),
            enum_values: enum_values.collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        };
        self.registry.types.insert(name.to_owned(), enumeration);
    }

    /// An interface.
    pub fn interface(&mut self, name: &str, description: &str, fields: &[Argument]) {
        let fields = fields.iter().map(|field| {
            let Signature { name: field_name, ty, .. } = field.signature;
            (field_name.to_owned(), self.field(name, field_name, ty, field.description, &[]))
        });
        let interface = MetaType::Interface {
            name: name.to_owned(),
            description: self.describe(name, description),
            fields: fields.collect(),
            possible_types: IndexSet::new(),
            extends: false,
            keys: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        };
        self.registry.types.insert(name.to_owned(), interface);
    }

    /// An interface with the fields that `table` has, arguments included.
    pub fn interface_of<R: Clone + Send + Sync + 'static>(&mut self, name: &str, table: &Fields<R>) {
        self.interface(name, table.description, &[]);
        let fields: Vec<_> = table.all().iter().map(|field| self.of_table(name, field)).collect();
        if let Some(MetaType::Interface { fields: known, .. }) = self.registry.types.get_mut(name) {
            known.extend(fields);
        }
    }

    fn of_table<R>(&self, parent: &str, field: &Field<R>) -> (String, MetaField) {
        let Signature { name, ty, .. } = field.signature;
        (name.to_owned(), self.field(parent, name, ty, field.description, &field.arguments))
    }

    /// An input object by its table, with all that it holds.
    pub fn described(&mut self, input: &dyn Described) {
        if self.registry.types.contains_key(input.name()) {
            return;
        }
        let fields: Vec<_> =
            input.fields().into_iter().map(|(signature, description)| Argument::new(signature, description)).collect();
        self.input(input.name(), input.description(), &fields, input.is_one_of());
        for nested in input.nested() {
            self.described(nested);
        }
    }

    /// The directive by which the schema shows who sees and does what.
    pub fn access_directive(&mut self, description: &str) {
        let arguments = [("class", "FieldClass"), ("permission", "String")];
        let arguments = arguments.map(|(name, ty)| (name.to_owned(), MetaInputValue::new(name, ty)));
        self.registry.add_directive(MetaDirective {
            name: access::DIRECTIVE.to_owned(),
            description: self.describe(&format!("@{}", access::DIRECTIVE), description),
            locations: vec![__DirectiveLocation::OBJECT, __DirectiveLocation::FIELD_DEFINITION],
            args: arguments.into_iter().collect(),
            is_repeatable: false,
            visible: None,
            composable: None,
        });
    }

    /// A directive with its places and arguments.
    pub fn directive(
        &mut self,
        name: &str,
        description: &str,
        locations: &[__DirectiveLocation],
        arguments: &[Argument],
    ) {
        let coordinate = format!("@{name}");
        let args = arguments.iter().map(|argument| {
            let key = argument.signature.name;
            // The library prints no description of it in SDL, and introspection must tell what SDL tells: the directive's own
            // description speaks for its arguments.
            let mut value = self.input_value(&format!("{coordinate}({key}:)"), argument);
            value.description = None;
            (key.to_owned(), value)
        });
        let args = args.collect();
        self.registry.add_directive(MetaDirective {
            name: name.to_owned(),
            description: self.describe(&coordinate, description),
            locations: locations.to_vec(),
            args,
            is_repeatable: false,
            visible: None,
            composable: None,
        });
    }

    /// A scalar; values are checked where they are read.
    pub fn scalar(&mut self, name: &str, description: &str, specified_by: Option<&str>) {
        let scalar = MetaType::Scalar {
            name: name.to_owned(),
            description: self.describe(name, description),
            is_valid: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: specified_by.map(str::to_owned),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        };
        self.registry.types.insert(name.to_owned(), scalar);
    }
}

/// Shows a permission or a class in SDL.
fn invocation(shown: Shown) -> MetaDirectiveInvocation {
    let (argument, value) = match shown {
        Shown::Permission(permission) => ("permission", Value::from(permission.name())),
        Shown::Class(class) => ("class", Value::Enum(Name::new(class.name()))),
    };
    MetaDirectiveInvocation {
        name: access::DIRECTIVE.to_owned(),
        args: IndexMap::from_iter([(argument.to_owned(), value)]),
    }
}

/// Names of types live as long as the process; each schema is built once.
pub fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}
