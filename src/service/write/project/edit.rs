//! What one row does to one project.

use entity::id::ProjectId;

use crate::input::indicator::{IndicatorFields, IndicatorWrite};
use crate::input::key::ProjectKey;
use crate::input::plan::{Point, PointFields, PointWrite};
use crate::input::project::{ProjectFields, ProjectWrite};
use crate::service::write::Mode;

/// How a row names its project.
#[derive(Clone, Debug)]
pub enum Who {
    /// By natural key, which stands at this path below the row.
    Key(ProjectKey, &'static [&'static str]),
    /// By id, which stands at this path below the row.
    Id(ProjectId, &'static [&'static str]),
}

impl Who {
    /// Where it stands below the row.
    pub const fn path(&self) -> &'static [&'static str] {
        match self {
            Self::Key(_, path) | Self::Id(_, path) => path,
        }
    }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key, _) => key.fmt(f),
            Self::Id(id, _) => f.write_str(&id.public()),
        }
    }
}

/// What changes. Everything but the whole project needs a project that is known.
#[derive(Clone, Debug)]
pub enum Edit {
    /// The project itself, with lists inside it.
    Project(ProjectFields),
    /// The project goes, with everything inside it where `cascade` says so.
    DeleteProject {
        /// Delete what is inside it too.
        cascade: bool,
    },
    /// The spending plan: its points; none deletes it.
    Plan(Option<Vec<Point>>),
    /// One point of the spending plan; none deletes it.
    Point(i32, Option<PointFields>),
    /// One objective by its ordinal; none deletes it.
    Objective(i32, Option<String>),
    /// One indicator by its ordinal; none deletes it.
    Indicator(i32, Option<IndicatorFields>),
}

impl Edit {
    /// Whether it is about the project as a whole, so that a second row for the same project contradicts it.
    pub const fn is_whole(&self) -> bool {
        match self {
            Self::Project(_) | Self::DeleteProject { .. } => true,
            Self::Plan(_) | Self::Point(..) | Self::Objective(..) | Self::Indicator(..) => false,
        }
    }

    /// The part that it is about, as the end of a key in a report.
    pub fn part(&self) -> Option<i32> {
        match self {
            Self::Point(number, _) | Self::Objective(number, _) | Self::Indicator(number, _) => Some(*number),
            Self::Project(_) | Self::DeleteProject { .. } | Self::Plan(_) => None,
        }
    }
}

/// One row.
#[derive(Clone, Debug)]
pub struct ProjectRow {
    /// Its project.
    pub who: Who,
    /// Whether what it is about must be new or known.
    pub mode: Mode,
    /// The version that the caller expects of what it is about; 0 for none yet.
    pub expected_version: Option<i32>,
    /// What changes.
    pub edit: Edit,
}

impl ProjectRow {
    /// A row of `projectsUpsert`.
    pub fn of_project(row: ProjectWrite, mode: Mode) -> Self {
        Self {
            who: Who::Key(row.key.unwrap_or_default(), &["key"]),
            mode,
            expected_version: row.expected_version,
            edit: Edit::Project(row.set.unwrap_or_default()),
        }
    }

    /// A row of `indicatorsUpsert`.
    pub fn of_indicator(row: IndicatorWrite, mode: Mode) -> Self {
        let key = row.key.unwrap_or_default();
        Self {
            who: Who::Key(key.project.unwrap_or_default(), &["key", "project"]),
            mode,
            expected_version: row.expected_version,
            edit: Edit::Indicator(key.ordinal.unwrap_or_default(), Some(row.set.unwrap_or_default())),
        }
    }

    /// A row of `planPointsUpsert`.
    pub fn of_point(row: PointWrite, mode: Mode) -> Self {
        let key = row.key.unwrap_or_default();
        Self {
            who: Who::Key(key.project.unwrap_or_default(), &["key", "project"]),
            mode,
            expected_version: None,
            edit: Edit::Point(key.month.unwrap_or_default(), Some(row.set.unwrap_or_default())),
        }
    }
}

impl std::fmt::Display for ProjectRow {
    /// The key in one line: that of the project, and the part.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.who.fmt(f)?;
        match self.edit.part() {
            Some(part) => write!(f, " #{part}"),
            None => Ok(()),
        }
    }
}
