//! What an error of the database means for the client.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::error::{AppError, ErrorCode};

impl From<DbErr> for AppError {
    fn from(error: DbErr) -> Self {
        let code = database_code(&error);
        match (&error, code.as_deref()) {
            (DbErr::ConnectionAcquire(_), _) => {
                Self::new(ErrorCode::Unavailable, "All database connections are busy; try again.")
            }
            // PostgreSQL: cancelled, no lock in time. SQLite: interrupted, busy.
            (_, Some("57014" | "55P03" | "9" | "5")) => {
                Self::new(ErrorCode::Timeout, "The database did not finish in time; ask for less, or try again.")
            }
            // PostgreSQL: others changed the same rows, also at the last attempt.
            (_, Some("40001" | "40P01")) => Self::new(
                ErrorCode::Unavailable,
                "Others are changing the same things; nothing was changed, try again.",
            ),
            // PostgreSQL: stopping, starting, or out of connections.
            (_, Some("57P01" | "57P02" | "57P03" | "53300")) => Self::new(ErrorCode::Unavailable, UNREACHABLE),
            _ if is_lost(&error) => Self::new(ErrorCode::Unavailable, UNREACHABLE),
            // SQLite and PostgreSQL: no space left.
            (_, Some("13" | "53100")) => {
                Self::new(ErrorCode::Unavailable, "The database has no space left; nothing was changed.")
            }
            // SQLite and PostgreSQL: an error of the disk.
            (_, Some("10" | "58030")) => {
                let message = "The database cannot use its disk; look at what is stored before sending this again.";
                Self::new(ErrorCode::Unavailable, message)
            }
            _ => match error.sql_err() {
                Some(SqlErr::UniqueConstraintViolation(_)) => {
                    Self::new(ErrorCode::Conflict, "Something with this natural key is already there.")
                }
                _ => return Self::internal(error),
            },
        }
        .caused_by(error)
    }
}

const UNREACHABLE: &str = "The database cannot be reached at the moment; try again.";

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// Whether the connection broke.
fn is_lost(error: &DbErr) -> bool {
    matches!(driver_error(error), Some(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed))
}

/// The database's own code of an error: SQLSTATE, or SQLite's primary result code.
fn database_code(error: &DbErr) -> Option<String> {
    let code = driver_error(error)?.as_database_error()?.code()?.into_owned();
    // SQLite extends its primary code in the upper bits.
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => Some((number & 0xff).to_string()),
        _ => Some(code),
    }
}

/// Whether the database gave a statement up at the end of its time: it would take as long elsewhere.
pub(super) fn took_too_long(error: &DbErr) -> bool {
    matches!(database_code(error).as_deref(), Some("57014"))
}

/// Whether the disk did not keep what it was given.
pub(super) fn is_unsynced(error: &AppError) -> bool {
    /// SQLite's codes of a failed `fsync`, of a file and of a folder.
    const UNSYNCED: [&str; 2] = ["1034", "1290"];
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<DbErr>());
    let code = source.and_then(driver_error).and_then(|error| error.as_database_error()?.code());
    code.is_some_and(|code| UNSYNCED.contains(&code.as_ref()))
}

/// Whether the same transaction can succeed when it is run once more.
pub(super) fn can_be_tried_again(error: &AppError) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<DbErr>());
    // A natural key that another transaction has just taken, too: the next attempt finds it there.
    matches!(source.and_then(database_code).as_deref(), Some("40001" | "40P01" | "23505"))
}
