//! The ten units of a department, ten projects of each, eight indicators of each.

use entity::id::ProjectId;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, Operation, number, text, the_same, unit_with};
use crate::data::Unit;
use crate::dice::Dice;
use crate::projects::FISCAL_YEAR;
use crate::server::{Database, reading};

/// See the module.
pub static Q7: Operation = Operation {
    name: "Q7",
    about: "10 units, 10 projects each, 8 indicators each",
    document: "query Q7($division: String!, $department: String!, $year: Int!) { units(first: 10, \
               filter: {divisionCode: {eq: $division}, code: {startsWith: $department}}) { nodes { code name \
               projects(first: 10, filter: {fiscalYear: {eq: $year}}) { nodes { id name budget { amount } \
               indicators(first: 8) { nodes { name target { raw } } } } } } } }",
    asked,
    variables: the_same,
    floor,
};

fn asked(units: &[Unit], dice: &mut Dice) -> Value {
    let unit = unit_with(units, 1, dice);
    json!({"division": unit.division(), "department": unit.department(), "year": FISCAL_YEAR})
}

const UNITS: &str = "SELECT id, code, name FROM unit WHERE division_code = $1 AND code >= $2 AND code < $2 || 'A' \
                     ORDER BY code LIMIT 10";
const PROJECTS: &str = "SELECT p.unit_id, p.id, p.name, p.budget FROM unit u JOIN project p ON p.unit_id = u.id \
                        WHERE u.division_code = $1 AND u.code >= $2 AND u.code < $2 || 'A' AND p.fiscal_year = $3 \
                        AND p.ordinal <= 10 ORDER BY u.code, p.ordinal";
const INDICATORS: &str = "SELECT i.project_id, i.name, i.target_raw FROM unit u JOIN project p ON p.unit_id = u.id \
                          JOIN indicator i ON i.project_id = p.id \
                          WHERE u.division_code = $1 AND u.code >= $2 AND u.code < $2 || 'A' AND p.fiscal_year = $3 \
                          AND p.ordinal <= 10 AND i.ordinal <= 8 ORDER BY u.code, p.ordinal, i.ordinal";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        let (division, department) = (text(asked, "/division")?, text(asked, "/department")?);
        let year = i32::try_from(number(asked, "/year")?)?;
        reading!(database, db => {
            let units = sqlx::query(UNITS).bind(division).bind(department).fetch_all(&mut *db).await?;
            let projects = sqlx::query(PROJECTS).bind(division).bind(department).bind(year);
            let projects = projects.fetch_all(&mut *db).await?;
            let indicators = sqlx::query(INDICATORS).bind(division).bind(department).bind(year);
            let indicators = indicators.fetch_all(&mut *db).await?;
            let (mut projects, mut indicators) = (projects.iter().peekable(), indicators.iter().peekable());
            let mut json = Json::begin("{\"data\":{\"units\":{\"nodes\":[");
            let mut first = true;
            for unit in &units {
                let id = unit.try_get::<Uuid, _>(0)?;
                json.comma(&mut first).raw("{\"code\":").text(unit.try_get(1)?);
                json.raw(",\"name\":").text(unit.try_get(2)?).raw(",\"projects\":{\"nodes\":[");
                let mut first = true;
                while let Some(project) = projects.next_if(|row| row.try_get::<Uuid, _>(0).is_ok_and(|of| of == id)) {
                    let id = project.try_get::<Uuid, _>(1)?;
                    json.comma(&mut first).raw("{\"id\":\"").raw(&ProjectId(id).public());
                    json.raw("\",\"name\":").text(project.try_get(2)?);
                    json.raw(",\"budget\":").money(project.try_get(3)?);
                    json.raw(",\"indicators\":{\"nodes\":[");
                    let mut first = true;
                    while let Some(row) = indicators.next_if(|row| row.try_get::<Uuid, _>(0).is_ok_and(|of| of == id)) {
                        json.comma(&mut first).raw("{\"name\":").text(row.try_get(1)?);
                        json.raw(",\"target\":{\"raw\":").text(row.try_get(2)?).raw("}}");
                    }
                    json.raw("]}}");
                }
                json.raw("]}}");
            }
            Ok(json.end("]}}}"))
        })
    })
}
