//! How to ask for the rows of a subtree of units: by a closure table or by a path. Both against one tree of 60,000 units
//! with five projects each, each answer compared with that of a recursive query.

use std::time::{Duration, Instant};

use clap::Args;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use tempfile::TempDir;

use crate::Done;
use crate::cluster::Cluster;
use crate::dice::Dice;
use crate::world::Kind;

const PROJECTS_A_UNIT: usize = 5;
/// Units that have no others above them.
const TOPS: usize = 30;
const DEEPEST: usize = 6;
const ROWS_A_STATEMENT: usize = 2_000;

/// Compare a closure table with paths
#[derive(Debug, Args)]
pub struct Tree {
    /// The database.
    #[arg(long, value_enum)]
    db: Kind,
    /// Units of the tree.
    #[arg(long, default_value_t = 60_000)]
    units: usize,
    /// How often each question is asked each way.
    #[arg(long, default_value_t = 31)]
    rounds: usize,
}

/// A unit: its parent, its depth, and the way to it from the top.
struct Unit {
    parent: Option<usize>,
    depth: usize,
    path: String,
}

/// A question, and the units whose subtrees it is about.
struct Question {
    name: &'static str,
    tops: Vec<usize>,
}

/// What is asked about the projects of the subtrees.
const SHAPES: &[(&str, &str, &str)] = &[
    ("page of 20", "SELECT id FROM project WHERE ", " ORDER BY id LIMIT 20"),
    ("count", "SELECT count(*) AS id FROM project WHERE ", ""),
    ("one by key", "SELECT id FROM project WHERE id = KEY AND ", ""),
];

