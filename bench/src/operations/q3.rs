//! A page of 50 projects of a division from some budget on, the largest first, with their number.

use entity::id::ProjectId;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, Operation, number, text, unit_with};
use crate::data::Unit;
use crate::dice::Dice;
use crate::projects::FISCAL_YEAR;
use crate::server::{Database, reading};

/// See the module.
pub static Q3: Operation = Operation {
    name: "Q3",
    about: "filtered and sorted page of 50 with totalCount",
    document: "query Q3($division: String!, $year: Int!, $least: Decimal!) { projects(first: 50, \
               filter: {divisionCode: {eq: $division}, fiscalYear: {eq: $year}, budget: {gte: {yuan: $least}}}, \
               orderBy: [{field: BUDGET, direction: DESC}]) { totalCount \
               nodes { id name budget { amount } unit { code name } } pageInfo { hasNextPage } } }",
    asked,
    variables: |asked, _| {
        let least = number(asked, "/least")? / 100;
        Ok(json!({"division": asked["division"], "year": asked["year"], "least": least.to_string()}))
    },
    floor,
};

fn asked(units: &[Unit], dice: &mut Dice) -> Value {
    let least = dice.between(100, 500) * 1_000_000;
    json!({"division": unit_with(units, 1, dice).division(), "year": FISCAL_YEAR, "least": least})
}

const COUNT: &str = "SELECT COUNT(*) FROM project WHERE division_code = $1 AND fiscal_year = $2 AND budget >= $3";
const PAGE: &str = "SELECT p.id, p.name, p.budget, u.code, u.name FROM project p JOIN unit u ON u.id = p.unit_id \
                    WHERE p.division_code = $1 AND p.fiscal_year = $2 AND p.budget >= $3 \
                    ORDER BY p.budget DESC, p.id DESC LIMIT 51";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        let (division, least) = (text(asked, "/division")?, number(asked, "/least")?);
        let year = i32::try_from(number(asked, "/year")?)?;
        reading!(database, db => {
            let count = sqlx::query(COUNT).bind(division).bind(year).bind(least).fetch_one(&mut *db).await?;
            let rows = sqlx::query(PAGE).bind(division).bind(year).bind(least).fetch_all(&mut *db).await?;
            let mut json = Json::begin("{\"data\":{\"projects\":{\"totalCount\":");
            json.number(count.try_get::<i64, _>(0)?).raw(",\"nodes\":[");
            let mut first = true;
            for row in rows.iter().take(50) {
                json.comma(&mut first).raw("{\"id\":\"").raw(&ProjectId(row.try_get::<Uuid, _>(0)?).public());
                json.raw("\",\"name\":").text(row.try_get(1)?);
                json.raw(",\"budget\":").money(row.try_get(2)?);
                json.raw(",\"unit\":{\"code\":").text(row.try_get(3)?);
                json.raw(",\"name\":").text(row.try_get(4)?).raw("}}");
            }
            json.raw("],\"pageInfo\":{\"hasNextPage\":").raw(if rows.len() > 50 { "true" } else { "false" });
            Ok(json.end("}}}}"))
        })
    })
}
