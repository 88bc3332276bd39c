//! Writing many projects at once: what differs is gathered table by table and written in sets.

use std::mem;

use entity::value::Timestamp;
use entity::{indicator, objective, plan_point, project, spending_plan};

use super::{Content, Tallies};
use crate::error::AppResult;
use crate::service::stored::{Change, Difference, Stored, Tally};
use crate::service::work::Work;

/// Changes of projects and of everything inside them.
#[derive(Default)]
pub struct Batch {
    projects: Difference<project::Model>,
    plans: Difference<spending_plan::Model>,
    points: Difference<plan_point::Model>,
    objectives: Difference<objective::Model>,
    indicators: Difference<indicator::Model>,
    tallies: Tallies,
}

impl Batch {
    /// Adds a project as it shall be, over what is stored of it, and gives it as it will stand. The keys of its parts'
    /// parents are set here.
    ///
    /// A change of any part is a change of the project too: its version grows, so that `expectedVersion` and
    /// `updatedAt` speak for the whole.
    pub fn put(&mut self, known: Option<&Content>, wanted: Content, now: Timestamp) -> Content {
        let id = known.map_or(wanted.project.id, |known| known.project.id);
        let plan_id = match (known.and_then(|known| known.plan.as_ref()), &wanted.plan) {
            (Some((plan, _)), _) => Some(plan.id),
            (None, Some((plan, _))) => Some(plan.id),
            (None, None) => None,
        };
        let (plan, points) = match wanted.plan {
            None => (Vec::new(), Vec::new()),
            Some((plan, points)) => {
                let plan = spending_plan::Model { project_id: id, ..plan };
                let points =
                    points.into_iter().map(|point| plan_point::Model { plan_id: plan_id.unwrap_or(plan.id), ..point });
                (vec![plan.clone()], points.collect())
            }
        };
        let objectives = wanted.objectives.into_iter().map(|row| objective::Model { project_id: id, ..row }).collect();
        let indicators = wanted.indicators.into_iter().map(|row| indicator::Model { project_id: id, ..row }).collect();

        let stored = known.cloned();
        let (known_project, known_plan, known_points, known_objectives, known_indicators) = match stored {
            None => (None, Vec::new(), Vec::new(), Vec::new(), Vec::new()),
            Some(Content { project, plan, objectives, indicators }) => {
                let (plan, points) = plan.map(|(plan, points)| (vec![plan], points)).unwrap_or_default();
                (Some(project), plan, points, objectives, indicators)
            }
        };
        let mut plans = Difference::between(known_plan, plan, |plan| plan.project_id, now);
        let mut points = Difference::between(known_points, points, |point| point.month, now);
        let mut objectives = Difference::between(known_objectives, objectives, |row| row.ordinal, now);
        let mut indicators = Difference::between(known_indicators, indicators, |row| row.ordinal, now);
        let parts_differ = !(plans.is_empty() && points.is_empty() && objectives.is_empty() && indicators.is_empty());
        let project = self.put_project(known_project, wanted.project, parts_differ, now);
        self.tallies.plans += match (plans.tally(), points.is_empty()) {
            (Tally { unchanged: 1, .. }, false) => Tally { updated: 1, ..Tally::default() },
            (tally, _) => tally,
        };
        self.tallies.objectives += objectives.tally();
        self.tallies.indicators += indicators.tally();
        let content = Content {
            project,
            plan: plans.rows.pop().map(|plan| (plan, mem::take(&mut points.rows))),
            objectives: mem::take(&mut objectives.rows),
            indicators: mem::take(&mut indicators.rows),
        };
        self.plans.join(plans);
        self.points.join(points);
        self.objectives.join(objectives);
        self.indicators.join(indicators);
        content
    }

    fn put_project(
        &mut self,
        known: Option<project::Model>,
        wanted: project::Model,
        parts_differ: bool,
        now: Timestamp,
    ) -> project::Model {
        let tally = &mut self.tallies.projects;
        let Some(known) = known else {
            tally.created += 1;
            self.projects.new.push(wanted.clone());
            return wanted;
        };
        let change = Change::between(&known, wanted, now).or_else(|| {
            parts_differ.then(|| {
                let mut new = known.clone();
                new.touch(&known, now);
                Change { old: known.clone(), new }
            })
        });
        match change {
            None => {
                tally.unchanged += 1;
                known
            }
            Some(change) => {
                tally.updated += 1;
                self.projects.changed.push(change.clone());
                change.new
            }
        }
    }

    /// Adds the deletion of a project with everything inside it.
    pub fn delete(&mut self, known: &Content) {
        self.projects.gone.push(known.project.clone());
        if let Some((plan, points)) = &known.plan {
            self.plans.gone.push(plan.clone());
            self.points.gone.extend(points.iter().cloned());
        }
        self.objectives.gone.extend(known.objectives.iter().cloned());
        self.indicators.gone.extend(known.indicators.iter().cloned());
    }

    /// What becomes of everything that was added.
    pub fn tallies(&self) -> Tallies {
        self.tallies
    }

    /// Writes it all: parts that are gone before what they are parts of, new ones after.
    pub async fn write(&self, work: &mut Work<'_>) -> AppResult<()> {
        self.points.remove_gone(work).await?;
        self.plans.remove_gone(work).await?;
        self.objectives.remove_gone(work).await?;
        self.indicators.remove_gone(work).await?;
        self.projects.write(work).await?;
        self.plans.write_rest(work).await?;
        self.points.write_rest(work).await?;
        self.objectives.write_rest(work).await?;
        self.indicators.write_rest(work).await
    }
}
