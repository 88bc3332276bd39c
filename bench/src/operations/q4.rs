//! A page of 50 projects deep in the list of all.

use entity::id::ProjectId;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, Operation, number, text, unit_with};
use crate::Done;
use crate::data::Unit;
use crate::dice::Dice;
use crate::floor::id;
use crate::projects::{FISCAL_YEAR, code};
use crate::server::{Database, reading};
use crate::service::Client;

/// See the module.
pub static Q4: Operation = Operation {
    name: "Q4",
    about: "page of 50 in the middle of all projects, by keyset",
    document: "query Q4($after: String!) { projects(first: 50, after: $after) \
               { nodes { id code name budget { amount } } pageInfo { hasNextPage } } }",
    asked,
    variables,
    floor,
};

/// The last unit before the third third of all.
fn asked(units: &[Unit], dice: &mut Dice) -> Value {
    let middle = &units[units.len() / 3..units.len() * 2 / 3];
    let unit = unit_with(middle, 1, dice);
    let place = dice.below(unit.projects);
    json!({
        "year": FISCAL_YEAR,
        "unit": id(11, unit.number as u64, 0),
        "ordinal": place + 1,
        "id": id(0, unit.first + place, 0),
        "code": code(unit.first + place),
    })
}

/// The service gives the cursor of this project in the order of the page.
fn variables(asked: &Value, service: &Client) -> Done<Value> {
    let query = "query($code: String!) { projects(first: 1, filter: {code: {eq: $code}}) { edges { cursor } } }";
    let body = json!({"query": query, "variables": {"code": asked["code"]}}).to_string();
    let answer: Value = serde_json::from_str(&service.post(body.as_bytes(), None)?.body)?;
    let cursor = answer.pointer("/data/projects/edges/0/cursor").ok_or("there is no such project")?;
    Ok(json!({"after": cursor}))
}

const SQL: &str = "SELECT id, code, name, budget FROM project \
                   WHERE (fiscal_year, unit_id, ordinal, id) > ($1, $2, $3, $4) \
                   ORDER BY fiscal_year, unit_id, ordinal, id LIMIT 51";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        let (year, ordinal) = (i32::try_from(number(asked, "/year")?)?, i32::try_from(number(asked, "/ordinal")?)?);
        let (unit, id) = (Uuid::parse_str(text(asked, "/unit")?)?, Uuid::parse_str(text(asked, "/id")?)?);
        reading!(database, db => {
            let rows = sqlx::query(SQL).bind(year).bind(unit).bind(ordinal).bind(id).fetch_all(&mut *db).await?;
            let mut json = Json::begin("{\"data\":{\"projects\":{\"nodes\":[");
            let mut first = true;
            for row in rows.iter().take(50) {
                json.comma(&mut first).raw("{\"id\":\"").raw(&ProjectId(row.try_get::<Uuid, _>(0)?).public());
                json.raw("\",\"code\":").maybe(row.try_get(1)?);
                json.raw(",\"name\":").text(row.try_get(2)?);
                json.raw(",\"budget\":").money(row.try_get(3)?).raw("}");
            }
            json.raw("],\"pageInfo\":{\"hasNextPage\":").raw(if rows.len() > 50 { "true" } else { "false" });
            Ok(json.end("}}}}"))
        })
    })
}
