//! What each unit of a department has for its projects of a year.

use entity::id::UnitId;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, Operation, number, text, unit_with};
use crate::data::Unit;
use crate::dice::Dice;
use crate::floor::id;
use crate::projects::FISCAL_YEAR;
use crate::server::{Database, reading};

/// See the module.
pub static Q5A: Operation = Operation {
    name: "Q5a",
    about: "budget by unit of a department",
    document: "query Q5a($department: ID!, $year: Int!) { projectGroups(first: 500, groupBy: [UNIT], \
               filter: {fiscalYear: {eq: $year}, unit: {parent: {id: {eq: $department}}}}) \
               { nodes { unit { code name } count budget { sum { amount } } } } }",
    asked,
    variables: |asked, _| {
        let department = UnitId(Uuid::parse_str(text(asked, "/department")?)?);
        Ok(json!({"department": department.public(), "year": asked["year"]}))
    },
    floor,
};

fn asked(units: &[Unit], dice: &mut Dice) -> Value {
    let unit = unit_with(units, 1, dice);
    json!({"department": id(11, unit.above() as u64, 0), "year": FISCAL_YEAR})
}

/// SQLite keeps the order of the tables of a cross join.
const SQL: &str = "SELECT u.code, u.name, COUNT(*), CAST(SUM(p.budget) AS BIGINT) FROM unit u CROSS JOIN project p \
                   WHERE p.unit_id = u.id AND u.parent_id = $1 AND p.fiscal_year = $2 \
                   GROUP BY u.id, u.code, u.name ORDER BY u.id LIMIT 500";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        let department = Uuid::parse_str(text(asked, "/department")?)?;
        let year = i32::try_from(number(asked, "/year")?)?;
        reading!(database, db => {
            let rows = sqlx::query(SQL).bind(department).bind(year).fetch_all(&mut *db).await?;
            let mut json = Json::begin("{\"data\":{\"projectGroups\":{\"nodes\":[");
            let mut first = true;
            for row in &rows {
                json.comma(&mut first).raw("{\"unit\":{\"code\":").text(row.try_get(0)?);
                json.raw(",\"name\":").text(row.try_get(1)?);
                json.raw("},\"count\":").number(row.try_get::<i64, _>(2)?);
                json.raw(",\"budget\":{\"sum\":").money(row.try_get(3)?).raw("}}");
            }
            Ok(json.end("]}}}"))
        })
    })
}
