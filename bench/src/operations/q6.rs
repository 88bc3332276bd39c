//! Search for words of two characters in the names and texts of projects: words that stand in the names of an eighth of all
//! projects, the newest of which are wanted, and words that stand nowhere.
//!
//! The floor does what is usually done: an index of trigrams and `LIKE`. Both indexes have nothing for two characters, so that it
//! reads one text after the other.

use entity::id::ProjectId;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::json::Json;
use super::{Answering, Operation, text, the_same};
use crate::Done;
use crate::data::Unit;
use crate::dice::Dice;
use crate::server::{Database, reading};

/// Words that stand in many names, and at the beginning of none.
const COMMON: [&str; 8] = ["道路", "养护", "管网", "维修", "校舍", "加固", "绿化", "补植"];
/// Words that stand in no project.
const MISSING: [&str; 8] = ["水库", "法院", "渔港", "林场", "航道", "消防", "牧区", "档案"];

const DOCUMENT: &str = "query Q6($word: String!) { search(query: $word, types: [PROJECT], first: 20) \
                        { nodes { score node { ... on Project { id name } } } } }";

/// Words that stand in many names.
pub static Q6A: Operation = Operation {
    name: "Q6a",
    about: "the newest 20 projects with a word of two characters that an eighth of all have",
    document: DOCUMENT,
    asked: |_: &[Unit], dice: &mut Dice| json!({"word": dice.pick(&COMMON)}),
    variables: the_same,
    floor,
};

/// Words that stand nowhere.
pub static Q6B: Operation = Operation {
    name: "Q6b",
    about: "projects with a word of two characters that none has",
    document: DOCUMENT,
    asked: |_: &[Unit], dice: &mut Dice| json!({"word": dice.pick(&MISSING)}),
    variables: the_same,
    floor,
};

/// The texts of a project in one.
const TEXTS: &str = "SELECT id, name || ' ' || COALESCE(purpose, '') || ' ' || COALESCE((SELECT text FROM objective \
                     WHERE project_id = project.id ORDER BY ordinal LIMIT 1), '') FROM project";

/// Makes the index of the floor anew: in a file beside the database of SQLite, in a schema of its own on PostgreSQL.
///
/// # Errors
/// When the database refuses, as PostgreSQL does where `pg_trgm` is not installed.
pub async fn prepare(database: &Database) -> Done<()> {
    match database {
        Database::Sqlite { write, .. } => {
            let make = format!(
                "DROP TABLE IF EXISTS floor.search_text; \
                 CREATE VIRTUAL TABLE floor.search_text USING fts5(id UNINDEXED, text, tokenize = 'trigram'); \
                 INSERT INTO floor.search_text (id, text) {TEXTS} ORDER BY id"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(write).await?;
        }
        Database::Postgres { write, .. } => {
            let make = format!(
                "DROP SCHEMA IF EXISTS floor CASCADE; CREATE SCHEMA floor; CREATE EXTENSION pg_trgm SCHEMA floor; \
                 CREATE TABLE floor.search_text (id uuid PRIMARY KEY, text text NOT NULL); \
                 INSERT INTO floor.search_text {TEXTS}; \
                 CREATE INDEX ON floor.search_text USING gin (text floor.gin_trgm_ops); ANALYZE floor.search_text"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(write).await?;
        }
    }
    Ok(())
}

const SQL: &str = "SELECT p.id, p.name FROM floor.search_text s JOIN project p ON p.id = s.id WHERE s.text LIKE $1 \
                   ORDER BY s.id DESC LIMIT 20";

fn floor<'a>(database: &'a Database, asked: &'a Value) -> Answering<'a> {
    Box::pin(async move {
        let like = format!("%{}%", text(asked, "/word")?);
        reading!(database, db => {
            let rows = sqlx::query(SQL).bind(like).fetch_all(&mut *db).await?;
            let mut json = Json::begin("{\"data\":{\"search\":{\"nodes\":[");
            let mut first = true;
            for row in &rows {
                // The words of this operation stand in names, or nowhere.
                json.comma(&mut first).raw("{\"score\":2,\"node\":{\"id\":\"");
                json.raw(&ProjectId(row.try_get::<Uuid, _>(0)?).public());
                json.raw("\",\"name\":").text(row.try_get(1)?).raw("}}");
            }
            Ok(json.end("]}}}"))
        })
    })
}
