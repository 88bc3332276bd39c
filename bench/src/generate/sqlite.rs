//! SQLite: multi-row inserts in one transaction, without waiting for the disk.

use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};

use super::rows::{Cell, LEVELS, TABLES, each};
use crate::Done;
use crate::data::Size;

/// Rows of a statement.
const ROWS: usize = 500;

/// See [`super::fill`].
pub async fn fill(url: &str, size: Size) -> Done<u64> {
    let options = SqliteConnectOptions::from_str(url)?
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-262144")
        .foreign_keys(false);
    let mut db = SqliteConnection::connect_with(&options).await?;
    let levels = sqlx::query_as(LEVELS).fetch_all(&mut db).await?.into_iter().collect();
    let mut tx = db.begin().await?;
    let count = each(size, &levels, async |piece| {
        for (table, rows) in TABLES.iter().zip(piece) {
            for chunk in rows.chunks(ROWS) {
                let head = format!("INSERT INTO {} ({}) ", table.name, table.columns);
                let mut insert = QueryBuilder::<Sqlite>::new(head);
                insert.push_values(chunk, |mut values, row| {
                    for cell in row {
                        match cell {
                            Cell::Key(key) => values.push_bind(*key),
                            Cell::Number(number) => values.push_bind(*number),
                            Cell::Text(text) => values.push_bind(text.as_str()),
                            Cell::Null => values.push("NULL"),
                        };
                    }
                });
                insert.build().execute(&mut *tx).await?;
            }
        }
        Ok(())
    });
    let count = count.await?;
    tx.commit().await?;
    db.close().await?;
    Ok(count)
}
