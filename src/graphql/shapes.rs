//! Every type of the schema, registered once: scalars, enums, interfaces, small inputs, and the objects of the nouns.

use std::cell::Cell;

use async_graphql::registry::Registry;

use super::department_goal::{DepartmentGoal, GoalItem, SafeguardMeasure};
use super::division::Division;
use super::engine::registry::Registrar;
use super::engine::signature::Argument;
use super::finding::Finding;
use super::indicator::{Indicator, IndicatorLevel, QualitativeTarget, QuantityTarget, RangeTarget};
use super::money::Money;
use super::project::{Objective, Project};
use super::source_document::{SourceDocument, SourceRef};
use super::spending_plan::{PlanPoint, SpendingPlan};
use super::unit::{Unit, UnitAlias};
use super::viewer::{Account, Grant, Limit, ServiceInfo, Viewer};
use super::{indicator, locale, query};
use crate::lang::Lang;

thread_local! {
    /// The language of the schema that this thread is building. The library builds types by static functions, which take no
    /// other argument.
    static LANG: Cell<Lang> = const { Cell::new(Lang::En) };
}

/// Builds something whose descriptions are in `lang`.
pub fn in_words_of<T>(lang: Lang, build: impl FnOnce() -> T) -> T {
    let before = LANG.replace(lang);
    let built = build();
    LANG.set(before);
    built
}

/// Registers the whole schema.
pub fn register(registry: &mut Registry) {
    let mut registrar = Registrar::new(registry, locale::translations(LANG.get()));
    scalars(&mut registrar);
    enums(&mut registrar);
    operators(&mut registrar);
    keys(&mut registrar);
    objects(&mut registrar);
}

fn scalars(registrar: &mut Registrar<'_>) {
    registrar.scalar(
        "Decimal",
        "An exact decimal as a JSON string in plain notation, e.g. \"104.15\"; as input with at most 6 decimals. JSON \
         numbers are refused.",
        Some("https://www.w3.org/TR/xmlschema-2/#decimal"),
    );
    registrar.scalar(
        "DateTime",
        "A point in time as RFC 3339 with offset, e.g. \"2020-03-31T15:59:59Z\"; answers are in UTC.",
        Some("https://scalars.graphql.org/andimarek/date-time"),
    );
}

/// An enum with its filter input, where it has one.
fn enumeration(registrar: &mut Registrar<'_>, name: &'static str, description: &str, values: &[(&str, &str)]) {
    registrar.enumeration(name, description, values);
}

fn filtered(
    registrar: &mut Registrar<'_>,
    name: &'static str,
    description: &str,
    values: &[(&str, &str)],
    operators: (&'static str, [&'static str; 4]),
) {
    enumeration(registrar, name, description, values);
    let (filter, [eq, ne, among, not_among]) = operators;
    let fields = [
        Argument::new(eq, "Equal."),
        Argument::new(ne, "Not equal; an absent value does not match."),
        Argument::new(among, "One of these."),
        Argument::new(not_among, "None of these; an absent value does not match."),
        Argument::new("isNull: Boolean", "True asks for absent values, false for present ones."),
    ];
    registrar.input(
        filter,
        &format!("Operators on {name}; all given must hold. A null operand is an error; use `isNull`."),
        &fields,
        false,
    );
}

/// The four typed operators of an enum.
macro_rules! operators_on {
    ($name:literal) => {
        (
            concat!($name, "Filter"),
            [
                concat!("eq: ", $name),
                concat!("ne: ", $name),
                concat!("in: [", $name, "!]"),
                concat!("notIn: [", $name, "!]"),
            ],
        )
    };
}

