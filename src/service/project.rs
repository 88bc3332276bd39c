//! Projects (预算项目) with everything that is written inside them.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use entity::id::ProjectId;
use entity::{indicator, objective, plan_point, project, spending_plan};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ModelTrait, QueryFilter};

use super::stored::{self, KEYS_A_STATEMENT, Tally};
use super::work::Work;
use crate::error::AppResult;

/// A project as it shall be, with all its parts. The keys of the parts' parents are set when it is stored.
#[derive(Clone, Debug)]
pub struct Content {
    /// The project.
    pub project: project::Model,
    /// Its spending plan with points.
    pub plan: Option<(spending_plan::Model, Vec<plan_point::Model>)>,
    /// Its objectives.
    pub objectives: Vec<objective::Model>,
    /// Its indicators.
    pub indicators: Vec<indicator::Model>,
}

/// What became of projects and their parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tallies {
    /// Projects.
    pub projects: Tally,
    /// Spending plans; a plan is updated when it or a point of it is.
    pub plans: Tally,
    /// Objectives.
    pub objectives: Tally,
    /// Indicators.
    pub indicators: Tally,
}

/// Projects that are known already, with their parts; read in five statements for each few thousand of a document.
pub struct Known {
    projects: Vec<project::Model>,
    plans: HashMap<ProjectId, spending_plan::Model>,
    points: HashMap<ProjectId, Vec<plan_point::Model>>,
    objectives: HashMap<ProjectId, Vec<objective::Model>>,
    indicators: HashMap<ProjectId, Vec<indicator::Model>>,
}

impl Known {
    /// Reads the projects of a division and year that have one of the natural keys of `wanted`.
    pub async fn read(
        work: &mut Work<'_>,
        division_code: &str,
        fiscal_year: i32,
        wanted: &[Content],
    ) -> AppResult<Self> {
        super::scope::may_write_division(work.caller, division_code)?;
        let mut known = Self {
            projects: Vec::new(),
            plans: HashMap::new(),
            points: HashMap::new(),
            objectives: HashMap::new(),
            indicators: HashMap::new(),
        };
        for wanted in wanted.chunks(KEYS_A_STATEMENT) {
            known.read_some(work.tx, division_code, fiscal_year, wanted).await?;
        }
        Ok(known)
    }

    /// Reads the projects of some natural keys; those of one code can be found again by the name of another, so only
    /// those that are new here count.
    async fn read_some(
        &mut self,
        tx: &DatabaseTransaction,
        division_code: &str,
        fiscal_year: i32,
        wanted: &[Content],
    ) -> AppResult<()> {
        let codes = wanted.iter().filter_map(|content| content.project.code.clone());
        let names = wanted.iter().map(|content| content.project.name.clone());
        let mut projects = project::Entity::find()
            .filter(project::Column::DivisionCode.eq(division_code))
            .filter(project::Column::FiscalYear.eq(fiscal_year))
            .filter(
                Condition::any()
                    .add(project::Column::Code.is_in(codes))
                    .add(Condition::all().add(project::Column::Code.is_null()).add(project::Column::Name.is_in(names))),
            )
            .all(tx)
            .await?;
        let seen: HashSet<ProjectId> = self.projects.iter().map(|project| project.id).collect();
        projects.retain(|project| !seen.contains(&project.id));
        // One name can belong to many units, so there can be more projects than keys.
        for projects in projects.chunks(KEYS_A_STATEMENT) {
            self.read_parts(tx, projects.iter().map(|project| project.id).collect()).await?;
        }
        self.projects.extend(projects);
        Ok(())
    }

