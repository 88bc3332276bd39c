//! Checked facts as rows: every column of what a document brings, with its place. No database is asked here.

use std::collections::HashMap;

use entity::id::{
    DepartmentGoalId, FindingId, GoalItemId, IndicatorId, IndicatorLevelId, ObjectiveId, PlanPointId, ProjectId,
    SourceDocumentId, SpendingPlanId, UnitId,
};
use entity::value::{Fen, Publication, Timestamp};
use entity::{
    department_goal, finding, goal_item, indicator, objective, plan_point, project, source_document, spending_plan,
    unit,
};

use super::check::{self, Checked};
use super::document::Place;
use super::run::Source;
use crate::service::project::Content;

/// Makes the rows of one document, all made at one time.
pub struct Rows<'a> {
    /// The document's facts.
    pub checked: &'a Checked,
    /// When the rows are made.
    pub now: Timestamp,
}

impl Rows<'_> {
    /// The document itself.
    pub fn document(&self, source: &Source, sha256: &str, unit_id: UnitId) -> source_document::Model {
        let checked = self.checked;
        source_document::Model {
            id: SourceDocumentId::new(),
            division_code: checked.division_code.clone(),
            unit_id,
            fiscal_year: checked.fiscal_year,
            sha256: sha256.to_owned(),
            file_name: source.name.clone(),
            format: checked.format,
            size: i64::try_from(source.bytes.len()).unwrap_or(i64::MAX),
            title: checked.title.clone(),
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        }
    }

    /// The department goal with its items, where the document has one.
    pub fn goal(
        &self,
        unit_id: UnitId,
        document: SourceDocumentId,
    ) -> Option<(department_goal::Model, Vec<goal_item::Model>)> {
        let goal = self.checked.goal.as_ref()?;
        let place = Columns::of(Some(goal.place));
        let row = department_goal::Model {
            id: DepartmentGoalId::new(),
            division_code: self.checked.division_code.clone(),
            unit_id,
            fiscal_year: self.checked.fiscal_year,
            overall: Some(goal.overall.clone()).filter(|text| !text.is_empty()),
            publication: Publication::Draft,
            published_at: None,
            source_id: Some(document),
            source_line: place.line,
            source_table: place.table,
            source_row: place.row,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        let items = goal.items.iter().map(|item| goal_item::Model {
            id: GoalItemId::new(),
            division_code: self.checked.division_code.clone(),
            unit_id,
            goal_id: row.id,
            kind: item.kind,
            ordinal: small(item.ordinal),
            number: item.number.clone(),
            text: item.text.clone(),
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        });
        let items = items.collect();
        Some((row, items))
    }

    /// A project with its parts; `levels` are the levels of its indicators, in their order.
    pub fn content(
        &self,
        checked: &check::Project,
        unit_id: UnitId,
        document: SourceDocumentId,
        levels: &[(IndicatorLevelId, Option<IndicatorLevelId>)],
    ) -> Content {
        let division_code = || self.checked.division_code.clone();
        let (version, created_at, updated_at) = (1, self.now, self.now);
        let place = Columns::of(Some(checked.place));
        let money = |amount: &Option<check::Amount>| -> (Option<Fen>, Option<String>) {
            (amount.as_ref().map(|amount| amount.fen), amount.as_ref().map(|amount| amount.raw.clone()))
        };
        let (budget, budget_raw) = money(&checked.budget);
        let (fiscal_funds, fiscal_funds_raw) = money(&checked.fiscal);
        let (other_funds, other_funds_raw) = money(&checked.other);
        let project = project::Model {
            id: ProjectId::new(),
            division_code: division_code(),
            unit_id,
            fiscal_year: self.checked.fiscal_year,
            ordinal: small(checked.ordinal),
            code: checked.code.clone(),
            name: checked.name.clone(),
            heading: checked.heading_name.clone(),
            unit_raw: checked.unit_printed.clone(),
            goal_level: self.checked.goal_level,
            budget,
            budget_raw,
            fiscal_funds,
            fiscal_funds_raw,
            other_funds,
            other_funds_raw,
            purpose: checked.purpose.clone(),
            publication: Publication::Draft,
            published_at: None,
            source_id: Some(document),
            source_line: place.line,
            source_table: place.table,
            source_row: place.row,
            version,
            created_at,
            updated_at,
        };
        let project_id = project.id;
        let plan = checked.plan.as_ref().map(|plan| {
            let row = spending_plan::Model {
                id: SpendingPlanId::new(),
                division_code: division_code(),
                unit_id,
                project_id,
                printed_basis: plan.basis,
                version,
                created_at,
                updated_at,
            };
            let plan_id = row.id;
            let points = plan.points.iter().map(|point| plan_point::Model {
                id: PlanPointId::new(),
                division_code: division_code(),
                unit_id,
                plan_id,
                month: i32::from(point.month),
                percent: point.percent,
                amount: point.amount,
                raw: point.raw.clone(),
                version,
                created_at,
                updated_at,
            });
            (row, points.collect())
        });
        let objectives = checked.objectives.iter().map(|objective| objective::Model {
            id: ObjectiveId::new(),
            division_code: division_code(),
            unit_id,
            project_id,
            ordinal: small(objective.ordinal),
            number: objective.number.clone(),
            text: objective.text.clone(),
            version,
            created_at,
            updated_at,
        });
        let objectives = objectives.collect();
        let mut indicators = Vec::with_capacity(checked.indicators.len());
        for (indicator, &(level1_id, level2_id)) in checked.indicators.iter().zip(levels) {
            let (level1, level2) = (&indicator.level1, &indicator.level2);
            let target = &indicator.target;
            indicators.push(indicator::Model {
                id: IndicatorId::new(),
                division_code: division_code(),
                unit_id,
                fiscal_year: self.checked.fiscal_year,
                project_id,
                ordinal: small(indicator.ordinal),
                level1_id,
                level2_id,
                level1_raw: printed(&level1.raw),
                level2_raw: printed(&level2.raw),
                name: indicator.name.clone(),
                description: printed(&indicator.description),
                basis: indicator.basis.clone(),
                weight: indicator.weight,
                target_kind: target.kind,
                comparison: target.comparison,
                value: target.value,
                low: target.low,
                high: target.high,
                target_unit: target.unit.clone(),
                target_raw: target.raw.clone(),
                version,
                created_at,
                updated_at,
            });
        }
        Content { project, plan, objectives, indicators }
    }

    /// The findings, tied to the rows that they are about.
    pub fn findings(
        &self,
        owner: &unit::Model,
        document: &source_document::Model,
        goal: Option<&department_goal::Model>,
        stored: &HashMap<i32, Content>,
    ) -> Vec<finding::Model> {
        let rows = self.checked.findings.iter().map(|found| {
            let project = found.project.and_then(|ordinal| stored.get(&small(ordinal)));
            let indicator = project.zip(found.indicator).and_then(|(content, ordinal)| {
                content.indicators.iter().find(|indicator| indicator.ordinal == small(ordinal))
            });
            let place = Columns::of(found.place);
            let in_goal = project.is_none() && goal.is_some_and(|_| self.stands_in_goal(found.place));
            finding::Model {
                id: FindingId::new(),
                division_code: self.checked.division_code.clone(),
                unit_id: project.map_or(owner.id, |content| content.project.unit_id),
                fiscal_year: self.checked.fiscal_year,
                source_id: Some(document.id),
                goal_id: goal.filter(|_| in_goal).map(|goal| goal.id),
                project_id: project.map(|content| content.project.id),
                indicator_id: indicator.map(|indicator| indicator.id),
                rule: found.rule.id().to_owned(),
                severity: found.rule.severity(),
                subject: subject(found),
                detail: found.detail.clone(),
                source_line: place.line,
                source_table: place.table,
                source_row: place.row,
                acknowledged_at: None,
                acknowledged_by_id: None,
                acknowledged_by: None,
                acknowledged_reason: None,
                version: 1,
                created_at: self.now,
                updated_at: self.now,
            }
        });
        rows.collect()
    }

    /// Whether a place lies in part 1: at or after its first paragraph and before the first project.
    fn stands_in_goal(&self, place: Option<Place>) -> bool {
        let Some((goal, place)) = self.checked.goal.as_ref().zip(place) else { return false };
        let first_project = self.checked.projects.iter().map(|project| project.place).min();
        goal.place <= place && first_project.is_none_or(|first| place < first)
    }
}

/// What a finding is about inside its document.
fn subject(found: &check::Finding) -> String {
    match (found.project, found.indicator) {
        (None, _) => String::new(),
        (Some(project), None) => format!("project {project}"),
        (Some(project), Some(indicator)) => format!("project {project}, indicator {indicator}"),
    }
}

/// A place as it is stored.
struct Columns {
    line: Option<i32>,
    table: Option<i32>,
    row: Option<i32>,
}

impl Columns {
    fn of(place: Option<Place>) -> Self {
        match place {
            None => Self { line: None, table: None, row: None },
            Some(Place::Line(line) | Place::Paragraph(line)) => {
                Self { line: Some(small(line)), table: None, row: None }
            }
            Some(Place::Row { table, row }) => Self { line: None, table: Some(small(table)), row: Some(small(row)) },
        }
    }
}

fn printed(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Ordinals and places are bounded by the limits of a document, far below 2³¹.
fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
