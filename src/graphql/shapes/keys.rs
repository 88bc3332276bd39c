//! The inputs by which one object is named: its id, or its natural key.

use crate::graphql::engine::registry::Registrar;
use crate::graphql::engine::signature::Argument;

/// Registers the look-up inputs.
pub fn register(registrar: &mut Registrar<'_>) {
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
