//! Indicators (绩效指标) as they are sent.

use std::sync::LazyLock;

use entity::value::{Comparison, Micro};

use super::item::ORDINALS;
use super::key::{self, PartDeletion, PartKey};
use super::write::Write;
use super::{Input, Sent, scalar};

/// Longest level, unit of measure or other short text, in characters.
const SHORT: usize = 200;
/// Longest description, basis or target, in characters.
const LONG: usize = 4_000;
/// A target (指标值) as it is sent: as printed text, or in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// As a form prints it, e.g. `≥95%`; read by the same parser as documents.
    pub text: Option<String>,
    /// A number with a comparison.
    pub quantity: Option<Quantity>,
    /// From one number to another.
    pub range: Option<Range>,
}

/// A number with a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quantity {
    /// Comparison.
    pub comparison: Option<Comparison>,
    /// The number.
    pub value: Option<Micro>,
    /// Unit of measure; `%` for percent.
    pub unit: Option<String>,
}

/// From one number to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Lower end.
    pub low: Option<Micro>,
    /// Upper end.
    pub high: Option<Micro>,
    /// Unit of measure; `%` for percent.
    pub unit: Option<String>,
}

/// What is sent for an indicator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndicatorFields {
    /// First level: its code or its name.
    pub level1: Sent<String>,
    /// Second level: its code or its name.
    pub level2: Sent<String>,
    /// Third level.
    pub name: Sent<String>,
    /// Description.
    pub description: Sent<String>,
    /// Basis of the value.
    pub basis: Sent<String>,
    /// Weight.
    pub weight: Sent<Micro>,
    /// Target.
    pub target: Sent<Target>,
}

/// A change of one indicator inside its project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndicatorPatch {
    /// Which one; a new one when no indicator has this ordinal.
    pub ordinal: Option<i32>,
    /// Delete it.
    pub delete: Option<bool>,
    /// What changes.
    pub set: Option<IndicatorFields>,
}

/// A row of `indicatorsUpsert`.
pub type IndicatorWrite = Write<PartKey, IndicatorFields>;

const COMPARISONS: &[(&str, Comparison)] = &[
    ("GE", Comparison::Ge),
    ("GT", Comparison::Gt),
    ("EQ", Comparison::Eq),
    ("LT", Comparison::Lt),
    ("LE", Comparison::Le),
];
const UNIT: &str = "Unit of measure, `%` for percent; nothing where it is a plain number.";
const ORDINAL: &str = "Its `ordinal`: the place in the table, from 1.";

fn quantity() -> &'static Input<Quantity> {
    static INPUT: LazyLock<Input<Quantity>> = LazyLock::new(|| {
        Input::new("QuantityTargetInput", "A number with a comparison.")
            .value(
                "comparison: Comparison!",
                "How the result is compared with the number.",
                |value, at| scalar::name(value, at, COMPARISONS),
                |target: &mut Quantity| &mut target.comparison,
            )
            .value("value: Decimal!", "The number.", scalar::decimal, |target| &mut target.value)
            .text("unit: String", UNIT, SHORT, |target| &mut target.unit)
    });
    &INPUT
}

fn range() -> &'static Input<Range> {
    static INPUT: LazyLock<Input<Range>> = LazyLock::new(|| {
        Input::new("RangeTargetInput", "From one number to another.")
            .value("low: Decimal!", "Lower end.", scalar::decimal, |target: &mut Range| &mut target.low)
            .value("high: Decimal!", "Upper end, not below `low`.", scalar::decimal, |target| &mut target.high)
            .text("unit: String", UNIT, SHORT, |target| &mut target.unit)
    });
    &INPUT
}

fn target() -> &'static Input<Target> {
    static INPUT: LazyLock<Input<Target>> = LazyLock::new(|| {
        Input::new("TargetInput", "A target (指标值), as text or in parts.")
            .one_of()
            .text(
                "text: String",
                "As a form prints it, e.g. `≥95%` or `显著提高`; it is read as in a document.",
                LONG,
                |target: &mut Target| &mut target.text,
            )
            .object("quantity: QuantityTargetInput", "A number with a comparison.", quantity, |t| &mut t.quantity)
            .object("range: RangeTargetInput", "From one number to another.", range, |t| &mut t.range)
    });
    &INPUT
}

