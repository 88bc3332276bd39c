//! What the program and the database say of everything, after it was tormented.

use bench::world::{Kind, World};
use bench::{Done, Failure};
use sea_orm::{ConnectionTrait, Statement};

/// Tests all invariants (the change feed against the audit among them), the chains of the audit, the index of search, and the
/// file of SQLite.
///
/// # Errors
/// With what was said, when something does not hold.
pub async fn check(world: &World) -> Done<()> {
    for command in [["admin", "check"].as_slice(), &["admin", "audit", "verify"], &["admin", "reindex", "--check"]] {
        world.run(command)?;
    }
    match world.kind() {
        Kind::Sqlite => integrity(world).await,
        Kind::Postgres => Ok(()),
    }
}

/// What SQLite says of its file, past the program.
async fn integrity(world: &World) -> Done<()> {
    let db = world.connect().await?;
    let sql = Statement::from_string(db.get_database_backend(), "PRAGMA integrity_check");
    let rows = db.query_all_raw(sql).await?;
    let said: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    db.close().await?;
    if said == ["ok"] { Ok(()) } else { Err(Failure::from(format!("integrity_check: {said:?}"))) }
}
