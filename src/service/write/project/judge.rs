//! What the rules notice in the projects that were written, kept as findings (`domain.md` 5.3).

use entity::finding;
use entity::id::{FindingId, ProjectId};
use entity::value::Fen;

use super::draft::Draft;
use super::indicator::LevelOf;
use crate::error::AppResult;
use crate::rules::quality::{self, Basis, Treatment};
use crate::rules::review::{
    About, IndicatorFacts, LevelFacts, ObjectiveFacts, PlanFacts, PointFacts, ProjectFacts, review,
};
use crate::service::finding::exchange;
use crate::service::project::Content;
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Work;

/// Puts what the rules notice in the content of the written projects in the place of what they noticed before. What they
/// noticed in the printed form of a document stays: it is true of the document.
pub(super) async fn write_findings(
    work: &mut Work<'_>,
    drafts: &[Draft<'_>],
    stored: &[Option<Content>],
) -> AppResult<()> {
    let written: Vec<(&Draft<'_>, &Content)> = drafts
        .iter()
        .zip(stored)
        .filter_map(|(draft, content)| Some((draft, content.as_ref()?)))
        .filter(|(draft, content)| draft.known != Some(*content))
        .collect();
    let known =
        known(work, written.iter().filter(|(draft, _)| draft.known.is_some()).map(|(_, c)| c.project.id)).await?;
    let wanted: Vec<finding::Model> =
        written.iter().flat_map(|(draft, content)| noticed(draft, content, work)).collect();
    exchange(work, known, wanted).await?;
    Ok(())
}

async fn known(work: &Work<'_>, projects: impl Iterator<Item = ProjectId>) -> AppResult<Vec<finding::Model>> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let projects: Vec<ProjectId> = projects.collect();
    let mut known = Vec::new();
    for projects in projects.chunks(KEYS_A_STATEMENT) {
        let found = finding::Entity::find().filter(finding::Column::ProjectId.is_in(projects.iter().copied()));
        known.extend(found.all(work.tx).await?);
    }
    let is_content =
        |row: &finding::Model| quality::Rule::from_id(&row.rule).is_some_and(|rule| rule.basis() == Basis::Content);
    known.retain(is_content);
    Ok(known)
}

fn noticed(draft: &Draft<'_>, content: &Content, work: &Work<'_>) -> Vec<finding::Model> {
    let project = &content.project;
    let facts = facts(draft, content);
    let rows = review(&facts).into_iter().filter(|noticed| !rejects(noticed.rule)).map(|noticed| {
        let indicator = match noticed.about {
            About::Indicator(index, _) => content.indicators.get(index),
            About::Project
            | About::Code
            | About::Budget
            | About::Funds
            | About::OtherFunds
            | About::Purpose
            | About::Plan
            | About::Objective(_) => None,
        };
        let subject = match indicator {
            Some(indicator) => format!("project {}, indicator {}", project.ordinal, indicator.ordinal),
            None => format!("project {}", project.ordinal),
        };
        finding::Model {
            id: FindingId::new(),
            division_code: project.division_code.clone(),
            unit_id: project.unit_id,
            fiscal_year: project.fiscal_year,
            source_id: project.source_id,
            goal_id: None,
            project_id: Some(project.id),
            indicator_id: indicator.map(|indicator| indicator.id),
            rule: noticed.rule.id().to_owned(),
            severity: noticed.rule.severity(),
            subject,
            detail: quality::detail(&noticed.detail),
            source_line: None,
            source_table: None,
            source_row: None,
            acknowledged_at: None,
            acknowledged_by_id: None,
            acknowledged_by: None,
            acknowledged_reason: None,
            version: 1,
            created_at: work.now,
            updated_at: work.now,
        }
    });
    rows.collect()
}

/// What rejects was an error of its row already, or came with a document that was taken all the same.
fn rejects(rule: quality::Rule) -> bool {
    match rule.treatment() {
        Treatment::RejectProject | Treatment::RejectPlan | Treatment::RejectRow => true,
        Treatment::Accept | Treatment::Normalize | Treatment::Inform => false,
    }
}

fn facts<'a>(draft: &'a Draft<'_>, content: &'a Content) -> ProjectFacts<'a> {
    let project = &content.project;
    let plan = match &content.plan {
        None => PlanFacts::Missing,
        Some((plan, points)) => {
            let points =
                points.iter().map(|point| PointFacts { percent: point.percent, amount: point.amount, raw: &point.raw });
            PlanFacts::Stated { basis: plan.printed_basis, points: points.collect() }
        }
    };
    let objectives = content
        .objectives
        .iter()
        .map(|objective| ObjectiveFacts { number: objective.number.as_deref(), text: &objective.text });
    let indicators = draft.indicators.list().iter().zip(&content.indicators).map(|(draft, row)| IndicatorFacts {
        level1: level(Some(&draft.level1), row.level1_raw.as_deref()),
        level2: level(draft.level2.as_ref(), row.level2_raw.as_deref()),
        name: &row.name,
        description: row.description.as_deref(),
        target: &row.target_raw,
        basis: row.basis.as_deref(),
    });
    ProjectFacts {
        fiscal_year: project.fiscal_year,
        year_is_certain: true,
        code: project.code.as_deref(),
        name: &project.name,
        budget: project.budget,
        fiscal_funds: project.fiscal_funds,
        other_funds: project.other_funds,
        tolerance: Fen(0),
        purpose: project.purpose.as_deref(),
        plan,
        objectives: objectives.collect(),
        indicators: indicators.collect(),
        asks_for_basis: true,
    }
}

fn level<'a>(level: Option<&'a LevelOf>, raw: Option<&'a str>) -> LevelFacts<'a> {
    let raw = raw.unwrap_or_default();
    match level {
        Some(level) => LevelFacts { known: level.known, name: &level.name, raw },
        None => LevelFacts { known: None, name: "", raw },
    }
}
