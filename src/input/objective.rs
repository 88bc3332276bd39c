//! Objectives (绩效目标) by their own keys.

use std::sync::LazyLock;

use super::Input;
use super::item;
use super::key::{self, PartDeletion, PartKey};
use super::write::Write;

/// What is sent for an objective.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectiveFields {
    /// Its text, with its number as a form prints it.
    pub text: Option<String>,
}

/// One objective.
pub type ObjectiveWrite = Write<PartKey, ObjectiveFields>;

fn objective_key() -> &'static Input<PartKey> {
    static INPUT: LazyLock<Input<PartKey>> = LazyLock::new(|| {
        Input::new("ObjectiveKeyInput", "Natural key of an objective.")
            .object("project: ProjectKeyInput!", "The project.", key::project, |key: &mut PartKey| &mut key.project)
            .int("ordinal: Int!", "Its `ordinal`: the place in the list, from 1.", 1, item::ORDINALS, |key| {
                &mut key.number
            })
    });
    &INPUT
}

fn fields() -> &'static Input<ObjectiveFields> {
    static INPUT: LazyLock<Input<ObjectiveFields>> = LazyLock::new(|| {
        Input::new("ObjectiveFieldsInput", "Fields of an objective.").text(
            "text: String!",
            item::NUMBERED,
            item::TEXT,
            |fields: &mut ObjectiveFields| &mut fields.text,
        )
    });
    &INPUT
}

fn writing(name: &'static str, description: &'static str) -> Input<ObjectiveWrite> {
    Input::new(name, description)
        .object("key: ObjectiveKeyInput!", "Which objective.", objective_key, |row: &mut ObjectiveWrite| &mut row.key)
        .expected_version(0, |row| &mut row.expected_version)
        .object("set: ObjectiveFieldsInput!", "What changes.", fields, |row| &mut row.set)
        .client_mutation_id()
}

/// `ObjectiveCreateInput`.
pub fn create() -> &'static Input<ObjectiveWrite> {
    static INPUT: LazyLock<Input<ObjectiveWrite>> =
        LazyLock::new(|| writing("ObjectiveCreateInput", "A new objective; one that is known is an error."));
    &INPUT
}

/// `ObjectiveUpdateInput`.
pub fn update() -> &'static Input<ObjectiveWrite> {
    static INPUT: LazyLock<Input<ObjectiveWrite>> = LazyLock::new(|| {
        writing("ObjectiveUpdateInput", "A change of an objective; one that is not known is an error.")
    });
    &INPUT
}

/// `ObjectiveUpsertInput`.
pub fn upsert() -> &'static Input<ObjectiveWrite> {
    static INPUT: LazyLock<Input<ObjectiveWrite>> = LazyLock::new(|| {
        writing("ObjectiveUpsertInput", "One objective: made when it is new, changed when it is not.")
    });
    &INPUT
}

/// `ObjectiveDeleteInput`.
pub fn delete() -> &'static Input<PartDeletion> {
    static INPUT: LazyLock<Input<PartDeletion>> = LazyLock::new(|| {
        key::part_deletion(
            "ObjectiveDeleteInput",
            "An objective to delete; the others keep their ordinals.",
            "key: ObjectiveKeyInput!",
            objective_key,
        )
    });
    &INPUT
}
