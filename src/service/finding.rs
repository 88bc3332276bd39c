//! Findings (数据质量问题): their words, and storing those of a document.

use std::collections::{HashMap, HashSet};

use entity::finding;
use entity::id::{DepartmentGoalId, FindingId, ProjectId, SourceDocumentId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::stored::{self, KEYS_A_STATEMENT, Tally};
use super::work::Work;
use crate::auth::policy::Permission;
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
    super::scope::may_in_division(work.caller, Permission::ImportRun, division_code, None)?;
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
    let mut tally = Tally::default();
    // The same rule can notice the same text twice in one place; the repetition is part of the key.
    let (known, wanted) = (numbered(known), numbered(wanted));
    let numbers: HashMap<_, _> = known.iter().chain(&wanted).map(|(n, row)| (row.id, *n)).collect();
    let rows = |numbered: Vec<(u32, finding::Model)>| numbered.into_iter().map(|(_, row)| row).collect();
    let key = |row: &finding::Model| {
        let number = numbers.get(&row.id).copied().unwrap_or(0);
        (row.project_id, row.indicator_id, row.rule.clone(), row.subject.clone(), row.detail.clone(), number)
    };
    stored::replace(work, rows(known), rows(wanted), key, &mut tally).await?;
    Ok(tally)
}

fn numbered(mut rows: Vec<finding::Model>) -> Vec<(u32, finding::Model)> {
    rows.sort_by_key(|row| (row.source_line, row.source_table, row.source_row, row.id));
    let mut seen = HashMap::new();
    rows.into_iter()
        .map(|row| {
            let place = (row.project_id, row.indicator_id, row.rule.clone(), row.subject.clone(), row.detail.clone());
            let number = seen.entry(place).or_insert(0);
            *number += 1;
            (*number, row)
        })
        .collect()
}
