//! What a document becomes when every fragment is put in its place, counted without doing it.
//!
//! A fragment's numbers are the same wherever it is spread, so each is measured once and remembered: a document in which
//! fragments double each other forty times costs forty steps here, and 2⁴⁰ in the library's validation.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, FragmentDefinition, OperationType, Selection, SelectionSet};
use async_graphql::{Pos, Positioned, ServerError};

use crate::error::ErrorCode;
use crate::http::errors::{refusal, too_many};
use crate::limits::ProfileLimits;

/// Lists of the introspection schema that lead back to types; each level multiplies the answer by their length.
const INTROSPECTION_LISTS: [&str; 6] = ["types", "fields", "inputFields", "interfaces", "possibleTypes", "enumValues"];

/// How many of them may lie inside each other; the introspection queries of the usual tools need two.
const MAX_INTROSPECTION_LISTS: u64 = 2;

/// The size of a selection set after expansion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// Fields, inline fragments and spreads.
    pub selections: u64,
    /// Fields on the level of the set itself.
    pub fields: u64,
    /// Aliases.
    pub aliases: u64,
    /// Directives.
    pub directives: u64,
    /// Fields inside each other; what lies below `__schema` and `__type` does not count.
    pub depth: u64,
    /// Selections of any kind inside each other.
    pub levels: u64,
    /// Introspection lists inside each other.
    pub lists: u64,
}

impl Expanded {
    /// Adds a neighbour.
    fn beside(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.depth = self.depth.max(other.depth);
        self.levels = self.levels.max(other.levels);
        self.lists = self.lists.max(other.lists);
    }
}

/// Measures all operations of a document together and compares them with the limits.
///
/// # Errors
/// `COST_LIMIT` that names the limit, `GRAPHQL_VALIDATION_FAILED` for a fragment that contains itself, `UNAUTHENTICATED`
/// for a mutation where the profile has none.
pub fn expand(document: &ExecutableDocument, limits: &ProfileLimits) -> Result<Expanded, ServerError> {
    let too_many_definitions = |what, count: usize, limit| match count as u64 > limit {
        true => Err(too_many(what, limit, None)),
        false => Ok(()),
    };
    too_many_definitions("fragments", document.fragments.len(), limits.fragments)?;
    too_many_definitions("operations", document.operations.iter().len(), limits.operations)?;

    let mut walk = Walk { fragments: &document.fragments, measured: HashMap::new(), limits };
    let mut total = Expanded::default();
    for (_, operation) in document.operations.iter() {
        let set = walk.set(&operation.node.selection_set.node, 1)?;
        match operation.node.ty {
            OperationType::Query | OperationType::Subscription => {
                exceeds("root fields", set.fields, limits.root_fields, operation.pos)?;
            }
            OperationType::Mutation if limits.mutation_fields == 0 => {
                let message = "Mutations need a token: send the header `Authorization: Bearer …`.";
                return Err(refusal(ErrorCode::Unauthenticated, message, Some(operation.pos)));
            }
            OperationType::Mutation => {
                exceeds("mutations", set.fields, limits.mutation_fields, operation.pos)?;
            }
        }
        total.beside(set);
        let variables = &operation.node.variable_definitions;
        exceeds("variables", variables.len() as u64, limits.variables, operation.pos)?;
        let of_variables: usize = variables.iter().map(|variable| variable.node.directives.len()).sum();
        total.directives = total.directives.saturating_add((of_variables + operation.node.directives.len()) as u64);
        exceeds("selections", total.selections, limits.selections, operation.pos)?;
        exceeds("aliases", total.aliases, limits.aliases, operation.pos)?;
        exceeds("directives", total.directives, limits.directives, operation.pos)?;
        exceeds("levels", total.depth, limits.depth, operation.pos)?;
    }
    // Fragments that no operation uses: validation refuses them, but walks through them before.
    let mut with_unused = total;
    for (name, fragment) in &document.fragments {
        if !walk.measured.contains_key(name.as_str()) {
            with_unused.beside(walk.fragment(name, fragment, fragment.pos, 1)?);
            exceeds("selections", with_unused.selections, limits.selections, fragment.pos)?;
        }
    }
    Ok(total)
}

fn exceeds(what: &str, count: u64, limit: u64, pos: Pos) -> Result<(), ServerError> {
    if count > limit { Err(too_many(what, limit, Some(pos))) } else { Ok(()) }
}

/// The measure of a fragment, or the fact that it is being taken right now.
enum Measured {
    Open,
    Done(Expanded),
}

struct Walk<'a> {
    fragments: &'a HashMap<async_graphql::Name, Positioned<FragmentDefinition>>,
    measured: HashMap<&'a str, Measured>,
    limits: &'a ProfileLimits,
}

impl<'a> Walk<'a> {
    /// Measures a selection set whose selections stand on this level, 1 at the root; the limit of levels bounds the recursion.
    fn set(&mut self, set: &'a SelectionSet, level: u64) -> Result<Expanded, ServerError> {
        let mut sum = Expanded::default();
        for selection in &set.items {
            exceeds("levels", level, self.limits.nesting, selection.pos)?;
            sum.beside(self.selection(selection, level)?);
        }
        Ok(sum)
    }

