//! The natural keys by which a write names an object.

use std::sync::LazyLock;

use super::Input;
use super::write::Delete;

/// Longest code, in characters.
pub const CODE: usize = 60;
/// Longest name, in characters.
pub const NAME: usize = 400;
/// First and last fiscal year that can be written.
pub const YEARS: (i32, i32) = (2000, 2099);

/// Signature and description of the text by which a client finds its answer again.
pub const CLIENT_MUTATION_ID: (&str, &str) = ("clientMutationId: String", "Any text; the answer repeats it.");

/// A unit by division and code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnitKey {
    /// Code of the division; needed where there are several.
    pub division_code: Option<String>,
    /// Code of the unit.
    pub code: Option<String>,
}

/// A project by year and code, or by unit and name where it has no code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProjectKey {
    /// Code of the division; needed where there are several.
    pub division_code: Option<String>,
    /// Fiscal year.
    pub fiscal_year: Option<i32>,
    /// Code of the unit; needed for a new project, and to tell names apart.
    pub unit_code: Option<String>,
    /// Project code.
    pub code: Option<String>,
    /// Name, for a project without a code.
    pub name: Option<String>,
}

impl std::fmt::Display for ProjectKey {
    /// The key in one line, as reports print it: `130304 2020 450002 13030420P00001`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let year = self.fiscal_year.map(|year| year.to_string());
        let named = self.code.as_deref().or(self.name.as_deref());
        let parts = [self.division_code.as_deref(), year.as_deref(), self.unit_code.as_deref(), named];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

impl std::fmt::Display for UnitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [self.division_code.as_deref(), self.code.as_deref()];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

/// `UnitKeyInput`.
pub fn unit() -> &'static Input<UnitKey> {
    static INPUT: LazyLock<Input<UnitKey>> = LazyLock::new(|| {
        Input::new("UnitKeyInput", "Natural key of a unit.")
            .text(
                "divisionCode: String",
                "Code of the division; needed where units of several divisions have the code.",
                CODE,
                |key: &mut UnitKey| &mut key.division_code,
            )
            .text("code: String!", "Code of the unit.", CODE, |key: &mut UnitKey| &mut key.code)
    });
    &INPUT
}

/// `ProjectKeyInput`.
pub fn project() -> &'static Input<ProjectKey> {
    static INPUT: LazyLock<Input<ProjectKey>> = LazyLock::new(|| {
        Input::new(
            "ProjectKeyInput",
            "Natural key of a project: either `code`, or `name` for a project without a code; both or neither is an \
             error.",
        )
        .text(
            "divisionCode: String",
            "Code of the division; needed where projects of several divisions fit the key.",
            CODE,
            |key: &mut ProjectKey| &mut key.division_code,
        )
        .int("fiscalYear: Int!", "Fiscal year.", YEARS.0, YEARS.1, |key: &mut ProjectKey| &mut key.fiscal_year)
        .text(
            "unitCode: String",
            "Code of the unit; needed where projects of several units fit the key, and for a new project.",
            CODE,
            |key: &mut ProjectKey| &mut key.unit_code,
        )
        .text("code: String", "Project code.", CODE, |key: &mut ProjectKey| &mut key.code)
        .text("name: String", "Name of a project without a code.", NAME, |key: &mut ProjectKey| &mut key.name)
    });
    &INPUT
}

/// A project by id or by natural key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectBy {
    /// Its public id.
    pub id: Option<String>,
    /// Its natural key.
    pub key: Option<ProjectKey>,
}

/// A part of a project by its number in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartKey {
    /// The project.
    pub project: Option<ProjectKey>,
    /// Ordinal, or month of a point.
    pub number: Option<i32>,
}

/// The deletion of a part of a project.
pub type PartDeletion = Delete<PartKey>;

/// `ProjectBy`.
pub fn project_by() -> &'static Input<ProjectBy> {
    static INPUT: LazyLock<Input<ProjectBy>> = LazyLock::new(|| {
        Input::new("ProjectBy", "Names one project.")
            .one_of()
            .text("id: ID", "Its id.", CODE, |by: &mut ProjectBy| &mut by.id)
            .object("key: ProjectKeyInput", "Its natural key.", project, |by| &mut by.key)
    });
    &INPUT
}

/// The input that deletes a part which `key` names.
pub(super) fn part_deletion(
    name: &'static str,
    description: &'static str,
    key_signature: &'static str,
    key: fn() -> &'static Input<PartKey>,
) -> Input<PartDeletion> {
    Input::new(name, description)
        .object(key_signature, "Which one.", key, |row: &mut PartDeletion| &mut row.key)
        .expected_version(0, |row| &mut row.expected_version)
        .client_mutation_id()
}
