//! Everything that a database holds, to see what a request left behind.

use std::collections::BTreeMap;

use sea_orm::{DatabaseConnection, DbBackend};

use super::database::names;

/// The rows of every table as text, in an order that is theirs.
pub async fn tables(db: &DatabaseConnection) -> BTreeMap<String, Vec<String>> {
    let sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let all = if sqlite {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
    };
    let mut tables = BTreeMap::new();
    for table in names(db, all).await {
        let row = if sqlite {
            let columns =
                names(db, &format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')")).await;
            columns.join(" || ',' || ")
        } else {
            "to_jsonb(it)::text".to_owned()
        };
        tables.insert(table.clone(), names(db, &format!("SELECT {row} AS row FROM {table} AS it ORDER BY 1")).await);
    }
    tables
}
