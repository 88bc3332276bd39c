//! Writing divisions (财政区划).

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::DivisionId;
use entity::{account_grant, division, unit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Atomicity, Mode, Outcome, Row, RowResult};
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::input::division::{DivisionDelete, DivisionFields, DivisionKey, DivisionWrite};
use crate::input::{At, UserError, UserErrorCode, Words};
use crate::service::scope;
use crate::service::stored::{self, KEYS_A_STATEMENT, Tally};
use crate::service::work::Work;

/// What of a division is named when units stand in the way of its deletion.
const NAMED_UNITS: u64 = 10;

/// What a row wants to do, and the division that it is about.
struct Judged {
    result: RowResult,
    known: Option<division::Model>,
    wanted: Option<division::Model>,
}

/// Makes and changes divisions.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN` for a caller who may not write at all; mistakes of rows are in their results.
pub async fn apply(
    work: &mut Work<'_>,
    rows: &[Row<DivisionWrite>],
    mode: Mode,
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    let mut stock = Stock::load(work, rows.iter().map(|row| row.input.key.as_ref())).await?;
    let now = work.now;
    let judged = rows.iter().map(|row| {
        let at = row.at();
        let (key, version) = (row.input.key.as_ref(), row.input.expected_version);
        let fields = row.input.set.clone().unwrap_or_default();
        let mut judged = stock.judge(work.caller, &at, key, version, &fields, &row.errors);
        let errors = &mut judged.result.errors;
        match (&judged.known, mode) {
            (Some(known), Mode::Create) if errors.is_empty() => errors.push(duplicate(&at, known)),
            (None, Mode::Update) if errors.is_empty() => {
                errors.push(UserError::not_found(at.field("key").path(), &shown(&judged.result.key)));
            }
            _ => {}
        }
        if errors.is_empty() {
            let wanted = match &judged.known {
                Some(known) => division::Model { name: fields.name.over(known.name.clone()), ..known.clone() },
                None => division::Model {
                    id: DivisionId::new(),
                    code: judged.result.key.clone(),
                    name: fields.name.over(None),
                    version: 1,
                    created_at: now,
                    updated_at: now,
                },
            };
            judged.result.outcome = match &judged.known {
                None => Outcome::Created,
                Some(known) if *known == wanted => Outcome::Unchanged,
                Some(_) => Outcome::Updated,
            };
            judged.result.id = Some(wanted.id.0);
            judged.wanted = Some(wanted);
        }
        judged
    });
    let mut judged: Vec<Judged> = judged.collect();
    if super::skip_good_rows_beside_bad(judged.iter_mut().map(|judged| &mut judged.result), atomicity) {
        for judged in &mut judged {
            judged.result.id = judged.known.as_ref().map(|known| known.id.0);
        }
    } else {
        let (mut known, mut wanted) = (Vec::new(), Vec::new());
        for judged in &mut judged {
            wanted.extend(judged.wanted.take());
            known.extend(judged.known.take().filter(|_| judged.result.errors.is_empty()));
        }
        stored::replace(work, known, wanted, |row| row.code.clone(), &mut Tally::default()).await?;
    }
    Ok(judged.into_iter().map(|judged| judged.result).collect())
}

/// Deletes divisions that nothing hangs on.
///
/// # Errors
/// As [`apply`].
pub async fn delete(
    work: &mut Work<'_>,
    rows: &[Row<DivisionDelete>],
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    let mut stock = Stock::load(work, rows.iter().map(|row| row.input.key.as_ref())).await?;
    let mut judged = Vec::with_capacity(rows.len());
    for row in rows {
        let at = row.at();
        let (key, version) = (row.input.key.as_ref(), row.input.expected_version);
        let mut row_judged = stock.judge(work.caller, &at, key, version, &DivisionFields::default(), &row.errors);
        let Judged { result, known, .. } = &mut row_judged;
        if row.input.cascade == Some(true) {
            result.errors.push(never_with_its_units(&at.field("cascade")));
        }
        match known {
            None if result.errors.is_empty() => {
                result.errors.push(UserError::not_found(at.field("key").path(), &shown(&result.key)));
            }
            Some(known) if result.errors.is_empty() => {
                result.errors.extend(dependants(work, &at, &known.code).await?);
                if result.errors.is_empty() {
                    (result.outcome, result.id) = (Outcome::Deleted, None);
                }
            }
            _ => {}
        }
        judged.push(row_judged);
    }
    if super::skip_good_rows_beside_bad(judged.iter_mut().map(|judged| &mut judged.result), atomicity) {
        for judged in &mut judged {
            judged.result.id = judged.known.as_ref().map(|known| known.id.0);
        }
    } else {
        let gone = judged.iter().filter(|judged| judged.result.outcome == Outcome::Deleted);
        let gone: Vec<_> = gone.filter_map(|judged| judged.known.clone()).collect();
        stored::delete(work, &gone).await?;
    }
    Ok(judged.into_iter().map(|judged| judged.result).collect())
}

/// The divisions that rows name, locked until the end of the transaction.
struct Stock {
    known: HashMap<String, division::Model>,
    visible: HashSet<String>,
    named: HashSet<String>,
}

