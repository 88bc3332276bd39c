//! Acknowledging findings (数据质量问题): someone has looked, and says why it may stay as it is.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::finding;
use entity::id::{FindingId, UnitId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::rights::Rights;
use super::version::expect;
use super::{Atomicity, Outcome, Row, RowResult};
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::input::finding::{FindingAcknowledge, FindingUnacknowledge};
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::service::division;
use crate::service::stored::{self, Change, KEYS_A_STATEMENT, Stored};
use crate::service::work::Work;

/// Who acknowledges at the machine itself, without an account.
const OPERATOR: &str = "operator";

/// What a row asks for.
struct Asked<'a> {
    at: At<'a>,
    id: Option<&'a str>,
    expected_version: Option<i32>,
    /// Why it may stay; none takes the acknowledgement back.
    reason: Option<&'a str>,
    errors: &'a [UserError],
}

/// Acknowledges findings. The same reason again changes nothing: it stays who said it first, and when.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn acknowledge(
    work: &mut Work<'_>,
    rows: &[Row<FindingAcknowledge>],
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    let asked = rows.iter().map(|row| Asked {
        at: row.at(),
        id: row.input.id.as_deref(),
        expected_version: row.input.expected_version,
        // A reason that could not be read is a mistake of the row, which is not written.
        reason: Some(row.input.reason.as_deref().unwrap_or_default()),
        errors: &row.errors,
    });
    apply(work, asked.collect(), atomicity).await
}

/// Takes acknowledgements back; a finding that has none is left alone.
///
/// # Errors
/// As [`acknowledge`].
pub async fn unacknowledge(
    work: &mut Work<'_>,
    rows: &[Row<FindingUnacknowledge>],
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    let asked = rows.iter().map(|row| Asked {
        at: row.at(),
        id: row.input.id.as_deref(),
        expected_version: row.input.expected_version,
        reason: None,
        errors: &row.errors,
    });
    apply(work, asked.collect(), atomicity).await
}

async fn apply(work: &mut Work<'_>, asked: Vec<Asked<'_>>, atomicity: Atomicity) -> AppResult<Vec<RowResult>> {
    work.caller.may(Permission::FindingAcknowledge)?;
    let ids: Vec<FindingId> = asked.iter().filter_map(|row| FindingId::parse(row.id?)).collect();
    let found = read(work, &ids).await?;
    let divisions: BTreeSet<String> = found.values().map(|finding| finding.division_code.clone()).collect();
    division::lock(work, &divisions).await?;
    // Until the lock was held they could change or go.
    let found = read(work, &ids).await?;
    let units: HashSet<UnitId> = found.values().map(|finding| finding.unit_id).collect();
    let years = found.values().map(|finding| finding.fiscal_year).collect();
    let rights = Rights::read(work, &[Permission::FindingRead, Permission::FindingAcknowledge], &years, &units).await?;
    let may = |permission, finding: &finding::Model| rights.has(permission, finding.unit_id, finding.fiscal_year);
    let mut named = HashSet::new();
    let mut changes: Vec<Change<finding::Model>> = Vec::new();
    let mut results: Vec<RowResult> = Vec::with_capacity(asked.len());
    for row in &asked {
        let mut errors = row.errors.to_vec();
        let at_id = row.at.field("id");
        let id = row.id.and_then(FindingId::parse);
        let finding = id.and_then(|id| found.get(&id)).filter(|finding| may(Permission::FindingRead, finding));
        match (row.id, finding) {
            (Some(id), None) => errors.push(UserError::not_found(at_id.path(), &format!("finding {id}"))),
            (_, Some(finding)) if !may(Permission::FindingAcknowledge, finding) => {
                errors.push(UserError::forbidden(at_id.path(), Permission::FindingAcknowledge.name()));
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
                expect(&row.at, row.expected_version, version, &node, changed, &mut errors);
            }
            (None, None) => {}
        }
        let mut outcome = Outcome::Failed;
        if let Some(finding) = finding.filter(|_| errors.is_empty()) {
            outcome = Outcome::Unchanged;
            if finding.acknowledged_reason.as_deref() != row.reason {
                outcome = Outcome::Updated;
                changes.push(change(work, finding, row.reason));
            }
        }
        let (id, seen) = (finding.map(|finding| finding.id.0), finding.map(|finding| finding.version));
        results.push(RowResult { key: row.id.unwrap_or_default().to_owned(), outcome, id, seen, errors });
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

fn change(work: &Work<'_>, known: &finding::Model, reason: Option<&str>) -> Change<finding::Model> {
    let account = work.caller.identity();
    let name = account.map_or(OPERATOR, |account| &account.name);
    let mut new = finding::Model {
        acknowledged_at: reason.map(|_| work.now),
        acknowledged_by_id: reason.and(account).map(|account| account.id),
        acknowledged_by: reason.map(|_| name.to_owned()),
        acknowledged_reason: reason.map(str::to_owned),
        ..known.clone()
    };
    new.touch(known, work.now);
    Change { old: known.clone(), new }
}
