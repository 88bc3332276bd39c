//! What one row does to one project.

use entity::id::ProjectId;
use entity::value::Publication;

use crate::auth::policy::Permission;
use crate::input::indicator::{IndicatorFields, IndicatorWrite};
use crate::input::key::{PartDeletion, PartKey, ProjectBy, ProjectKey};
use crate::input::objective::ObjectiveWrite;
use crate::input::plan::{PlanWrite, Point, PointFields, PointWrite};
use crate::input::project::{ProjectChange, ProjectDeletion, ProjectFields, ProjectMark, ProjectWrite};
use crate::service::project::Depth;
use crate::service::write::Mode;

/// How a row names its project.
#[derive(Clone, Debug)]
pub enum Who {
    /// By natural key, which stands at this path below the row.
    Key(ProjectKey, &'static [&'static str]),
    /// By public id, which stands at this path below the row.
    Id(String, &'static [&'static str]),
}

impl Who {
    /// Where it stands below the row.
    pub const fn path(&self) -> &'static [&'static str] {
        match self {
            Self::Key(_, path) | Self::Id(_, path) => path,
        }
    }
}

impl Who {
    /// The id, where the row names one that has its form.
    pub fn id(&self) -> Option<ProjectId> {
        match self {
            Self::Key(..) => None,
            Self::Id(id, _) => ProjectId::parse(id),
        }
    }

    /// The same, where the field is called `project` instead of `by`.
    fn below_project(self) -> Self {
        match self {
            Self::Key(key, _) => Self::Key(key, &["project", "key"]),
            Self::Id(id, _) => Self::Id(id, &["project", "id"]),
        }
    }