fn enums(registrar: &mut Registrar<'_>) {
    enumeration(
        registrar,
        "MoneyUnit",
        "Unit of an amount of money.",
        &[("YUAN", "元."), ("WAN_YUAN", "万元, 10,000 元.")],
    );
    enumeration(registrar, "Lang", "Language of labels and messages.", &[("ZH", "Chinese."), ("EN", "English.")]);
    enumeration(
        registrar,
        "SortDirection",
        "Direction of an order.",
        &[("ASC", "Smallest first."), ("DESC", "Largest first.")],
    );
    enumeration(
        registrar,
        "NullsOrder",
        "Where objects without a value stand in an order.",
        &[("FIRST", "Before all others."), ("LAST", "After all others.")],
    );
    enumeration(
        registrar,
        "PlanBasis",
        "What the printed values of a spending plan are.",
        &[
            ("PERCENT", "Percent of the budget."),
            ("AMOUNT", "Money in the unit of the table, although the header says percent."),
            ("FRACTION", "Fraction of the budget; 1 is all of it."),
            ("AMBIGUOUS", "Percent and money at once, because the budget is 100."),
        ],
    );
    enumeration(
        registrar,
        "AccountKind",
        "Kind of an account.",
        &[("PERSON", "A person."), ("SERVICE", "Another system.")],
    );
    enumeration(
        registrar,
        "Role",
        "What a grant allows.",
        &[("READER", "Read."), ("EDITOR", "Read and write."), ("ADMIN", "Read, write and administer.")],
    );
    filtered(
        registrar,
        "UnitLevel",
        "Rank of a unit.",
        &[("DEPARTMENT", "A department (部门); its code has three digits."), ("UNIT", "A budgeted unit (预算单位).")],
        operators_on!("UnitLevel"),
    );
    filtered(
        registrar,
        "GoalLevel",
        "What the project tables of a document state goals for: projects or a special fund.",
        &[("PROJECT", "Budgeted project (预算项目)."), ("SPECIAL_FUND", "Special fund (专项资金).")],
        operators_on!("GoalLevel"),
    );
    filtered(
        registrar,
        "TargetKind",
        "Form of a target.",
        &[
            ("QUANTITY", "Comparison, number and unit."),
            ("RANGE", "Two numbers and a unit."),
            ("QUALITATIVE", "Words."),
        ],
        operators_on!("TargetKind"),
    );
    filtered(
        registrar,
        "Comparison",
        "How a result compares with the target when it is met.",
        &[
            ("GE", "At least (≥)."),
            ("GT", "More than (>)."),
            ("EQ", "Exactly (=)."),
            ("LT", "Less than (<)."),
            ("LE", "At most (≤)."),
        ],
        operators_on!("Comparison"),
    );
    filtered(
        registrar,
        "IndicatorRegime",
        "Regime of indicators (指标体系): which first and second levels there are.",
        &[
            ("R2015", "财预〔2015〕88号: cost is a second level under output."),
            ("R2021", "财预〔2021〕101号: cost is a first level."),
            ("WHOLE_DEPARTMENT", "Whole department (中发〔2018〕34号)."),
            ("CENTRAL_INVESTMENT", "Central investment (中央预算内投资)."),
            ("LOCAL", "Local wording outside the national regimes."),
        ],
        operators_on!("IndicatorRegime"),
    );
    filtered(
        registrar,
        "Severity",
        "How much a finding matters.",
        &[
            ("REJECTED", "Something was not stored."),
            ("WARNING", "Stored; someone should look."),
            ("NORMALIZED", "Stored in normal form; the printed text is kept."),
            ("INFO", "Nothing is wrong; worth knowing."),
        ],
        operators_on!("Severity"),
    );
    filtered(
        registrar,
        "DocumentFormat",
        "Format of a document.",
        &[("TEXT", "Text whose cells are opened by a tab."), ("DOCX", "Word document.")],
        operators_on!("DocumentFormat"),
    );
}

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

fn operators(registrar: &mut Registrar<'_>) {
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
    }
}

