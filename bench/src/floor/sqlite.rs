//! The floor on SQLite: multi-row `INSERT … ON CONFLICT`, prepared once for each number of rows.

use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};

use super::{INDICATOR, NOW, PLAN, POINT, PROJECT, Rows};
use crate::Done;
use crate::projects::FISCAL_YEAR;
use crate::world::DIVISION;

/// Rows of a statement; SQLite takes 32,766 values.
const ROWS: usize = 1000;

/// Connects as the service does.
pub async fn connect(url: &str) -> Done<SqliteConnection> {
    let options = SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// See [`super::Floor::upsert`].
pub async fn upsert(db: &mut SqliteConnection, rows: &Rows<'_>) -> Done<()> {
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
    for chunk in rows.projects.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO project (id, division_code, unit_id, fiscal_year, ordinal, code, name, goal_level, budget, \
             fiscal_funds, other_funds, purpose, version, created_at, updated_at) ",
        );
        insert.push_values(chunk, |mut values, row| {
            values.push_bind(row.id).push_bind(DIVISION).push_bind(rows.unit).push_bind(FISCAL_YEAR);
            values.push_bind(row.ordinal).push_bind(&row.project.code).push_bind(&row.project.name);
            values.push("'UNKNOWN'").push_bind(row.budget).push_bind(row.budget).push("0");
            values.push_bind(&row.project.purpose).push("1").push_bind(NOW).push_bind(NOW);
        });
        insert.push(PROJECT).build().execute(&mut *tx).await?;
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO spending_plan (id, division_code, unit_id, project_id, printed_basis, version, created_at, \
             updated_at) ",
        );
        insert.push_values(chunk, |mut values, row| {
            values.push_bind(row.plan).push_bind(DIVISION).push_bind(rows.unit).push_bind(row.id);
            values.push("'PERCENT'").push("1").push_bind(NOW).push_bind(NOW);
        });
        insert.push(PLAN).build().execute(&mut *tx).await?;
    }
    for chunk in rows.points.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO plan_point (id, division_code, unit_id, plan_id, month, percent, amount, raw, version, \
             created_at, updated_at) ",
        );
        insert.push_values(chunk, |mut values, row| {
            values.push_bind(row.id).push_bind(DIVISION).push_bind(rows.unit).push_bind(row.plan);
            values.push_bind(row.month).push_bind(row.percent).push_bind(row.amount).push_bind(&row.raw);
            values.push("1").push_bind(NOW).push_bind(NOW);
        });
        insert.push(POINT).build().execute(&mut *tx).await?;
    }
    for chunk in rows.indicators.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO indicator (id, division_code, unit_id, fiscal_year, project_id, ordinal, level1_id, \
             level2_id, name, description, basis, weight, target_kind, comparison, value, target_unit, target_raw, \
             version, created_at, updated_at) ",
        );
        insert.push_values(chunk, |mut values, row| {
            values.push_bind(row.id).push_bind(DIVISION).push_bind(rows.unit).push_bind(FISCAL_YEAR);
            values.push_bind(row.project).push_bind(row.ordinal).push_bind(row.level1).push_bind(row.level2);
            values.push_bind(&row.indicator.name).push_bind(&row.indicator.description);
            values.push_bind(&row.indicator.basis).push_bind(row.weight).push("'QUANTITY'");
            values.push_bind(row.indicator.comparison).push_bind(row.value).push_bind(row.indicator.unit);
            values.push_bind(&row.raw).push("1").push_bind(NOW).push_bind(NOW);
        });
        insert.push(INDICATOR).build().execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}
