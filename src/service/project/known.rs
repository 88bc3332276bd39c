//! Projects that are stored already, found by their keys: five statements for each few thousand.

use std::collections::HashMap;
use std::hash::Hash;

use entity::id::{ProjectId, UnitId};
use entity::{finding, indicator, objective, plan_point, project, spending_plan};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ModelTrait, QueryFilter, QueryTrait};

use super::Content;
use crate::db::{Answer, lock_and_read, read_each, read_together};
use crate::error::AppResult;
use crate::service::division;
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Work;

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

/// Which parts of stored projects are read. Of those that are not, nothing may be said or written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// All.
    #[default]
    Everything,
    /// The objectives, which are searched and judged together with the texts of the project itself; with them the findings.
    Objectives,
}

/// Stored projects with their parts.
#[derive(Default)]
pub struct Known {
    depth: Depth,
    findings: Vec<finding::Model>,
    projects: HashMap<ProjectId, Content>,
    by_code: HashMap<(String, i32, String), ProjectId>,
    by_name: HashMap<(UnitId, i32, String), ProjectId>,
}

impl Known {
    /// None yet, of which this much will be read.
    pub fn to_depth(depth: Depth) -> Self {
        Self { depth, ..Self::default() }
    }

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
            // A list that is empty would keep the database from looking up the other by its index.
            let mut keyed = Condition::any();
            if !codes.is_empty() {
                keyed = keyed.add(Column::Code.is_in(codes));
            }
            if !names.is_empty() {
                keyed = keyed.add(Condition::all().add(Column::Code.is_null()).add(Column::Name.is_in(names)));
            }
            if keyed.is_empty() {
                continue;
            }
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
            if self.depth == Depth::Objectives {
                let [objectives, findings] = beside(ids);
                let [projects, objectives, findings] =
                    read_together(tx, [projects.into_query(), objectives, findings]).await?;
                self.insert_with(projects.models()?, &objectives, &findings)?;
                continue;
            }
            self.add(tx, read_each(tx, projects).await?).await?;
        }
        Ok(())
    }

    /// Locks the division of a project with its chain and adds the project as it then stands, where little of it is read ([`Depth`])
    /// and something was ever written in the division; else it does nothing. Gives the code of the division.
    pub async fn lock_and_read(&mut self, work: &mut Work<'_>, id: ProjectId) -> AppResult<Option<String>> {
        if self.depth != Depth::Objectives {
            return Ok(None);
        }
        let lock = division::chains(division::of_project(id));
        let project = project::Entity::find().filter(project::Column::Id.eq(id)).into_query();
        let [objectives, findings] = beside(&[id]);
        let (heads, [project, objectives, findings]) =
            lock_and_read(work.tx, lock, [project, objectives, findings]).await?;
        let locked = division::hold_chains(work, heads.models()?).pop();
        if locked.is_some() {
            self.insert_with(project.models()?, &objectives, &findings)?;
        }
        Ok(locked)
    }

    /// The findings about the projects, where they were read ([`Depth`]).
    pub fn findings(&self) -> Option<&[finding::Model]> {
        (self.depth == Depth::Objectives).then_some(&self.findings)
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
        if self.depth == Depth::Objectives {
            let [objectives, findings] = read_together(tx, beside(&ids)).await?;
            return self.insert_with(projects, &objectives, &findings);
        }
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
        let plans: HashMap<ProjectId, _> = plans
            .into_iter()
            .map(|plan| {
                let mut points = points.remove(&plan.id).unwrap_or_default();
                points.sort_by_key(|point| point.month);
                (plan.project_id, (plan, points))
            })
            .collect();
        let (objectives, indicators) = (read_each(tx, objectives).await?, read_each(tx, indicators).await?);
        self.insert_all(projects, plans, objectives, indicators);
        Ok(())
    }

    fn insert_with(&mut self, projects: Vec<project::Model>, objectives: &Answer, findings: &Answer) -> AppResult<()> {
        self.insert_all(projects, HashMap::new(), objectives.models()?, Vec::new());
        self.findings.extend(findings.models::<finding::Model>()?);
        Ok(())
    }

    fn insert_all(
        &mut self,
        projects: Vec<project::Model>,
        mut plans: HashMap<ProjectId, (spending_plan::Model, Vec<plan_point::Model>)>,
        objectives: Vec<objective::Model>,
        indicators: Vec<indicator::Model>,
    ) {
        let mut objectives = grouped(objectives, |objective| objective.project_id);
        let mut indicators = grouped(indicators, |indicator| indicator.project_id);
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

    /// The fiscal years of all of them.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.projects.values().map(|known| known.project.fiscal_year)
    }
}

/// Asks for the objectives of projects and for the findings about them.
fn beside(ids: &[ProjectId]) -> [SelectStatement; 2] {
    let objectives = objective::Entity::find().filter(objective::Column::ProjectId.is_in(ids.iter().copied()));
    let findings = finding::Entity::find().filter(finding::Column::ProjectId.is_in(ids.iter().copied()));
    [objectives.into_query(), findings.into_query()]
}

fn grouped<M: ModelTrait, K: Eq + Hash>(rows: Vec<M>, key: impl Fn(&M) -> K) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
