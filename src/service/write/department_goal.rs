//! Writing department goals (部门整体绩效目标) with their sub-goals and measures.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::{DepartmentGoalId, GoalItemId, UnitId};
use entity::value::{GoalItemKind, Publication, Timestamp};
use entity::{department_goal, goal_item, unit};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::ExprTrait;

use super::lists::{has_entries, one_of_two, text_or_delete};
use super::rights::Rights;
use super::unit::places::Places;
use super::version::expect;
use super::{Atomicity, Mode, Outcome, Row, RowResult};
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::input::goal::{GoalDelete, GoalFields, GoalKey, GoalMark, GoalWrite};
use crate::input::{At, Sent, UserError, UserErrorCode, Words};
use crate::rules::numbering;
use crate::service::department_goal::{self as goals, Batch, Content};
use crate::service::publication::marked;
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Work;

/// What a row makes of a goal.
struct Draft {
    result: RowResult,
    known: Option<Content>,
    /// As it shall stand; none for a row with mistakes, and for a goal that goes.
    wanted: Option<Content>,
}

impl Draft {
    /// Notes that there is no goal where the row names a place, or that another version is stored than the caller expects.
    fn must_be_known(&mut self, at: &At<'_>, has_place: bool, expected_version: Option<i32>) {
        let errors = &mut self.result.errors;
        match &self.known {
            None if has_place => errors.push(missing(at, &self.result.key)),
            None => {}
            Some(known) => check_version(at, expected_version, Some(known), Vec::new, errors),
        }
    }
}

/// Makes and changes department goals, and gives one result for each row, in their order.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` for a caller who may not write at all; everything else is an error of its row.
pub async fn apply(
    work: &mut Work<'_>,
    rows: &[Row<GoalWrite>],
    mode: Mode,
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    let mut stock = Stock::read(work, Permission::GoalWrite, rows.iter().map(|row| row.input.key.as_ref())).await?;
    let now = work.now;
    let drafts = rows.iter().map(|row| {
        let at = row.at();
        let set = row.input.set.clone().unwrap_or_default();
        let (mut draft, place) = stock.find(row.input.key.as_ref(), &at, &row.errors);
        let Some((unit, year)) = place else { return draft };
        let errors = &mut draft.result.errors;
        let known = draft.known.as_ref();
        match (known, mode) {
            (Some(known), Mode::Create) => {
                let words = Words::new("The unit has a goal for this year already.", "该单位已有本年度整体绩效目标。");
                let (path, existing) = (at.field("key").path(), Some(known.goal.id.public()));
                errors.push(UserError::duplicate(UserErrorCode::Duplicate, path, existing, words));
            }
            (None, Mode::Update) => errors.push(missing(&at, &draft.result.key)),
            (Some(_), Mode::Update | Mode::Upsert) | (None, Mode::Create | Mode::Upsert) => {}
        }
        let changed = || known.map(|known| differing(&set, known)).unwrap_or_default();
        check_version(&at, row.input.expected_version, known, changed, errors);
        let mut content =
            known.cloned().unwrap_or_else(|| Content { goal: new_goal(unit, year, now), items: Vec::new() });
        merge(&mut content, &set, &at.field("set"), now, errors);
        if errors.is_empty() {
            draft.wanted = Some(content);
        }
        draft
    });
    let drafts = drafts.collect();
    store(work, drafts, atomicity).await
}

/// Publishes department goals, or takes them back; one result for each row, in their order.
///
/// # Errors
/// As [`apply`].
pub async fn publish(
    work: &mut Work<'_>,
    rows: &[Row<GoalMark>],
    publication: Publication,
    atomicity: Atomicity,
) -> AppResult<Vec<RowResult>> {
    let keys = rows.iter().map(|row| row.input.key.as_ref());
    let mut stock = Stock::read(work, Permission::PublicationWrite, keys).await?;
    let now = work.now;
    let drafts = rows.iter().map(|row| {
        let at = row.at();
        let (mut draft, place) = stock.find(row.input.key.as_ref(), &at, &row.errors);
        draft.must_be_known(&at, place.is_some(), row.input.expected_version);
        if let Some(known) = draft.known.as_ref().filter(|_| draft.result.errors.is_empty()) {
            let mut wanted = known.clone();
            let goal = &mut wanted.goal;
            (goal.publication, goal.published_at) = marked((goal.publication, goal.published_at), publication, now);
            draft.wanted = Some(wanted);
        }
        draft
    });
    let drafts = drafts.collect();
    store(work, drafts, atomicity).await
}

