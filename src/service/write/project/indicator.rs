//! The indicators (绩效指标) of a working copy.

use entity::id::{IndicatorId, IndicatorLevelId};
use entity::value::{IndicatorRegime, Micro, TargetKind, Timestamp};
use entity::{indicator, project};

use super::check::check_part;
use super::edit::ProjectRow;
use super::target::{printed, says};
use crate::error::AppResult;
use crate::input::indicator::{IndicatorFields, IndicatorPatch};
use crate::input::{At, Sent, UserError, UserErrorCode, Words};
use crate::rules::target;
use crate::rules::taxonomy::{self, Level, Named, named1, named2};
use crate::service::indicator_level::Levels;
use crate::service::project::Content;
use crate::service::work::Work;
use crate::service::write::Row;

/// One hundred percent.
const HUNDRED: Micro = Micro(100_000_000);

/// A level of an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LevelOf {
    id: Option<IndicatorLevelId>,
    /// The level of the taxonomy; none for local wording.
    pub(super) known: Option<&'static Level>,
    /// Its name, or the local wording.
    pub(super) name: String,
}

impl LevelOf {
    fn stored(id: IndicatorLevelId, levels: &Levels) -> Self {
        let (code, name) = levels.name(id).unwrap_or_default();
        Self { id: Some(id), known: code.and_then(taxonomy::by_code), name: name.to_owned() }
    }

    fn named(named: &Named) -> Self {
        Self { id: None, known: named.known, name: named.name.clone() }
    }

    fn is(&self, other: &Self) -> bool {
        self.known.map(|level| level.code) == other.known.map(|level| level.code) && self.name == other.name
    }

    async fn key(&self, work: &mut Work<'_>, levels: &mut Levels, rank: i32) -> AppResult<IndicatorLevelId> {
        match self.id {
            Some(id) => Ok(id),
            None => levels.key(work, self.known.map(|level| level.code), rank, &self.name).await,
        }
    }
}

/// An indicator as it shall be; the keys of its levels are set when it is stored.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its row.
    pub(super) row: indicator::Model,
    /// First level.
    pub(super) level1: LevelOf,
    /// Second level.
    pub(super) level2: Option<LevelOf>,
}

/// All indicators of a project.
#[derive(Clone, Debug)]
pub(super) struct Indicators {
    list: Vec<Draft>,
    blank: indicator::Model,
    regime_of_year: IndicatorRegime,
}

impl Indicators {
    /// The stored ones.
    pub(super) fn of(project: &project::Model, known: Option<&Content>, levels: &Levels) -> Self {
        let rows = known.map(|known| known.indicators.as_slice()).unwrap_or_default();
        let list = rows.iter().map(|row| Draft {
            level1: LevelOf::stored(row.level1_id, levels),
            level2: row.level2_id.map(|id| LevelOf::stored(id, levels)),
            row: row.clone(),
        });
        Self {
            list: list.collect(),
            blank: blank(project, project.updated_at),
            regime_of_year: taxonomy::regime_of_year(project.fiscal_year),
        }
    }

    /// All of them in order.
    pub(super) fn list(&self) -> &[Draft] {
        &self.list
    }

    /// Takes all away.
    pub(super) fn clear(&mut self) {
        self.list.clear();
    }

    /// The regime that the levels of the project show, else that of its year.
    fn regime(&self) -> IndicatorRegime {
        let pairs = self.list.iter().map(|draft| {
            (draft.level1.name.as_str(), draft.level2.as_ref().map(|level| level.name.as_str()).unwrap_or_default())
        });
        taxonomy::regime(pairs).unwrap_or(self.regime_of_year)
    }

    /// Puts a list in the place of all; what the list does not say of an indicator is empty.
    pub(super) fn replace(&mut self, list: &[IndicatorFields], at: &At<'_>, errors: &mut Vec<UserError>) {
        let regime = taxonomy::regime(list.iter().filter_map(|fields| {
            Some((fields.level1.value()?.as_str(), fields.level2.value().map(String::as_str).unwrap_or_default()))
        }));
        let regime = regime.unwrap_or(self.regime_of_year);
        let mut next = Vec::with_capacity(list.len());
        for (index, (ordinal, fields)) in (1..).zip(list).enumerate() {
            let known = self.list.iter().find(|draft| draft.row.ordinal == ordinal);
            next.extend(self.made(ordinal, fields, known, false, regime, &at.entry(index), errors));
        }
        self.list = next;
    }

