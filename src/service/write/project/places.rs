//! Which divisions, units and projects the rows mean: locked, loaded and matched against the caller's scope.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::{ProjectId, UnitId};
use entity::value::Publication;
use entity::{division, project, unit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::edit::{Edit, ProjectRow, Who};
use crate::auth::policy::Permission;
use crate::error::AppResult;
use crate::input::key::ProjectKey;
use crate::input::{At, Sent, UserError, UserErrorCode, Words};
use crate::service::project::{Depth, Key, Known};
use crate::service::stored::KEYS_A_STATEMENT;
use crate::service::work::Work;
use crate::service::write::rights::Rights;
use crate::service::write::{Mode, Row};
use crate::service::{division as divisions, scope};

/// What a row means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Found {
    /// A stored project.
    Known(ProjectId),
    /// A project to be made.
    New {
        /// Division, by code.
        division_code: String,
        /// Its unit.
        unit: UnitId,
        /// Fiscal year.
        fiscal_year: i32,
        /// Its code; else its name tells it from others.
        code: Option<String>,
        /// Its name, where the key says it.
        name: Option<String>,
    },
}

/// The permissions that decide about rows.
const RIGHTS: [Permission; 4] =
    [Permission::ProjectRead, Permission::ProjectWrite, Permission::IndicatorWrite, Permission::PublicationWrite];

/// Everything that the rows can mean.
pub(super) struct Places {
    /// Divisions of which the caller sees something.
    divisions: HashSet<String>,
    /// The division that is meant where a key names none.
    only_division: Option<String>,
    units: HashMap<(String, String), UnitId>,
    rights: Rights,
    /// The stored projects of all keys.
    pub(super) known: Known,
}

impl Places {
    /// Locks the divisions of the rows and loads what the rows name, in a number of statements that does not depend on
    /// the number of rows, but for one set of them for each division and year.
    pub(super) async fn read(work: &mut Work<'_>, rows: &[Row<ProjectRow>]) -> AppResult<Self> {
        let needs_division =
            rows.iter().any(|row| matches!(&row.input.who, Who::Key(key, _) if key.division_code.is_none()));
        let only_division = if needs_division { divisions::only(work).await? } else { None };
        let ids: Vec<ProjectId> = rows.iter().filter_map(|row| row.input.who.id()).collect();
        let division_of = |key: &ProjectKey| key.division_code.clone().or_else(|| only_division.clone());
        let keys = || {
            rows.iter().filter_map(|row| match &row.input.who {
                Who::Key(key, _) => Some((key, row)),
                Who::Id(..) => None,
            })
        };
        let named: BTreeSet<String> = keys().filter_map(|(key, _)| division_of(key)).collect();
        let mut known = Known::to_depth(depth(rows));
        // What is meant by its id alone is locked and read at once.
        let of_one = match ids[..] {
            [id] if named.is_empty() => known.lock_and_read(work, id).await?,
            _ => None,
        };
        let is_read = of_one.is_some();
        let locked = match of_one {
            Some(code) => vec![code],
            None => lock(work, named, &ids).await?,
        };
        let mut divisions = HashSet::new();
        if keys().next().is_some() {
            let seen = scope::find::<division::Entity>(work.caller)?.filter(division::Column::Code.is_in(&locked));
            divisions.extend(seen.all(work.tx).await?.into_iter().map(|division| division.code));
        }

        let codes: HashSet<&str> = keys().filter_map(|(key, _)| key.unit_code.as_deref()).collect();
        let mut units = HashMap::new();
        let codes: Vec<&str> = codes.into_iter().collect();
        for codes in codes.chunks(KEYS_A_STATEMENT) {
            let found = unit::Entity::find()
                .filter(unit::Column::DivisionCode.is_in(&divisions))
                .filter(unit::Column::Code.is_in(codes.iter().copied()));
            units.extend(found.all(work.tx).await?.into_iter().map(|unit| ((unit.division_code, unit.code), unit.id)));
        }

        if !is_read {
            known.read_ids(work.tx, &ids).await?;
        }
        let mut of_year: HashMap<(String, i32), Vec<Key<'_>>> = HashMap::new();
        for (key, row) in keys() {
            let Some((division, year)) = division_of(key).zip(key.fiscal_year) else { continue };
            let asked = of_year.entry((division, year)).or_default();
            asked.push(Key { code: key.code.as_deref(), name: key.name.as_deref() });
            // Keys that the row gives to its project can be taken too.
            if let Edit::Project(fields) = &row.input.edit {
                let name = fields.name.value().filter(|_| key.code.is_none() || fields.code == Sent::Clear);
                asked.push(Key { code: fields.code.value().map(String::as_str), name: name.map(String::as_str) });
            }
        }
        for ((division, year), keys) in &of_year {
            if divisions.contains(division) {
                known.read(work.tx, division, *year, keys).await?;
            }
        }
        let mut all: HashSet<UnitId> = units.values().copied().collect();
        all.extend(known.units());
        let years = of_year.keys().map(|(_, year)| *year).chain(known.years()).collect();
        let rights = Rights::read(work, &RIGHTS, &years, &all).await?;
        Ok(Self { divisions, only_division, units, rights, known })
    }

