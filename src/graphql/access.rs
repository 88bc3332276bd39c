//! Who sees and does what in the schema: for each type the permission that looking at it needs, for each field its class, and
//! for each mutation its permission.
//!
//! [`table`] is the one place of it. The plan of a request asks it before the first statement runs, the schema shows it as
//! `@access`, and the suite reads it from there. A field without a line fails the suite.

use std::collections::HashMap;
use std::sync::LazyLock;

use entity::value::Role;

use crate::auth::Caller;
use crate::auth::policy::{self, Class, Permission};
use crate::error::{AppError, AppResult, ErrorCode};

mod table;

use table::{CONDITIONS, INTERNAL_ARGUMENTS, Line, MUTATIONS, PUBLIC_ROOTS, TYPES};

/// The permission of a type, and the classes of its fields.
pub struct TypeAccess {
    /// What looking at the type needs; nothing where it holds only what is told to everybody, or parts of other types.
    pub permission: Option<Permission>,
    classes: HashMap<&'static str, Class>,
    conditions: HashMap<&'static str, Class>,
}

impl TypeAccess {
    fn of((name, permission, fields): &Line) -> Self {
        let named = |class: Class, names: &'static str| names.split_whitespace().map(move |name| (name, class));
        let classes = fields.iter().flat_map(|(class, names)| named(*class, names));
        let conditions = CONDITIONS.iter().filter(|(of, ..)| of == name);
        let conditions = conditions.flat_map(|(_, class, names)| named(*class, names));
        Self { permission: *permission, classes: classes.collect(), conditions: conditions.collect() }
    }

    /// The class of a field.
    pub fn class(&self, field: &str) -> Option<Class> {
        self.classes.get(field).copied()
    }

    /// The class of what a list of the type can be filtered or sorted by: that of the field of this name.
    pub fn class_of_condition(&self, name: &str) -> Option<Class> {
        self.class(name).or_else(|| self.conditions.get(name).copied())
    }

    /// Refuses a condition on what the caller may not see, since its answer would tell it.
    ///
    /// # Errors
    /// As [`TypeAccess::admit`].
    pub fn admit_condition(&self, caller: &Caller, type_name: &str, name: &str) -> AppResult<()> {
        admit_class(self.class_of_condition(name), caller, type_name, name)
    }

    /// Refuses a field that the caller may not see.
    ///
    /// # Errors
    /// `FORBIDDEN` for a class that none of his roles sees, `INTERNAL` for a field without a line.
    pub fn admit(&self, caller: &Caller, type_name: &str, field: &str) -> AppResult<()> {
        admit_class(self.class(field), caller, type_name, field)
    }
}

fn admit_class(class: Option<Class>, caller: &Caller, type_name: &str, field: &str) -> AppResult<()> {
    match class {
        Some(class) if caller.sees(class) => Ok(()),
        Some(class) => {
            caller.is_known()?;
            let message = format!("{type_name}.{field} is {}: no role of this account sees it.", class.name());
            Err(AppError::new(ErrorCode::Forbidden, message))
        }
        None => Err(AppError::internal(format!("no line of access for {type_name}.{field}"))),
    }
}

/// The line of a type; `None` where there is none.
pub fn of_type(name: &str) -> Option<&'static TypeAccess> {
    static NAMED: LazyLock<HashMap<&'static str, TypeAccess>> =
        LazyLock::new(|| TYPES.iter().map(|line| (line.0, TypeAccess::of(line))).collect());
    static ENDINGS: LazyLock<Vec<(&'static str, &'static TypeAccess)>> =
        LazyLock::new(|| NAMED.iter().filter_map(|(name, access)| Some((name.strip_prefix('*')?, access))).collect());
    let by_ending = || ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, access)| *access);
    NAMED.get(name).or_else(by_ending)
}

/// The permission of a mutation; `None` for one without a line.
pub fn of_mutation(name: &str) -> Option<Permission> {
    static PERMISSIONS: LazyLock<HashMap<&'static str, Permission>> = LazyLock::new(|| {
        MUTATIONS
            .iter()
            .flat_map(|(permission, names)| names.split_whitespace().map(|name| (name, *permission)))
            .collect()
    });
    PERMISSIONS.get(name).copied()
}

