//! What the rules notice in the projects that were written, kept as findings (`domain.md` 5.3).

use entity::finding;
use entity::id::{FindingId, ProjectId};
use entity::value::{Fen, Timestamp};
use tokio::task::yield_now;

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

/// What the rules notice in the content of written projects.
#[derive(Default)]
pub(super) struct Noticed {
    /// The projects that were stored before, where something can have been noticed.
    changed: Vec<ProjectId>,
    findings: Vec<finding::Model>,
}

/// Judges the written projects, one at a time: other work of the task goes on between them.
pub(super) async fn notice(drafts: &[Draft<'_>], stored: &[Option<Content>], now: Timestamp) -> Noticed {
    let mut noticed = Noticed::default();
    for (draft, content) in drafts.iter().zip(stored) {
        let Some(content) = content.as_ref().filter(|content| draft.known != Some(*content)) else { continue };
        noticed.changed.extend(draft.known.map(|known| known.project.id));
        noticed.findings.extend(findings(draft, content, now));
        yield_now().await;
    }
    noticed
}

/// Puts what the rules notice in the content of the written projects in the place of what they noticed before. What they
/// noticed in the printed form of a document stays: it is true of the document.
pub(super) async fn write_findings(work: &mut Work<'_>, noticed: Noticed) -> AppResult<()> {
    let known = known(work, &noticed.changed).await?;
    exchange(work, known, noticed.findings).await?;
    Ok(())
}

async fn known(work: &Work<'_>, projects: &[ProjectId]) -> AppResult<Vec<finding::Model>> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
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

fn findings(draft: &Draft<'_>, content: &Content, now: Timestamp) -> Vec<finding::Model> {
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
            created_at: now,
            updated_at: now,
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
