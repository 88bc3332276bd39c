//! The numbers of the service: counted from the start on, served at an address of their own where the settings name one.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::DbBackend;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::StartError;
use super::door::bind;
use crate::auth::Caller;
use crate::bulk::Bulk;
use crate::clock;
use crate::config::Settings;
use crate::db::Db;
use crate::http::{self, Lifecycle, Scrape, ServeOptions};
use crate::metrics::{Metrics, Now};
use crate::service::outbox;
use crate::traces::Traces;

/// Longest time to look into the database for numbers; a scraper waits some ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// Numbers and traces of a service on a database, which tells of its statements from now on where somebody listens.
///
/// # Errors
/// When the address of the collector is none.
pub(super) fn begin(settings: &Settings, db: &mut Db) -> Result<(Metrics, Option<Traces>), StartError> {
    let metrics = Metrics::new(match db.backend() {
        DbBackend::Sqlite => "sqlite",
        _ => "postgresql",
    });
    let traces = settings.otlp_endpoint.as_deref().map(Traces::to).transpose()?;
    if settings.metrics_listen.is_some() || traces.is_some() {
        db.tell(metrics.clone(), traces.clone());
    }
    Ok((metrics, traces))
}

/// Serves the numbers until the service stops, as long as the value lives.
///
/// # Errors
/// When the address is taken or not one of this machine.
pub(super) async fn serve(
    settings: &Settings,
    db: &Db,
    bulk: &Bulk,
    metrics: Metrics,
    lifecycle: &Lifecycle,
) -> Result<JoinSet<()>, StartError> {
    let mut beside = JoinSet::new();
    if let Some(address) = settings.metrics_listen {
        let listener: TcpListener = bind(address, "JIXIAO_METRICS_LISTEN").await?;
        let address = listener.local_addr().unwrap_or(address);
        tracing::info!(%address, "metrics");
        let (router, lifecycle) = (http::metrics_router(scrape(db.clone(), bulk.clone(), metrics)), lifecycle.clone());
        beside.spawn(async move { http::serve(listener, router, &ServeOptions::default(), lifecycle).await });
    }
    Ok(beside)
}

fn scrape(db: Db, bulk: Bulk, metrics: Metrics) -> Scrape {
    Arc::new(move || {
        let (db, bulk, metrics) = (db.clone(), bulk.clone(), metrics.clone());
        Box::pin(async move {
            let queue = timeout(PATIENCE, bulk.open_operations()).await.ok().and_then(Result::ok);
            let operator = Caller::operator();
            let lag = timeout(PATIENCE, outbox::lag(db.read(), &operator, clock::system())).await;
            let outbox_lag = lag.ok().and_then(Result::ok).map(|lag| lag.as_secs_f64());
            metrics.text(&Now { pools: db.pools(), replicas: db.replicas(), queue, outbox_lag })
        })
    })
}
