//! Looks at a server of PostgreSQL: what it is and how far it is.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Row};
use tokio::time::timeout;

use super::connect::plain;
use super::freshness::Position;

/// Longest time that a server takes to answer; one that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The number of the cluster, the same for a primary and its replicas; whether it is a replica; and how much of the log is on
/// disk, or on a replica can be seen. On disk is what was committed; where the next record will begin says less, as it can
/// lie behind the head of a page that no replica has yet. Last, whether policies do not hold for who looks.
const LOOK: &str = "SELECT (pg_control_system()).system_identifier, pg_is_in_recovery(), \
     (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint, \
     (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)";

/// What a look finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// The same for a server and all its replicas.
    pub(super) cluster: i64,
    /// Whether it only follows another server.
    pub(super) is_replica: bool,
    /// How far it is.
    pub(super) position: Position,
}

/// Looks at one server, by a connection of its own.
#[derive(Debug)]
pub(super) struct Eye {
    options: PgConnectOptions,
    row_security: bool,
    connection: Option<PgConnection>,
}

impl Eye {
    /// Connects when it looks first; with `row_security` it does not look as somebody for whom policies do not hold.
    pub(super) fn new(options: PgConnectOptions, row_security: bool) -> Self {
        Self { options, row_security, connection: None }
    }

    /// Looks; the error says why it saw nothing, for the log.
    pub(super) async fn look(&mut self) -> Result<Sight, String> {
        // What was given up or failed is not asked again.
        let connection = self.connection.take();
        let look = async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => PgConnection::connect_with(&self.options).await?,
            };
            let row = sqlx::query(LOOK).fetch_one(&mut connection).await?;
            let position = row.try_get::<Option<i64>, _>(2)?.unwrap_or_default();
            let sight =
                Sight { cluster: row.try_get(0)?, is_replica: row.try_get(1)?, position: Position::of(position) };
            Ok((connection, sight, row.try_get::<bool, _>(3)?))
        };
        let looked: Result<_, sqlx::Error> = timeout(PATIENCE, look).await.map_err(|_late| "no answer in time")?;
        let (connection, sight, is_above_policies) = looked.map_err(|error| plain(&error))?;
        self.connection = Some(connection);
        if self.row_security && is_above_policies {
            return Err("no policy holds for the role of its URL (`docs/access.md`)".to_owned());
        }
        Ok(sight)
    }
}
