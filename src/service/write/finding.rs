//! Acknowledging findings (数据质量问题): someone has looked, and says why it may stay as it is.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::finding;
use entity::id::{FindingId, UnitId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::unit::places::EDITOR;
use super::version::expect;
use super::{Atomicity, Outcome, Row, RowResult};
use crate::auth::Action;
use crate::error::AppResult;
use crate::input::finding::FindingMark;
use crate::input::{UserError, UserErrorCode, Words};
use crate::service::stored::{self, Change, KEYS_A_STATEMENT, Stored};
use crate::service::work::Work;
use crate::service::{division, scope};

/// Who acknowledges at the machine itself, without an account.
const OPERATOR: &str = "operator";

/// Acknowledges findings, each for its reason, and takes the acknowledgement of those back that come without one. The same
/// again changes nothing: it stays who said it first, and when.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn apply(work: &mut Work<'_>, rows: &[Row<FindingMark>], atomicity: Atomicity) -> AppResult<Vec<RowResult>> {
    work.caller.may(Action::Write)?;
    let ids: Vec<FindingId> = rows.iter().filter_map(|row| FindingId::parse(row.input.id.as_ref()?)).collect();
    let found = read(work, &ids).await?;
    let divisions: BTreeSet<String> = found.values().map(|finding| finding.division_code.clone()).collect();
    division::lock(work, &divisions).await?;
    // Until the lock was held they could change or go.
    let found = read(work, &ids).await?;
    let units: HashSet<UnitId> = found.values().map(|finding| finding.unit_id).collect();
    let visible = scope::units_within(work.tx, work.caller, Action::Read, &units).await?;
    let writable = scope::units_within(work.tx, work.caller, Action::Write, &units).await?;
    let mut named = HashSet::new();
    let mut changes: Vec<Change<finding::Model>> = Vec::new();
    let mut results: Vec<RowResult> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut errors = row.errors.clone();
        let at = row.at();
        let at_id = at.field("id");
        let FindingMark { id: sent, expected_version, reason } = &row.input;
        let id = sent.as_deref().and_then(FindingId::parse);
        let finding = id.and_then(|id| found.get(&id)).filter(|finding| visible.contains(&finding.unit_id));
        match (sent, finding) {
            (Some(id), None) => errors.push(UserError::not_found(at_id.path(), &format!("finding {id}"))),
            (_, Some(finding)) if !writable.contains(&finding.unit_id) => {
                errors.push(UserError::forbidden(at_id.path(), EDITOR));
            }
            (_, Some(finding)) if !named.insert(finding.id) => {
                let words = Words::new(
                    "An earlier row of this request names the same finding.",
                    "本次请求中前面的行已指明同一问题。",
                );
                errors.push(UserError::duplicate(UserErrorCode::DuplicateInRequest, at_id.path(), None, words));
            }
            (_, Some(finding)) => {
                let changed = || vec!["acknowledgedReason".to_owned()];
                let (version, node) = (Some(finding.version), finding.id.public());
                expect(&at, *expected_version, version, &node, changed, &mut errors);
            }
            (None, None) => {}
        }
        let mut outcome = Outcome::Failed;
        if let Some(finding) = finding.filter(|_| errors.is_empty()) {
            outcome = Outcome::Unchanged;
            if finding.acknowledged_reason != *reason {
                outcome = Outcome::Updated;
                changes.push(change(work, finding, reason.clone()));
            }
        }
        let (id, seen) = (finding.map(|finding| finding.id.0), finding.map(|finding| finding.version));
        results.push(RowResult { key: sent.clone().unwrap_or_default(), outcome, id, seen, errors });
    }
    if !super::skip_good_rows_beside_bad(results.iter_mut(), atomicity) {
        stored::update(work, &changes).await?;
    }
    Ok(results)
}

async fn read(work: &Work<'_>, ids: &[FindingId]) -> AppResult<HashMap<FindingId, finding::Model>> {
    let mut found = HashMap::new();
    for ids in ids.chunks(KEYS_A_STATEMENT) {
        let rows = finding::Entity::find().filter(finding::Column::Id.is_in(ids.iter().copied()));
        found.extend(rows.all(work.tx).await?.into_iter().map(|finding| (finding.id, finding)));
    }
    Ok(found)
}

fn change(work: &Work<'_>, known: &finding::Model, reason: Option<String>) -> Change<finding::Model> {
    let account = work.caller.identity();
    let name = account.map_or(OPERATOR, |account| &account.name);
    let mut new = finding::Model {
        acknowledged_at: reason.as_ref().map(|_| work.now),
        acknowledged_by_id: reason.as_ref().and(account).map(|account| account.id),
        acknowledged_by: reason.as_ref().map(|_| name.to_owned()),
        acknowledged_reason: reason,
        ..known.clone()
    };
    new.touch(known, work.now);
    Change { old: known.clone(), new }
}
