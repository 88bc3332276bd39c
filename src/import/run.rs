//! One import: read, check, and store in one transaction; the report says what became of everything.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use entity::id::{ProjectId, UnitId};
use entity::unit;
use entity::value::Publication;

use super::check::{self, Checked};
use super::files::FileStore;
use super::limits::Limits;
use super::report::{Rejected, Report};
use super::rows::Rows;
use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::clock;
use crate::db::Db;
use crate::error::{AppError, AppResult};
use crate::service;
use crate::service::finding::About;
use crate::service::indicator_level::Levels;
use crate::service::project::{Batch, Key, Known};
use crate::service::stored::Tally;
use crate::service::unit::Named;
use crate::service::work::{Order, Origin, Task, Work};
use crate::service::{publication, scope};

/// How long the reading of one file may take.
const READING_TIME: Duration = Duration::from_secs(30);

/// A file to import.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, without folder.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What the document does not say itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Code of the fiscal division.
    pub division: String,
    /// Name of the division, where it is known.
    pub division_name: Option<String>,
    /// Fiscal year, for a document that prints none.
    pub fiscal_year: Option<i32>,
    /// Code of the unit, for a document that prints none. The code of a department, which begins the codes of the
    /// printed units, says that the department compiled the document: the department goal is its own, and the units
    /// come under it. Any other code that no table prints is refused.
    pub unit_code: Option<String>,
    /// Name of that unit.
    pub unit_name: Option<String>,
    /// Publish the goal and the projects of the document; what is published already stays so.
    pub publish: bool,
    /// Do everything, report, and leave the database as it was.
    pub dry_run: bool,
}

/// Imports one document: all of it that can be taken, in one transaction.
///
/// # Errors
/// `BAD_USER_INPUT` when the file or the document as a whole is refused: the message says why and what to do. Nothing
/// is stored then. Projects that cannot be taken are in the report, the others are stored.
pub async fn run(db: &Db, files: &FileStore, caller: &Caller, source: &Source, options: &Options) -> AppResult<Report> {
    caller.may(Permission::ImportRun)?;
    let prepared = prepare(source.clone(), options.clone())?;
    let order = Order { task: &prepared, caller, origin: &Origin::of("import"), clock: clock::system };
    if options.dry_run {
        return db.rehearse(&order).await;
    }
    // The file first: a row never points to a file that is not there.
    prepared.keep(files)?;
    db.commit(&order).await
}

