//! What a backup says of itself, and the list of its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde::{Deserialize, Serialize};

use super::failure::{BackupError, at};
use super::tree::{self, Sums};
use super::{MANIFEST, SUMS};
use crate::auth::Caller;
use crate::error::{AppError, AppResult};
use crate::service::audit::anchor;

/// The form of backups that this version makes and reads.
pub const FORM: u32 = 1;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The form of the backup: 1.
    pub form: u32,
    /// The version of the program that made it.
    pub version: String,
    /// When its state was that of the database: RFC 3339, UTC.
    pub at: String,
    /// `sqlite` or `postgresql`.
    pub database: String,
    /// Whether the keys of the service are in it.
    pub keys: bool,
    /// Number of its other files, without this one and the list.
    pub files: usize,
    /// What the database holds.
    pub contents: Contents,
}

/// What a database holds, to be compared with what is restored from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contents {
    /// The migrations that have run.
    pub migrations: Vec<String>,
    /// Number of rows by table.
    pub rows: BTreeMap<String, i64>,
    /// The newest entry of each chain of the audit, as `jixiao admin audit anchor` prints it.
    pub anchors: Vec<String>,
}

impl Contents {
    /// What a database holds; the connection must show one state of it.
    pub async fn of(db: &impl ConnectionTrait) -> AppResult<Self> {
        let mut rows = BTreeMap::new();
        for table in tables(db).await? {
            // Names of our own migrations: letters and underscores.
            let count = texts(db, &format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}")).await?;
            let count = count.first().and_then(|count| count.parse().ok());
            rows.insert(table, count.ok_or_else(|| AppError::internal("a count that is no number"))?);
        }
        let migrations = texts(db, "SELECT version FROM seaql_migrations ORDER BY version").await?;
        let anchors = anchor::now(db, &Caller::operator()).await?.iter().map(ToString::to_string).collect();
        Ok(Self { migrations, rows, anchors })
    }

    /// The first thing in which another database differs.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let tables = self.rows.keys().chain(other.rows.keys());
        for table in tables {
            let (here, there) = (self.rows.get(table), other.rows.get(table));
            if here != there {
                let number = |rows: Option<&i64>| rows.map_or("no table".to_owned(), |rows| format!("{rows} rows"));
                return Some(format!("`{table}` had {} and has {}", number(here), number(there)));
            }
        }
        if self.anchors != other.anchors {
            return Some("the newest entries of the audit are others".to_owned());
        }
        (self.migrations != other.migrations).then(|| "other migrations have run".to_owned())
    }
}

/// The tables of a database; none when it is empty.
pub(super) async fn tables(db: &impl ConnectionTrait) -> AppResult<Vec<String>> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        }
        _ => {
            "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') \
             AND relnamespace = current_schema()::regnamespace ORDER BY relname"
        }
    };
    texts(db, sql).await
}

/// The first column of what a statement gives.
pub(super) async fn texts(db: &impl ConnectionTrait, sql: &str) -> AppResult<Vec<String>> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(AppError::from)).collect()
}

impl Manifest {
    /// Writes the manifest and the list of all files; to be done last.
    pub(super) fn write(&self, backup: &Path, sums: &mut Sums) -> Result<(), BackupError> {
        let path = backup.join(MANIFEST);
        let text = serde_json::to_vec_pretty(self).map_err(AppError::internal)?;
        tree::write(&path, &text)?;
        sums.insert(MANIFEST.to_owned(), tree::sum(&path)?);
        let lines: String = sums.iter().map(|(path, sum)| format!("{sum}  {path}\n")).collect();
        tree::write(&backup.join(SUMS), lines.as_bytes())
    }

    /// Reads the manifest and the list, and makes sure that the list is of what is there.
    pub(super) fn read(backup: &Path) -> Result<(Self, Sums), BackupError> {
        let list = backup.join(SUMS);
        let sums = fs::read_to_string(&list).map_err(at(&list))?;
        let sums: Option<Sums> = sums.ends_with('\n').then(|| sums.lines().map(line).collect()).flatten();
        let sums = sums.ok_or_else(|| damaged(format!("{SUMS} has lines that are none")))?;
        let there = tree::list(backup)?;
        if let Some(stranger) = there.iter().find(|path| *path != SUMS && !sums.contains_key(*path)) {
            return Err(damaged(format!("{stranger} is not in {SUMS}")));
        }
        if let Some(missing) = sums.keys().find(|path| there.binary_search(path).is_err()) {
            return Err(damaged(format!("{missing} is missing")));
        }
        let path = backup.join(MANIFEST);
        if sums.get(MANIFEST) != Some(&tree::sum(&path)?) {
            return Err(damaged(format!("{MANIFEST} is not as it was written")));
        }
        let manifest = fs::read(&path).map_err(at(&path))?;
        let manifest: Self = serde_json::from_slice(&manifest)
            .map_err(|error| damaged(format!("{MANIFEST} cannot be read: {error}")))?;
        if manifest.form != FORM {
            return Err(BackupError::Newer(manifest.version));
        }
        if manifest.files + 1 != sums.len() {
            return Err(damaged(format!("{SUMS} has not all of the {} files", manifest.files)));
        }
        Ok((manifest, sums))
    }
}

/// A line of the list: checksum, two spaces, a path that stays below the backup.
fn line(line: &str) -> Option<(String, String)> {
    let (sum, path) = line.split_once("  ")?;
    let inside = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    (inside && is_sum).then(|| (path.to_owned(), sum.to_owned()))
}

/// Says what is wrong with a backup.
pub(super) fn damaged(what: String) -> BackupError {
    BackupError::Damaged(what)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_list_leads_nowhere_else() {
        let sum = "0123456789abcdef".repeat(4);
        assert_eq!(line(&format!("{sum}  files/a b")), Some(("files/a b".to_owned(), sum.clone())));
        for path in ["../a", "/etc/passwd", "a/../../b", "", "./a"] {
            assert_eq!(line(&format!("{sum}  {path}")), None, "{path}");
        }
        assert_eq!(line(&format!("{sum} a")), None);
        assert_eq!(line(&format!("{}g  a", &sum[1..])), None);
    }
}
