//! The floor of reads and small writes: an HTTP server with hand-written SQL and hand-written JSON over the tables of the
//! service. Pooled connections, prepared statements; no tokens, scopes, limits, documents, history.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use clap::Args;
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::Done;
use crate::operations::{self, ALL, Operation};

/// Reading connections, as many as the service has.
const READERS: u32 = 4;
/// Writing connections of PostgreSQL, as many as the service has.
const WRITERS: u32 = 8;

/// Serve the operations of `run` by hand-written SQL; `run` starts it
#[derive(Debug, Args)]
pub struct FloorServer {
    /// The database
    #[arg(long)]
    url: String,
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
}

/// A database with a pool for reading and one for writing.
pub enum Database {
    /// One file.
    Sqlite {
        /// Several connections.
        read: SqlitePool,
        /// One connection.
        write: SqlitePool,
    },
    /// A server.
    Postgres {
        /// Several connections.
        read: PgPool,
        /// Several connections.
        write: PgPool,
    },
}

/// Runs `$body` with a connection `$db` for reading; written once, compiled for both databases.
macro_rules! reading {
    ($database:expr, $db:ident => $body:expr) => {
        match $database {
            $crate::server::Database::Sqlite { read, .. } => {
                let mut $db = read.acquire().await?;
                $body
            }
            $crate::server::Database::Postgres { read, .. } => {
                let mut $db = read.acquire().await?;
                $body
            }
        }
    };
}
pub(crate) use reading;

impl Database {
    async fn open(url: &str) -> Done<Self> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .row_buffer_size(1024)
                // For what the floor has of its own, beside the database.
                .create_if_missing(true);
            let own = format!("{}.floor", options.get_filename().display());
            let pool = |size| {
                let own = own.clone();
                let pool = SqlitePoolOptions::new().max_connections(size).test_before_acquire(false);
                pool.after_connect(move |connection, _| {
                    let own = own.clone();
                    Box::pin(
                        async move { sqlx::query("ATTACH ? AS floor").bind(own).execute(connection).await.map(drop) },
                    )
                })
            };
            let write = pool(1).connect_with(options.clone()).await?;
            return Ok(Self::Sqlite { read: pool(READERS).connect_with(options).await?, write });
        }
        let options = PgConnectOptions::from_str(url)?.application_name("floor");
        let pool = |size| PgPoolOptions::new().max_connections(size).test_before_acquire(false);
        let write = pool(WRITERS).connect_with(options.clone()).await?;
        Ok(Self::Postgres { read: pool(READERS).connect_with(options).await?, write })
    }
}

impl FloorServer {
    /// Serves until it is killed.
    pub fn run(self) -> Done<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let database = Arc::new(Database::open(&self.url).await?);
            operations::prepare(&database).await?;
            let mut router = Router::new().route("/readyz", get(|| async { "" }));
            for operation in ALL {
                let answer = async move |State(database): State<Arc<Database>>, body: Bytes| {
                    answer(operation, &database, &body).await
                };
                router = router.route(&format!("/{}", operation.name), post(answer));
            }
            let listener = tokio::net::TcpListener::bind(self.listen).await?;
            Ok(axum::serve(listener, router.with_state(database)).await?)
        })
    }
}

async fn answer(operation: &Operation, database: &Database, body: &[u8]) -> Response {
    let answered = match serde_json::from_slice::<Value>(body) {
        Ok(asked) => (operation.floor)(database, &asked).await,
        Err(error) => Err(error.into()),
    };
    match answered {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
