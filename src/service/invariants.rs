//! What holds for the whole database at every moment, as SQL that finds the rows for which it does not.
//!
//! Most of it is held by constraints or by the one writing path already; these checks notice what got past them: a
//! restored backup, a repair by hand, a disk that lies, a fault of ours. They read whole tables and belong to the
//! operator alone. The SQL is the same on both databases.

mod catalogue;

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use uuid::Uuid;

use crate::auth::Caller;
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult};

use catalogue::Table;

/// Offending rows that are named one by one.
const NAMED: usize = 3;

/// Something that holds for the whole database.
pub struct Invariant {
    /// Short name, unique.
    pub name: &'static str,
    /// What holds, one sentence.
    pub meaning: &'static str,
    probes: Vec<Probe>,
}

/// A question whose answer has a row for each place where the invariant does not hold.
enum Probe {
    /// Selects the keys of a table as `id`.
    Rows(Table, String),
    /// Selects entries of the audit as `id`: chain and number.
    Entries(String),
    /// A check of SQLite's own, which answers in words; the word that means nothing is wrong.
    Words(&'static str, &'static str),
}

/// Asks SQLite whether its file is whole. The index of search is used first: a connection checks it as it last saw it, and takes
/// what others have merged since for damage.
pub const INTEGRITY: &str = "SELECT checked.integrity_check FROM \
    (SELECT COUNT(*) FROM search_pair WHERE search_pair MATCH 'none') CROSS JOIN pragma_integrity_check AS checked";

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The invariant holds.
    Holds,
    /// It does not.
    Broken {
        /// Number of offending rows.
        rows: u64,
        /// The public keys of the first of them, or SQLite's words.
        first: Vec<String>,
    },
}

/// The invariants of a database, in the order in which an operator wants to read them.
pub fn of(db: &impl ConnectionTrait) -> Vec<Invariant> {
    let mut all = catalogue::of_every_database();
    if db.get_database_backend() == DbBackend::Sqlite {
        all.extend(catalogue::of_sqlite());
    }
    all
}

/// Whether an invariant holds.
///
/// # Errors
/// `FORBIDDEN` for who may not do this everywhere, and what reading can end with.
pub async fn check(db: &impl ConnectionTrait, caller: &Caller, invariant: &Invariant) -> AppResult<Outcome> {
    caller.must_everywhere(Permission::Operate)?;
    let (mut rows, mut first) = (0, Vec::new());
    for probe in &invariant.probes {
        let (found, named) = probe.run(db).await?;
        rows += found;
        first.extend(named);
    }
    first.truncate(NAMED);
    Ok(if rows == 0 { Outcome::Holds } else { Outcome::Broken { rows, first } })
}

impl Probe {
    /// The number of offending rows and the first of them.
    async fn run(&self, db: &impl ConnectionTrait) -> AppResult<(u64, Vec<String>)> {
        let ask = |sql: String| db.query_all_raw(Statement::from_string(db.get_database_backend(), sql));
        match self {
            Self::Rows(table, sql) => {
                let rows = ask(first(sql)).await?;
                let keys: Result<Vec<Uuid>, _> = rows.iter().map(|row| row.try_get("", "id")).collect();
                Ok((total(&rows)?, keys?.into_iter().map(table.key).collect()))
            }
            Self::Entries(sql) => {
                let rows = ask(first(sql)).await?;
                let entries: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get("", "id")).collect();
                Ok((total(&rows)?, entries?))
            }
            Self::Words(sql, fine) => {
                let said = |row: &QueryResult| row.try_get_by_index::<String>(0).map_err(AppError::from);
                let said: AppResult<Vec<String>> = ask((*sql).to_owned()).await?.iter().map(said).collect();
                let wrong: Vec<String> = said?.into_iter().filter(|word| word != fine).collect();
                Ok((wrong.len() as u64, wrong.into_iter().take(NAMED).collect()))
            }
        }
    }
}

/// Selects the first rows of a question, each with the number of all.
fn first(sql: &str) -> String {
    format!("SELECT id, COUNT(*) OVER () AS total FROM ({sql}) AS offending ORDER BY id LIMIT {NAMED}")
}

fn total(rows: &[QueryResult]) -> AppResult<u64> {
    let total: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "total"))?;
    Ok(total.unsigned_abs())
}
