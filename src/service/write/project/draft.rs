//! A working copy of a project: rows are merged into it, and what they make of it together is stored.

use std::collections::{HashMap, HashSet};
use std::mem::{Discriminant, discriminant};

use entity::id::UnitId;
use entity::value::{Fen, Timestamp};
use entity::{objective, project};

use super::check::{broken, check_part};
use super::edit::{Edit, ProjectRow};
use super::indicator::Indicators;
use super::key::{TakenKey, new_project};
use super::places::{Found, Places};
use super::plan::Plan;
use super::results::Progress;
use crate::error::AppResult;
use crate::input::project::ProjectFields;
use crate::input::{At, Sent, UserError, UserErrorCode, Words};
use crate::rules::money;
use crate::rules::quality::Rule;
use crate::service::indicator_level::Levels;
use crate::service::project::{Batch, Content};
use crate::service::publication::marked;
use crate::service::work::Work;
use crate::service::write::lists::{has_entries, one_of_two, text_or_delete};
use crate::service::write::version::expect;
use crate::service::write::{Mode, Row};

/// A project with its parts as rows make it.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    /// As it is stored.
    pub(super) known: Option<&'a Content>,
    /// The project as it shall be.
    pub(super) project: project::Model,
    /// Its objectives as they shall be.
    pub(super) objectives: Vec<objective::Model>,
    /// Its spending plan as it shall be.
    pub(super) plan: Plan,
    /// Its indicators as they shall be.
    pub(super) indicators: Indicators,
    /// Whether it shall go.
    pub(super) is_deleted: bool,
    /// The rows that were merged into it.
    rows: Vec<usize>,
    has_whole_row: bool,
    /// The parts that rows have named, whether these rows are good or not.
    named: HashSet<(Discriminant<Edit>, i32)>,
    pub(super) now: Timestamp,
}

impl<'a> Draft<'a> {
    /// The copy of what a row means.
    pub(super) fn of(places: &'a Places, found: &Found, levels: &Levels, now: Timestamp) -> Option<Self> {
        let known = match found {
            Found::Known(id) => Some(places.known.get(*id)?),
            Found::New { .. } => None,
        };
        let project = match (known, found) {
            (Some(known), _) => known.project.clone(),
            (None, Found::New { division_code, unit, fiscal_year, code, name }) => {
                new_project(division_code, *unit, *fiscal_year, code.as_deref(), name.as_deref(), now)
            }
            (None, Found::Known(_)) => return None,
        };
        Some(Self {
            objectives: known.map(|known| known.objectives.clone()).unwrap_or_default(),
            plan: Plan::of(known.and_then(|known| known.plan.as_ref())),
            indicators: Indicators::of(&project, known, levels),
            known,
            project,
            is_deleted: false,
            rows: Vec::new(),
            has_whole_row: false,
            named: HashSet::new(),
            now,
        })
    }

    /// Merges a row; one with mistakes leaves the copy as it was.
    pub(super) fn merge(&mut self, index: usize, row: &Row<ProjectRow>, errors: &mut Vec<UserError>) {
        let at = row.at();
        let known_errors = errors.len();
        let is_known = self.known.is_some();
        let ProjectRow { mode, edit, expected_version, .. } = &row.input;
        if self.is_named_before(edit) {
            let words = Words::new(
                "An earlier row of this request names the same object.",
                "本次请求中前面的行已指明同一对象。",
            );
            let path = if edit.is_whole() { self.key_path(row) } else { at.field("key").path() };
            errors.push(UserError::duplicate(UserErrorCode::DuplicateInRequest, path, None, words));
            return;
        }
        if edit.is_whole() {
            if *mode == Mode::Create && is_known {
                let words = Words::new("The project exists already.", "该项目已存在。");
                let existing = Some(self.project.id.public());
                errors.push(UserError::duplicate(UserErrorCode::Duplicate, self.key_path(row), existing, words));
            }
            let stored = self.known.map(|known| known.project.version);
            let node = self.project.id.public();
            expect(&at, *expected_version, stored, &node, || self.differing(edit), errors);
        }
        let set = at.field("set");
        match edit {
            Edit::Project(fields) => {
                let (mut next, mut found) = (self.clone(), Vec::new());
                next.set(fields, &set, &mut found);
                errors.extend(found.into_iter().filter(|error| !only_follows(error, &row.errors, &set)));
                if errors.len() == known_errors && row.errors.is_empty() {
                    *self = next;
                }
            }
            Edit::DeleteProject { cascade } => match self.dependants() {
                Some(dependants) if !cascade => {
                    errors.push(has_entries(&at, ("The project holds", "该项目下还有"), &dependants));
                }
                _ if errors.is_empty() => self.is_deleted = true,
                _ => {}
            },
            Edit::Publish(publication) if errors.is_empty() => {
                let project = &mut self.project;
                let state = (project.publication, project.published_at);
                (project.publication, project.published_at) = marked(state, *publication, self.now);
            }
            Edit::Plan(points) => {
                let known = self.known.and_then(|known| known.plan.as_ref()).map(|(plan, _)| plan);
                let id = known.map(|plan| plan.id.public()).unwrap_or_default();
                check_part(row, *mode, points.is_none(), known.map(|plan| plan.version), &id, errors);
                match points {
                    _ if !errors.is_empty() => {}
                    None => self.plan.clear(),
                    Some(points) => self.plan.replace(points, self.project.budget, &set, errors),
                }
            }
            Edit::Point(month, fields) if row.errors.is_empty() => {
                self.plan.queue(index, *month, fields.clone(), *mode, row, errors);
            }
            Edit::Objective(ordinal, text) => self.patch_objective(*ordinal, text.as_deref(), *mode, row, errors),
            Edit::Indicator(ordinal, fields) => {
                self.indicators.patch(*ordinal, fields.as_ref(), row, errors);
            }
            Edit::Publish(_) | Edit::Point(..) => {}
        }
        if errors.is_empty() {
            self.rows.push(index);
        }
    }