    /// The project that `by` names.
    fn by(by: ProjectBy) -> Self {
        match by.id {
            Some(id) => Self::Id(id, &["by", "id"]),
            None => Self::Key(by.key.unwrap_or_default(), &["by", "key"]),
        }
    }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key, _) => key.fmt(f),
            Self::Id(id, _) => f.write_str(id),
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
    /// Whether the public sees it.
    Publish(Publication),
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
            Self::Project(_) | Self::DeleteProject { .. } | Self::Publish(_) => true,
            Self::Plan(_) | Self::Point(..) | Self::Objective(..) | Self::Indicator(..) => false,
        }
    }

    /// The permissions that it needs.
    pub fn needs(&self) -> &'static [Permission] {
        match self {
            Self::Project(fields) if fields.indicators.is_absent() && fields.indicators_patch.is_absent() => {
                &[Permission::ProjectWrite]
            }
            Self::Project(_) | Self::DeleteProject { .. } => &[Permission::ProjectWrite, Permission::IndicatorWrite],
            Self::Publish(_) => &[Permission::PublicationWrite],
            Self::Plan(_) | Self::Point(..) | Self::Objective(..) => &[Permission::ProjectWrite],
            Self::Indicator(..) => &[Permission::IndicatorWrite],
        }
    }

    /// How much of a stored project it has to know.
    pub fn depth(&self) -> Depth {
        match self {
            Self::Project(fields)
                if fields.budget.is_absent()
                    && fields.plan.is_absent()
                    && fields.plan_patch.is_absent()
                    && fields.indicators.is_absent()
                    && fields.indicators_patch.is_absent() =>
            {
                Depth::Objectives
            }
            Self::Publish(_) => Depth::Objectives,
            Self::Project(_)
            | Self::DeleteProject { .. }
            | Self::Plan(_)
            | Self::Point(..)
            | Self::Objective(..)
            | Self::Indicator(..) => Depth::Everything,
        }
    }

    /// The part that it is about, as the end of a key in a report.
    pub fn part(&self) -> Option<i32> {
        match self {
            Self::Point(number, _) | Self::Objective(number, _) | Self::Indicator(number, _) => Some(*number),
            Self::Project(_) | Self::DeleteProject { .. } | Self::Publish(_) | Self::Plan(_) => None,
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
    /// A row of `projectCreate` or `projectsUpsert`.
    pub fn of_project(row: &ProjectWrite, mode: Mode) -> Self {
        Self {
            who: Who::Key(row.key.clone().unwrap_or_default(), &["key"]),
            mode,
            expected_version: row.expected_version,
            edit: Edit::Project(row.set.clone().unwrap_or_default()),
        }
    }

    /// A row of `projectUpdate`.
    pub fn of_change(row: &ProjectChange) -> Self {
        Self {
            who: Who::by(row.key.clone().unwrap_or_default()),
            mode: Mode::Update,
            expected_version: row.expected_version,
            edit: Edit::Project(row.set.clone().unwrap_or_default()),
        }
    }

    /// A row of `projectDelete`.
    pub fn of_deletion(row: &ProjectDeletion) -> Self {
        Self {
            who: Who::by(row.key.clone().unwrap_or_default()),
            mode: Mode::Update,
            expected_version: row.expected_version,
            edit: Edit::DeleteProject { cascade: row.cascade == Some(true) },
        }
    }

    /// A row of `projectPublish` or `projectUnpublish`.
    pub fn of_mark(row: &ProjectMark, publication: Publication) -> Self {
        Self {
            who: Who::by(row.key.clone().unwrap_or_default()),
            mode: Mode::Update,
            expected_version: row.expected_version,
            edit: Edit::Publish(publication),
        }
    }

    fn of_part(
        key: Option<&PartKey>,
        expected_version: Option<i32>,
        mode: Mode,
        edit: impl FnOnce(i32) -> Edit,
    ) -> Self {
        let key = key.cloned().unwrap_or_default();
        Self {
            who: Who::Key(key.project.unwrap_or_default(), &["key", "project"]),
            mode,
            expected_version,
            edit: edit(key.number.unwrap_or_default()),
        }
    }

    /// A row of `indicatorsUpsert`.
    pub fn of_indicator(row: &IndicatorWrite, mode: Mode) -> Self {
        let fields = row.set.clone().unwrap_or_default();
        Self::of_part(row.key.as_ref(), row.expected_version, mode, |ordinal| Edit::Indicator(ordinal, Some(fields)))
    }

    /// A row of `indicatorDelete`.
    pub fn of_indicator_deletion(row: &PartDeletion) -> Self {
        Self::of_part(row.key.as_ref(), row.expected_version, Mode::Update, |ordinal| Edit::Indicator(ordinal, None))
    }

    /// A row of `objectiveUpsert`.
    pub fn of_objective(row: &ObjectiveWrite, mode: Mode) -> Self {
        let text = row.set.clone().unwrap_or_default().text.unwrap_or_default();
        Self::of_part(row.key.as_ref(), row.expected_version, mode, |ordinal| Edit::Objective(ordinal, Some(text)))
    }

    /// A row of `objectiveDelete`.
    pub fn of_objective_deletion(row: &PartDeletion) -> Self {
        Self::of_part(row.key.as_ref(), row.expected_version, Mode::Update, |ordinal| Edit::Objective(ordinal, None))
    }

    /// A row of `planPointsUpsert`.
    pub fn of_point(row: &PointWrite, mode: Mode) -> Self {
        let fields = row.set.clone().unwrap_or_default();
        Self::of_part(row.key.as_ref(), row.expected_version, mode, |month| Edit::Point(month, Some(fields)))
    }

    /// A row of `spendingPlanUpsert`.
    pub fn of_plan(row: &PlanWrite, mode: Mode) -> Self {
        Self {
            who: Who::by(row.project.clone().unwrap_or_default()).below_project(),
            mode,
            expected_version: row.expected_version,
            edit: Edit::Plan(Some(row.points.value().cloned().unwrap_or_default())),
        }
    }

    /// A row of `spendingPlanDelete`.
    pub fn of_plan_deletion(row: &PlanWrite) -> Self {
        Self { edit: Edit::Plan(None), ..Self::of_plan(row, Mode::Update) }
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
