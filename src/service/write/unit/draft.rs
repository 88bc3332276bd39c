//! A working copy of a unit, as one row makes it.

use std::collections::{HashMap, HashSet};

use entity::id::UnitId;
use entity::unit;
use entity::value::Timestamp;

use super::places::Places;
use crate::input::key::UnitKey;
use crate::input::unit::{UnitFields, UnitWrite};
use crate::input::{At, Sent, UserError, UserErrorCode, Words};
use crate::service::stored::Change;
use crate::service::unit::{DEPARTMENT_DIGITS, level};
use crate::service::write::version::expect;
use crate::service::write::{Mode, Outcome, Row, RowResult};

/// What rows before have named or taken, by division and code.
#[derive(Default)]
pub(super) struct Taken {
    named: HashSet<(String, String)>,
    codes: HashMap<(String, String), UnitId>,
}

/// The unit above, as a row asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Above {
    /// As it is.
    Kept,
    /// None.
    None,
    /// The unit with this code.
    Coded(String),
    /// The unit with this code, where there is one.
    Department(String),
}

/// A unit as a row makes it.
pub(super) struct Draft<'a> {
    pub(super) row: &'a Row<UnitWrite>,
    pub(super) errors: Vec<UserError>,
    /// As it is stored.
    pub(super) known: Option<unit::Model>,
    /// As it shall be; none where the row names nothing that it could be about.
    pub(super) wanted: Option<unit::Model>,
    /// What the row asks for above it.
    pub(super) above: Above,
}

impl<'a> Draft<'a> {
    /// Reads a row against what is stored; the unit above comes later, when all rows are known.
    pub(super) fn of(row: &'a Row<UnitWrite>, mode: Mode, places: &Places, taken: &mut Taken, now: Timestamp) -> Self {
        let mut draft = Self { row, errors: row.errors.clone(), known: None, wanted: None, above: Above::Kept };
        let at = row.at();
        let at_key = at.field("key");
        let Some((key, code)) = row.input.key.as_ref().and_then(|key| Some((key, key.code.as_ref()?))) else {
            return draft;
        };
        match draft.find(key, code, mode, places, taken, &at_key) {
            Ok(division) => draft.set(&at, &division, code, taken, places, now),
            Err(error) => draft.errors.push(error),
        }
        draft
    }

    fn find(
        &mut self,
        key: &UnitKey,
        code: &str,
        mode: Mode,
        places: &Places,
        taken: &mut Taken,
        at: &At<'_>,
    ) -> Result<String, UserError> {
        let division = places.division(key, at)?.to_owned();
        if !taken.named.insert((division.clone(), code.to_owned())) {
            let words =
                Words::new("An earlier row of this request names the same unit.", "本次请求中前面的行已指明同一单位。");
            return Err(UserError::duplicate(UserErrorCode::DuplicateInRequest, at.path(), None, words));
        }
        let missing = || UserError::not_found(at.path(), &format!("unit {key}"));
        match places.stored(&division, code) {
            None if mode == Mode::Update => Err(missing()),
            None => Ok(division),
            Some(unit) if !places.sees(unit.id) && mode == Mode::Update => Err(missing()),
            Some(unit) if !places.sees(unit.id) => Err(code_taken(UserErrorCode::Duplicate, &at.field("code"), None)),
            Some(unit) if !places.may_write(unit.id) => Err(places.forbidden(at.path())),
            Some(unit) => {
                self.known = Some(unit.clone());
                if mode != Mode::Create {
                    return Ok(division);
                }
                let words = Words::new("The unit exists already.", "该单位已存在。");
                let existing = Some(unit.id.public());
                Err(UserError::duplicate(UserErrorCode::Duplicate, at.path(), existing, words))
            }
        }
    }

