//! What the connections tell in numbers.

use sea_orm::{DatabaseConnection, DbBackend};

use super::Db;
use crate::metrics::{Metrics, Pool, Statement};
use crate::traces::Traces;

impl Db {
    /// Counts, times and traces each statement from now on.
    pub fn tell(&mut self, metrics: Metrics, traces: Option<Traces>) {
        self.observe(move |info| {
            let (kind, sql) = (Statement::of(&info.statement.sql), &info.statement.sql);
            metrics.statement(kind, info.elapsed, info.failed);
            if let Some(traces) = &traces {
                traces.statement(kind.label(), sql, info.elapsed, info.failed);
            }
        });
    }

    /// How busy the connections are: those that answer requests are `answer`, `read` are the service's own.
    pub fn pools(&self) -> Vec<Pool> {
        vec![self.readers.pool(), pool("read", &self.read), pool("write", &self.write)]
    }
}

fn pool(name: &'static str, connection: &DatabaseConnection) -> Pool {
    let (size, idle, most) = match connection.get_database_backend() {
        DbBackend::Sqlite => {
            let pool = connection.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle(), pool.options().get_max_connections())
        }
        _ => {
            let pool = connection.get_postgres_connection_pool();
            (pool.size(), pool.num_idle(), pool.options().get_max_connections())
        }
    };
    let (size, idle) = (u64::from(size), idle as u64);
    Pool { name, used: size.saturating_sub(idle), idle, most: u64::from(most) }
}
