//! One import: read, check, and store in one transaction; the report says what became of everything.

use std::collections::HashMap;

use entity::id::{
    DepartmentGoalId, FindingId, GoalItemId, IndicatorId, ObjectiveId, PlanPointId, ProjectId, SourceDocumentId,
    SpendingPlanId, UnitId,
};
use entity::value::{Fen, Timestamp};
use entity::{
    department_goal, finding, goal_item, indicator, objective, plan_point, project, source_document, spending_plan,
    unit,
};
use sea_orm::DatabaseTransaction;

use super::check::{self, Checked};
use super::document::Place;
use super::files::FileStore;
use super::limits::Limits;
use super::report::{Rejected, Report};
use crate::auth::{Action, Caller};
use crate::clock;
use crate::db::Db;
use crate::error::{AppError, AppResult};
use crate::service;
use crate::service::finding::About;
use crate::service::indicator_level::Levels;
use crate::service::project::{Content, Known};
use crate::service::stored::Tally;
use crate::service::unit::Named;

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
    /// Code of the unit, for a document that prints none. A code that no table prints is the department that compiled
    /// the document: the department goal is its own, and the units of the tables come under it.
    pub unit_code: Option<String>,
    /// Name of that unit.
    pub unit_name: Option<String>,
    /// Do everything, report, and leave the database as it was.
    pub dry_run: bool,
}

/// Imports one document: all of it that can be taken, in one transaction.
///
/// # Errors
/// `BAD_USER_INPUT` when the file or the document as a whole is refused: the message says why and what to do. Nothing
/// is stored then. Projects that cannot be taken are in the report, the others are stored.
pub async fn run(db: &Db, files: &FileStore, caller: &Caller, source: &Source, options: &Options) -> AppResult<Report> {
    caller.may(Action::Write)?;
    let document = super::read(&source.bytes, &Limits::default()).map_err(refused)?;
    let given = check::Options {
        division: options.division.clone(),
        fiscal_year: options.fiscal_year,
        unit_code: options.unit_code.clone(),
        unit_name: options.unit_name.clone(),
    };
    let checked = check::check(&document, &given).map_err(refused)?;
    let sha256 = FileStore::sha256(&source.bytes);
    let storing = Storing { caller, source, options, checked: &checked, sha256: &sha256, now: clock::system() };
    if options.dry_run {
        return db.rehearse(async |tx| storing.store(tx).await).await;
    }
    // The file first: a row never points to a file that is not there.
    files.keep(&sha256, &source.bytes)?;
    db.write(async |tx| storing.store(tx).await).await
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> AppError {
    AppError::bad_input(error.to_string()).caused_by(error)
}

/// Everything that storing one document needs to know.
struct Storing<'a> {
    caller: &'a Caller,
    source: &'a Source,
    options: &'a Options,
    checked: &'a Checked,
    sha256: &'a str,
    now: Timestamp,
}

