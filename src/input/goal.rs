//! Department goals (部门整体绩效目标) as they are sent.

use std::sync::LazyLock;

use super::item::{self, ItemPatch};
use super::key::{self, UnitKey};
use super::write::{Delete, Write};
use super::{Input, Sent, scalar};

/// Longest overall goal, in characters.
const OVERALL: usize = 20_000;
/// The most sub-goals, and the most measures.
const ITEMS: usize = 500;
/// The key of a department goal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GoalKey {
    /// Its unit.
    pub unit: Option<UnitKey>,
    /// Fiscal year.
    pub fiscal_year: Option<i32>,
}

impl std::fmt::Display for GoalKey {
    /// The key in one line: `130304 450002 2020`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = self.unit.as_ref().map(ToString::to_string);
        let parts = [unit, self.fiscal_year.map(|year| year.to_string())];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

/// What is sent for a department goal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoalFields {
    /// Overall goal.
    pub overall: Sent<String>,
    /// All sub-goals.
    pub sub_goals: Sent<Vec<String>>,
    /// Changes of single sub-goals.
    pub sub_goals_patch: Sent<Vec<ItemPatch>>,
    /// All safeguard measures.
    pub measures: Sent<Vec<String>>,
    /// Changes of single measures.
    pub measures_patch: Sent<Vec<ItemPatch>>,
}

/// A department goal to write.
pub type GoalWrite = Write<GoalKey, GoalFields>;

/// A department goal to delete.
pub type GoalDelete = Delete<GoalKey>;

/// `DepartmentGoalKeyInput`.
pub fn goal_key() -> &'static Input<GoalKey> {
    static INPUT: LazyLock<Input<GoalKey>> = LazyLock::new(|| {
        Input::new("DepartmentGoalKeyInput", "Natural key of a department goal.")
            .object("unit: UnitKeyInput!", "Its unit.", key::unit, |key: &mut GoalKey| &mut key.unit)
            .int("fiscalYear: Int!", "Fiscal year.", key::YEARS.0, key::YEARS.1, |key| &mut key.fiscal_year)
    });
    &INPUT
}

fn patch() -> &'static Input<ItemPatch> {
    static INPUT: LazyLock<Input<ItemPatch>> = LazyLock::new(|| {
        item::patch(
            "GoalItemPatchInput",
            "A change of one sub-goal or measure; the others stay as they are.",
            "Which one, by `ordinal`; a new one when none has it.",
        )
    });
    &INPUT
}

/// `DepartmentGoalFieldsInput`.
pub fn fields() -> &'static Input<GoalFields> {
    static INPUT: LazyLock<Input<GoalFields>> = LazyLock::new(|| {
        Input::new(
            "DepartmentGoalFieldsInput",
            "Fields of a department goal. Absent keeps, null clears. A list replaces the whole list; its `…Patch` touches \
             single entries instead, and only one of the two may be given.",
        )
        .text("overall: String", "Overall goal (总体绩效目标).", OVERALL, |fields: &mut GoalFields| &mut fields.overall)
        .texts(
            "subGoals: [String!]",
            "Sub-goals (分项绩效目标) in order, each with its number as a form prints it.",
            ITEMS,
            item::TEXT,
            |fields| &mut fields.sub_goals,
        )
        .list("subGoalsPatch: [GoalItemPatchInput!]", "Changes of single sub-goals.", patch, ITEMS, |fields| {
            &mut fields.sub_goals_patch
        })
        .texts(
            "measures: [String!]",
            "Safeguard measures (工作保障措施) in order, likewise.",
            ITEMS,
            item::TEXT,
            |fields| &mut fields.measures,
        )
        .list("measuresPatch: [GoalItemPatchInput!]", "Changes of single measures.", patch, ITEMS, |fields| {
            &mut fields.measures_patch
        })
    });
    &INPUT
}

fn write(name: &'static str, description: &'static str) -> Input<GoalWrite> {
    Input::new(name, description)
        .object("key: DepartmentGoalKeyInput!", "Which goal.", goal_key, |row: &mut GoalWrite| &mut row.key)
        .object("set: DepartmentGoalFieldsInput!", "What it shall be.", fields, |row| &mut row.set)
        .client_mutation_id()
}

/// `DepartmentGoalCreateInput`.
pub fn create() -> &'static Input<GoalWrite> {
    static INPUT: LazyLock<Input<GoalWrite>> =
        LazyLock::new(|| write("DepartmentGoalCreateInput", "A new department goal; one that is known is an error."));
    &INPUT
}

/// `DepartmentGoalUpdateInput`.
pub fn update() -> &'static Input<GoalWrite> {
    static INPUT: LazyLock<Input<GoalWrite>> = LazyLock::new(|| {
        write("DepartmentGoalUpdateInput", "A change of a department goal; one that is not known is an error.")
            .expected_version(0, |row| &mut row.expected_version)
    });
    &INPUT
}

/// `DepartmentGoalUpsertInput`.
pub fn upsert() -> &'static Input<GoalWrite> {
    static INPUT: LazyLock<Input<GoalWrite>> = LazyLock::new(|| {
        write("DepartmentGoalUpsertInput", "One department goal: made when it is new, changed when it is not.")
            .expected_version(0, |row| &mut row.expected_version)
    });
    &INPUT
}

/// `DepartmentGoalDeleteInput`.
pub fn delete() -> &'static Input<GoalDelete> {
    static INPUT: LazyLock<Input<GoalDelete>> = LazyLock::new(|| {
        Input::new(
            "DepartmentGoalDeleteInput",
            "A department goal to delete. It must have no items, unless `cascade` deletes them too.",
        )
        .object("key: DepartmentGoalKeyInput!", "Which goal.", goal_key, |row: &mut GoalDelete| &mut row.key)
        .expected_version(1, |row| &mut row.expected_version)
        .value("cascade: Boolean", "Deletes its sub-goals and measures with it.", scalar::truth, |row| &mut row.cascade)
        .client_mutation_id()
    });
    &INPUT
}
