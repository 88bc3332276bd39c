//! What became of each row.

use uuid::Uuid;

use super::draft::Draft;
use super::edit::{Edit, ProjectRow};
use crate::input::UserError;
use crate::service::project::Content;
use crate::service::write::{Atomicity, Outcome, Row, RowResult};

/// How far a row has come.
pub(super) struct Progress {
    /// The draft of its project.
    pub(super) draft: Option<usize>,
    /// What is wrong with it.
    pub(super) errors: Vec<UserError>,
}

/// Takes back what shall not be written because other rows failed.
pub(super) fn hold_back(drafts: &mut [Draft<'_>], progress: &[Progress], atomicity: Atomicity) {
    let failed = || progress.iter().filter(|row| !row.errors.is_empty());
    match atomicity {
        Atomicity::PerRow => {}
        Atomicity::PerProject => {
            let spoiled: Vec<usize> = failed().filter_map(|row| row.draft).collect();
            for draft in spoiled {
                if let Some(draft) = drafts.get_mut(draft) {
                    draft.forget();
                }
            }
        }
        Atomicity::All => {
            if failed().next().is_some() {
                drafts.iter_mut().for_each(Draft::forget);
            }
        }
    }
}

/// One result for each row, in their order.
pub(super) fn of(
    rows: &[Row<ProjectRow>],
    progress: Vec<Progress>,
    drafts: &[Draft<'_>],
    stored: &[Option<Content>],
) -> Vec<RowResult> {
    let result = |(index, (row, progress)): (usize, (&Row<ProjectRow>, Progress))| {
        let draft = progress.draft.and_then(|draft| Some((drafts.get(draft)?, stored.get(draft)?.as_ref())));
        let known = draft.and_then(|(draft, _)| draft.known);
        let key = row.input.to_string();
        let (outcome, id) = match draft {
            _ if !progress.errors.is_empty() => (Outcome::Failed, known.and_then(|known| id(&row.input.edit, known))),
            Some((draft, content)) if draft.rows().contains(&index) => became(&row.input.edit, known, content),
            _ => (Outcome::Skipped, known.and_then(|known| id(&row.input.edit, known))),
        };
        let seen = known.and_then(|known| version(&row.input.edit, known));
        RowResult { key, outcome, id, seen, errors: progress.errors }
    };
    rows.iter().zip(progress).enumerate().map(result).collect()
}

/// The id of what an edit is about.
fn id(edit: &Edit, content: &Content) -> Option<Uuid> {
    match edit {
        Edit::Project(_) | Edit::DeleteProject { .. } | Edit::Publish(_) => Some(content.project.id.0),
        Edit::Plan(_) | Edit::Point(..) => content.plan.as_ref().map(|(plan, _)| plan.id.0),
        Edit::Objective(ordinal, _) => {
            content.objectives.iter().find(|row| row.ordinal == *ordinal).map(|row| row.id.0)
        }
        Edit::Indicator(ordinal, _) => {
            content.indicators.iter().find(|row| row.ordinal == *ordinal).map(|row| row.id.0)
        }
    }
}

/// The version of what an edit is about.
fn version(edit: &Edit, content: &Content) -> Option<i32> {
    match edit {
        Edit::Project(_) | Edit::DeleteProject { .. } | Edit::Publish(_) => Some(content.project.version),
        Edit::Plan(_) | Edit::Point(..) => content.plan.as_ref().map(|(plan, _)| plan.version),
        Edit::Objective(ordinal, _) => {
            content.objectives.iter().find(|row| row.ordinal == *ordinal).map(|row| row.version)
        }
        Edit::Indicator(ordinal, _) => {
            content.indicators.iter().find(|row| row.ordinal == *ordinal).map(|row| row.version)
        }
    }
}

/// What an edit that was written did to what it is about.
fn became(edit: &Edit, known: Option<&Content>, stored: Option<&Content>) -> (Outcome, Option<Uuid>) {
    let after = stored.and_then(|stored| id(edit, stored));
    let same = match (known, stored) {
        (Some(known), Some(stored)) => is_same(edit, known, stored),
        (None, _) | (_, None) => false,
    };
    let existed = known.is_some_and(|known| existed(edit, known));
    let exists = stored.is_some_and(|stored| self::existed(edit, stored));
    let outcome = match (existed, exists) {
        (_, true) if same => Outcome::Unchanged,
        (false, true) => Outcome::Created,
        (true, true) => Outcome::Updated,
        (true, false) => Outcome::Deleted,
        (false, false) => Outcome::Unchanged,
    };
    (outcome, after)
}

fn existed(edit: &Edit, content: &Content) -> bool {
    match edit {
        Edit::Point(month, _) => points(content).any(|point| point.month == *month),
        edit => id(edit, content).is_some(),
    }
}

fn is_same(edit: &Edit, known: &Content, stored: &Content) -> bool {
    match edit {
        Edit::Project(_) | Edit::DeleteProject { .. } | Edit::Publish(_) => known == stored,
        Edit::Plan(_) => known.plan == stored.plan,
        Edit::Point(month, _) => {
            let of = |content| points(content).find(|point| point.month == *month).cloned();
            of(known) == of(stored)
        }
        Edit::Objective(ordinal, _) => {
            let of = |content: &Content| content.objectives.iter().find(|row| row.ordinal == *ordinal).cloned();
            of(known) == of(stored)
        }
        Edit::Indicator(ordinal, _) => {
            let of = |content: &Content| content.indicators.iter().find(|row| row.ordinal == *ordinal).cloned();
            of(known) == of(stored)
        }
    }
}

fn points(content: &Content) -> impl Iterator<Item = &entity::plan_point::Model> {
    content.plan.iter().flat_map(|(_, points)| points)
}