    /// Whether an earlier row names what an edit is about, so that two rows of one request would contradict each other.
    fn is_named_before(&mut self, edit: &Edit) -> bool {
        let whole = edit.is_whole();
        let was_named = whole && std::mem::replace(&mut self.has_whole_row, true) || self.is_deleted;
        // A number that could not be read is none.
        let part = edit.part().filter(|number| *number > 0);
        was_named || part.is_some_and(|number| !self.named.insert((discriminant(edit), number)))
    }

    fn key_path(&self, row: &Row<ProjectRow>) -> Vec<String> {
        let mut path = row.path.clone();
        path.extend(row.input.who.path().iter().map(|step| (*step).to_owned()));
        path
    }

    /// Sets what was sent of the project and of the lists inside it.
    fn set(&mut self, fields: &ProjectFields, at: &At<'_>, errors: &mut Vec<UserError>) {
        let project = &mut self.project;
        if let Sent::Set(name) = &fields.name {
            if project.name != *name {
                project.heading = None;
            }
            project.name.clone_from(name);
        } else if fields.name == Sent::Clear || project.name.is_empty() {
            let words = Words::new("A project needs a name.", "项目必须有名称。");
            errors.push(UserError::validation(
                UserErrorCode::Required,
                at.field("name").path(),
                "required",
                None,
                words,
            ));
        }
        project.code = fields.code.clone().over(project.code.take());
        project.purpose = fields.purpose.clone().over(project.purpose.take());
        let before = project.budget;
        put_money(&mut project.budget, &mut project.budget_raw, &fields.budget);
        put_money(&mut project.fiscal_funds, &mut project.fiscal_funds_raw, &fields.fiscal_funds);
        put_money(&mut project.other_funds, &mut project.other_funds_raw, &fields.other_funds);
        let sent =
            [("budget", &fields.budget), ("fiscalFunds", &fields.fiscal_funds), ("otherFunds", &fields.other_funds)];
        let first = sent.iter().find(|(_, sent)| !sent.is_absent());
        if let Some((name, _)) = first
            && !money::adds_up(project.budget, [project.fiscal_funds, project.other_funds], Fen(0))
        {
            let words = Words::new(
                "The budget is not the sum of fiscal and other funds.",
                "预算数不等于财政资金与其他资金之和。",
            );
            errors.push(broken(&at.field(name), Rule::MoneySplitMismatch, None, words));
        }
        let budget = project.budget;

        one_of_two(at, ("objectives", &fields.objectives), ("objectivesPatch", &fields.objectives_patch), errors);
        one_of_two(at, ("plan", &fields.plan), ("planPatch", &fields.plan_patch), errors);
        one_of_two(at, ("indicators", &fields.indicators), ("indicatorsPatch", &fields.indicators_patch), errors);
        match &fields.objectives {
            Sent::Absent => {}
            Sent::Clear => self.objectives.clear(),
            Sent::Set(texts) => self.set_objectives(texts),
        }
        if let Sent::Set(patches) = &fields.objectives_patch {
            let list = at.field("objectivesPatch");
            for (index, patch) in patches.iter().enumerate() {
                if let Some((ordinal, text)) = text_or_delete(patch, &list.entry(index), errors) {
                    self.put_objective(ordinal, text);
                }
            }
        }
        match (&fields.plan, &fields.plan_patch) {
            (Sent::Clear, _) => self.plan.clear(),
            (Sent::Set(points), _) => self.plan.replace(points, budget, &at.field("plan"), errors),
            (Sent::Absent, Sent::Set(points)) => self.plan.patch(points, budget, &at.field("planPatch"), errors),
            (Sent::Absent, Sent::Absent | Sent::Clear) if before != budget => {
                self.plan.under(budget, &at.field("budget"), errors);
            }
            (Sent::Absent, Sent::Absent | Sent::Clear) => {}
        }
        match &fields.indicators {
            Sent::Absent => {}
            Sent::Clear => self.indicators.clear(),
            Sent::Set(list) => self.indicators.replace(list, &at.field("indicators"), errors),
        }
        if let Sent::Set(patches) = &fields.indicators_patch {
            self.indicators.patch_all(patches, &at.field("indicatorsPatch"), errors);
        }
    }