impl Stock {
    async fn load(work: &mut Work<'_>, keys: impl Iterator<Item = Option<&DivisionKey>>) -> AppResult<Self> {
        work.caller.may(Permission::UnitWrite)?;
        let codes: BTreeSet<String> = keys.filter_map(|key| key?.code.clone()).collect();
        let known = crate::service::division::lock(work, &codes).await?;
        let mut stock = Self { known, visible: HashSet::new(), named: HashSet::new() };
        let hidden: Vec<&String> = codes.iter().filter(|code| !may_write(work.caller, code)).collect();
        for codes in hidden.chunks(KEYS_A_STATEMENT) {
            let visible = scope::find::<division::Entity>(work.caller)?
                .filter(division::Column::Code.is_in(codes.iter().map(|code| code.as_str())));
            stock.visible.extend(visible.all(work.tx).await?.into_iter().map(|row| row.code));
        }
        Ok(stock)
    }

    /// What can be said of a row before its own fields are looked at: which division it means, and whether the caller may
    /// write it and expects the right version.
    fn judge(
        &mut self,
        caller: &Caller,
        at: &At<'_>,
        key: Option<&DivisionKey>,
        expected: Option<i32>,
        sent: &DivisionFields,
        read: &[UserError],
    ) -> Judged {
        let mut errors = read.to_vec();
        let code = key.and_then(|key| key.code.clone());
        let mut known = code.as_ref().and_then(|code| self.known.get(code)).cloned();
        if let Some(code) = &code {
            let place = at.field("key");
            if !may_write(caller, code) {
                errors.push(if self.visible.contains(code) {
                    UserError::forbidden(place.path(), Permission::UnitWrite.name())
                } else {
                    known = None;
                    UserError::not_found(place.path(), &shown(code))
                });
            } else if !self.named.insert(code.clone()) {
                errors.push(super::named_before(&place, &shown(code)));
            } else {
                errors.extend(expected.and_then(|expected| conflict(at, expected, code, known.as_ref(), sent)));
            }
        }
        let result = RowResult {
            key: code.unwrap_or_default(),
            outcome: Outcome::Failed,
            id: known.as_ref().map(|known| known.id.0),
            seen: known.as_ref().map(|known| known.version),
            errors,
        };
        Judged { result, known, wanted: None }
    }
}

fn shown(code: &str) -> String {
    format!("division {code}")
}

/// Whether the caller may write the whole of a division; one that does not exist yet belongs to those who may write
/// everything.
fn may_write(caller: &Caller, code: &str) -> bool {
    scope::covers_division(caller, Permission::UnitWrite, code, None)
}

fn conflict(
    at: &At<'_>,
    expected: i32,
    code: &str,
    known: Option<&division::Model>,
    sent: &DivisionFields,
) -> Option<UserError> {
    let Some(known) = known else {
        return (expected != 0).then(|| UserError::not_found(at.field("key").path(), &shown(code)));
    };
    if expected == known.version {
        return None;
    }
    let changed = !sent.name.is_absent() && sent.name.value() != known.name.as_ref();
    let changed = changed.then(|| "name".to_owned()).into_iter().collect();
    Some(UserError::conflict(at.field("expectedVersion").path(), expected, known.version, known.id.public(), changed))
}

fn duplicate(at: &At<'_>, known: &division::Model) -> UserError {
    UserError::duplicate(
        UserErrorCode::Duplicate,
        at.field("key").path(),
        Some(known.id.public()),
        Words::new(format!("There already is a division {}.", known.code), format!("财政区划 {} 已存在。", known.code)),
    )
}

fn never_with_its_units(at: &At<'_>) -> UserError {
    let words = Words::new(
        "A division is not deleted together with its units: delete them first.",
        "财政区划不能连同其预算单位一并删除，请先删除预算单位。",
    );
    UserError::validation(UserErrorCode::RuleViolated, at.path(), "cascade", Some("true"), words)
}

/// What hangs on a division, as the reason not to delete it.
async fn dependants(work: &Work<'_>, at: &At<'_>, code: &str) -> AppResult<Option<UserError>> {
    let units = || unit::Entity::find().filter(unit::Column::DivisionCode.eq(code));
    let first: Vec<String> = units()
        .select_only()
        .column(unit::Column::Code)
        .order_by_asc(unit::Column::Code)
        .limit(NAMED_UNITS + 1)
        .into_tuple()
        .all(work.tx)
        .await?;
    let grant = account_grant::Entity::find().filter(account_grant::Column::DivisionCode.eq(code)).one(work.tx).await?;
    if first.is_empty() && grant.is_none() {
        return Ok(None);
    }
    let mut list = first.into_iter().map(|code| format!("unit {code}")).collect::<Vec<_>>();
    if list.len() as u64 > NAMED_UNITS {
        list.truncate(usize::try_from(NAMED_UNITS).unwrap_or(usize::MAX));
        list.push("…".to_owned());
    }
    list.extend(grant.map(|_| "grants of accounts".to_owned()));
    let list = list.join(", ");
    let words = Words::new(
        format!("The division {code} still has: {list}. Delete these first."),
        format!("财政区划 {code} 下仍有：{list}。请先删除。"),
    );
    let place = at.field("key").path();
    Ok(Some(UserError::validation(UserErrorCode::HasDependants, place, "dependants", Some(&list), words)))
}
