//! PostgreSQL: `COPY`, and what the server makes of the rows later.

use std::fmt::Write as _;

use sqlx::{Connection, PgConnection};

use super::rows::{Cell, LEVELS, TABLES, each};
use crate::Done;
use crate::data::Size;

/// See [`super::fill`].
pub async fn fill(url: &str, size: Size) -> Done<u64> {
    let mut db = PgConnection::connect(url).await?;
    let levels = sqlx::query_as(LEVELS).fetch_all(&mut db).await?.into_iter().collect();
    let mut tx = db.begin().await?;
    let count = each(size, &levels, async |piece| {
        for (table, rows) in TABLES.iter().zip(piece) {
            let mut lines = String::new();
            for row in rows {
                for (place, cell) in row.iter().enumerate() {
                    if place > 0 {
                        lines.push('\t');
                    }
                    match cell {
                        Cell::Key(key) => write!(lines, "{key}")?,
                        Cell::Number(number) => write!(lines, "{number}")?,
                        // The texts have no tabs, line ends or backslashes.
                        Cell::Text(text) => lines.push_str(text),
                        Cell::Null => lines.push_str("\\N"),
                    }
                }
                lines.push('\n');
            }
            let mut copy = tx.copy_in_raw(&format!("COPY {} ({}) FROM STDIN", table.name, table.columns)).await?;
            copy.send(lines.into_bytes()).await?;
            copy.finish().await?;
        }
        Ok(())
    });
    let count = count.await?;
    tx.commit().await?;
    db.close().await?;
    Ok(count)
}

/// Does at once what the server does by itself after a while: counts rows for the planner, and puts what was added to the
/// full-text index in its place.
pub async fn settle(url: &str) -> Done<()> {
    let mut db = PgConnection::connect(url).await?;
    sqlx::query("VACUUM ANALYZE").execute(&mut db).await?;
    Ok(db.close().await?)
}
