//! The operator inputs of filters: text, keys, ordered types, and lists of related objects.

use crate::graphql::engine::registry::Registrar;
use crate::graphql::engine::signature::Argument;

/// Operators of an ordered type.
macro_rules! ordered {
    ($registrar:ident, $filter:literal, $range:literal, $ty:literal, $what:literal) => {
        $registrar.input(
            $range,
            concat!("Two bounds of ", $what, "; both belong to the range."),
            &[
                Argument::new(concat!("min: ", $ty, "!"), "The smallest value."),
                Argument::new(concat!("max: ", $ty, "!"), "The largest value."),
            ],
            false,
        );
        $registrar.input(
            $filter,
            concat!(
                "Operators on ",
                $what,
                "; all given must hold, and none holds for an absent value but `isNull`. A null operand is an error; \
                 use `isNull`."
            ),
            &[
                Argument::new(concat!("eq: ", $ty), "Equal."),
                Argument::new(concat!("ne: ", $ty), "Not equal."),
                Argument::new(concat!("in: [", $ty, "!]"), "One of these."),
                Argument::new(concat!("notIn: [", $ty, "!]"), "None of these."),
                Argument::new(concat!("lt: ", $ty), "Less."),
                Argument::new(concat!("lte: ", $ty), "Less or equal."),
                Argument::new(concat!("gt: ", $ty), "Greater."),
                Argument::new(concat!("gte: ", $ty), "Greater or equal."),
                Argument::new(concat!("between: ", $range), "In a range."),
                Argument::new("isNull: Boolean", "True asks for absent values, false for present ones."),
            ],
            false,
        );
    };
}

/// Registers the operator inputs.
pub fn register(registrar: &mut Registrar<'_>) {
    registrar.input(
        "StringFilter",
        "Operators on text, capitals and all; all given must hold, and none holds for an absent value but `isNull`. A \
         null operand is an error; use `isNull`.",
        &[
            Argument::new("eq: String", "Equal."),
            Argument::new("ne: String", "Not equal."),
            Argument::new("in: [String!]", "One of these."),
            Argument::new("notIn: [String!]", "None of these."),
            Argument::new("startsWith: String", "Begins so."),
            Argument::new("contains: String", "Holds this anywhere."),
            Argument::new("isNull: Boolean", "True asks for absent values, false for present ones."),
        ],
        false,
    );
    registrar.input(
        "IdFilter",
        "Operators on ids; all given must hold. An id of another type equals nothing. A null operand is an error.",
        &[
            Argument::new("eq: ID", "Equal."),
            Argument::new("ne: ID", "Not equal."),
            Argument::new("in: [ID!]", "One of these."),
            Argument::new("notIn: [ID!]", "None of these."),
        ],
        false,
    );
    ordered!(registrar, "IntFilter", "IntRange", "Int", "whole numbers");
    ordered!(registrar, "DecimalFilter", "DecimalRange", "Decimal", "exact decimals");
    ordered!(registrar, "MoneyFilter", "MoneyRange", "MoneyInput", "money");
    ordered!(registrar, "DateTimeFilter", "DateTimeRange", "DateTime", "points in time");
    registrar.input(
        "MoneyInput",
        "An exact amount of money in one of two units.",
        &[
            Argument::new("yuan: Decimal", "In 元, at most 2 decimals."),
            Argument::new("wanYuan: Decimal", "In 万元, at most 6 decimals."),
        ],
        true,
    );
    /// Tests of what numbers come to.
    macro_rules! aggregates {
        ($($input:literal, $filter:literal, $what:literal;)*) => {
            $(registrar.input(
                $input,
                concat!("Tests of what ", $what, " come to; all given must hold."),
                &[
                    Argument::new(concat!("sum: ", $filter), "Their sum."),
                    Argument::new(concat!("min: ", $filter), "The smallest."),
                    Argument::new(concat!("max: ", $filter), "The largest."),
                ],
                false,
            );)*
        };
    }
    aggregates! {
        "MoneyAggregateFilter", "MoneyFilter", "amounts of money";
        "DecimalAggregateFilter", "DecimalFilter", "decimals";
    }
    /// Conditions on several related objects.
    macro_rules! lists {
        ($($list:literal, $filter:literal, $what:literal;)*) => {
            $(registrar.input(
                $list,
                concat!("Conditions on the ", $what, " of an object; all given must hold. Only those the caller may see count."),
                &[
                    Argument::new(concat!("some: ", $filter), "At least one fulfils this."),
                    Argument::new(concat!("every: ", $filter), "All fulfil this, or there are none."),
                    Argument::new(concat!("none: ", $filter), "Not one fulfils this."),
                    Argument::new("count: IntFilter", "Number of related objects that the caller may see."),
                ],
                false,
            );)*
        };
    }
    lists! {
        "UnitListFilter", "UnitFilter", "units";
        "ProjectListFilter", "ProjectFilter", "projects";
        "IndicatorListFilter", "IndicatorFilter", "indicators";
        "DepartmentGoalListFilter", "DepartmentGoalFilter", "department goals";
        "FindingListFilter", "FindingFilter", "findings";
        "AccountGrantListFilter", "AccountGrantFilter", "grants";
        "SessionListFilter", "SessionFilter", "sessions";
    }
}