    /// What a row means; none when it names nothing that it could be about, which is an error of the row.
    pub(super) fn find(&self, row: &Row<ProjectRow>, errors: &mut Vec<UserError>) -> Option<Found> {
        let path = row.input.who.path();
        let below = row.at();
        let first = below.field(path.first().copied().unwrap_or_default());
        let second;
        let at = match path.get(1) {
            Some(step) => {
                second = first.field(step);
                second
            }
            None => first,
        };
        // A key that could not be read has its mistakes already.
        let here = at.path();
        if errors.iter().any(|error| error.path.starts_with(&here)) {
            return None;
        }
        match self.look_up(row, &at) {
            Ok(found) => Some(found),
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    fn look_up(&self, row: &Row<ProjectRow>, at: &At<'_>) -> Result<Found, UserError> {
        let missing = || UserError::not_found(at.path(), &format!("project {}", row.input.who));
        let found = match &row.input.who {
            Who::Id(..) => {
                let known = row.input.who.id().and_then(|id| self.known.get(id)).ok_or_else(missing)?;
                Found::Known(known.project.id)
            }
            Who::Key(key, _) => self.by_key(key, row, at)?,
        };
        let (unit, year, publication) = match &found {
            Found::New { unit, fiscal_year, .. } => (*unit, *fiscal_year, Publication::Draft),
            Found::Known(id) => {
                let project = &self.known.get(*id).ok_or_else(missing)?.project;
                (project.unit_id, project.fiscal_year, project.publication)
            }
        };
        if !self.rights.has(Permission::ProjectRead, unit, year) {
            return Err(missing());
        }
        let lacks = |permission: &&Permission| !self.rights.has(**permission, unit, year);
        if let Some(permission) = row.input.edit.needs().iter().find(lacks) {
            return Err(UserError::forbidden(at.path(), permission.name()));
        }
        match publication {
            Publication::Published if !self.rights.has(Permission::PublicationWrite, unit, year) => {
                Err(UserError::published(at.path()))
            }
            Publication::Published | Publication::Draft => Ok(found),
        }
    }

    fn by_key(&self, key: &ProjectKey, row: &Row<ProjectRow>, at: &At<'_>) -> Result<Found, UserError> {
        let Some(year) = key.fiscal_year else { return Err(required(&at.field("fiscalYear"), FISCAL_YEAR)) };
        if key.code.is_some() == key.name.is_some() {
            let words = Words::new(
                "A project is named by its code, or by its name when it has no code; not by both and not by neither.",
                "项目由编码指明；没有编码的由名称指明。二者必须且只能给出一个。",
            );
            return Err(UserError::validation(UserErrorCode::InvalidFormat, at.path(), "oneOf", None, words));
        }
        let division = key.division_code.as_ref().or(self.only_division.as_ref());
        let division = division.ok_or_else(|| required(&at.field("divisionCode"), DIVISION))?;
        if !self.divisions.contains(division) {
            return Err(UserError::not_found(at.field("divisionCode").path(), &format!("division {division}")));
        }
        let unit = match &key.unit_code {
            None => None,
            Some(code) => {
                let unit = self.units.get(&(division.clone(), code.clone())).filter(|unit| self.sees(**unit, year));
                let missing = || UserError::not_found(at.field("unitCode").path(), &format!("unit {division} {code}"));
                Some(*unit.ok_or_else(missing)?)
            }
        };
        let candidates = match (&key.code, &key.name) {
            (Some(code), _) => self.known.by_code(division, year, code).into_iter().collect(),
            (None, name) => self.known.by_name(division, year, unit, name.as_deref().unwrap_or_default()),
        };
        let makes_new = matches!(row.input.edit, Edit::Project(_)) && row.input.mode != Mode::Update;
        match candidates[..] {
            [] if makes_new => {
                let unit = unit.ok_or_else(|| required(&at.field("unitCode"), UNIT))?;
                Ok(Found::New {
                    division_code: division.clone(),
                    unit,
                    fiscal_year: year,
                    code: key.code.clone(),
                    name: key.name.clone(),
                })
            }
            [] => Err(UserError::not_found(at.path(), &format!("project {}", row.input.who))),
            [id] => {
                let known = self.known.get(id).map(|known| known.project.unit_id);
                let belongs = known.filter(|known| unit.is_none_or(|unit| unit == *known));
                match belongs {
                    Some(unit) if self.sees(unit, year) || !makes_new => Ok(Found::Known(id)),
                    _ if makes_new => Err(code_taken(at.field("code").path(), None)),
                    _ => Err(UserError::not_found(at.path(), &format!("project {}", row.input.who))),
                }
            }
            _ => {
                let words = Words::new(
                    "Projects of several units have this name: name the unitCode.",
                    "多个单位都有这个名称的项目：请给出 unitCode。",
                );
                Err(UserError::validation(UserErrorCode::Ambiguous, at.path(), "unique", None, words))
            }
        }
    }

    fn sees(&self, unit: UnitId, year: i32) -> bool {
        self.rights.has(Permission::ProjectRead, unit, year)
    }

    /// The error of a key that another project has; who may not see that project does not learn which it is.
    pub(super) fn taken(&self, path: Vec<String>, by: Option<ProjectId>) -> UserError {
        let sees = |project: &project::Model| self.sees(project.unit_id, project.fiscal_year);
        let seen = by.filter(|id| self.known.get(*id).is_some_and(|known| sees(&known.project)));
        code_taken(path, seen.map(ProjectId::public))
    }

    /// The largest ordinal of each unit and year in which a project is made.
    pub(super) async fn last_ordinals(
        &self,
        work: &Work<'_>,
        new: &HashSet<(UnitId, i32)>,
    ) -> AppResult<HashMap<(UnitId, i32), i32>> {
        use project::Column;
        let units: Vec<UnitId> = new.iter().map(|(unit, _)| *unit).collect::<HashSet<_>>().into_iter().collect();
        let mut last = HashMap::new();
        for units in units.chunks(KEYS_A_STATEMENT) {
            let rows = project::Entity::find()
                .select_only()
                .column(Column::UnitId)
                .column(Column::FiscalYear)
                .column_as(Column::Ordinal.max(), "last")
                .filter(Column::UnitId.is_in(units.iter().copied()))
                .group_by(Column::UnitId)
                .group_by(Column::FiscalYear)
                .into_tuple::<(UnitId, i32, i32)>();
            last.extend(rows.all(work.tx).await?.into_iter().map(|(unit, year, last)| ((unit, year), last)));
        }
        Ok(last)
    }
}

/// How much of the stored projects the rows have to know.
pub(super) fn depth(rows: &[Row<ProjectRow>]) -> Depth {
    let everything = rows.iter().any(|row| row.input.edit.depth() == Depth::Everything);
    if everything { Depth::Everything } else { Depth::Objectives }
}

/// Locks the divisions that are named and those of projects; gives the codes of those that there are.
async fn lock(work: &mut Work<'_>, named: BTreeSet<String>, ids: &[ProjectId]) -> AppResult<Vec<String>> {
    // One division is locked with its chain by one statement, unless nothing was ever written in it.
    let one = match (named.len(), ids) {
        (1, []) => Some(division::Column::Code.is_in(&named)),
        (0, [id]) => Some(divisions::of_project(*id)),
        _ => None,
    };
    if let Some(one) = one {
        let locked = divisions::lock_with_chains(work, one).await?;
        if !locked.is_empty() {
            return Ok(locked);
        }
    }
    let mut wanted = named;
    for ids in ids.chunks(KEYS_A_STATEMENT) {
        let of_ids = project::Entity::find()
            .select_only()
            .column(project::Column::DivisionCode)
            .distinct()
            .filter(project::Column::Id.is_in(ids.iter().copied()));
        wanted.extend(of_ids.into_tuple::<String>().all(work.tx).await?);
    }
    Ok(divisions::lock(work, &wanted).await?.into_keys().collect())
}

const FISCAL_YEAR: (&str, &str) = ("Name the fiscal year.", "请给出预算年度。");
const DIVISION: (&str, &str) = (
    "There are several divisions, or none: name the divisionCode.",
    "有多个财政区划或尚无财政区划：请给出 divisionCode。",
);
const UNIT: (&str, &str) = ("A new project needs the unitCode of its unit.", "新建项目必须给出所属单位的 unitCode。");

fn required(at: &At<'_>, (en, zh): (&str, &str)) -> UserError {
    UserError::validation(UserErrorCode::Required, at.path(), "required", None, Words::new(en, zh))
}

fn code_taken(path: Vec<String>, existing: Option<String>) -> UserError {
    let words = Words::new(
        "The code or name is not available: another project of this year has it.",
        "该编码或名称不可用：同一年度已有其他项目使用。",
    );
    UserError::duplicate(UserErrorCode::Duplicate, path, existing, words)
}