/// `IndicatorFieldsInput`.
pub fn fields() -> &'static Input<IndicatorFields> {
    static INPUT: LazyLock<Input<IndicatorFields>> = LazyLock::new(|| {
        Input::new(
            "IndicatorFieldsInput",
            "Fields of an indicator. Absent keeps, null clears; a new indicator needs `level1`, `name` and `target`.",
        )
        .text(
            "level1: String",
            "First level (一级指标): its code such as `R2015-1`, or its name; another name is kept as local wording.",
            SHORT,
            |fields: &mut IndicatorFields| &mut fields.level1,
        )
        .text("level2: String", "Second level (二级指标), likewise.", SHORT, |fields| &mut fields.level2)
        .text("name: String", "Third level (三级指标).", key::NAME, |fields| &mut fields.name)
        .text("description: String", "Description (绩效指标描述).", LONG, |fields| &mut fields.description)
        .text("basis: String", "Basis of the value (指标值确定依据).", LONG, |fields| &mut fields.basis)
        .value("weight: Decimal", "Weight (权重), 0 to 100.", scalar::decimal, |fields| &mut fields.weight)
        .object("target: TargetInput", "Target (指标值).", target, |fields| &mut fields.target)
    });
    &INPUT
}

/// `IndicatorPatchInput`.
pub fn patch() -> &'static Input<IndicatorPatch> {
    static INPUT: LazyLock<Input<IndicatorPatch>> = LazyLock::new(|| {
        Input::new("IndicatorPatchInput", "A change of one indicator; the others of the project stay as they are.")
            .int(
                "ordinal: Int!",
                "Which one, by `ordinal`; a new one when no indicator of the project has it.",
                1,
                ORDINALS,
                |patch: &mut IndicatorPatch| &mut patch.ordinal,
            )
            .value("delete: Boolean", "Deletes it; then without `set`.", scalar::truth, |patch| &mut patch.delete)
            .object("set: IndicatorFieldsInput", "What changes.", fields, |patch| &mut patch.set)
    });
    &INPUT
}

/// `IndicatorKeyInput`.
pub fn indicator_key() -> &'static Input<PartKey> {
    static INPUT: LazyLock<Input<PartKey>> = LazyLock::new(|| {
        Input::new("IndicatorKeyInput", "Natural key of an indicator.")
            .object("project: ProjectKeyInput!", "The project.", key::project, |key: &mut PartKey| &mut key.project)
            .int("ordinal: Int!", ORDINAL, 1, ORDINALS, |key| &mut key.number)
    });
    &INPUT
}

fn writing(name: &'static str, description: &'static str) -> Input<IndicatorWrite> {
    Input::new(name, description)
        .object("key: IndicatorKeyInput!", "Which indicator.", indicator_key, |row: &mut IndicatorWrite| &mut row.key)
        .expected_version(0, |row| &mut row.expected_version)
        .object("set: IndicatorFieldsInput!", "What changes.", fields, |row| &mut row.set)
        .client_mutation_id()
}

/// `IndicatorCreateInput`.
pub fn create() -> &'static Input<IndicatorWrite> {
    static INPUT: LazyLock<Input<IndicatorWrite>> =
        LazyLock::new(|| writing("IndicatorCreateInput", "A new indicator; one that is known is an error."));
    &INPUT
}

/// `IndicatorUpdateInput`.
pub fn update() -> &'static Input<IndicatorWrite> {
    static INPUT: LazyLock<Input<IndicatorWrite>> = LazyLock::new(|| {
        writing("IndicatorUpdateInput", "A change of an indicator; one that is not known is an error.")
    });
    &INPUT
}

/// `IndicatorUpsertInput`.
pub fn write() -> &'static Input<IndicatorWrite> {
    static INPUT: LazyLock<Input<IndicatorWrite>> = LazyLock::new(|| {
        writing("IndicatorUpsertInput", "One indicator: made when it is new, changed when it is not.")
    });
    &INPUT
}

/// `IndicatorDeleteInput`.
pub fn delete() -> &'static Input<PartDeletion> {
    static INPUT: LazyLock<Input<PartDeletion>> = LazyLock::new(|| {
        key::part_deletion(
            "IndicatorDeleteInput",
            "An indicator to delete; the others keep their ordinals.",
            "key: IndicatorKeyInput!",
            indicator_key,
        )
    });
    &INPUT
}
