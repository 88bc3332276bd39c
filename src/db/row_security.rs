//! Row-level security of PostgreSQL: whether it holds, and saying who asks.

use migration::row_security::OPEN;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, Statement};
use sqlx::PgConnection;

use super::Db;
use crate::error::{AppError, AppResult, ErrorCode};

/// The reach of the service's own work.
pub(super) const SERVICE: &str = "service";

/// Says for the rest of a transaction, or until the next word, who asks.
pub(super) async fn say_in(tx: &DatabaseTransaction, reach: &str) -> AppResult<()> {
    let say = "SELECT set_config('jixiao.reach', $1, true)";
    tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, say, [reach.into()])).await?;
    Ok(())
}

/// Says who asks from now on through a connection.
pub(super) async fn say_on(connection: &mut PgConnection, reach: &str) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT set_config('jixiao.reach', $1, false)").bind(reach).execute(connection).await.map(drop)
}

/// A table with what its row-level security lacks.
#[derive(FromQueryResult)]
struct Table {
    name: String,
    policies: bool,
}

/// The tables that show rows to whoever asks.
async fn unprotected(db: &impl ConnectionTrait) -> AppResult<Vec<Table>> {
    let sql = "SELECT relname::text AS name, EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid) AS policies \
               FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace \
               AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let tables: Vec<Table> = rows.iter().map(|row| Table::from_query_result(row, "")).collect::<Result<_, _>>()?;
    Ok(tables.into_iter().filter(|table| !OPEN.contains(&table.name.as_str())).collect())
}

/// Enables the row-level security of all tables that have policies, also against who owns them.
pub(super) async fn enable(tx: &DatabaseTransaction) -> AppResult<()> {
    for Table { name, .. } in unprotected(tx).await?.iter().filter(|table| table.policies) {
        tx.execute_unprepared(&format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"))
            .await?;
    }
    Ok(())
}

/// Whether policies hold for what this connection writes; PostgreSQL refuses `COPY` then.
pub(super) async fn is_active(db: &impl ConnectionTrait) -> AppResult<bool> {
    let sql = "SELECT row_security_active('project')";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(true))
}

fn refused(what: String) -> AppError {
    AppError::new(ErrorCode::Unavailable, format!("Refusing to start with `database_row_security`: {what}"))
}

impl Db {
    /// Refuses a role to which policies do not apply, where they have to.
    pub(super) async fn refuse_role_above_policies(&self) -> AppResult<()> {
        if !self.row_security {
            return Ok(());
        }
        let role = "SELECT rolname || CASE WHEN rolsuper THEN ' is a superuser' ELSE ' has BYPASSRLS' END \
                    FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)";
        let role = self.write.query_one_raw(Statement::from_string(DbBackend::Postgres, role)).await?;
        let Some(role) = role else { return Ok(()) };
        let role: String = role.try_get_by_index(0)?;
        Err(refused(format!(
            "the role {role}, so no policy holds for it; give the database to a role without (`docs/access.md`)."
        )))
    }

    /// Refuses a database in which a table shows its rows to whoever asks, where that must not be.
    ///
    /// # Errors
    /// `UNAVAILABLE` with the tables.
    pub async fn refuse_unprotected(&self) -> AppResult<()> {
        if !self.row_security {
            return Ok(());
        }
        let tables: Vec<String> = unprotected(&self.read).await?.into_iter().map(|table| table.name).collect();
        if tables.is_empty() {
            return Ok(());
        }
        Err(refused(format!(
            "it is not enabled and forced for {}; run `jixiao migrate` with the setting on.",
            tables.join(", ")
        )))
    }
}