/// Stores what the rows make of the goals, unless one that failed holds the others back.
async fn store(work: &mut Work<'_>, mut drafts: Vec<Draft>, atomicity: Atomicity) -> AppResult<Vec<RowResult>> {
    if is_held_back(&mut drafts, atomicity) {
        return Ok(results(drafts));
    }
    let mut batch = Batch::default();
    for draft in &mut drafts {
        let Some(wanted) = draft.wanted.take() else { continue };
        let stored = batch.put(draft.known.as_ref(), wanted, work.now);
        draft.result.id = Some(stored.goal.id.0);
        draft.result.outcome = match &draft.known {
            None => Outcome::Created,
            Some(known) if *known == stored => Outcome::Unchanged,
            Some(_) => Outcome::Updated,
        };
    }
    batch.write(work).await?;
    Ok(results(drafts))
}

/// Deletes department goals; one with items only where the row says `cascade`.
///
/// # Errors
/// As [`apply`].
pub async fn delete(work: &mut Work<'_>, rows: &[Row<GoalDelete>], atomicity: Atomicity) -> AppResult<Vec<RowResult>> {
    let mut stock = Stock::read(work, Permission::GoalWrite, rows.iter().map(|row| row.input.key.as_ref())).await?;
    let drafts = rows.iter().map(|row| {
        let at = row.at();
        let (mut draft, place) = stock.find(row.input.key.as_ref(), &at, &row.errors);
        draft.must_be_known(&at, place.is_some(), row.input.expected_version);
        if let Some(known) = &draft.known
            && !known.items.is_empty()
            && row.input.cascade != Some(true)
        {
            let count = |kind| known.items.iter().filter(|item| item.kind == kind).count();
            let counts = [("subGoals", count(GoalItemKind::SubGoal)), ("measures", count(GoalItemKind::Measure))];
            draft.result.errors.push(has_entries(&at, ("The goal holds", "该整体绩效目标下还有"), &counts));
        }
        draft
    });
    let mut drafts: Vec<Draft> = drafts.collect();
    if is_held_back(&mut drafts, atomicity) {
        return Ok(results(drafts));
    }
    let mut batch = Batch::default();
    for draft in drafts.iter_mut().filter(|draft| draft.result.errors.is_empty()) {
        if let Some(known) = &draft.known {
            batch.delete(known);
            (draft.result.outcome, draft.result.id) = (Outcome::Deleted, None);
        }
    }
    batch.write(work).await?;
    Ok(results(drafts))
}

/// The units and goals that rows name.
struct Stock {
    places: Places,
    permission: Permission,
    rights: Rights,
    known: HashMap<(UnitId, i32), Content>,
    named: HashSet<(UnitId, i32)>,
}

impl Stock {
    async fn read<'k>(
        work: &mut Work<'_>,
        permission: Permission,
        keys: impl Iterator<Item = Option<&'k GoalKey>>,
    ) -> AppResult<Self> {
        work.caller.may(permission)?;
        let keys: Vec<&GoalKey> = keys.flatten().collect();
        let units: Vec<_> = keys.iter().filter_map(|key| key.unit.as_ref()).collect();
        let places = Places::read(work, permission, &units, &[]).await?;
        let years: BTreeSet<i32> = keys.iter().filter_map(|key| key.fiscal_year).collect();
        let needs = [permission, Permission::PublicationWrite];
        let rights = Rights::read(work, &needs, &years, &places.ids().collect()).await?;
        let units: Vec<UnitId> = places.ids().collect();
        let mut known = HashMap::new();
        for units in units.chunks(KEYS_A_STATEMENT) {
            let of_units = department_goal::Column::UnitId
                .is_in(units.iter().copied())
                .and(department_goal::Column::FiscalYear.is_in(years.iter().copied()));
            let found = goals::read(work.tx, of_units).await?;
            known.extend(found.into_iter().map(|content| ((content.goal.unit_id, content.goal.fiscal_year), content)));
        }
        Ok(Self { places, permission, rights, known, named: HashSet::new() })
    }

    /// What a row is about, with its unit and year where the caller may write there.
    fn find(&mut self, key: Option<&GoalKey>, at: &At<'_>, read: &[UserError]) -> (Draft, Option<(unit::Model, i32)>) {
        let mut errors = read.to_vec();
        let at_key = at.field("key");
        let place = key.and_then(|key| {
            let unit = self.places.writable_unit(key.unit.as_ref()?, &at_key.field("unit"), &mut errors)?;
            Some((unit.clone(), key.fiscal_year?))
        });
        let known = place.as_ref().and_then(|(unit, year)| self.known.get(&(unit.id, *year))).cloned();
        if let Some((unit, year)) = &place {
            let has = |permission| self.rights.has(permission, unit.id, *year);
            let is_published = known.as_ref().is_some_and(|known| known.goal.publication == Publication::Published);
            if !has(self.permission) {
                errors.push(UserError::forbidden(at_key.path(), self.permission.name()));
            } else if is_published && !has(Permission::PublicationWrite) {
                errors.push(UserError::published(at_key.path()));
            }
        }
        let again = place.as_ref().is_some_and(|(unit, year)| !self.named.insert((unit.id, *year)));
        if again {
            let words = Words::new(
                "An earlier row of this request names the same goal.",
                "本次请求中前面的行已指明同一整体绩效目标。",
            );
            errors.push(UserError::duplicate(UserErrorCode::DuplicateInRequest, at_key.path(), None, words));
        }
        let key = key.map(ToString::to_string).unwrap_or_default();
        let id = known.as_ref().map(|known| known.goal.id.0);
        let seen = known.as_ref().map(|known| known.goal.version);
        (Draft { result: RowResult { key, outcome: Outcome::Failed, id, seen, errors }, known, wanted: None }, place)
    }
}