    fn selection(&mut self, selection: &'a Positioned<Selection>, level: u64) -> Result<Expanded, ServerError> {
        let directives = selection.node.directives().len() as u64;
        exceeds("directives on one place", directives, self.limits.place_directives, selection.pos)?;
        let mut inside = match &selection.node {
            Selection::Field(field) => {
                let mut inside = self.set(&field.node.selection_set.node, level + 1)?;
                let name = field.node.name.node.as_str();
                inside.fields = 1;
                inside.depth += 1;
                if field.node.alias.is_some() {
                    inside.aliases = inside.aliases.saturating_add(1);
                }
                if INTROSPECTION_LISTS.contains(&name) {
                    inside.lists += 1;
                }
                if matches!(name, "__schema" | "__type") {
                    inside.depth = 1;
                    exceeds("introspection lists inside each other", inside.lists, MAX_INTROSPECTION_LISTS, field.pos)?;
                }
                inside
            }
            Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node, level + 1)?,
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match self.fragments.get(name) {
                    Some(fragment) => self.fragment(name, fragment, spread.pos, level + 1)?,
                    // Validation names the unknown fragment.
                    None => Expanded::default(),
                }
            }
        };
        inside.selections = inside.selections.saturating_add(1);
        inside.directives = inside.directives.saturating_add(directives);
        inside.levels += 1;
        exceeds("levels", level - 1 + inside.levels, self.limits.nesting, selection.pos)?;
        Ok(inside)
    }

    fn fragment(
        &mut self,
        name: &'a str,
        fragment: &'a Positioned<FragmentDefinition>,
        spread: Pos,
        level: u64,
    ) -> Result<Expanded, ServerError> {
        match self.measured.get(name) {
            Some(Measured::Done(expanded)) => return Ok(*expanded),
            Some(Measured::Open) => {
                let message = format!("The fragment `{name}` contains itself.");
                return Err(refusal(ErrorCode::GraphqlValidationFailed, message, Some(spread)));
            }
            None => {}
        }
        self.measured.insert(name, Measured::Open);
        let mut expanded = self.set(&fragment.node.selection_set.node, level)?;
        expanded.directives = expanded.directives.saturating_add(fragment.node.directives.len() as u64);
        self.measured.insert(name, Measured::Done(expanded));
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
    use proptest::prelude::*;

    use super::{Expanded, expand};
    use crate::limits::ProfileLimits;

    fn failure(text: &str, limits: &ProfileLimits) -> String {
        expand(&parse_query(text).unwrap(), limits).unwrap_err().message
    }

    /// `levels` fragments, each of which spreads the next one `width` times.
    fn doubling(levels: usize, width: usize) -> String {
        let mut text = "{ a { ...F0 } }".to_owned();
        for level in 0..levels {
            let spreads = format!("...F{} ", level + 1).repeat(width);
            write!(text, " fragment F{level} on Query {{ {spreads} }}").unwrap();
        }
        write!(text, " fragment F{levels} on Query {{ __typename }}").unwrap();
        text
    }

    #[test]
    fn doubling_fragments_are_counted_not_expanded() {
        let text = doubling(10, 2);
        let limits = ProfileLimits { selections: u64::MAX, ..ProfileLimits::SERVICE };
        let expanded = expand(&parse_query(&text).unwrap(), &limits).unwrap();
        // The root field, 1 + 2 + … + 2¹⁰ spreads, 2¹⁰ fields.
        assert_eq!(expanded.selections, 1 + 2_047 + 1_024);
        assert_eq!(expanded.fields, 1);
        for (levels, width) in [(60, 2), (30, 20), (4, 20)] {
            let message = failure(&doubling(levels, width), &ProfileLimits::SERVICE);
            assert_eq!(message, "The document has more than 10000 selections.", "{levels} levels of {width}");
        }
    }

    #[test]
    fn a_fragment_that_contains_itself_is_refused_used_or_not() {
        let staff = &ProfileLimits::STAFF;
        for text in [
            "{ ...A } fragment A on Query { ...A }",
            "{ ...A } fragment A on Query { a { ...B } } fragment B on T { ... { ...A } }",
            "{ a } fragment A on Query { ...A }",
        ] {
            let message = failure(text, staff);
            assert!(message.ends_with("contains itself."), "{message}");
        }
    }

    #[test]
    fn each_limit_is_named() {
        let public = &ProfileLimits::PUBLIC;
        for (text, message) in [
            ("{ a a a a a a }", "The document has more than 5 root fields."),
            (&format!("{{ a {{ {} }} }}", "__typename ".repeat(500)), "The document has more than 500 selections."),
            (&format!("{{ a {{ {} }} }}", "b: c ".repeat(16)), "The document has more than 15 aliases."),
            (&format!("{{ a {{ {} }} }}", "b @c @c @c ".repeat(7)), "The document has more than 20 directives."),
            ("{ a @b @b @b @b }", "The document has more than 3 directives on one place."),
            ("{ a { a { a { a { a { a { a { a { a }}}}}}}}}", "The document has more than 8 levels."),
            (
                "{ __schema { types { fields { type { fields { name }}}}}}",
                "The document has more than 2 introspection lists inside each other.",
            ),
            (
                &format!("query({}) {{ a }}", (0..21).map(|n| format!("$v{n}: Int ")).collect::<String>()),
                "The document has more than 20 variables.",
            ),
            ("query A { a } query B { b }", "The document has more than 1 operations."),
            (
                &format!("{{ a }} {}", (0..11).map(|n| format!("fragment F{n} on A {{ b }} ")).collect::<String>()),
                "The document has more than 10 fragments.",
            ),
            ("mutation { a }", "Mutations need a token: send the header `Authorization: Bearer …`."),
        ] {
            assert_eq!(failure(text, public), message, "{text}");
        }
        let eleven = format!("mutation {{ {} }}", "a ".repeat(11));
        assert_eq!(failure(&eleven, &ProfileLimits::STAFF), "The document has more than 10 mutations.");
    }

    #[test]
    fn levels_are_bounded_through_fragments() {
        let mut text = "{ ...F0 }".to_owned();
        for level in 0..80 {
            write!(text, " fragment F{level} on Query {{ ...F{} }}", level + 1).unwrap();
        }
        text.push_str(" fragment F80 on Query { a }");
        assert_eq!(failure(&text, &ProfileLimits::SERVICE), "The document has more than 64 levels.");
    }

    /// The same numbers by really walking every expansion.
    fn naive(document: &ExecutableDocument, set: &SelectionSet) -> Expanded {
        let mut sum = Expanded::default();
        for selection in &set.items {
            let (mut inside, own_fields) = match &selection.node {
                Selection::Field(field) => {
                    let mut inside = naive(document, &field.node.selection_set.node);
                    inside.depth += 1;
                    inside.aliases += u64::from(field.node.alias.is_some());
                    (inside, 1)
                }
                Selection::InlineFragment(fragment) => {
                    let inside = naive(document, &fragment.node.selection_set.node);
                    (inside, inside.fields)
                }
                Selection::FragmentSpread(spread) => {
                    let inside = document
                        .fragments
                        .get(&spread.node.fragment_name.node)
                        .map_or(Expanded::default(), |fragment| naive(document, &fragment.node.selection_set.node));
                    (inside, inside.fields)
                }
            };
            inside.directives += selection.node.directives().len() as u64;
            sum.selections += inside.selections + 1;
            sum.fields += own_fields;
            sum.aliases += inside.aliases;
            sum.directives += inside.directives;
            sum.depth = sum.depth.max(inside.depth);
            sum.levels = sum.levels.max(inside.levels + 1);
        }
        sum
    }

    /// A selection set at most three levels deep, whose spreads name fragments above `fragment`, so that no cycle arises; `F6` is unknown.
    fn selections(fragment: usize) -> BoxedStrategy<String> {
        let leaf = prop_oneof![
            Just("a".to_owned()),
            Just("b: a".to_owned()),
            Just("__typename".to_owned()),
            Just("c @skip(if: true)".to_owned()),
            (fragment + 1..7).prop_map(|next| format!("...F{next}")),
        ];
        let set = |item| prop::collection::vec(item, 1..4).prop_map(|items| format!("{{ {} }}", items.join(" ")));
        set(leaf.boxed())
            .prop_recursive(3, 12, 3, move |inner| {
                let item = prop_oneof![
                    inner.clone().prop_map(|inner| format!("d {inner}")),
                    inner.clone().prop_map(|inner| format!("e: d {inner}")),
                    inner.prop_map(|inner| format!("... on T {inner}")),
                    (fragment + 1..7).prop_map(|next| format!("...F{next}")),
                ];
                prop::collection::vec(item, 1..4).prop_map(|items| format!("{{ {} }}", items.join(" ")))
            })
            .boxed()
    }

    proptest! {
        #[test]
        fn counting_equals_expanding(
            root in selections(0),
            fragments in (selections(1), selections(2), selections(3), selections(4), selections(5)),
        ) {
            let (f1, f2, f3, f4, f5) = fragments;
            let mut text = root;
            for (n, set) in [f1, f2, f3, f4, f5].iter().enumerate() {
                write!(text, " fragment F{} on T {set}", n + 1).unwrap();
            }
            let document = parse_query(&text).unwrap();
            let wide = ProfileLimits {
                nesting: u64::MAX, selections: u64::MAX, aliases: u64::MAX, directives: u64::MAX, depth: u64::MAX,
                root_fields: u64::MAX, ..ProfileLimits::SERVICE
            };
            let counted = expand(&document, &wide).unwrap();
            let (_, operation) = document.operations.iter().next().unwrap();
            prop_assert_eq!(counted, naive(&document, &operation.node.selection_set.node));
        }
    }
}
