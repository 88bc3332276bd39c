//! A project by its natural key.

use entity::id::ProjectId;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, Operation, number, text, the_same, unit_with};
use crate::data::Unit;
use crate::dice::Dice;
use crate::projects::{FISCAL_YEAR, code};
use crate::server::{Database, reading};

/// See the module.
pub static Q1: Operation = Operation {
    name: "Q1",
    about: "project by natural key",
    document: "query Q1($key: ProjectKeyInput!) { project(by: {key: $key}) { id code name fiscalYear goalLevel \
               budget { amount } fiscalFunds { amount } otherFunds { amount } purpose version } }",
    asked,
    variables: the_same,
    floor,
};

fn asked(units: &[Unit], dice: &mut Dice) -> Value {
    let unit = unit_with(units, 1, dice);
    let code = code(unit.first + dice.below(unit.projects));
    json!({"key": {"divisionCode": unit.division(), "fiscalYear": FISCAL_YEAR, "code": code}})
}

const SQL: &str = "SELECT id, code, name, fiscal_year, goal_level, budget, fiscal_funds, other_funds, purpose, version \
                   FROM project WHERE division_code = $1 AND fiscal_year = $2 AND code = $3";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        let (division, year) = (text(asked, "/key/divisionCode")?, number(asked, "/key/fiscalYear")?);
        let code = text(asked, "/key/code")?;
        reading!(database, db => {
            let row = sqlx::query(SQL).bind(division).bind(i32::try_from(year)?).bind(code);
            let Some(row) = row.fetch_optional(&mut *db).await? else {
                return Ok(b"{\"data\":{\"project\":null}}".to_vec());
            };
            let mut json = Json::begin("{\"data\":{\"project\":{\"id\":\"");
            json.raw(&ProjectId(row.try_get::<Uuid, _>(0)?).public());
            json.raw("\",\"code\":").maybe(row.try_get(1)?);
            json.raw(",\"name\":").text(row.try_get(2)?);
            json.raw(",\"fiscalYear\":").number(row.try_get::<i32, _>(3)?);
            json.raw(",\"goalLevel\":").text(row.try_get(4)?);
            json.raw(",\"budget\":").money(row.try_get(5)?);
            json.raw(",\"fiscalFunds\":").money(row.try_get(6)?);
            json.raw(",\"otherFunds\":").money(row.try_get(7)?);
            json.raw(",\"purpose\":").maybe(row.try_get(8)?);
            json.raw(",\"version\":").number(row.try_get::<i32, _>(9)?);
            Ok(json.end("}}}"))
        })
    })
}