/// Reads and checks a document, so that it can be stored in a transaction. Takes time and asks no database.
///
/// # Errors
/// `BAD_USER_INPUT` when the file or the document as a whole is refused.
pub fn prepare(source: Source, options: Options) -> AppResult<Prepared> {
    let document =
        super::read(&source.bytes, &Limits::default().until(Instant::now() + READING_TIME)).map_err(refused)?;
    let given = check::Options {
        division: options.division.clone(),
        fiscal_year: options.fiscal_year,
        unit_code: options.unit_code.clone(),
        unit_name: options.unit_name.clone(),
    };
    let checked = check::check(&document, &given).map_err(refused)?;
    let sha256 = FileStore::sha256(&source.bytes);
    Ok(Prepared { source, options, checked, sha256 })
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> AppError {
    AppError::bad_input(error.to_string()).caused_by(error)
}

/// A document that was read and checked, with everything that storing it needs.
pub struct Prepared {
    source: Source,
    options: Options,
    checked: Checked,
    sha256: String,
}

impl Task for Prepared {
    type Output = Report;

    async fn run(&self, work: &mut Work<'_>) -> AppResult<Report> {
        self.store(work).await
    }
}

impl Prepared {
    /// Keeps the original file; before its rows are committed, so that none points to a file that is not there.
    ///
    /// # Errors
    /// As [`FileStore::keep`].
    pub fn keep(&self, files: &FileStore) -> AppResult<()> {
        files.keep(&self.sha256, &self.source.bytes)
    }

    /// Stores all of it that can be taken.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the given unit does not fit the document.
    pub async fn store(&self, work: &mut Work<'_>) -> AppResult<Report> {
        let checked = &self.checked;
        let mut report = Report::of(&self.source.name, checked);
        let (division, year) = (checked.division_code.as_str(), checked.fiscal_year);
        let mut needs = vec![Permission::ProjectWrite, Permission::IndicatorWrite, Permission::GoalWrite];
        needs.extend(self.options.publish.then_some(Permission::PublicationWrite));
        for permission in needs {
            scope::may_in_division(work.caller, permission, division, Some(year))?;
        }
        let name = self.options.division_name.as_deref();
        service::division::hold(work, &checked.division_code, name).await?;

        let (owner, units) = self.units(work, &mut report.units).await?;
        let mut of_document = Tally::default();
        let rows = Rows { checked, now: work.now };
        let document = rows.document(&self.source, &self.sha256, owner.id);
        let document = service::source_document::store(work, document, &mut of_document).await?;
        let goal = match rows.goal(owner.id, document.id) {
            None => None,
            Some((goal, items)) => {
                let tally = &mut report.goals;
                Some(service::department_goal::store(work, goal, items, self.options.publish, tally).await?)
            }
        };

        let mut levels = Levels::read(work.tx).await?;
        let mut contents = Vec::with_capacity(checked.projects.len());
        for project in &checked.projects {
            let unit = units.get(project.unit_code.as_str()).copied().unwrap_or(owner.id);
            let mut of_indicators = Vec::with_capacity(project.indicators.len());
            for check::Indicator { level1, level2, .. } in &project.indicators {
                let first = levels.key(work, level1.code, 1, &level1.name).await?;
                let second = match level2.name.is_empty() {
                    true => None,
                    false => Some(levels.key(work, level2.code, 2, &level2.name).await?),
                };
                of_indicators.push((first, second));
            }
            contents.push(rows.content(project, unit, document.id, &of_indicators));
        }
        let mut known = Known::default();
        let keys: Vec<Key<'_>> = contents.iter().map(|content| Key::of(&content.project)).collect();
        known.read(work.tx, division, year, &keys).await?;
        let mut batch = Batch::default();
        let (mut stored, mut meant) = (HashMap::new(), HashSet::new());
        for mut content in contents {
            // A stored project is meant once: a second one of its name is another project.
            let known = known.meant_by(&content.project).filter(|known| meant.insert(known.project.id));
            let ordinal = content.project.ordinal;
            let before = known.map(|known| (known.project.publication, known.project.published_at));
            let project = &mut content.project;
            (project.publication, project.published_at) =
                publication::after_import(before, self.options.publish, work.now);
            let put = batch.put(known, content, work.now);
            if known.is_some_and(|known| known.project.publication == Publication::Published && *known != put) {
                let what = format!("The project {}", put.project.name);
                publication::may_change(work, &what, division, year)?;
            }
            stored.insert(ordinal, put);
        }
        batch.write(work).await?;
        report.parts = batch.tallies();
        report.parts.projects.rejected = checked.rejected.len() as u64;
        report.rejected = checked.rejected.iter().map(Rejected::of).collect();

        let findings = rows.findings(&owner, &document, goal.as_ref(), &stored);
        let projects: Vec<ProjectId> = stored.values().map(|content| content.project.id).collect();
        let about = About { document: document.id, goal: goal.map(|goal| goal.id), projects: &projects };
        service::finding::replace(work, division, &about, findings).await?;
        Ok(report)
    }

    /// Stores the units; gives the one that the document belongs to, and the keys of all by code.
    async fn units(&self, work: &mut Work<'_>, tally: &mut Tally) -> AppResult<(unit::Model, HashMap<&str, UnitId>)> {
        let checked = &self.checked;
        let named = |code, name, aliases, parent| Named {
            division_code: checked.division_code.as_str(),
            code,
            name,
            aliases,
            fiscal_year: checked.fiscal_year,
            parent,
        };
        let department = match self.department()? {
            None => None,
            Some((code, name)) => {
                let department = named(code, name, &[], None);
                Some(service::unit::store(work, &department, tally).await?)
            }
        };
        let mut keys = HashMap::new();
        let mut main = None;
        for unit in &checked.units {
            let parent = department.as_ref().map(|department| department.id);
            let named = named(&unit.code, &unit.name, &unit.aliases, parent);
            let stored = service::unit::store(work, &named, tally).await?;
            keys.insert(unit.code.as_str(), stored.id);
            if unit.code == checked.unit_code {
                main = Some(stored);
            }
        }
        let owner = department.or(main);
        Ok((owner.ok_or_else(|| AppError::internal("a checked document names its unit"))?, keys))
    }

    /// The department that compiled the document: a given unit that no table prints, but whose code begins theirs.
    fn department(&self) -> AppResult<Option<(&str, &str)>> {
        let units = &self.checked.units;
        let Some(code) = self.options.unit_code.as_deref() else { return Ok(None) };
        if units.iter().any(|unit| unit.code == code) {
            return Ok(None);
        }
        let printed: Vec<&str> = units.iter().map(|unit| unit.code.as_str()).collect();
        if !printed.iter().all(|unit| unit.starts_with(code)) {
            return Err(AppError::bad_input(format!(
                "The tables name the unit {}, not --unit {code}. Leave --unit out, or give the department whose code \
                 begins theirs, for example --unit {}.",
                printed.join(", "),
                printed.first().and_then(|unit| unit.get(..3)).unwrap_or_default(),
            )));
        }
        match self.options.unit_name.as_deref() {
            Some(name) => Ok(Some((code, name))),
            None => Err(AppError::bad_input(format!(
                "No table prints the name of the department {code}: give --unit-name, for example --unit-name 教育局."
            ))),
        }
    }
}
