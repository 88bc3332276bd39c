//! Projects that are stored already, found by their keys: five statements for each few thousand.

use std::collections::HashMap;
use std::hash::Hash;

use entity::id::{ProjectId, UnitId};
use entity::{indicator, objective, plan_point, project, spending_plan};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ModelTrait, QueryFilter};

use super::Content;
use crate::db::read_each;
use crate::error::AppResult;
use crate::service::stored::KEYS_A_STATEMENT;

/// The natural key of a project inside a division and year: the code, or the name of one without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    /// The code.
    pub code: Option<&'a str>,
    /// The name.
    pub name: Option<&'a str>,
}

impl<'a> Key<'a> {
    /// All by which a project may be known.
    pub fn of(project: &'a project::Model) -> Self {
        Self { code: project.code.as_deref(), name: Some(&project.name) }
    }
}

/// Stored projects with their parts.
#[derive(Default)]
pub struct Known {
    projects: HashMap<ProjectId, Content>,
    by_code: HashMap<(String, i32, String), ProjectId>,
    by_name: HashMap<(UnitId, i32, String), ProjectId>,
}

impl Known {
    /// Adds the projects of a division and year that have one of these keys.
    pub async fn read(
        &mut self,
        tx: &DatabaseTransaction,
        division_code: &str,
        fiscal_year: i32,
        keys: &[Key<'_>],
    ) -> AppResult<()> {
        use project::Column;
        for keys in keys.chunks(KEYS_A_STATEMENT) {
            let codes: Vec<&str> = keys.iter().filter_map(|key| key.code).collect();
            let names: Vec<&str> = keys.iter().filter_map(|key| key.name).collect();
            let keyed = Condition::any()
                .add(Column::Code.is_in(codes))
                .add(Condition::all().add(Column::Code.is_null()).add(Column::Name.is_in(names)));
            let projects = project::Entity::find()
                .filter(Column::DivisionCode.eq(division_code))
                .filter(Column::FiscalYear.eq(fiscal_year))
                .filter(keyed);
            self.add(tx, read_each(tx, projects).await?).await?;
        }
        Ok(())
    }

    /// Adds the projects with these ids.
    pub async fn read_ids(&mut self, tx: &DatabaseTransaction, ids: &[ProjectId]) -> AppResult<()> {
        for ids in ids.chunks(KEYS_A_STATEMENT) {
            let projects = project::Entity::find().filter(project::Column::Id.is_in(ids.iter().copied()));
            self.add(tx, read_each(tx, projects).await?).await?;
        }
        Ok(())
    }

    /// Adds projects that were found, with their parts. Those of one code can be found again by the name of another, so
    /// only those that are new here count.
    async fn add(&mut self, tx: &DatabaseTransaction, mut projects: Vec<project::Model>) -> AppResult<()> {
        projects.retain(|project| !self.projects.contains_key(&project.id));
        // One name can belong to many units, so there can be more projects than keys.
        while !projects.is_empty() {
            let rest = projects.split_off(projects.len().min(KEYS_A_STATEMENT));
            self.add_with_parts(tx, projects).await?;
            projects = rest;
        }
        Ok(())
    }

    async fn add_with_parts(&mut self, tx: &DatabaseTransaction, projects: Vec<project::Model>) -> AppResult<()> {
        let ids: Vec<ProjectId> = projects.iter().map(|project| project.id).collect();
        let of_projects = spending_plan::Column::ProjectId.is_in(ids.iter().copied());
        let plans = read_each(tx, spending_plan::Entity::find().filter(of_projects)).await?;
        let points = match plans.is_empty() {
            true => Vec::new(),
            false => {
                let of_plans = plan_point::Column::PlanId.is_in(plans.iter().map(|plan| plan.id));
                read_each(tx, plan_point::Entity::find().filter(of_plans)).await?
            }
        };
        let objectives = objective::Entity::find().filter(objective::Column::ProjectId.is_in(ids.iter().copied()));
        let indicators = indicator::Entity::find().filter(indicator::Column::ProjectId.is_in(ids));
        let mut points = grouped(points, |point| point.plan_id);
        let mut plans: HashMap<ProjectId, _> = plans
            .into_iter()
            .map(|plan| {
                let mut points = points.remove(&plan.id).unwrap_or_default();
                points.sort_by_key(|point| point.month);
                (plan.project_id, (plan, points))
            })
            .collect();
        let mut objectives = grouped(read_each(tx, objectives).await?, |objective| objective.project_id);
        let mut indicators = grouped(read_each(tx, indicators).await?, |indicator| indicator.project_id);
        for project in projects {
            let id = project.id;
            let mut content = Content {
                project,
                plan: plans.remove(&id),
                objectives: objectives.remove(&id).unwrap_or_default(),
                indicators: indicators.remove(&id).unwrap_or_default(),
            };
            content.objectives.sort_by_key(|objective| objective.ordinal);
            content.indicators.sort_by_key(|indicator| indicator.ordinal);
            self.insert(content);
        }
        Ok(())
    }

    fn insert(&mut self, content: Content) {
        let project = &content.project;
        let (id, year) = (project.id, project.fiscal_year);
        match &project.code {
            Some(code) => self.by_code.insert((project.division_code.clone(), year, code.clone()), id),
            None => self.by_name.insert((project.unit_id, year, project.name.clone()), id),
        };
        self.projects.insert(id, content);
    }

    /// The project with this id.
    pub fn get(&self, id: ProjectId) -> Option<&Content> {
        self.projects.get(&id)
    }

    /// The key of the project with this code.
    pub fn by_code(&self, division_code: &str, fiscal_year: i32, code: &str) -> Option<ProjectId> {
        self.by_code.get(&(division_code.to_owned(), fiscal_year, code.to_owned())).copied()
    }

    /// The keys of the projects without a code that have this name, in one unit or in any of the division.
    pub fn by_name(&self, division_code: &str, fiscal_year: i32, unit: Option<UnitId>, name: &str) -> Vec<ProjectId> {
        match unit {
            Some(unit) => self.by_name.get(&(unit, fiscal_year, name.to_owned())).copied().into_iter().collect(),
            None => {
                let named = self.by_name.iter().filter(|((_, year, known), _)| *year == fiscal_year && known == name);
                let in_division = |id: &ProjectId| {
                    self.projects.get(id).is_some_and(|known| known.project.division_code == division_code)
                };
                named.map(|(_, id)| *id).filter(in_division).collect()
            }
        }
    }

    /// The stored project that a document means: the one of this code; or of this unit and name, also where a project
    /// without code has got one since.
    pub fn meant_by(&self, wanted: &project::Model) -> Option<&Content> {
        let year = wanted.fiscal_year;
        let coded = wanted.code.as_deref().and_then(|code| self.by_code(&wanted.division_code, year, code));
        let named = || self.by_name.get(&(wanted.unit_id, year, wanted.name.clone())).copied();
        self.get(coded.or_else(named)?)
    }

    /// The units of all projects that were found.
    pub fn units(&self) -> impl Iterator<Item = UnitId> {
        self.projects.values().map(|known| known.project.unit_id)
    }
}

fn grouped<M: ModelTrait, K: Eq + Hash>(rows: Vec<M>, key: impl Fn(&M) -> K) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
