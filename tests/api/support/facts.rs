//! Everything that a database says, without the keys and the times that each database has of its own: a key is named by what its row
//! says, and by what the rows say that it refers to.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use sea_orm::{DatabaseConnection, DbBackend};
use serde_json::{Map, Value};

use super::database::names;

/// What is not said of anything: the queue of files, and how an index is stored.
const WITHOUT: [&str; 2] = ["bulk_operation", "upload"];
/// What each database counts or computes from keys and times.
const OWN: [(&str, &str); 7] = [
    ("audit_entry", "hash"),
    ("audit_entry", "prev"),
    ("audit_head", "hash"),
    ("change", "xid"),
    ("change", "seq"),
    ("search_entry", "number"),
    ("seaql_migrations", "applied_at"),
];

/// The rows of each table in an order of their own.
pub async fn of(db: &DatabaseConnection) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
    for table in names(db, list(db)).await.into_iter().filter(|table| !WITHOUT.contains(&table.as_str())) {
        let rows = names(db, &format!("SELECT {} AS said FROM \"{table}\" AS it", row(db, &table).await)).await;
        let rows = rows.iter().map(|row| serde_json::from_str(row).unwrap());
        tables.insert(table, rows.collect());
    }
    for (table, rows) in &mut tables {
        let own = |column: &str| {
            OWN.contains(&(table, column)) || column == "at" || column.ends_with("_at") || column.starts_with("valid_")
        };
        rows.iter_mut().for_each(|row| row.retain(|column, _| !own(column)));
    }
    let mut labels: HashMap<String, u64> = HashMap::new();
    // A row names what it refers to, which names what that refers to.
    for _ in 0..4 {
        let mut next = HashMap::new();
        // A former state has the key of what it was a state of.
        for (table, rows) in tables.iter().filter(|(table, _)| !table.ends_with("_history")) {
            for row in rows {
                let Some(id) = row.get("id").and_then(Value::as_str) else { continue };
                let mut hasher = DefaultHasher::new();
                (table, said(row, &labels, Some(id))).hash(&mut hasher);
                next.insert(id.to_owned(), hasher.finish());
            }
        }
        labels = next;
    }
    let said = |rows: Vec<Map<String, Value>>| {
        let mut rows: Vec<String> = rows.iter().map(|row| said(row, &labels, None)).collect();
        rows.sort_unstable();
        rows
    };
    tables.into_iter().map(|(table, rows)| (table, said(rows))).collect()
}

/// A row with labels in the place of keys; that of the row itself is left out.
fn said(row: &Map<String, Value>, labels: &HashMap<String, u64>, own: Option<&str>) -> String {
    let mut text = String::new();
    for (column, value) in row {
        let value = match value.as_str() {
            Some(key) if Some(key) == own => "itself".to_owned(),
            Some(key) => match labels.get(key) {
                Some(label) => format!("{label:x}"),
                None if is_key(key) => "key".to_owned(),
                None => without_public_keys(key),
            },
            None => value.to_string(),
        };
        text.push_str(&format!("{column}={value};"));
    }
    text
}

/// 32 hexadecimal digits, with or without hyphens.
fn is_key(text: &str) -> bool {
    let digits = text.chars().filter(|sign| *sign != '-');
    digits.clone().count() == 32 && digits.into_iter().all(|sign| sign.is_ascii_hexdigit())
}

/// The JSON of the record names objects by their public keys: `prj_…`.
fn without_public_keys(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(at) = rest.find("_0") {
        let (before, behind) = rest.split_at(at + 1);
        kept.push_str(before);
        let end = behind.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(behind.len());
        rest = &behind[end..];
    }
    kept + rest
}

fn list(db: &DatabaseConnection) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_pair%'"
        }
        _ => {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        }
    }
}

async fn row(db: &DatabaseConnection, table: &str) -> String {
    match db.get_database_backend() {
        DbBackend::Sqlite => {
            let columns = names(db, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
            let pair = |name: &String| {
                format!("'{name}', CASE typeof(\"{name}\") WHEN 'blob' THEN lower(hex(\"{name}\")) ELSE \"{name}\" END")
            };
            format!("json_object({})", columns.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        _ => "to_jsonb(it)::text".to_owned(),
    }
}
