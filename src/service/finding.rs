//! Findings (数据质量问题): their words, and storing those of a document.

use std::collections::{HashMap, HashSet};

use entity::finding;
use entity::id::{DepartmentGoalId, FindingId, IndicatorId, ProjectId, SourceDocumentId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::stored::{self, KEYS_A_STATEMENT, Tally};
use super::work::Work;
use crate::error::AppResult;
use crate::lang::Lang;
use crate::rules::quality::Rule;

/// What a finding says. A rule that this version does not know says only what was printed.
pub fn message(finding: &finding::Model, lang: Lang) -> String {
    match Rule::from_id(&finding.rule) {
        Some(rule) => rule.message(lang, &finding.detail),
        None => format!("{}: {}", finding.rule, finding.detail),
    }
}

/// What the findings of a document are about.
pub struct About<'a> {
    /// The document.
    pub document: SourceDocumentId,
    /// Its department goal.
    pub goal: Option<DepartmentGoalId>,
    /// Its projects.
    pub projects: &'a [ProjectId],
}

/// Stores the findings of a document in place of what was found before in it, in its goal and in its projects.
///
/// A finding that is made again keeps its key, also when a corrected document makes it.
pub async fn replace(
    work: &mut Work<'_>,
    division_code: &str,
    about: &About<'_>,
    wanted: Vec<finding::Model>,
) -> AppResult<Tally> {
    super::scope::may_write_division(work.caller, division_code)?;
    let mut of_document = Condition::any().add(finding::Column::SourceId.eq(about.document));
    if let Some(goal) = about.goal {
        of_document = of_document.add(finding::Column::GoalId.eq(goal));
    }
    let mut known = finding::Entity::find().filter(of_document).all(work.tx).await?;
    let seen: HashSet<FindingId> = known.iter().map(|row| row.id).collect();
    for projects in about.projects.chunks(KEYS_A_STATEMENT) {
        let of_projects = finding::Column::ProjectId.is_in(projects.iter().copied());
        let rows = finding::Entity::find().filter(of_projects).all(work.tx).await?;
        known.extend(rows.into_iter().filter(|row| !seen.contains(&row.id)));
    }
    exchange(work, known, wanted).await
}

/// Puts findings in the place of known ones; one that is made again keeps its key.
pub(super) async fn exchange(
    work: &mut Work<'_>,
    mut known: Vec<finding::Model>,
    mut wanted: Vec<finding::Model>,
) -> AppResult<Tally> {
    // The same rule can notice the same text twice in one place; the repetition is part of the key.
    let mut numbers = HashMap::new();
    for rows in [&mut known, &mut wanted] {
        rows.sort_by_key(|row| (row.source_line, row.source_table, row.source_row, row.id));
        let mut seen: HashMap<_, u32> = HashMap::new();
        for row in rows.iter() {
            let number = seen.entry(place(row)).or_insert(0);
            *number += 1;
            numbers.insert(row.id, *number);
        }
    }
    let mut tally = Tally::default();
    stored::replace(work, known, wanted, |row| (place(row), numbers.get(&row.id)), &mut tally).await?;
    Ok(tally)
}

/// Where a rule noticed what.
fn place(row: &finding::Model) -> (Option<ProjectId>, Option<IndicatorId>, String, String, String) {
    (row.project_id, row.indicator_id, row.rule.clone(), row.subject.clone(), row.detail.clone())
}
