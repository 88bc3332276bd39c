//! The load of a whole place from JSONL by `jixiao import`, against the database taking the same rows by itself.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;
use std::str::FromStr;
use std::time::{Duration, Instant};

use clap::Args;
use entity::value::SearchKind;
use jixiao::rules::search::{Part, write_pairs};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::cluster::Cluster;
use crate::data::Size;
use crate::floor::{NOW, id};
use crate::projects::Project;
use crate::world::{Kind, World};
use crate::{Done, Failure, usage};

/// Indicators of a project.
const INDICATORS: usize = 8;

/// Every table that a load fills, those that are referred to first.
const TABLES: [&str; 13] = [
    "unit",
    "unit_closure",
    "project",
    "objective",
    "spending_plan",
    "plan_point",
    "indicator",
    "finding",
    "indicator_count",
    "search_entry",
    "audit_head",
    "audit_entry",
    "change",
];

/// Load a place into an empty database, and the same rows by the means of the database alone
///
/// The floor takes the rows that the load has made, of all tables, in one transaction and with all indexes: by `COPY` from files of
/// the server on PostgreSQL, by `INSERT … SELECT` from the loaded file on SQLite. It reads, judges and makes nothing.
#[derive(Debug, Args)]
pub struct Load {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// How much is loaded
    #[arg(long, value_enum, default_value_t = Size::County)]
    size: Size,
}

impl Load {
    /// Measures and prints.
    pub async fn run(self) -> Done<()> {
        let cluster = self.db.cluster()?;
        let [loaded, floor] =
            [World::empty(cluster.as_ref(), "loaded").await?, World::empty(cluster.as_ref(), "floor").await?];
        for world in [&loaded, &floor] {
            world.run(&["migrate"])?;
        }
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile()?;
        self.write(file.as_file())?;
        add_divisions(&loaded, self.size).await?;
        println!("{:?}, {:?}: {} MiB of JSONL", self.db, self.size, file.as_file().metadata()?.len() >> 20);

        let (load, peak) = import(&loaded, file.path())?;
        let (rows, taken) = match &cluster {
            None => by_sqlite(&loaded, &floor).await?,
            Some(cluster) => by_postgres(&loaded, &floor, cluster).await?,
        };
        let (load, taken) = (load.as_secs_f64(), taken.as_secs_f64());
        let speed = |seconds: f64| rows as f64 / seconds;
        println!("import: {load:.1} s, {:.0} rows/s, peak {} MiB", speed(load), peak >> 10);
        println!("floor: {taken:.1} s, {:.0} rows/s, {rows} rows", speed(taken));
        println!("ratio: {:.2}", taken / load);
        Ok(())
    }

    /// The units and the projects, a line for each.
    fn write(&self, file: &File) -> Done<()> {
        let mut file = BufWriter::new(file);
        let units = self.size.units();
        for unit in &units {
            let key = json!({ "divisionCode": unit.division(), "code": unit.code() });
            let set = json!({ "name": format!("第{}服务中心", unit.number) });
            writeln!(file, "{}", json!({ "type": "unit", "key": key, "set": set }))?;
        }
        for unit in &units {
            for number in unit.first..unit.first + unit.projects {
                let project = Project::new(number, 1, INDICATORS);
                let mut row = project.row();
                row["type"] = "project".into();
                row["key"]["divisionCode"] = unit.division().into();
                row["key"]["unitCode"] = unit.code().into();
                row["set"]["objectives"] = json!([format!(
                    "围绕“{}”，在本年度内按计划完成各项任务，资金按进度支付，成果经验收合格后投入使用，服务对象的满意度稳步提高。",
                    project.name
                )]);
                writeln!(file, "{row}")?;
            }
        }
        Ok(file.flush()?)
    }
}

/// The divisions, which no table of rows makes.
async fn add_divisions(world: &World, size: Size) -> Done<()> {
    let mut codes: Vec<String> = size.units().iter().map(crate::data::Unit::division).collect();
    codes.dedup();
    let insert =
        "INSERT INTO division (id, code, name, version, created_at, updated_at) VALUES ($1, $2, $2, 1, $3, $3)";
    for (number, code) in (0..).zip(&codes) {
        let key = id(10, number, 0);
        match world.kind() {
            Kind::Sqlite => {
                let mut db = SqliteConnection::connect(&world.url).await?;
                sqlx::query(insert).bind(key).bind(code).bind(NOW).execute(&mut db).await?;
                db.close().await?;
            }
            Kind::Postgres => {
                let mut db = PgConnection::connect(&world.url).await?;
                sqlx::query(insert).bind(key).bind(code).bind(NOW).execute(&mut db).await?;
                db.close().await?;
            }
        }
    }
    Ok(())
}

