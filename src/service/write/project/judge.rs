//! What the rules notice in the projects that were written, kept as findings (`domain.md` 5.3).

use std::collections::HashMap;

use entity::id::{FindingId, ProjectId};
use entity::value::{Fen, Timestamp};
use entity::{finding, project};
use tokio::task::yield_now;

use super::draft::Draft;
use super::indicator::LevelOf;
use crate::error::AppResult;
use crate::rules::quality::{self, Treatment};
use crate::rules::review::{
    About, IndicatorFacts, LevelFacts, ObjectiveFacts, PlanFacts, PointFacts, ProjectFacts, Section, review_sections,
};
use crate::service::finding::exchange;
use crate::service::project::Content;
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Work;

/// What the rules notice in the content of written projects.
#[derive(Default)]
pub(super) struct Noticed {
    /// The projects that were stored before, where something can have been noticed, with the sections that were judged again.
    changed: HashMap<ProjectId, Vec<Section>>,
    findings: Vec<finding::Model>,
}

/// Judges the written projects, one at a time: other work of the task goes on between them. Of one that was stored before only
/// the sections are judged again of which a fact changed.
pub(super) async fn notice(drafts: &[Draft<'_>], stored: &[Option<Content>], now: Timestamp) -> Noticed {
    let mut noticed = Noticed::default();
    for (draft, content) in drafts.iter().zip(stored) {
        let Some(content) = content.as_ref().filter(|content| draft.known != Some(*content)) else { continue };
        let sections = sections(draft.known, content);
        noticed.findings.extend(findings(draft, content, &sections, now));
        if let Some(known) = draft.known.filter(|_| !sections.is_empty()) {
            noticed.changed.insert(known.project.id, sections);
        }
        yield_now().await;
    }
    noticed
}

/// The sections of which a fact is another than in what was stored.
fn sections(known: Option<&Content>, content: &Content) -> Vec<Section> {
    let mut sections = Section::ALL.to_vec();
    if let Some(known) = known {
        let (old, new) = (&known.project, &content.project);
        let texts_differ = old.name != new.name || old.purpose != new.purpose;
        sections.retain(|section| match section {
            Section::Project => {
                let money = |row: &project::Model| (row.budget, row.fiscal_funds, row.other_funds, row.fiscal_year);
                texts_differ || old.code != new.code || money(old) != money(new)
            }
            Section::Plan => known.plan != content.plan || old.budget != new.budget,
            Section::Objectives => known.objectives != content.objectives || texts_differ,
            Section::Indicators => known.indicators != content.indicators,
        });
    }
    sections
}

/// Puts what the rules notice in the content of the written projects in the place of what they noticed before. What they
/// noticed in the printed form of a document stays: it is true of the document. `read` are the findings where they were read before.
pub(super) async fn write_findings(
    work: &mut Work<'_>,
    read: Option<&[finding::Model]>,
    noticed: Noticed,
) -> AppResult<()> {
    let mut known = match read {
        Some(read) => read.to_vec(),
        None => known(work, &noticed.changed).await?,
    };
    known.retain(|row| noticed.judged(row));
    exchange(work, known, noticed.findings).await?;
    Ok(())
}

impl Noticed {
    /// Whether what a finding says was judged again.
    fn judged(&self, finding: &finding::Model) -> bool {
        let sections = finding.project_id.and_then(|project| self.changed.get(&project));
        let section = quality::Rule::from_id(&finding.rule).and_then(Section::of);
        sections.zip(section).is_some_and(|(sections, section)| sections.contains(&section))
    }
}

async fn known(work: &Work<'_>, judged: &HashMap<ProjectId, Vec<Section>>) -> AppResult<Vec<finding::Model>> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let projects: Vec<ProjectId> = judged.keys().copied().collect();
    let mut known = Vec::new();
    for projects in projects.chunks(KEYS_A_STATEMENT) {
        let found = finding::Entity::find().filter(finding::Column::ProjectId.is_in(projects.iter().copied()));
        known.extend(found.all(work.tx).await?);
    }
    Ok(known)
}

fn findings(draft: &Draft<'_>, content: &Content, sections: &[Section], now: Timestamp) -> Vec<finding::Model> {
    let project = &content.project;
    let facts = facts(draft, content);
    let rows = review_sections(&facts, sections).into_iter().filter(|noticed| !rejects(noticed.rule)).map(|noticed| {
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
