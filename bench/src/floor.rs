//! The floor: the same rows, already parsed, upserted by hand-written set-based SQL in one transaction, with nothing
//! else: no audit, no history, no outbox, no versions to check, no rules.

mod postgres;
mod sqlite;

use sqlx::Connection;
use uuid::Uuid;

use crate::Done;
use crate::projects::{Indicator, Project};
use crate::world::Kind;

/// The time of what is made, and of what is changed then.
pub const NOW: i64 = 1_795_305_600_000_000;

/// A connection to a database that the service does not know.
pub enum Floor {
    /// See [`Kind`].
    Sqlite(sqlx::SqliteConnection),
    /// See [`Kind`].
    Postgres(sqlx::PgConnection),
}

/// Rows of all tables, ready to be written.
pub struct Rows<'a> {
    unit: Uuid,
    projects: Vec<ProjectRow<'a>>,
    points: Vec<PointRow>,
    indicators: Vec<IndicatorRow<'a>>,
}

struct ProjectRow<'a> {
    id: Uuid,
    plan: Uuid,
    ordinal: i32,
    project: &'a Project,
    budget: i64,
}

struct PointRow {
    id: Uuid,
    plan: Uuid,
    month: i32,
    percent: i64,
    amount: i64,
    raw: String,
}

struct IndicatorRow<'a> {
    id: Uuid,
    project: Uuid,
    ordinal: i32,
    level1: Uuid,
    level2: Uuid,
    indicator: &'a Indicator,
    weight: i64,
    value: i64,
    raw: String,
}

/// Keys that grow, as those of the service do.
pub fn id(table: u128, number: u64, part: u128) -> Uuid {
    Uuid::from_u128((0x019d_0001_0000_7000_8000 + table) << 48 | u128::from(number) << 8 | part)
}

impl Floor {
    /// Connects with the settings of the service: write-ahead log, `synchronous = FULL`, foreign keys.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn connect(kind: Kind, url: &str) -> Done<Self> {
        Ok(match kind {
            Kind::Sqlite => Self::Sqlite(sqlite::connect(url).await?),
            Kind::Postgres => Self::Postgres(sqlx::PgConnection::connect(url).await?),
        })
    }

    /// The rows of projects, the first of which has this number.
    ///
    /// # Errors
    /// When the unit or a level is not there.
    pub async fn rows<'a>(&mut self, first: u64, projects: &'a [Project]) -> Done<Rows<'a>> {
        let unit = "SELECT id FROM unit ORDER BY id LIMIT 1";
        let levels = "SELECT code, id FROM indicator_level WHERE code IS NOT NULL";
        let (unit, levels): (Uuid, Vec<(String, Uuid)>) = match self {
            Self::Sqlite(db) => {
                (sqlx::query_scalar(unit).fetch_one(&mut *db).await?, sqlx::query_as(levels).fetch_all(db).await?)
            }
            Self::Postgres(db) => {
                (sqlx::query_scalar(unit).fetch_one(&mut *db).await?, sqlx::query_as(levels).fetch_all(db).await?)
            }
        };
        let level = |wanted: &str| {
            let found = levels.iter().find(|(code, _)| code == wanted).map(|(_, id)| *id);
            found.ok_or_else(|| format!("there is no level {wanted}"))
        };
        let mut rows = Rows { unit, projects: Vec::new(), points: Vec::new(), indicators: Vec::new() };
        for (number, project) in (first..).zip(projects) {
            let (project_id, plan) = (id(0, number, 0), id(1, number, 0));
            let budget = project.budget * 100;
            let ordinal = i32::try_from(number + 1)?;
            rows.projects.push(ProjectRow { id: project_id, plan, ordinal, project, budget });
            for (part, (month, percent)) in (0..).zip(&project.points) {
                let (percent, amount, raw) = (percent * 1_000_000, budget * percent / 100, percent.to_string());
                rows.points.push(PointRow { id: id(2, number, part), plan, month: *month, percent, amount, raw });
            }
            for (ordinal, indicator) in (1..).zip(&project.indicators) {
                let sign = if indicator.comparison == "GE" { "≥" } else { "≤" };
                rows.indicators.push(IndicatorRow {
                    id: id(3, number, ordinal),
                    project: project_id,
                    ordinal: i32::try_from(ordinal)?,
                    level1: level(indicator.level1)?,
                    level2: level(indicator.level2)?,
                    indicator,
                    weight: indicator.weight * 1_000_000,
                    value: indicator.value * 1_000_000,
                    raw: format!("{sign}{}{}", indicator.value, indicator.unit),
                });
            }
        }
        Ok(rows)
    }

    /// Upserts rows in one transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upsert(&mut self, rows: &Rows<'_>) -> Done<()> {
        match self {
            Self::Sqlite(db) => sqlite::upsert(db, rows).await,
            Self::Postgres(db) => postgres::upsert(db, rows).await,
        }
    }
}

/// What a known row takes over, for each table; the key columns differ between the statements only in their conflict.
const PROJECT: &str = "ON CONFLICT (division_code, fiscal_year, code) WHERE code IS NOT NULL DO UPDATE SET \
     name = excluded.name, budget = excluded.budget, fiscal_funds = excluded.fiscal_funds, \
     other_funds = excluded.other_funds, purpose = excluded.purpose, \
     version = project.version + 1, updated_at = excluded.updated_at";
const PLAN: &str = "ON CONFLICT (project_id) DO UPDATE SET printed_basis = excluded.printed_basis, \
     version = spending_plan.version + 1, updated_at = excluded.updated_at";
const POINT: &str = "ON CONFLICT (plan_id, month) DO UPDATE SET percent = excluded.percent, \
     amount = excluded.amount, raw = excluded.raw, version = plan_point.version + 1, updated_at = excluded.updated_at";
const INDICATOR: &str = "ON CONFLICT (project_id, ordinal) DO UPDATE SET level1_id = excluded.level1_id, \
     level2_id = excluded.level2_id, name = excluded.name, description = excluded.description, \
     basis = excluded.basis, weight = excluded.weight, target_kind = excluded.target_kind, \
     comparison = excluded.comparison, value = excluded.value, target_unit = excluded.target_unit, \
     target_raw = excluded.target_raw, version = indicator.version + 1, updated_at = excluded.updated_at";