/// Runs the import; how long it took, and the most memory that it had, in kilobytes.
fn import(world: &World, file: &Path) -> Done<(Duration, u64)> {
    let file = file.to_string_lossy();
    let mut command = world.command(&["import", &file, "--kind", "mixed", "--apply", "--json"]);
    let began = Instant::now();
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let mut peak = 0;
    let ended = loop {
        match process.try_wait()? {
            Some(ended) => break ended,
            // It may end in this moment.
            None => peak = usage::peak_memory(process.id()).unwrap_or(0).max(peak),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let took = began.elapsed();
    let said = process.wait_with_output()?.stdout;
    let said: Value = serde_json::from_slice(&said)?;
    if !ended.success() || said["status"] != "COMPLETED" {
        return Err(Failure::from(said.to_string()));
    }
    Ok((took, peak))
}

/// The rows of all tables from one file into the other; how many, and how long it took.
async fn by_sqlite(loaded: &World, floor: &World) -> Done<(u64, Duration)> {
    let options = SqliteConnectOptions::from_str(&floor.url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-262144")
        .foreign_keys(true);
    let from = SqliteConnectOptions::from_str(&loaded.url)?.get_filename().display().to_string();
    let mut db = SqliteConnection::connect_with(&options).await?;
    sqlx::query("ATTACH $1 AS loaded").bind(from).execute(&mut db).await?;
    let take = |table: &str| format!("INSERT INTO main.{table} SELECT * FROM loaded.{table} WHERE 1 = 1");
    let before = format!("DROP TRIGGER indicator_count_after_insert_indicator; {}", take("division"));
    sqlx::raw_sql(AssertSqlSafe(before)).execute(&mut db).await?;
    make_pairs(&mut db).await?;
    let began = Instant::now();
    let mut rows = 0;
    let mut tx = db.begin().await?;
    for table in TABLES {
        rows += sqlx::query(AssertSqlSafe(take(table))).execute(&mut *tx).await?.rows_affected();
    }
    let pairs = "INSERT INTO main.search_pair (rowid, pairs) SELECT number, pairs FROM temp.pair ORDER BY number";
    sqlx::query(pairs).execute(&mut *tx).await?;
    tx.commit().await?;
    let took = began.elapsed();
    db.close().await?;
    Ok((rows, took))
}

/// The pairs of search as a table of their own: the full-text index, which has them, does not give them back.
async fn make_pairs(db: &mut SqliteConnection) -> Done<()> {
    sqlx::query("CREATE TABLE temp.pair (number INTEGER PRIMARY KEY, pairs TEXT)").execute(&mut *db).await?;
    let mut last = 0_i64;
    loop {
        let page = "SELECT number, kind, names, texts, others FROM loaded.search_entry WHERE number > $1 ORDER BY 1 LIMIT 10000";
        let entries: Vec<(i64, String, String, String, String)> =
            sqlx::query_as(page).bind(last).fetch_all(&mut *db).await?;
        let Some((number, ..)) = entries.last() else { return Ok(()) };
        last = *number;
        let mut tx = db.begin().await?;
        for (number, kind, names, texts, others) in &entries {
            let kind = SearchKind::from_code(kind).ok_or("an entry of an unknown kind")?;
            let mut pairs = String::new();
            for (part, joined) in Part::ALL.into_iter().zip([names, texts, others]) {
                write_pairs(kind, part, joined, &mut pairs);
            }
            sqlx::query("INSERT INTO temp.pair VALUES ($1, $2)").bind(number).bind(pairs).execute(&mut *tx).await?;
        }
        tx.commit().await?;
    }
}

/// The same by files of the server.
async fn by_postgres(loaded: &World, floor: &World, cluster: &Cluster) -> Done<(u64, Duration)> {
    let file = |table: &str| cluster.file(table).display().to_string();
    let mut db = PgConnection::connect(&loaded.url).await?;
    for table in ["division"].iter().chain(&TABLES) {
        sqlx::query(AssertSqlSafe(format!("COPY {table} TO '{}'", file(table)))).execute(&mut db).await?;
    }
    db.close().await?;
    let mut db = PgConnection::connect(&floor.url).await?;
    let take = |table: &str| format!("COPY {table} FROM '{}'", file(table));
    let before = format!("ALTER TABLE indicator DISABLE TRIGGER USER; {}", take("division"));
    sqlx::raw_sql(AssertSqlSafe(before)).execute(&mut db).await?;
    let began = Instant::now();
    let mut rows = 0;
    let mut tx = db.begin().await?;
    for table in TABLES {
        rows += sqlx::query(AssertSqlSafe(take(table))).execute(&mut *tx).await?.rows_affected();
    }
    tx.commit().await?;
    let took = began.elapsed();
    db.close().await?;
    Ok((rows, took))
}