fn keys(registrar: &mut Registrar<'_>) {
    let id = Argument::new("id: ID", "Its id.");
    registrar.input("DivisionBy", "Names one division.", &[id, Argument::new("code: String", "Its code.")], true);
    registrar.input(
        "UnitKeyInput",
        "Natural key of a unit.",
        &[
            Argument::new(
                "divisionCode: String",
                "Code of the division; needed where units of several divisions have the code.",
            ),
            Argument::new("code: String!", "Code of the unit."),
        ],
        false,
    );
    registrar.input("UnitBy", "Names one unit.", &[id, Argument::new("key: UnitKeyInput", "Its natural key.")], true);
    registrar.input(
        "ProjectKeyInput",
        "Natural key of a project: either `code`, or `name` for a project without a code; both or neither is an error.",
        &[
            Argument::new(
                "divisionCode: String",
                "Code of the division; needed where projects of several divisions fit the key.",
            ),
            Argument::new("fiscalYear: Int!", "Fiscal year."),
            Argument::new("unitCode: String", "Code of the unit; needed where projects of several units fit the key."),
            Argument::new("code: String", "Project code."),
            Argument::new("name: String", "Name of a project without a code."),
        ],
        false,
    );
    registrar.input(
        "ProjectBy",
        "Names one project.",
        &[id, Argument::new("key: ProjectKeyInput", "Its natural key.")],
        true,
    );
    registrar.input(
        "IndicatorKeyInput",
        "Natural key of an indicator.",
        &[
            Argument::new("project: ProjectKeyInput!", "The project."),
            Argument::new("ordinal: Int!", "Its `ordinal`: the place in the table, from 1."),
        ],
        false,
    );
    registrar.input(
        "IndicatorBy",
        "Names one indicator.",
        &[id, Argument::new("key: IndicatorKeyInput", "Its natural key.")],
        true,
    );
    registrar.input(
        "DepartmentGoalKeyInput",
        "Natural key of a department goal.",
        &[Argument::new("unit: UnitKeyInput!", "The unit."), Argument::new("fiscalYear: Int!", "Fiscal year.")],
        false,
    );
    registrar.input(
        "DepartmentGoalBy",
        "Names one department goal.",
        &[id, Argument::new("key: DepartmentGoalKeyInput", "Its natural key.")],
        true,
    );
    registrar.input("SourceDocumentBy", "Names one document.", &[id], true);
}

fn objects(registrar: &mut Registrar<'_>) {
    registrar.interface(
        "Node",
        "An object with an id. Interfaces show the id only; ask for more by a fragment on the type.",
        &[Argument::new("id: ID!", "Opaque id, stable for ever.")],
    );
    registrar.interface(
        "TargetValue",
        "The target (指标值) of an indicator, in one of three forms.",
        &[Argument::new("raw: String!", "As printed; an empty string when the cell is empty.")],
    );
    registrar.fields("PageInfo", page_info());
    registrar.object::<Money>();
    registrar.object::<UnitAlias>();
    registrar.object::<GoalItem>();
    registrar.object::<SafeguardMeasure>();
    registrar.object::<Objective>();
    registrar.object::<SpendingPlan>();
    registrar.object::<PlanPoint>();
    registrar.object::<IndicatorLevel>();
    registrar.object::<QuantityTarget>();
    registrar.object::<RangeTarget>();
    registrar.object::<QualitativeTarget>();
    registrar.object::<SourceRef>();
    registrar.object::<Viewer>();
    registrar.object::<Account>();
    registrar.object::<Grant>();
    registrar.object::<ServiceInfo>();
    registrar.object::<Limit>();
    registrar.connected::<Division>();
    registrar.connected::<Unit>();
    registrar.connected::<Project>();
    registrar.connected::<Indicator>();
    registrar.connected::<DepartmentGoal>();
    registrar.connected::<Finding>();
    registrar.connected::<SourceDocument>();
    registrar.filter(indicator::levels());
    registrar.fields("Query", query::fields());
}

/// The fields of `PageInfo`; pages render it themselves.
fn page_info() -> &'static super::engine::object::Fields<()> {
    use std::sync::LazyLock;

    use async_graphql::Value;

    use super::engine::object::Fields;
    static FIELDS: LazyLock<Fields<()>> = LazyLock::new(|| {
        Fields::<()>::new("Where a page lies in its list.")
            .value("hasNextPage: Boolean!", "Whether there are objects after this page.", |()| Value::Null)
            .value("hasPreviousPage: Boolean!", "Whether there are objects before this page.", |()| Value::Null)
            .value("startCursor: String", "Cursor of the first object; null when the page is empty.", |()| Value::Null)
            .value("endCursor: String", "Cursor of the last object; null when the page is empty.", |()| Value::Null)
    });
    &FIELDS
}
