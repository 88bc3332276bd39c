//! Units (预算单位) as they are sent.

use std::sync::LazyLock;

use super::key::{self, UnitKey};
use super::write::{Delete, Write};
use super::{Input, Sent, scalar};

/// What is sent for a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitFields {
    /// Code.
    pub code: Sent<String>,
    /// Name.
    pub name: Sent<String>,
    /// Code of the unit above.
    pub parent_code: Sent<String>,
}

/// A unit to write.
pub type UnitWrite = Write<UnitKey, UnitFields>;

/// A unit to delete.
pub type UnitDelete = Delete<UnitKey>;

/// Another code or name of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitAliasAdd {
    /// Which unit.
    pub unit: Option<UnitKey>,
    /// The other code; without it the code of the unit.
    pub code: Option<String>,
    /// The other name; without it the name of the unit.
    pub name: Option<String>,
}

/// Two units that are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitMerge {
    /// The unit that stays.
    pub into: Option<UnitKey>,
    /// The unit that goes; its code and name become other names of the one that stays.
    pub from: Option<UnitKey>,
    /// The version of the unit that stays, as the caller expects it.
    pub expected_version: Option<i32>,
}

/// `UnitFieldsInput`.
pub fn fields() -> &'static Input<UnitFields> {
    static INPUT: LazyLock<Input<UnitFields>> = LazyLock::new(|| {
        Input::new("UnitFieldsInput", "Fields of a unit. Absent keeps, null clears.")
            .text(
                "code: String",
                "Another code for a known unit; the former stays as an alias. A new unit has the code of its key.",
                key::CODE,
                |fields: &mut UnitFields| &mut fields.code,
            )
            .text("name: String", "Name (单位名称); a new unit needs it.", key::NAME, |fields| &mut fields.name)
            .text(
                "parentCode: String",
                "Code of the unit above, of the same division; a unit that another row makes is found too. Null for none. \
                 Absent puts a new unit under the department that its code names, where there is one.",
                key::CODE,
                |fields| &mut fields.parent_code,
            )
    });
    &INPUT
}

fn write(name: &'static str, description: &'static str) -> Input<UnitWrite> {
    Input::new(name, description)
        .object("key: UnitKeyInput!", "Which unit.", key::unit, |row: &mut UnitWrite| &mut row.key)
        .object("set: UnitFieldsInput!", "What it shall be.", fields, |row| &mut row.set)
        .client_mutation_id()
}

/// `UnitCreateInput`.
pub fn create() -> &'static Input<UnitWrite> {
    static INPUT: LazyLock<Input<UnitWrite>> =
        LazyLock::new(|| write("UnitCreateInput", "A new unit; one that is known is an error."));
    &INPUT
}

/// `UnitUpdateInput`.
pub fn update() -> &'static Input<UnitWrite> {
    static INPUT: LazyLock<Input<UnitWrite>> = LazyLock::new(|| {
        write("UnitUpdateInput", "A change of a unit; one that is not known is an error.")
            .expected_version(0, |row| &mut row.expected_version)
    });
    &INPUT
}

/// `UnitUpsertInput`.
pub fn upsert() -> &'static Input<UnitWrite> {
    static INPUT: LazyLock<Input<UnitWrite>> = LazyLock::new(|| {
        write("UnitUpsertInput", "One unit: made when it is new, changed when it is not.")
            .expected_version(0, |row| &mut row.expected_version)
    });
    &INPUT
}

/// `UnitDeleteInput`.
pub fn delete() -> &'static Input<UnitDelete> {
    static INPUT: LazyLock<Input<UnitDelete>> = LazyLock::new(|| {
        Input::new("UnitDeleteInput", "A unit to delete. Nothing may hang on it, unless `cascade` deletes that too.")
            .object("key: UnitKeyInput!", "Which unit.", key::unit, |row: &mut UnitDelete| &mut row.key)
            .expected_version(1, |row| &mut row.expected_version)
            .value(
                "cascade: Boolean",
                "Deletes the units below it, and the projects, goals and aliases of all of them. Documents and grants of \
                 accounts are never deleted so: a unit that has some stays; merge it into another instead.",
                scalar::truth,
                |row| &mut row.cascade,
            )
            .client_mutation_id()
    });
    &INPUT
}

/// `UnitAliasAddInput`.
pub fn alias_add() -> &'static Input<UnitAliasAdd> {
    static INPUT: LazyLock<Input<UnitAliasAdd>> = LazyLock::new(|| {
        Input::new("UnitAliasAddInput", "Another code or name of a unit; at least one of the two must be given.")
            .object("unit: UnitKeyInput!", "Which unit.", key::unit, |row: &mut UnitAliasAdd| &mut row.unit)
            .text("code: String", "The other code; that of the unit when absent.", key::CODE, |row| &mut row.code)
            .text("name: String", "The other name; that of the unit when absent.", key::NAME, |row| &mut row.name)
            .client_mutation_id()
    });
    &INPUT
}

/// `UnitMergeInput`.
pub fn merge() -> &'static Input<UnitMerge> {
    static INPUT: LazyLock<Input<UnitMerge>> = LazyLock::new(|| {
        Input::new("UnitMergeInput", "Two units that are one, such as 314004 and the mistyped 3014004.")
            .object("into: UnitKeyInput!", "The unit that stays.", key::unit, |row: &mut UnitMerge| &mut row.into)
            .object(
                "from: UnitKeyInput!",
                "The unit that goes. Everything that it has goes over, and its code and name become an alias.",
                key::unit,
                |row| &mut row.from,
            )
            .int(
                "expectedVersion: Int",
                "The version of the unit that stays, as the caller has seen it; another stored version is a conflict.",
                1,
                i32::MAX,
                |row| &mut row.expected_version,
            )
            .client_mutation_id()
    });
    &INPUT
}