/// Under `ALL`, turns the good rows beside a bad one into skipped ones, and says whether it did.
fn is_held_back(drafts: &mut [Draft], atomicity: Atomicity) -> bool {
    let failed = drafts.iter().any(|draft| !draft.result.errors.is_empty());
    if atomicity != Atomicity::All || !failed {
        return false;
    }
    for draft in drafts.iter_mut().filter(|draft| draft.result.errors.is_empty()) {
        draft.result.outcome = Outcome::Skipped;
    }
    true
}

fn results(drafts: Vec<Draft>) -> Vec<RowResult> {
    drafts.into_iter().map(|draft| draft.result).collect()
}

fn check_version(
    at: &At<'_>,
    expected: Option<i32>,
    known: Option<&Content>,
    changed: impl FnOnce() -> Vec<String>,
    errors: &mut Vec<UserError>,
) {
    let version = known.map(|known| known.goal.version);
    let node = known.map(|known| known.goal.id.public()).unwrap_or_default();
    expect(at, expected, version, &node, changed, errors);
}

fn missing(at: &At<'_>, key: &str) -> UserError {
    UserError::not_found(at.field("key").path(), &format!("department goal {key}"))
}

fn new_goal(unit: unit::Model, fiscal_year: i32, now: Timestamp) -> department_goal::Model {
    department_goal::Model {
        id: DepartmentGoalId::new(),
        division_code: unit.division_code,
        unit_id: unit.id,
        fiscal_year,
        overall: None,
        publication: Publication::Draft,
        published_at: None,
        source_id: None,
        source_line: None,
        source_table: None,
        source_row: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Sets what was sent.
fn merge(content: &mut Content, set: &GoalFields, at: &At<'_>, now: Timestamp, errors: &mut Vec<UserError>) {
    content.goal.overall = set.overall.clone().over(content.goal.overall.take());
    let lists = [
        (GoalItemKind::SubGoal, ("subGoals", &set.sub_goals), ("subGoalsPatch", &set.sub_goals_patch)),
        (GoalItemKind::Measure, ("measures", &set.measures), ("measuresPatch", &set.measures_patch)),
    ];
    for (kind, list, patch) in lists {
        one_of_two(at, list, patch, errors);
        let texts = match list.1 {
            Sent::Absent => None,
            Sent::Clear => Some([].as_slice()),
            Sent::Set(texts) => Some(texts.as_slice()),
        };
        if let Some(texts) = texts {
            content.items.retain(|item| item.kind != kind);
            for (ordinal, text) in (1..).zip(texts) {
                put(content, kind, ordinal, Some(text), now);
            }
        }
        if let Sent::Set(patches) = patch.1 {
            let list = at.field(patch.0);
            for (index, patch) in patches.iter().enumerate() {
                if let Some((ordinal, text)) = text_or_delete(patch, &list.entry(index), errors) {
                    put(content, kind, ordinal, text, now);
                }
            }
        }
    }
    content.items.sort_by_key(|item| (item.kind, item.ordinal));
}

/// Sets one sub-goal or measure; without a text it goes.
fn put(content: &mut Content, kind: GoalItemKind, ordinal: i32, text: Option<&str>, now: Timestamp) {
    content.items.retain(|item| (item.kind, item.ordinal) != (kind, ordinal));
    content.items.extend(text.map(numbering::split).map(|split| goal_item::Model {
        id: GoalItemId::new(),
        division_code: content.goal.division_code.clone(),
        unit_id: content.goal.unit_id,
        goal_id: content.goal.id,
        kind,
        ordinal,
        number: split.number,
        text: split.text,
        version: 1,
        created_at: now,
        updated_at: now,
    }));
}

/// The fields that were sent and whose stored value is another.
fn differing(set: &GoalFields, known: &Content) -> Vec<String> {
    let overall = !set.overall.is_absent() && set.overall.value() != known.goal.overall.as_ref();
    let found = [
        ("overall", overall),
        ("subGoals", !(set.sub_goals.is_absent() && set.sub_goals_patch.is_absent())),
        ("measures", !(set.measures.is_absent() && set.measures_patch.is_absent())),
    ];
    found.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}