/// The directive by which the schema shows this table.
pub const DIRECTIVE: &str = "access";

/// What the schema shows at a type or a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What it needs.
    Permission(Permission),
    /// Its class, where that is not [`Class::Public`].
    Class(Class),
}

/// What is shown at a type.
pub fn shown_of_type(name: &str) -> Option<Shown> {
    of_type(name)?.permission.map(Shown::Permission)
}

/// What is shown at a field.
pub fn shown_of_field(type_name: &str, field: &str) -> Option<Shown> {
    if type_name == "Mutation" {
        return of_mutation(field).map(Shown::Permission);
    }
    of_type(type_name)?.class(field).filter(|class| *class != Class::Public).map(Shown::Class)
}

/// Which schema is meant: the whole one, or the smaller one of the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Everything; what a caller may not see is refused when he asks it.
    Whole,
    /// What the public may see; nothing else is there.
    Public,
}

impl Surface {
    /// Whether a type is there.
    pub fn has_type(self, name: &str) -> bool {
        let to_the_public =
            |access: &TypeAccess| access.permission.is_none_or(|permission| policy::allows(Role::Public, permission));
        self == Self::Whole || of_type(name).is_none_or(to_the_public)
    }

    /// Whether a field of an object is there.
    pub fn has_field(self, type_name: &str, field: &str) -> bool {
        self == Self::Whole
            || of_type(type_name).is_none_or(|access| access.class(field) == Some(Class::Public))
                && (type_name != "Query" || PUBLIC_ROOTS.split_whitespace().any(|root| root == field))
    }

    /// Whether an argument of a field is there.
    pub fn has_argument(self, name: &str) -> bool {
        self == Self::Whole || !INTERNAL_ARGUMENTS.contains(&name)
    }

    /// Whether the rows of a type can be filtered or sorted by something.
    pub fn has_condition(self, type_name: &str, name: &str) -> bool {
        self == Self::Whole
            || of_type(type_name).is_none_or(|access| access.class_of_condition(name) == Some(Class::Public))
    }
}

/// Admits the caller to a type, before its fields are asked one by one.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` when he may not look at it, `INTERNAL` for a type without a line.
pub fn admit(caller: &Caller, type_name: &str) -> AppResult<&'static TypeAccess> {
    let access = of_type(type_name).ok_or_else(|| AppError::internal(format!("no line of access for {type_name}")))?;
    if let Some(permission) = access.permission {
        caller.may(permission)?;
    }
    Ok(access)
}

/// Every line of the table: a type, or an ending of types behind `*`, and a field or mutation of it.
pub fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    let fields = TYPES.iter().flat_map(|(name, _, fields)| {
        fields.iter().flat_map(move |(_, names)| names.split_whitespace().map(move |field| (*name, field)))
    });
    let mutations = MUTATIONS.iter().flat_map(|(_, names)| names.split_whitespace().map(|name| ("Mutation", name)));
    fields.chain(mutations)
}

/// Admits the caller to a filter or an order by what a type has under this name.
///
/// # Errors
/// As [`TypeAccess::admit_condition`].
pub fn admit_condition(caller: &Caller, type_name: &str, name: &str) -> AppResult<()> {
    let access = of_type(type_name).ok_or_else(|| AppError::internal(format!("no line of access for {type_name}")))?;
    access.admit_condition(caller, type_name, name)
}

/// The name of the field that a key of an order is named after: `FISCAL_YEAR` is `fiscalYear`.
pub fn field_of_order(key: &str) -> String {
    let mut upper = false;
    let mut field = String::with_capacity(key.len());
    for c in key.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                field.push(c);
                upper = false;
            }
            c => field.push(c.to_ascii_lowercase()),
        }
    }
    field
}

/// The type whose rows a filter input chooses.
pub fn type_of_filter(filter: &str) -> &str {
    filter.strip_suffix("Filter").unwrap_or(filter)
}