impl Storing<'_> {
    async fn store(&self, tx: &DatabaseTransaction) -> AppResult<Report> {
        let checked = self.checked;
        let mut report = Report::of(&self.source.name, checked);
        let name = self.options.division_name.as_deref();
        service::division::hold(tx, self.caller, &checked.division_code, name, self.now).await?;

        let (owner, units) = self.units(tx, &mut report.units).await?;
        let mut of_document = Tally::default();
        let document = self.document(owner.id);
        let document = service::source_document::store(tx, self.caller, document, self.now, &mut of_document).await?;
        let goal = self.goal(tx, owner.id, document.id, &mut report.goals).await?;

        let mut levels = Levels::read(tx).await?;
        let mut contents = Vec::with_capacity(checked.projects.len());
        for project in &checked.projects {
            let unit = units.get(project.unit_code.as_str()).copied().unwrap_or(owner.id);
            contents.push(self.content(tx, &mut levels, project, unit, document.id).await?);
        }
        let (division, year) = (checked.division_code.as_str(), checked.fiscal_year);
        let mut known = Known::read(tx, self.caller, division, year, &contents).await?;
        let mut stored = HashMap::new();
        for content in contents {
            let ordinal = content.project.ordinal;
            let (project, indicators) = known.store(tx, content, self.now, &mut report.parts).await?;
            stored.insert(ordinal, (project, indicators));
        }
        report.parts.projects.rejected = checked.rejected.len() as u64;
        report.rejected = checked.rejected.iter().map(Rejected::of).collect();

        let findings = self.findings(&owner, &document, goal.as_ref(), &stored);
        let projects: Vec<ProjectId> = stored.values().map(|(project, _)| project.id).collect();
        let about = About { document: document.id, goal: goal.map(|goal| goal.id), projects: &projects };
        service::finding::replace(tx, self.caller, division, &about, findings, self.now).await?;
        Ok(report)
    }

    /// Stores the units; gives the one that the document belongs to, and the keys of all by code.
    async fn units(
        &self,
        tx: &DatabaseTransaction,
        tally: &mut Tally,
    ) -> AppResult<(unit::Model, HashMap<&str, UnitId>)> {
        let checked = self.checked;
        let named = |code, name, aliases, parent| Named {
            division_code: checked.division_code.as_str(),
            code,
            name,
            aliases,
            fiscal_year: checked.fiscal_year,
            parent,
        };
        let department = match (&self.options.unit_code, &self.options.unit_name) {
            (Some(code), Some(name)) if !checked.units.iter().any(|unit| unit.code == *code) => {
                let department = named(code, name, &[], None);
                Some(service::unit::store(tx, self.caller, &department, self.now, tally).await?)
            }
            _ => None,
        };
        let mut keys = HashMap::new();
        let mut main = None;
        for unit in &checked.units {
            let parent = department.as_ref().map(|department| department.id);
            let named = named(&unit.code, &unit.name, &unit.aliases, parent);
            let stored = service::unit::store(tx, self.caller, &named, self.now, tally).await?;
            keys.insert(unit.code.as_str(), stored.id);
            if unit.code == checked.unit_code {
                main = Some(stored);
            }
        }
        let owner = department.or(main);
        Ok((owner.ok_or_else(|| AppError::internal("a checked document names its unit"))?, keys))
    }

    fn document(&self, unit_id: UnitId) -> source_document::Model {
        let checked = self.checked;
        source_document::Model {
            id: SourceDocumentId::new(),
            division_code: checked.division_code.clone(),
            unit_id,
            fiscal_year: checked.fiscal_year,
            sha256: self.sha256.to_owned(),
            file_name: self.source.name.clone(),
            format: checked.format,
            size: i64::try_from(self.source.bytes.len()).unwrap_or(i64::MAX),
            title: checked.title.clone(),
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        }
    }

    async fn goal(
        &self,
        tx: &DatabaseTransaction,
        unit_id: UnitId,
        document: SourceDocumentId,
        tally: &mut Tally,
    ) -> AppResult<Option<department_goal::Model>> {
        let Some(goal) = &self.checked.goal else { return Ok(None) };
        let place = Columns::of(Some(goal.place));
        let row = department_goal::Model {
            id: DepartmentGoalId::new(),
            division_code: self.checked.division_code.clone(),
            unit_id,
            fiscal_year: self.checked.fiscal_year,
            overall: Some(goal.overall.clone()).filter(|text| !text.is_empty()),
            source_id: Some(document),
            source_line: place.line,
            source_table: place.table,
            source_row: place.row,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        let items = goal.items.iter().map(|item| goal_item::Model {
            id: GoalItemId::new(),
            division_code: self.checked.division_code.clone(),
            unit_id,
            goal_id: row.id,
            kind: item.kind,
            ordinal: small(item.ordinal),
            number: item.number.clone(),
            text: item.text.clone(),
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        });
        let items = items.collect();
        service::department_goal::store(tx, self.caller, row, items, self.now, tally).await.map(Some)
    }

    async fn content(
        &self,
        tx: &DatabaseTransaction,
        levels: &mut Levels,
        checked: &check::Project,
        unit_id: UnitId,
        document: SourceDocumentId,
    ) -> AppResult<Content> {
        let division_code = || self.checked.division_code.clone();
        let (version, created_at, updated_at) = (1, self.now, self.now);
        let place = Columns::of(Some(checked.place));
        let money = |amount: &Option<check::Amount>| -> (Option<Fen>, Option<String>) {
            (amount.as_ref().map(|amount| amount.fen), amount.as_ref().map(|amount| amount.raw.clone()))
        };
        let (budget, budget_raw) = money(&checked.budget);
        let (fiscal_funds, fiscal_funds_raw) = money(&checked.fiscal);
        let (other_funds, other_funds_raw) = money(&checked.other);
        let project = project::Model {
            id: ProjectId::new(),
            division_code: division_code(),
            unit_id,
            fiscal_year: self.checked.fiscal_year,
            ordinal: small(checked.ordinal),
            code: checked.code.clone(),
            name: checked.name.clone(),
            heading: checked.heading_name.clone(),
            unit_raw: checked.unit_printed.clone(),
            goal_level: self.checked.goal_level,
            budget,
            budget_raw,
            fiscal_funds,
            fiscal_funds_raw,
            other_funds,
            other_funds_raw,
            purpose: checked.purpose.clone(),
            source_id: Some(document),
            source_line: place.line,
            source_table: place.table,
            source_row: place.row,
            version,
            created_at,
            updated_at,
        };
        let project_id = project.id;
        let plan = checked.plan.as_ref().map(|plan| {
            let row = spending_plan::Model {
                id: SpendingPlanId::new(),
                division_code: division_code(),
                unit_id,
                project_id,
                printed_basis: plan.basis,
                version,
                created_at,
                updated_at,
            };
            let plan_id = row.id;
            let points = plan.points.iter().map(|point| plan_point::Model {
                id: PlanPointId::new(),
                division_code: division_code(),
                unit_id,
                plan_id,
                month: i32::from(point.month),
                percent: point.percent,
                amount: point.amount,
                raw: point.raw.clone(),
                version,
                created_at,
                updated_at,
            });
            (row, points.collect())
        });
        let objectives = checked.objectives.iter().map(|objective| objective::Model {
            id: ObjectiveId::new(),
            division_code: division_code(),
            unit_id,
            project_id,
            ordinal: small(objective.ordinal),
            number: objective.number.clone(),
            text: objective.text.clone(),
            version,
            created_at,
            updated_at,
        });
        let objectives = objectives.collect();
        let mut indicators = Vec::with_capacity(checked.indicators.len());
        for indicator in &checked.indicators {
            let (level1, level2) = (&indicator.level1, &indicator.level2);
            let level1_id = levels.key(tx, level1.code, 1, &level1.name, self.now).await?;
            let level2_id = match level2.name.is_empty() {
                true => None,
                false => Some(levels.key(tx, level2.code, 2, &level2.name, self.now).await?),
            };
            let target = &indicator.target;
            indicators.push(indicator::Model {
                id: IndicatorId::new(),
                division_code: division_code(),
                unit_id,
                fiscal_year: self.checked.fiscal_year,
                project_id,
                ordinal: small(indicator.ordinal),
                level1_id,
                level2_id,
                level1_raw: printed(&level1.raw),
                level2_raw: printed(&level2.raw),
                name: indicator.name.clone(),
                description: printed(&indicator.description),
                basis: indicator.basis.clone(),
                weight: indicator.weight,
                target_kind: target.kind,
                comparison: target.comparison,
                value: target.value,
                low: target.low,
                high: target.high,
                target_unit: target.unit.clone(),
                target_raw: target.raw.clone(),
                version,
                created_at,
                updated_at,
            });
        }
        Ok(Content { project, plan, objectives, indicators })
    }

    fn findings(
        &self,
        owner: &unit::Model,
        document: &source_document::Model,
        goal: Option<&department_goal::Model>,
        stored: &HashMap<i32, (project::Model, Vec<indicator::Model>)>,
    ) -> Vec<finding::Model> {
        let rows = self.checked.findings.iter().map(|found| {
            let project = found.project.and_then(|ordinal| stored.get(&small(ordinal)));
            let indicator = project.zip(found.indicator).and_then(|((_, indicators), ordinal)| {
                indicators.iter().find(|indicator| indicator.ordinal == small(ordinal))
            });
            let place = Columns::of(found.place);
            let in_goal = project.is_none() && goal.is_some_and(|_| self.stands_in_goal(found.place));
            finding::Model {
                id: FindingId::new(),
                division_code: self.checked.division_code.clone(),
                unit_id: project.map_or(owner.id, |(project, _)| project.unit_id),
                fiscal_year: self.checked.fiscal_year,
                source_id: document.id,
                goal_id: goal.filter(|_| in_goal).map(|goal| goal.id),
                project_id: project.map(|(project, _)| project.id),
                indicator_id: indicator.map(|indicator| indicator.id),
                rule: found.rule.id().to_owned(),
                severity: found.rule.severity(),
                subject: subject(found),
                detail: found.detail.clone(),
                source_line: place.line,
                source_table: place.table,
                source_row: place.row,
                version: 1,
                created_at: self.now,
                updated_at: self.now,
            }
        });
        rows.collect()
    }

    /// Whether a place lies in part 1: at or after its first paragraph and before the first project.
    fn stands_in_goal(&self, place: Option<Place>) -> bool {
        let Some((goal, place)) = self.checked.goal.as_ref().zip(place) else { return false };
        let first_project = self.checked.projects.iter().map(|project| project.place).min();
        goal.place <= place && first_project.is_none_or(|first| place < first)
    }
}

/// What a finding is about inside its document.
fn subject(found: &check::Finding) -> String {
    match (found.project, found.indicator) {
        (None, _) => String::new(),
        (Some(project), None) => format!("project {project}"),
        (Some(project), Some(indicator)) => format!("project {project}, indicator {indicator}"),
    }
}

/// A place as it is stored.
struct Columns {
    line: Option<i32>,
    table: Option<i32>,
    row: Option<i32>,
}

impl Columns {
    fn of(place: Option<Place>) -> Self {
        match place {
            None => Self { line: None, table: None, row: None },
            Some(Place::Line(line) | Place::Paragraph(line)) => {
                Self { line: Some(small(line)), table: None, row: None }
            }
            Some(Place::Row { table, row }) => Self { line: None, table: Some(small(table)), row: Some(small(row)) },
        }
    }
}

fn printed(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Ordinals and places are bounded by the limits of a document, far below 2³¹.
fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
