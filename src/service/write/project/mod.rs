//! Projects with everything inside them, as clients send them: whole projects, or single parts by their own keys.
//!
//! Every row becomes an edit of one project. Rows are merged into working copies of the projects that they name; what all
//! of them together make of a project is judged and stored once.

mod check;
mod draft;
mod edit;
mod indicator;
mod judge;
mod key;
mod objective;
mod places;
mod plan;
mod results;
mod target;

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::ProjectId;
use entity::value::SearchKind;
use futures_util::future::join;

use super::{Atomicity, Row, RowResult};
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::service::indicator_level::Levels;
use crate::service::project::{Batch, Content, Depth};
use crate::service::search::index::Entry;
use crate::service::search::source::of_project;
use crate::service::work::Work;

use draft::Draft;
pub use edit::{Edit, ProjectRow, Who};
use key::TakenKey;
use places::{Found, Places};
use results::Progress;

/// Writes rows of projects and of their parts, and gives one result for each, in their order.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn apply(work: &mut Work<'_>, rows: &[Row<ProjectRow>], atomicity: Atomicity) -> AppResult<Vec<RowResult>> {
    let needs: BTreeSet<Permission> = rows.iter().flat_map(|row| row.input.edit.needs()).copied().collect();
    for permission in needs {
        work.caller.may(permission)?;
    }
    let places = Places::read(work, rows).await?;
    let mut levels = match places::depth(rows) {
        Depth::Everything => Levels::read(work.tx).await?,
        Depth::Objectives => Levels::default(),
    };
    let (mut drafts, mut progress) = merge(work, rows, &places, &levels);
    for draft in &mut drafts {
        draft.settle(rows, &mut progress);
    }
    refuse_taken_keys(&mut drafts, &places, rows, &mut progress);
    results::hold_back(&mut drafts, &progress, atomicity);

    let new = drafts.iter().filter(|draft| draft.known.is_none() && !draft.rows().is_empty());
    let new: HashSet<_> = new.map(|draft| (draft.project.unit_id, draft.project.fiscal_year)).collect();
    let mut ordinals = places.last_ordinals(work, &new).await?;
    let mut batch = Batch::default();
    let mut stored = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        stored.push(draft.put(work, &mut levels, &mut ordinals, &mut batch).await?);
    }
    for content in stored.iter().flatten() {
        work.will_be_searched(entry(content));
    }
    work.gather();
    // What is noticed is thought about while the database writes.
    let now = work.now;
    let (written, noticed) = join(batch.write(work), judge::notice(&drafts, &stored, now)).await;
    written?;
    judge::write_findings(work, places.known.findings(), noticed).await?;
    Ok(results::of(rows, progress, &drafts, &stored))
}

/// What is searched of a project.
fn entry(content: &Content) -> Entry {
    let texts = of_project(&content.project, &content.objectives);
    Entry::of(SearchKind::Project, content.project.id.0, texts)
}

/// Merges every row into the draft of its project.
fn merge<'a>(
    work: &Work<'_>,
    rows: &[Row<ProjectRow>],
    places: &'a Places,
    levels: &Levels,
) -> (Vec<Draft<'a>>, Vec<Progress>) {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut of_project: HashMap<Found, usize> = HashMap::new();
    let mut progress = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let mut errors = row.errors.clone();
        let draft = places.find(row, &mut errors).and_then(|found| match of_project.get(&found) {
            Some(draft) => Some(*draft),
            None => {
                drafts.push(Draft::of(places, &found, levels, work.now)?);
                of_project.insert(found, drafts.len() - 1);
                Some(drafts.len() - 1)
            }
        });
        if let Some(draft) = draft.and_then(|draft| drafts.get_mut(draft)) {
            draft.merge(index, row, &mut errors);
        }
        progress.push(Progress { draft, errors });
    }
    (drafts, progress)
}

/// A key that another project has, stored or among the drafts, cannot be taken.
fn refuse_taken_keys(drafts: &mut [Draft<'_>], places: &Places, rows: &[Row<ProjectRow>], progress: &mut [Progress]) {
    let mut taken: HashMap<TakenKey, ProjectId> = HashMap::new();
    for draft in drafts {
        let Some(key) = draft.new_key() else { continue };
        let stored = key.holder(places).filter(|holder| *holder != draft.project.id);
        match stored.or_else(|| taken.get(&key).copied()) {
            Some(holder) => {
                let row = draft.rows().first().and_then(|row| rows.get(*row));
                let path = row.map(|row| key.path(row)).unwrap_or_default();
                draft.refuse(places.taken(path, Some(holder)), progress);
            }
            None => {
                taken.insert(key, draft.project.id);
            }
        }
    }
}