    async fn read_parts(&mut self, tx: &DatabaseTransaction, ids: Vec<ProjectId>) -> AppResult<()> {
        let plans = spending_plan::Entity::find().filter(spending_plan::Column::ProjectId.is_in(ids.clone()));
        let plans = plans.all(tx).await?;
        let of_plan: HashMap<_, _> = plans.iter().map(|plan| (plan.id, plan.project_id)).collect();
        let points = plan_point::Entity::find().filter(plan_point::Column::PlanId.is_in(of_plan.keys().copied()));
        let objectives = objective::Entity::find().filter(objective::Column::ProjectId.is_in(ids.clone()));
        let indicators = indicator::Entity::find().filter(indicator::Column::ProjectId.is_in(ids));
        self.points.extend(grouped(points.all(tx).await?, |point| of_plan.get(&point.plan_id).copied()));
        self.plans.extend(plans.into_iter().map(|plan| (plan.project_id, plan)));
        self.objectives.extend(grouped(objectives.all(tx).await?, |objective| Some(objective.project_id)));
        self.indicators.extend(grouped(indicators.all(tx).await?, |indicator| Some(indicator.project_id)));
        Ok(())
    }

    /// Takes out the project that has the natural key of `wanted`: the code; or the unit and name, also where a project
    /// without code has got one since.
    fn take(&mut self, wanted: &project::Model) -> Option<project::Model> {
        let by_code = |known: &project::Model| known.code.is_some() && known.code == wanted.code;
        let by_name = |known: &project::Model| {
            known.code.is_none() && known.unit_id == wanted.unit_id && known.name == wanted.name
        };
        let at = self.projects.iter().position(by_code).or_else(|| self.projects.iter().position(by_name))?;
        Some(self.projects.swap_remove(at))
    }

    /// Stores a project over what is known of it, and gives it with its indicators as they now stand.
    pub async fn store(
        &mut self,
        work: &mut Work<'_>,
        wanted: Content,
        tallies: &mut Tallies,
    ) -> AppResult<(project::Model, Vec<indicator::Model>)> {
        let known = self.take(&wanted.project);
        let project = stored::put(work, known, wanted.project, &mut tallies.projects).await?;
        let id = project.id;

        self.store_plan(work, id, wanted.plan, &mut tallies.plans).await?;

        let objectives = wanted.objectives.into_iter().map(|o| objective::Model { project_id: id, ..o }).collect();
        let known = self.objectives.remove(&id).unwrap_or_default();
        stored::replace(work, known, objectives, |o| o.ordinal, &mut tallies.objectives).await?;

        let indicators = wanted.indicators.into_iter().map(|i| indicator::Model { project_id: id, ..i }).collect();
        let known = self.indicators.remove(&id).unwrap_or_default();
        let indicators = stored::replace(work, known, indicators, |i| i.ordinal, &mut tallies.indicators).await?;
        Ok((project, indicators))
    }

    async fn store_plan(
        &mut self,
        work: &mut Work<'_>,
        project: ProjectId,
        wanted: Option<(spending_plan::Model, Vec<plan_point::Model>)>,
        tally: &mut Tally,
    ) -> AppResult<()> {
        let known = self.plans.remove(&project);
        let Some((plan, points)) = wanted else {
            let gone: Vec<spending_plan::Model> = known.into_iter().collect();
            tally.deleted += gone.len() as u64;
            return stored::delete(work, &gone).await;
        };
        let mut of_plan = Tally::default();
        let plan = spending_plan::Model { project_id: project, ..plan };
        let plan = stored::put(work, known, plan, &mut of_plan).await?;
        let points = points.into_iter().map(|point| plan_point::Model { plan_id: plan.id, ..point }).collect();
        let known = self.points.remove(&project).unwrap_or_default();
        let mut of_points = Tally::default();
        stored::replace(work, known, points, |point| point.month, &mut of_points).await?;
        let points_changed = of_points.created + of_points.updated + of_points.deleted > 0;
        if of_plan.unchanged > 0 && points_changed {
            of_plan = Tally { updated: 1, ..Tally::default() };
        }
        *tally += of_plan;
        Ok(())
    }
}

fn grouped<M: ModelTrait, K: Eq + Hash>(rows: Vec<M>, key: impl Fn(&M) -> Option<K>) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        if let Some(key) = key(&row) {
            groups.entry(key).or_default().push(row);
        }
    }
    groups
}
