//! A copy of a SQLite database while others write to it, and whether others have it open.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::DatabaseSettings;
use super::connect::cannot_connect;
use crate::error::{AppError, AppResult};

impl DatabaseSettings {
    /// The file of a SQLite database; none for one in memory or of another kind.
    pub fn file(&self) -> Option<PathBuf> {
        let options = self.url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(&self.url).ok())??;
        Some(options.get_filename().to_owned())
    }
}

/// Writes the state of this moment to a new file.
///
/// # Errors
/// When the database cannot be read or the file cannot be written; what was written of it stays then.
pub async fn copy_into(settings: &DatabaseSettings, file: &Path) -> AppResult<()> {
    let mut connection = open(settings).await?;
    let file = file.to_string_lossy().into_owned();
    let copied = sqlx::query("VACUUM INTO ?").bind(file).execute(&mut connection).await;
    let closed = connection.close().await;
    copied.map_err(cannot_copy)?;
    closed.map_err(cannot_copy)
}

/// Makes one file of a database and its log; false when somebody else has it open.
///
/// # Errors
/// When it cannot be opened.
pub async fn fold(settings: &DatabaseSettings) -> AppResult<bool> {
    let mut connection = open(settings).await?;
    // SQLite gives the log up only for who is alone.
    let alone = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = DELETE").fetch_one(&mut connection).await;
    connection.close().await.map_err(cannot_copy)?;
    match alone {
        Ok(mode) => Ok(mode == "delete"),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("5") => Ok(false),
        Err(error) => Err(cannot_copy(error)),
    }
}

async fn open(settings: &DatabaseSettings) -> AppResult<SqliteConnection> {
    let options = SqliteConnectOptions::from_str(&settings.url).map_err(cannot_connect)?;
    let options = options.create_if_missing(false).busy_timeout(Duration::from_secs(2));
    options.connect().await.map_err(cannot_connect)
}

fn cannot_copy(error: sqlx::Error) -> AppError {
    AppError::from(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))))
}
