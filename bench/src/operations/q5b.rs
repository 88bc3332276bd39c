//! How many indicators of each second level there are, everywhere. The floor counts them.

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, Operation, the_same};
use crate::data::Unit;
use crate::dice::Dice;
use crate::server::{Database, reading};

/// See the module.
pub static Q5B: Operation = Operation {
    name: "Q5b",
    about: "indicators by second level over everything",
    document: "query Q5b { indicatorGroups(groupBy: [LEVEL2], first: 50) { nodes { level2 { code label } count } } }",
    asked: |_: &[Unit], _: &mut Dice| json!({}),
    variables: the_same,
    floor,
};

const COUNTS: &str = "SELECT level2_id, COUNT(*) FROM indicator GROUP BY level2_id";
const LEVELS: &str = "SELECT id, code, COALESCE(name_en, name_zh) FROM indicator_level WHERE rank = 2";

fn floor<'a>(database: &'a Database, _: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        reading!(database, db => {
            let counts = sqlx::query_as::<_, (Option<Uuid>, i64)>(COUNTS).fetch_all(&mut *db).await?;
            let levels = sqlx::query(LEVELS).fetch_all(&mut *db).await?;
            let mut of_level = HashMap::with_capacity(levels.len());
            for row in &levels {
                of_level.insert(row.try_get::<Uuid, _>(0)?, row);
            }
            let mut counts = counts;
            // In the order of the keys; those without a level come last.
            counts.sort_unstable_by_key(|(level, _)| (level.is_none(), *level));
            let mut json = Json::begin("{\"data\":{\"indicatorGroups\":{\"nodes\":[");
            let mut first = true;
            for (level, count) in counts.iter().take(50) {
                json.comma(&mut first).raw("{\"level2\":");
                match level.and_then(|level| of_level.get(&level)) {
                    Some(row) => {
                        json.raw("{\"code\":").maybe(row.try_get(1)?);
                        json.raw(",\"label\":").text(row.try_get(2)?).raw("}");
                    }
                    None => {
                        json.raw("null");
                    }
                }
                json.raw(",\"count\":").number(*count).raw("}");
            }
            Ok(json.end("]}}}"))
        })
    })
}