    /// Applies the points that rows of their own have brought, once all rows are known.
    pub(super) fn settle(&mut self, rows: &[Row<ProjectRow>], progress: &mut [Progress]) {
        let failed = self.plan.settle(self.project.budget, rows);
        for (row, error) in failed {
            self.rows.retain(|merged| *merged != row);
            if let Some(progress) = progress.get_mut(row) {
                progress.errors.push(error);
            }
        }
    }

    /// Fails the row that made the project what it is.
    pub(super) fn refuse(&mut self, error: UserError, progress: &mut [Progress]) {
        if let Some(row) = self.rows.first().and_then(|row| progress.get_mut(*row)) {
            row.errors.push(error);
        }
        self.forget();
    }

    /// Leaves the project as it is stored.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    /// The rows that were merged.
    pub(super) fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The natural key that the project would take and did not have: its code, or unit and name without one.
    pub(super) fn new_key(&self) -> Option<TakenKey> {
        if self.rows.is_empty() || self.is_deleted {
            return None;
        }
        let key = TakenKey::of(&self.project);
        let known = self.known.map(|known| TakenKey::of(&known.project));
        (known.as_ref() != Some(&key)).then_some(key)
    }

    /// What is inside a known project, by kind and number; none where it is empty.
    fn dependants(&self) -> Option<Vec<(&'static str, usize)>> {
        let known = self.known?;
        let counts = [
            ("plan", usize::from(known.plan.is_some())),
            ("objectives", known.objectives.len()),
            ("indicators", known.indicators.len()),
        ];
        let counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        (!counts.is_empty()).then_some(counts)
    }

    /// The fields that were sent and whose stored value is another.
    fn differing(&self, edit: &Edit) -> Vec<String> {
        let Edit::Project(fields) = edit else { return Vec::new() };
        let project = &self.project;
        let differs = |sent: &Sent<String>, stored: Option<&String>| match sent {
            Sent::Absent => false,
            sent => sent.value() != stored,
        };
        let money = |sent: &Sent<Fen>, stored: Option<Fen>| !sent.is_absent() && sent.value().copied() != stored;
        let found = [
            ("code", differs(&fields.code, project.code.as_ref())),
            ("name", differs(&fields.name, Some(&project.name))),
            ("budget", money(&fields.budget, project.budget)),
            ("fiscalFunds", money(&fields.fiscal_funds, project.fiscal_funds)),
            ("otherFunds", money(&fields.other_funds, project.other_funds)),
            ("purpose", differs(&fields.purpose, project.purpose.as_ref())),
            ("objectives", !(fields.objectives.is_absent() && fields.objectives_patch.is_absent())),
            ("plan", !(fields.plan.is_absent() && fields.plan_patch.is_absent())),
            ("indicators", !(fields.indicators.is_absent() && fields.indicators_patch.is_absent())),
        ];
        found.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
    }

    /// Adds the project to what is written and gives it as it will stand; none when no row is left for it.
    pub(super) async fn put(
        &self,
        work: &mut Work<'_>,
        levels: &mut Levels,
        ordinals: &mut HashMap<(UnitId, i32), i32>,
        batch: &mut Batch,
    ) -> AppResult<Option<Content>> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        if self.is_deleted {
            if let Some(known) = self.known {
                batch.delete(known);
            }
            return Ok(None);
        }
        let mut project = self.project.clone();
        if self.known.is_none() {
            let last = ordinals.entry((project.unit_id, project.fiscal_year)).or_insert(0);
            *last += 1;
            project.ordinal = *last;
        }
        let wanted = Content {
            plan: self.plan.rows(&project, self.now),
            objectives: self.objectives.clone(),
            indicators: self.indicators.rows(work, levels).await?,
            project,
        };
        Ok(Some(batch.put(self.known, wanted, self.now)))
    }
}

/// Sets an amount; the printed text stays only beside the amount that was read from it.
fn put_money(amount: &mut Option<Fen>, raw: &mut Option<String>, sent: &Sent<Fen>) {
    let wanted = sent.clone().over(*amount);
    if wanted != *amount {
        *raw = None;
    }
    *amount = wanted;
}

/// Whether a mistake is only there because a part of the same row could not be read: what is missing then is not missing,
/// and an unread amount breaks no rule of money.
fn only_follows(error: &UserError, unread: &[UserError], set: &At<'_>) -> bool {
    let is_in = |path: &[String], name: &str| path.starts_with(&set.field(name).path());
    let funds = ["budget", "fiscalFunds", "otherFunds"];
    let unread_money = || unread.iter().any(|unread| funds.iter().any(|name| is_in(&unread.path, name)));
    let of_money = || funds.iter().chain(&["plan", "planPatch"]).any(|name| is_in(&error.path, name));
    unread.iter().any(|unread| unread.path.starts_with(&error.path))
        || error.code == UserErrorCode::RuleViolated && of_money() && unread_money()
}
