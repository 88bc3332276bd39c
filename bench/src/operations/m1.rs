//! One project is changed.

use entity::id::ProjectId;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, COUNTER, Operation, text, unit_with};
use crate::data::Unit;
use crate::dice::Dice;
use crate::floor::{NOW, id};
use crate::server::Database;

/// See the module.
pub static M1: Operation = Operation {
    name: "M1",
    about: "one update of a project",
    document: "mutation M1($id: ID!, $purpose: String!) { projectUpdate(input: {by: {id: $id}, set: {purpose: $purpose}}) \
               { project { id purpose } userErrors { code message } } }",
    asked,
    variables: |asked, _| {
        let id = Uuid::parse_str(text(asked, "/id")?)?;
        Ok(json!({"id": ProjectId(id).public(), "purpose": asked["purpose"]}))
    },
    floor,
};

fn asked(units: &[Unit], dice: &mut Dice) -> Value {
    let unit = unit_with(units, 1, dice);
    let id = id(0, unit.first + dice.below(unit.projects), 0);
    json!({"id": id, "purpose": format!("用于设备更新和人员培训，包括材料、人工、检测和管护费用，第{COUNTER}次调整")})
}

const SQL: &str =
    "UPDATE project SET purpose = $2, version = version + 1, updated_at = $3 WHERE id = $1 RETURNING id, purpose";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    macro_rules! update {
        ($pool:expr) => {{
            let id = Uuid::parse_str(text(asked, "/id")?)?;
            let mut tx = $pool.begin().await?;
            let row = sqlx::query(SQL).bind(id).bind(text(asked, "/purpose")?).bind(NOW);
            let row = row.fetch_one(&mut *tx).await?;
            let mut json = Json::begin("{\"data\":{\"projectUpdate\":{\"project\":{\"id\":\"");
            json.raw(&ProjectId(row.try_get::<Uuid, _>(0)?).public());
            json.raw("\",\"purpose\":").maybe(row.try_get(1)?);
            tx.commit().await?;
            Ok(json.end("},\"userErrors\":[]}}}"))
        }};
    }
    Box::pin(async move {
        match database {
            Database::Sqlite { write, .. } => update!(write),
            Database::Postgres { write, .. } => update!(write),
        }
    })
}