impl Tree {
    /// Makes the tree and compares.
    ///
    /// # Errors
    /// When the database fails, or two ways to ask give different rows.
    pub async fn run(self) -> Done<()> {
        let folder = TempDir::new()?;
        let cluster = if self.db == Kind::Postgres { Some(Cluster::start()?) } else { None };
        let url = match &cluster {
            None => format!("sqlite://{}/tree.sqlite?mode=rwc", folder.path().display()),
            Some(cluster) => cluster.url("postgres"),
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await?;
        let units = grown(self.units);
        store(&db, &units).await?;

        println!("| subtrees | units | projects | asked | closure | path | path ÷ closure |");
        println!("|---|---|---|---|---|---|---|");
        for question in questions(&units) {
            let ways = [by_closure(&db, &question.tops), by_path(&units, &question.tops)];
            let size = subtree_size(&units, &question.tops);
            for (shape, before, after) in SHAPES {
                let key = literal(&db, question.tops[0] * PROJECTS_A_UNIT);
                let asked = |way: &str| format!("{}{way}{after}", before.replace("KEY", &key));
                let expected = rows(&db, &asked(&by_recursion(&db, &question.tops))).await?;
                let mut times = [Vec::new(), Vec::new()];
                for _ in 0..self.rounds {
                    for (way, times) in ways.iter().zip(&mut times) {
                        let began = Instant::now();
                        let found = rows(&db, &asked(way)).await?;
                        times.push(began.elapsed());
                        if found != expected {
                            return Err(format!("{}, {shape}: the answers differ\n{way}", question.name).into());
                        }
                    }
                }
                let [closure, path] = times.map(median);
                let ratio = path.as_secs_f64() / closure.as_secs_f64();
                let projects = size * PROJECTS_A_UNIT;
                println!(
                    "| {} | {size} | {projects} | {shape} | {closure:.1?} | {path:.1?} | {ratio:.2} |",
                    question.name
                );
            }
        }
        Ok(())
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A random tree: each unit below an earlier one that is not too deep.
fn grown(count: usize) -> Vec<Unit> {
    let mut dice = Dice::new(60);
    let mut units: Vec<Unit> = Vec::with_capacity(count);
    for number in 0..count {
        let parent = if number < TOPS {
            None
        } else {
            Some(loop {
                let parent = usize::try_from(dice.below(number as u64)).unwrap_or(0);
                if units[parent].depth < DEEPEST {
                    break parent;
                }
            })
        };
        let (above, depth) = parent.map_or(("", 0), |parent| (units[parent].path.as_str(), units[parent].depth + 1));
        units.push(Unit { parent, depth, path: format!("{above}{number:05x}/") });
    }
    units
}

fn subtree_size(units: &[Unit], tops: &[usize]) -> usize {
    let within = |unit: &Unit| tops.iter().any(|top| unit.path.starts_with(&units[*top].path));
    units.iter().filter(|unit| within(unit)).count()
}

/// A leaf, subtrees of several sizes, many of them at once, and everything.
fn questions(units: &[Unit]) -> Vec<Question> {
    let mut sizes: Vec<usize> = vec![1; units.len()];
    for (number, unit) in units.iter().enumerate().rev() {
        if let Some(parent) = unit.parent {
            sizes[parent] += sizes[number];
        }
    }
    let near = |size: usize, count: usize| -> Vec<usize> {
        let mut numbers: Vec<usize> = (TOPS..units.len()).collect();
        numbers.sort_by_key(|number| sizes[*number].abs_diff(size));
        numbers.truncate(count);
        numbers
    };
    vec![
        Question { name: "a leaf", tops: near(1, 1) },
        Question { name: "one of 100", tops: near(100, 1) },
        Question { name: "one of 3,000", tops: near(3_000, 1) },
        Question { name: "50 of 40", tops: near(40, 50) },
        Question { name: "all", tops: (0..TOPS).collect() },
    ]
}

/// A key as it stands in SQL: of 16 bytes, as those of the service are.
fn literal(db: &DatabaseConnection, number: usize) -> String {
    // The order of keys says nothing of the tree.
    let spread = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    match db.get_database_backend() {
        DbBackend::Postgres => format!("'{}'", uuid::Uuid::from_u128(spread)),
        _ => format!("x'{spread:032x}'"),
    }
}

fn listed(db: &DatabaseConnection, tops: &[usize]) -> String {
    tops.iter().map(|top| literal(db, *top)).collect::<Vec<_>>().join(", ")
}

fn by_closure(db: &DatabaseConnection, tops: &[usize]) -> String {
    format!("unit_id IN (SELECT descendant_id FROM unit_closure WHERE ancestor_id IN ({}))", listed(db, tops))
}

fn by_path(units: &[Unit], tops: &[usize]) -> String {
    let ranges = tops.iter().map(|top| &units[*top].path).map(|path| {
        // `0` follows `/`, with which each step of a path ends.
        format!("(path >= '{path}' AND path < '{}0')", path.trim_end_matches('/'))
    });
    format!("unit_id IN (SELECT id FROM unit WHERE {})", ranges.collect::<Vec<_>>().join(" OR "))
}

fn by_recursion(db: &DatabaseConnection, tops: &[usize]) -> String {
    format!(
        "unit_id IN (WITH RECURSIVE below(id) AS (SELECT id FROM unit WHERE id IN ({}) \
         UNION SELECT unit.id FROM unit JOIN below ON unit.parent_id = below.id) SELECT id FROM below)",
        listed(db, tops)
    )
}

/// The first column of each row, as text.
async fn rows(db: &DatabaseConnection, sql: &str) -> Done<Vec<String>> {
    let backend = db.get_database_backend();
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
    let text = |row: &sea_orm::QueryResult| match row.try_get_by_index::<i64>(0) {
        Ok(number) => Ok(number.to_string()),
        Err(_) => row.try_get_by_index::<uuid::Uuid>(0).map(|key| key.to_string()),
    };
    Ok(rows.iter().map(text).collect::<Result<_, _>>()?)
}

async fn store(db: &DatabaseConnection, units: &[Unit]) -> Done<()> {
    let (key, text) = match db.get_database_backend() {
        DbBackend::Postgres => ("uuid", "text COLLATE \"C\""),
        _ => ("blob", "text"),
    };
    db.execute_unprepared(&format!(
        "CREATE TABLE unit (id {key} PRIMARY KEY, parent_id {key}, path {text} NOT NULL);
         CREATE TABLE unit_closure (ancestor_id {key} NOT NULL, descendant_id {key} NOT NULL, depth integer NOT NULL,
                                    PRIMARY KEY (ancestor_id, descendant_id));
         CREATE TABLE project (id {key} PRIMARY KEY, unit_id {key} NOT NULL, name {text} NOT NULL);"
    ))
    .await?;
    let mut closure = Vec::new();
    for number in 0..units.len() {
        let (mut above, mut depth) = (Some(number), 0);
        while let Some(ancestor) = above {
            closure.push(format!("({}, {}, {depth})", literal(db, ancestor), literal(db, number)));
            (above, depth) = (units[ancestor].parent, depth + 1);
        }
    }
    let of_units = units.iter().enumerate().map(|(number, unit)| {
        let parent = unit.parent.map_or("NULL".to_owned(), |parent| literal(db, parent));
        format!("({}, {parent}, '{}')", literal(db, number), unit.path)
    });
    let projects = (0..units.len() * PROJECTS_A_UNIT)
        .map(|number| format!("({}, {}, '项目{number}')", literal(db, number), literal(db, number / PROJECTS_A_UNIT)));
    db.execute_unprepared("BEGIN").await?;
    insert(db, "unit", of_units.collect()).await?;
    insert(db, "unit_closure", closure).await?;
    insert(db, "project", projects.collect()).await?;
    db.execute_unprepared("COMMIT").await?;
    for index in ["unit (parent_id)", "unit (path)", "unit_closure (descendant_id)", "project (unit_id, id)"] {
        let name: String = index.chars().filter(char::is_ascii_alphabetic).collect();
        db.execute_unprepared(&format!("CREATE INDEX {name} ON {index}")).await?;
    }
    db.execute_unprepared("ANALYZE").await?;
    Ok(())
}

async fn insert(db: &DatabaseConnection, table: &str, rows: Vec<String>) -> Done<()> {
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        db.execute_unprepared(&format!("INSERT INTO {table} VALUES {}", rows.join(", "))).await?;
    }
    Ok(())
}