    /// Changes single indicators of a list of patches.
    pub(super) fn patch_all(&mut self, patches: &[IndicatorPatch], at: &At<'_>, errors: &mut Vec<UserError>) {
        for (index, patch) in patches.iter().enumerate() {
            let here = at.entry(index);
            let Some(ordinal) = patch.ordinal else { continue };
            match (&patch.set, patch.delete == Some(true)) {
                (None, true) => self.list.retain(|draft| draft.row.ordinal != ordinal),
                (Some(fields), false) => self.put(ordinal, fields, &here.field("set"), errors),
                (Some(_), true) | (None, false) => {
                    let words =
                        Words::new("Give `set` or `delete`, and not both.", "set 与 delete 必须且只能给出一个。");
                    errors.push(UserError::validation(UserErrorCode::InvalidFormat, here.path(), "oneOf", None, words));
                }
            }
        }
    }

    /// Changes or deletes the indicator of a row of its own.
    pub(super) fn patch(
        &mut self,
        ordinal: i32,
        fields: Option<&IndicatorFields>,
        row: &Row<ProjectRow>,
        errors: &mut Vec<UserError>,
    ) {
        let known = self.list.iter().find(|draft| draft.row.ordinal == ordinal);
        let id = known.map(|known| known.row.id.public()).unwrap_or_default();
        let version = known.map(|known| known.row.version);
        check_part(row, row.input.mode, fields.is_none(), version, &id, errors);
        let at = row.at();
        match fields {
            None if errors.is_empty() => self.list.retain(|draft| draft.row.ordinal != ordinal),
            None => {}
            Some(_) if !row.errors.is_empty() => {}
            Some(fields) if errors.is_empty() => self.put(ordinal, fields, &at.field("set"), errors),
            // Its other mistakes are named, too; nothing of a row that fails may stay.
            Some(fields) => self.clone().put(ordinal, fields, &at.field("set"), errors),
        }
    }

    fn put(&mut self, ordinal: i32, fields: &IndicatorFields, at: &At<'_>, errors: &mut Vec<UserError>) {
        let known_errors = errors.len();
        let place = self.list.iter().position(|draft| draft.row.ordinal == ordinal);
        let known = place.and_then(|place| self.list.get(place));
        let made = self.made(ordinal, fields, known, true, self.regime(), at, errors);
        if errors.len() > known_errors {
            return;
        }
        match (place.and_then(|place| self.list.get_mut(place)), made) {
            (Some(draft), Some(made)) => *draft = made,
            (None, Some(made)) => {
                self.list.push(made);
                self.list.sort_by_key(|draft| draft.row.ordinal);
            }
            (_, None) => {}
        }
    }

