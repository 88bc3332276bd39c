//! What groups take: the arguments of their root fields, and the inputs that choose and sort them.

use super::{EdgeOf, GroupOf, GroupedType, PageOf};
use crate::graphql::access;
use crate::graphql::engine::aggregate::MeasureField;
use crate::graphql::engine::connection::ColumnOf;
use crate::graphql::engine::registry::{Registrar, leak};
use crate::graphql::engine::signature::{Argument, Signature};

/// The arguments of a root field of groups.
pub fn arguments<T: GroupedType>() -> Vec<Argument> {
    let argument = |signature: String, description| Argument::new(leak(signature), description);
    let names = T::NAMES;
    vec![
        argument(format!("filter: {}Filter", T::NAME), "Only objects that pass this filter are grouped."),
        argument(format!("groupBy: [{}!]!", names.key), "What groups are made by: 1 to 5 keys, none twice."),
        argument(format!("having: {}", names.having), "Only groups that pass these tests."),
        argument(
            format!("orderBy: [{}!]", names.order),
            "The order, by at most 5 parts of a group, none twice; groups that are equal in it, and all without it, are \
             ordered by their keys, as `groupBy` names them. What is empty comes last.",
        ),
        Argument::new(
            "first: Int",
            "The first n groups after `after`; `page_default` of `service { limits }` without it. More than `page_max` is an \
             error that names the limit.",
        ),
        Argument::new("after: String", "Only groups after this cursor."),
    ]
}

/// Registers the types around the groups of a type.
pub fn register<T: GroupedType>(registrar: &mut Registrar<'_>) {
    let names = T::NAMES;
    if !registrar.has_type(names.group) {
        return;
    }
    registrar.object::<GroupOf<T>>();
    registrar.object::<EdgeOf<T>>();
    registrar.object::<PageOf<T>>();
    let is_there = |name: &str| registrar.has_field(names.group, &access::field_of_order(name));
    let keys: Vec<_> = T::KEYS.iter().filter(|key| is_there(key.name)).map(|key| (key.name, key.description)).collect();
    let mut fields = keys.clone();
    fields.push(("COUNT", "How many there are."));
    fields.extend(T::measures().iter().map(|measure| (leak(order_name(measure.name())), measure.description)));
    registrar.enumeration(names.key, &format!("What groups of type {} are made by.", T::NAME), &keys);
    registrar.enumeration(
        names.order_field,
        &format!("What groups of type {} can be sorted by; a key must be one of `groupBy`.", T::NAME),
        &fields,
    );
    let ty = leak(format!("{}!", names.order_field));
    let order = [
        Argument { signature: Signature { name: "field", ty, default: None }, description: "What to sort by." },
        Argument::new("of: Extent! = SUM", "Of a number that is summed up, what to sort by."),
        Argument::new("direction: SortDirection! = ASC", "Smallest or largest first."),
    ];
    registrar.input(names.order, &format!("One key of an order of groups of type {}.", T::NAME), &order, false);
    let mut having = vec![Argument::new("count: IntFilter", "How many there are.")];
    having.extend(T::measures().iter().map(|measure: &MeasureField<ColumnOf<T>>| Argument {
        signature: Signature { name: measure.name(), ty: measure.kind.filter, default: None },
        description: measure.description,
    }));
    let what = format!("Tests of groups of type {}; all given must hold.", T::NAME);
    registrar.input(names.having, &what, &having, false);
}

/// `fiscalFunds` is `FISCAL_FUNDS`.
fn order_name(field: &str) -> String {
    field.chars().fold(String::new(), |mut name, c| {
        if c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
        name
    })
}
