//! Twenty projects of a unit with four plan points and eight indicators each.

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
pub static Q2: Operation = Operation {
    name: "Q2",
    about: "20 projects of a unit with 4 plan points and 8 indicators each",
    document: "query Q2($unit: UnitKeyInput!, $year: Int!) { unit(by: {key: $unit}) { code name \
               projects(first: 20, filter: {fiscalYear: {eq: $year}}) { nodes { id code name budget { amount } \
               plan { points { month percent amount { amount } } } \
               indicators(first: 8) { nodes { ordinal name description target { raw } weight } } } } } }",
    asked,
    variables: the_same,
    floor,
};

fn asked(units: &[Unit], dice: &mut Dice) -> Value {
    let unit = unit_with(units, 20, dice);
    json!({"unit": {"divisionCode": unit.division(), "code": unit.code()}, "year": FISCAL_YEAR})
}

// The ordinals of projects and indicators count from 1 without gaps.
const PROJECTS: &str = "SELECT u.name, p.id, p.code, p.name, p.budget FROM unit u JOIN project p ON p.unit_id = u.id \
                        WHERE u.division_code = $1 AND u.code = $2 AND p.fiscal_year = $3 AND p.ordinal <= 20 \
                        ORDER BY p.ordinal";
const POINTS: &str = "SELECT p.id, t.month, t.percent, t.amount FROM unit u JOIN project p ON p.unit_id = u.id \
                      JOIN spending_plan s ON s.project_id = p.id JOIN plan_point t ON t.plan_id = s.id \
                      WHERE u.division_code = $1 AND u.code = $2 AND p.fiscal_year = $3 AND p.ordinal <= 20 \
                      ORDER BY p.ordinal, t.month";
const INDICATORS: &str = "SELECT p.id, i.ordinal, i.name, i.description, i.target_raw, i.weight \
                          FROM unit u JOIN project p ON p.unit_id = u.id JOIN indicator i ON i.project_id = p.id \
                          WHERE u.division_code = $1 AND u.code = $2 AND p.fiscal_year = $3 AND p.ordinal <= 20 \
                          AND i.ordinal <= 8 ORDER BY p.ordinal, i.ordinal";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        let (division, code) = (text(asked, "/unit/divisionCode")?, text(asked, "/unit/code")?);
        let year = i32::try_from(number(asked, "/year")?)?;
        reading!(database, db => {
            let projects = sqlx::query(PROJECTS).bind(division).bind(code).bind(year).fetch_all(&mut *db).await?;
            let points = sqlx::query(POINTS).bind(division).bind(code).bind(year).fetch_all(&mut *db).await?;
            let indicators = sqlx::query(INDICATORS).bind(division).bind(code).bind(year).fetch_all(&mut *db).await?;
            let (mut points, mut indicators) = (points.iter().peekable(), indicators.iter().peekable());
            let mut json = Json::begin("{\"data\":{\"unit\":{\"code\":");
            json.text(code).raw(",\"name\":");
            json.maybe(projects.first().map(|row| row.try_get(0)).transpose()?);
            json.raw(",\"projects\":{\"nodes\":[");
            let mut first = true;
            for row in &projects {
                let id = row.try_get::<Uuid, _>(1)?;
                json.comma(&mut first).raw("{\"id\":\"").raw(&ProjectId(id).public());
                json.raw("\",\"code\":").maybe(row.try_get(2)?);
                json.raw(",\"name\":").text(row.try_get(3)?);
                json.raw(",\"budget\":").money(row.try_get(4)?);
                json.raw(",\"plan\":{\"points\":[");
                let mut first = true;
                while let Some(point) = points.next_if(|point| point.try_get::<Uuid, _>(0).is_ok_and(|of| of == id)) {
                    json.comma(&mut first).raw("{\"month\":").number(point.try_get::<i32, _>(1)?);
                    json.raw(",\"percent\":").decimal(point.try_get(2)?);
                    json.raw(",\"amount\":").money(point.try_get(3)?).raw("}");
                }
                json.raw("]},\"indicators\":{\"nodes\":[");
                let mut first = true;
                while let Some(row) = indicators.next_if(|row| row.try_get::<Uuid, _>(0).is_ok_and(|of| of == id)) {
                    json.comma(&mut first).raw("{\"ordinal\":").number(row.try_get::<i32, _>(1)?);
                    json.raw(",\"name\":").text(row.try_get(2)?);
                    json.raw(",\"description\":").maybe(row.try_get(3)?);
                    json.raw(",\"target\":{\"raw\":").text(row.try_get(4)?);
                    json.raw("},\"weight\":").decimal(row.try_get(5)?).raw("}");
                }
                json.raw("]}}");
            }
            Ok(json.end("]}}}}"))
        })
    })
}
