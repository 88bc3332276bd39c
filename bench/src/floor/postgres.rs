//! The floor on PostgreSQL: one `INSERT … SELECT … FROM UNNEST … ON CONFLICT` a table.

use sqlx::{Connection, PgConnection};

use super::{INDICATOR, NOW, PLAN, POINT, PROJECT, Rows};
use crate::Done;
use crate::projects::FISCAL_YEAR;
use crate::world::DIVISION;

/// One column of some rows.
fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// See [`super::Floor::upsert`].
pub async fn upsert(db: &mut PgConnection, rows: &Rows<'_>) -> Done<()> {
    let mut tx = db.begin().await?;
    let projects = &rows.projects;
    let insert = format!(
        "INSERT INTO project (id, division_code, unit_id, fiscal_year, ordinal, code, name, goal_level, budget, \
         fiscal_funds, other_funds, purpose, version, created_at, updated_at) \
         SELECT id, $1, $2, $3, ordinal, code, name, 'UNKNOWN', budget, budget, 0, purpose, 1, $4, $4 \
         FROM UNNEST($5::uuid[], $6::int[], $7::text[], $8::text[], $9::bigint[], $10::text[]) \
         AS t (id, ordinal, code, name, budget, purpose) {PROJECT}"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(DIVISION)
        .bind(rows.unit)
        .bind(FISCAL_YEAR)
        .bind(NOW)
        .bind(column(projects, |row| row.id))
        .bind(column(projects, |row| row.ordinal))
        .bind(column(projects, |row| row.project.code.as_str()))
        .bind(column(projects, |row| row.project.name.as_str()))
        .bind(column(projects, |row| row.budget))
        .bind(column(projects, |row| row.project.purpose.as_str()))
        .execute(&mut *tx)
        .await?;
    let insert = format!(
        "INSERT INTO spending_plan (id, division_code, unit_id, project_id, printed_basis, version, created_at, \
         updated_at) SELECT id, $1, $2, project_id, 'PERCENT', 1, $3, $3 \
         FROM UNNEST($4::uuid[], $5::uuid[]) AS t (id, project_id) {PLAN}"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(DIVISION)
        .bind(rows.unit)
        .bind(NOW)
        .bind(column(projects, |row| row.plan))
        .bind(column(projects, |row| row.id))
        .execute(&mut *tx)
        .await?;
    let points = &rows.points;
    let insert = format!(
        "INSERT INTO plan_point (id, division_code, unit_id, plan_id, month, percent, amount, raw, version, \
         created_at, updated_at) SELECT id, $1, $2, plan_id, month, percent, amount, raw, 1, $3, $3 \
         FROM UNNEST($4::uuid[], $5::uuid[], $6::int[], $7::bigint[], $8::bigint[], $9::text[]) \
         AS t (id, plan_id, month, percent, amount, raw) {POINT}"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(DIVISION)
        .bind(rows.unit)
        .bind(NOW)
        .bind(column(points, |row| row.id))
        .bind(column(points, |row| row.plan))
        .bind(column(points, |row| row.month))
        .bind(column(points, |row| row.percent))
        .bind(column(points, |row| row.amount))
        .bind(column(points, |row| row.raw.as_str()))
        .execute(&mut *tx)
        .await?;
    let indicators = &rows.indicators;
    let insert = format!(
        "INSERT INTO indicator (id, division_code, unit_id, fiscal_year, project_id, ordinal, level1_id, level2_id, \
         name, description, basis, weight, target_kind, comparison, value, target_unit, target_raw, version, \
         created_at, updated_at) \
         SELECT id, $1, $2, $3, project_id, ordinal, level1_id, level2_id, name, description, basis, weight, \
         'QUANTITY', comparison, value, target_unit, target_raw, 1, $4, $4 \
         FROM UNNEST($5::uuid[], $6::uuid[], $7::int[], $8::uuid[], $9::uuid[], $10::text[], $11::text[], \
         $12::text[], $13::bigint[], $14::text[], $15::bigint[], $16::text[], $17::text[]) \
         AS t (id, project_id, ordinal, level1_id, level2_id, name, description, basis, weight, comparison, value, \
         target_unit, target_raw) {INDICATOR}"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(DIVISION)
        .bind(rows.unit)
        .bind(FISCAL_YEAR)
        .bind(NOW)
        .bind(column(indicators, |row| row.id))
        .bind(column(indicators, |row| row.project))
        .bind(column(indicators, |row| row.ordinal))
        .bind(column(indicators, |row| row.level1))
        .bind(column(indicators, |row| row.level2))
        .bind(column(indicators, |row| row.indicator.name.as_str()))
        .bind(column(indicators, |row| row.indicator.description.as_str()))
        .bind(column(indicators, |row| row.indicator.basis.as_str()))
        .bind(column(indicators, |row| row.weight))
        .bind(column(indicators, |row| row.indicator.comparison))
        .bind(column(indicators, |row| row.value))
        .bind(column(indicators, |row| row.indicator.unit))
        .bind(column(indicators, |row| row.raw.as_str()))
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}