    fn set(&mut self, at: &At<'_>, division: &str, code: &str, taken: &mut Taken, places: &Places, now: Timestamp) {
        let set = self.row.input.set.clone().unwrap_or_default();
        let known = self.known.as_ref();
        let node = known.map(|known| known.id.public()).unwrap_or_default();
        let version = known.map(|known| known.version);
        let changed = || known.map(|known| differing(&set, known)).unwrap_or_default();
        expect(at, self.row.input.expected_version, version, &node, changed, &mut self.errors);
        let mut unit = known.cloned().unwrap_or_else(|| unit::Model {
            id: UnitId::new(),
            division_code: division.to_owned(),
            code: code.to_owned(),
            name: String::new(),
            level: level(code),
            parent_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        let at_set = at.field("set");
        match set.name {
            Sent::Set(name) => unit.name = name,
            Sent::Absent if known.is_some() => {}
            // What could not be read is absent here, and its mistake is known.
            Sent::Absent | Sent::Clear => {
                self.require(&at_set.field("name"), "A unit needs a name.", "单位必须有名称。")
            }
        }
        match set.code {
            Sent::Absent => {}
            Sent::Clear => self.require(&at_set.field("code"), "A unit needs a code.", "单位必须有编码。"),
            Sent::Set(other) if self.known.is_none() && other != code => {
                let words = Words::new(
                    "A new unit has the code of its key: give the same one, or none.",
                    "新建单位的编码即其 key 中的编码：请给出相同编码或不给出。",
                );
                let path = at_set.field("code").path();
                self.errors.push(UserError::validation(
                    UserErrorCode::InvalidFormat,
                    path,
                    "code",
                    Some(&other),
                    words,
                ));
            }
            Sent::Set(other) => (unit.level, unit.code) = (level(&other), other),
        }
        if self.known.as_ref().is_none_or(|known| known.code != unit.code) {
            self.take_code(&unit, places, taken, at);
        }
        self.above = match set.parent_code {
            Sent::Set(code) => Above::Coded(code),
            Sent::Clear => Above::None,
            Sent::Absent if self.known.is_some() => Above::Kept,
            Sent::Absent => department(&unit.code).map_or(Above::None, |code| Above::Department(code.to_owned())),
        };
        self.wanted = Some(unit);
    }

    /// A code must be free before the request, and is given to one unit of it.
    fn take_code(&mut self, unit: &unit::Model, places: &Places, taken: &mut Taken, at: &At<'_>) {
        let (set, key) = (at.field("set"), at.field("key"));
        let at = if self.known.is_some() { set.field("code") } else { key.field("code") };
        let stored = places.stored(&unit.division_code, &unit.code);
        if let Some(holder) = stored {
            let existing = Some(holder.id).filter(|id| places.sees(*id)).map(UnitId::public);
            self.errors.push(code_taken(UserErrorCode::Duplicate, &at, existing));
        }
        let code = (unit.division_code.clone(), unit.code.clone());
        if taken.codes.insert(code, unit.id).is_some() {
            self.errors.push(code_taken(UserErrorCode::DuplicateInRequest, &at, None));
        }
    }

    fn require(&mut self, at: &At<'_>, en: &str, zh: &str) {
        let path = at.path();
        // A value that is there but could not be read has its mistake already.
        if !self.errors.iter().any(|error| error.path == path) {
            let words = Words::new(en, zh);
            self.errors.push(UserError::validation(UserErrorCode::Required, path, "required", None, words));
        }
    }

    /// Whether the row has no mistake and is about a unit.
    pub(super) fn is_good(&self) -> bool {
        self.errors.is_empty() && self.wanted.is_some()
    }

    /// What became of the row.
    pub(super) fn result(&self, now: Timestamp) -> RowResult {
        let known = self.known.as_ref();
        let (outcome, id) = match &self.wanted {
            Some(wanted) if self.errors.is_empty() => {
                let change = known.map(|known| Change::between(known, wanted.clone(), now));
                let outcome = match change {
                    None => Outcome::Created,
                    Some(None) => Outcome::Unchanged,
                    Some(Some(_)) => Outcome::Updated,
                };
                (outcome, Some(wanted.id.0))
            }
            _ => (Outcome::Failed, known.map(|known| known.id.0)),
        };
        let key = self.row.input.key.as_ref().map(ToString::to_string).unwrap_or_default();
        RowResult { key, outcome, id, seen: known.map(|known| known.version), errors: self.errors.clone() }
    }

    /// The unit as it is stored and as it shall be; none for a row with mistakes.
    pub(super) fn outcome(self) -> Option<(Option<unit::Model>, unit::Model)> {
        let wanted = self.wanted.filter(|_| self.errors.is_empty())?;
        Some((self.known, wanted))
    }
}

/// The code of the department that a longer code begins with (`domain.md` 4.1).
pub(super) fn department(code: &str) -> Option<&str> {
    code.get(..DEPARTMENT_DIGITS).filter(|department| *department != code)
}

/// The fields that were sent and whose stored value is another.
fn differing(set: &UnitFields, known: &unit::Model) -> Vec<String> {
    let differs =
        |sent: &Sent<String>, stored: &str| !sent.is_absent() && sent.value().map(String::as_str) != Some(stored);
    let found = [
        ("code", differs(&set.code, &known.code)),
        ("name", differs(&set.name, &known.name)),
        // Which unit the code names is not known here.
        ("parentCode", !set.parent_code.is_absent()),
    ];
    found.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}

fn code_taken(code: UserErrorCode, at: &At<'_>, existing: Option<String>) -> UserError {
    let words = Words::new(
        "The code is not available: another unit of the division has it.",
        "该编码不可用：本财政区划内已有其他单位使用。",
    );
    UserError::duplicate(code, at.path(), existing, words)
}
