//! The natural keys of projects, which no two may share, and projects that are new.

use entity::id::{ProjectId, UnitId};
use entity::project;
use entity::value::{GoalLevel, Publication, Timestamp};

use super::edit::{Edit, ProjectRow};
use super::places::Places;
use crate::input::Sent;
use crate::service::write::Row;

/// A natural key of a project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum TakenKey {
    /// Division, year and code.
    Code(String, i32, String),
    /// Unit, year and name of one without a code.
    Name(UnitId, i32, String),
}

impl TakenKey {
    pub(super) fn of(project: &project::Model) -> Self {
        match &project.code {
            Some(code) => Self::Code(project.division_code.clone(), project.fiscal_year, code.clone()),
            None => Self::Name(project.unit_id, project.fiscal_year, project.name.clone()),
        }
    }

    /// Where a row says it: in `set`, or in the key of a new project.
    pub(super) fn path(&self, row: &Row<ProjectRow>) -> Vec<String> {
        let (name, is_set) = match (self, &row.input.edit) {
            (Self::Code(..), Edit::Project(fields)) => ("code", !fields.code.is_absent()),
            (Self::Name(..), Edit::Project(fields)) if !fields.name.is_absent() => ("name", true),
            (Self::Name(..), Edit::Project(fields)) if fields.code == Sent::Clear => ("code", true),
            (Self::Code(..), _) => ("code", false),
            (Self::Name(..), _) => ("name", false),
        };
        if is_set {
            return row.at().field("set").field(name).path();
        }
        let below = row.input.who.path().iter().copied().chain([name]);
        row.path.iter().cloned().chain(below.map(str::to_owned)).collect()
    }

    /// The stored project that has it.
    pub(super) fn holder(&self, places: &Places) -> Option<ProjectId> {
        match self {
            Self::Code(division, year, code) => places.known.by_code(division, *year, code),
            Self::Name(unit, year, name) => places.known.by_name("", *year, Some(*unit), name).first().copied(),
        }
    }
}

/// A project of which nothing is known but what its key says.
pub(super) fn new_project(
    division_code: &str,
    unit_id: UnitId,
    fiscal_year: i32,
    code: Option<&str>,
    name: Option<&str>,
    now: Timestamp,
) -> project::Model {
    project::Model {
        id: ProjectId::new(),
        division_code: division_code.to_owned(),
        unit_id,
        fiscal_year,
        ordinal: 0,
        code: code.map(str::to_owned),
        name: name.unwrap_or_default().to_owned(),
        heading: None,
        unit_raw: None,
        goal_level: GoalLevel::Project,
        budget: None,
        budget_raw: None,
        fiscal_funds: None,
        fiscal_funds_raw: None,
        other_funds: None,
        other_funds_raw: None,
        purpose: None,
        publication: Publication::Draft,
        published_at: None,
        source_id: None,
        source_line: None,
        source_table: None,
        source_row: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