    /// An indicator with what was sent, over the known one; `keeps` says whether what was not sent stays.
    #[allow(clippy::too_many_arguments, reason = "all of it is needed to make one indicator, in two places")]
    fn made(
        &self,
        ordinal: i32,
        fields: &IndicatorFields,
        known: Option<&Draft>,
        keeps: bool,
        regime: IndicatorRegime,
        at: &At<'_>,
        errors: &mut Vec<UserError>,
    ) -> Option<Draft> {
        let base = known.filter(|_| keeps);
        let known_errors = errors.len();
        let level1 = match &fields.level1 {
            Sent::Set(text) => Some(named1(text, regime)),
            Sent::Absent if base.is_some() => None,
            Sent::Absent | Sent::Clear => {
                errors.push(needed(at, "level1"));
                None
            }
        };
        let above = level1.as_ref().map_or_else(|| base.and_then(|base| base.level1.known), |named| named.known);
        let level2 = fields.level2.value().map(|text| named2(text, above, regime));
        let mut row = base.map_or_else(
            || indicator::Model { id: IndicatorId::new(), ordinal, ..self.blank.clone() },
            |base| base.row.clone(),
        );
        match &fields.name {
            Sent::Set(name) => row.name.clone_from(name),
            Sent::Absent if base.is_some() => {}
            Sent::Absent | Sent::Clear => errors.push(needed(at, "name")),
        }
        row.description = fields.description.clone().over(row.description);
        row.basis = fields.basis.clone().over(row.basis);
        row.weight = fields.weight.clone().over(row.weight);
        if let Some(weight) = fields.weight.value()
            && !(Micro(0)..=HUNDRED).contains(weight)
        {
            let words = Words::new("A weight lies between 0 and 100.", "权重在0与100之间。");
            let path = at.field("weight").path();
            errors.push(UserError::validation(UserErrorCode::OutOfRange, path, "weight", None, words));
        }
        match &fields.target {
            Sent::Set(sent) => match printed(sent, &at.field("target")) {
                Ok(raw) => row.target_raw = raw,
                Err(error) => errors.push(error),
            },
            Sent::Absent if base.is_some() => {}
            Sent::Absent | Sent::Clear => errors.push(needed(at, "target")),
        }
        if errors.len() > known_errors {
            return None;
        }
        // What the text says depends on the name too.
        let read = target::parse(&row.target_raw, &row.name).target;
        let same = known.filter(|known| says(&known.row) == read && !matches!(read.kind, TargetKind::Qualitative));
        if let Some(same) = same {
            row.target_raw.clone_from(&same.row.target_raw);
        }
        (row.target_kind, row.comparison, row.value) = (read.kind, read.comparison, read.value);
        (row.low, row.high, row.target_unit) = (read.low, read.high, read.unit);

        let level1 = settle(level1, base.map(|base| &base.level1), known.map(|known| &known.level1))?;
        if let Some(raw) = level1.raw {
            row.level1_raw = Some(raw);
        } else if !keeps {
            row.level1_raw = known.and_then(|known| known.row.level1_raw.clone());
        }
        let kept2 = match &fields.level2 {
            Sent::Absent => base.and_then(|base| base.level2.as_ref()),
            Sent::Clear | Sent::Set(_) => None,
        };
        let level2 = settle(level2, kept2, known.and_then(|known| known.level2.as_ref()));
        match &level2 {
            None => row.level2_raw = None,
            Some(Settled { raw: Some(raw), .. }) => row.level2_raw = Some(raw.clone()),
            Some(Settled { raw: None, .. }) if !keeps => {
                row.level2_raw = known.and_then(|known| known.row.level2_raw.clone());
            }
            Some(Settled { raw: None, .. }) => {}
        }
        Some(Draft { row, level1: level1.level, level2: level2.map(|level| level.level) })
    }

    /// The rows to store; new local wording becomes a level here.
    pub(super) async fn rows(&self, work: &mut Work<'_>, levels: &mut Levels) -> AppResult<Vec<indicator::Model>> {
        let mut rows = Vec::with_capacity(self.list.len());
        for draft in &self.list {
            let level1_id = draft.level1.key(work, levels, 1).await?;
            let level2_id = match &draft.level2 {
                Some(level) => Some(level.key(work, levels, 2).await?),
                None => None,
            };
            rows.push(indicator::Model { level1_id, level2_id, ..draft.row.clone() });
        }
        Ok(rows)
    }
}

/// A level with the text to keep beside it; none keeps the text that is there.
struct Settled {
    level: LevelOf,
    raw: Option<String>,
}

/// The level that was named, or the one that stays; one that means the same as the known one keeps its printed text.
fn settle(named: Option<Named>, kept: Option<&LevelOf>, known: Option<&LevelOf>) -> Option<Settled> {
    let Some(named) = named else { return kept.map(|kept| Settled { level: kept.clone(), raw: None }) };
    let level = LevelOf::named(&named);
    match known.filter(|known| known.is(&level)) {
        Some(known) => Some(Settled { level: known.clone(), raw: None }),
        None => Some(Settled { level, raw: Some(named.raw) }),
    }
}

pub(super) fn needed(at: &At<'_>, field: &str) -> UserError {
    let words = Words::new("A new indicator needs this, and it cannot be cleared.", "新建指标必须填写，且不能清除。");
    UserError::validation(UserErrorCode::Required, at.field(field).path(), "required", None, words)
}

fn blank(project: &project::Model, now: Timestamp) -> indicator::Model {
    indicator::Model {
        id: IndicatorId::new(),
        division_code: project.division_code.clone(),
        unit_id: project.unit_id,
        fiscal_year: project.fiscal_year,
        project_id: project.id,
        ordinal: 0,
        // Both are set when the indicator is stored.
        level1_id: IndicatorLevelId(uuid::Uuid::nil()),
        level2_id: None,
        level1_raw: None,
        level2_raw: None,
        name: String::new(),
        description: None,
        basis: None,
        weight: None,
        target_kind: TargetKind::Qualitative,
        comparison: None,
        value: None,
        low: None,
        high: None,
        target_unit: None,
        target_raw: String::new(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
