//! What the schema says of cost: `@cost` and `@listSize`, as the cost specification of the GraphQL community has them.
//!
//! The directives follow from the conventions of the schema, by which the guard of requests estimates too; a test prices
//! documents by the printed directives and compares.

use async_graphql::Value;
use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{__DirectiveLocation, MetaDirectiveInvocation};

use super::registry::Registrar;
use super::signature::Argument;
use crate::limits::ProfileLimits;

/// The fields of an input that say how many rows a mutation writes.
const WRITTEN: [&str; 2] = ["rows", "expectedCount"];

/// Fields that cost more than an object, told by their names and an argument that they require, with their points: they read
/// more than their answer has.
const WEIGHTS: [(&str, &str, u64); 3] =
    [("indicatorGroups", "groupBy", 100), ("projectGroups", "groupBy", 100), ("summary", "fiscalYear", 10)];

/// The points of a field with an object: 1 is the usual.
pub fn weight(name: &str, has_argument: impl Fn(&str) -> bool) -> u64 {
    let weight = WEIGHTS.iter().find(|(known, argument, _)| *known == name && has_argument(argument));
    weight.map_or(1, |(.., points)| *points)
}

/// The arguments that have an entry for each entry of the answer.
const COUNTED: [&str; 2] = ["ids", "checks"];
/// The arguments that have words searched for, which takes the index of search beside the rows.
const SEARCHES: [&str; 2] = ["query", "search"];

/// What a search costs, however much it finds.
pub const SEARCH: u64 = 10;

/// Whether an argument has words searched for.
pub fn searches(argument: &str) -> bool {
    SEARCHES.contains(&argument)
}

/// What is said of an argument of a field.
pub fn of_argument(name: &str) -> Vec<MetaDirectiveInvocation> {
    if searches(name) { vec![invocation("cost", [("weight", Value::from(SEARCH.to_string()))])] } else { Vec::new() }
}

/// Registers the directives.
pub fn directives(registrar: &mut Registrar<'_>) {
    registrar.directive(
        "cost",
        "What something costs in points, where it is not the usual: an object costs 1, a scalar nothing. On a field of an \
         input it is the cost of each entry, or of each row that its number stands for; on an argument what is added where it is given.",
        &[
            __DirectiveLocation::ARGUMENT_DEFINITION,
            __DirectiveLocation::FIELD_DEFINITION,
            __DirectiveLocation::INPUT_FIELD_DEFINITION,
        ],
        &[Argument::new("weight: String!", "Points, as a number.")],
    );
    registrar.directive(
        "listSize",
        "How long a list is taken to be: as long as the largest of `slicingArguments` says (a list by its length), else \
         `assumedSize`, the default page of those who have the largest. `sizedFields` are the lists below the field that this \
         holds for; without them it is the field itself. A list of which nothing is said counts as one object.",
        &[__DirectiveLocation::FIELD_DEFINITION],
        &[
            Argument::new("assumedSize: Int", "Length without a slicing argument."),
            Argument::new("requireOneSlicingArgument: Boolean = true", "Whether one of them must be there."),
            Argument::new("sizedFields: [String!]", "Lists below the field."),
            Argument::new("slicingArguments: [String!]", "Arguments, also inside an input."),
        ],
    );
}

/// What is said of a field with these arguments; `input` tells whether the type of its argument `input` has a field.
pub fn of_field(
    name: &str,
    ty: &str,
    arguments: &[Argument],
    input: impl Fn(&str) -> bool,
) -> Vec<MetaDirectiveInvocation> {
    let has = |name: &str| arguments.iter().any(|argument| argument.signature.name == name);
    let weight = Some(weight(name, has)).filter(|points| *points != 1);
    let weight = weight.map(|points| invocation("cost", [("weight", Value::from(points.to_string()))]));
    list_size_of(ty, has, input).into_iter().chain(weight).collect()
}

/// What is said of the length of a field's list.
fn list_size_of(ty: &str, has: impl Fn(&str) -> bool, input: impl Fn(&str) -> bool) -> Option<MetaDirectiveInvocation> {
    let pages: Vec<&str> = ["first", "last"].into_iter().filter(|name| has(name)).collect();
    if !pages.is_empty() {
        // Of the callers the one with the longest page: the estimate is never less than what is asked for.
        let assumed = ty.contains("Connection").then_some(ProfileLimits::SERVICE.page_default);
        return Some(list_size(&pages, &["edges", "nodes"], assumed));
    }
    if let Some(counted) = COUNTED.iter().find(|name| has(name)) {
        return Some(list_size(&[counted], &[], None));
    }
    let written = WRITTEN.iter().find(|name| input(name));
    written.map(|name| list_size(&[&format!("input.{name}")], &["results"], None))
}

/// What is said of a field of an input.
pub fn of_input(name: &str) -> Vec<MetaDirectiveInvocation> {
    if WRITTEN.contains(&name) { vec![invocation("cost", [("weight", Value::from("1"))])] } else { Vec::new() }
}

fn list_size(slicing: &[&str], sized: &[&str], assumed: Option<u64>) -> MetaDirectiveInvocation {
    let names = |names: &[&str]| Value::List(names.iter().map(|name| Value::from(*name)).collect());
    let assumed = assumed.map(|size| ("assumedSize", Value::from(size)));
    let sized = (!sized.is_empty()).then(|| ("sizedFields", names(sized)));
    let arguments = [("slicingArguments", names(slicing)), ("requireOneSlicingArgument", Value::from(false))];
    invocation("listSize", arguments.into_iter().chain(sized).chain(assumed))
}

fn invocation(name: &str, args: impl IntoIterator<Item = (&'static str, Value)>) -> MetaDirectiveInvocation {
    let args: IndexMap<String, Value> = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    MetaDirectiveInvocation { name: name.to_owned(), args }
}
