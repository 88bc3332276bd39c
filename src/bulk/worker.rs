//! The workers of a process: take operations from the queue and work on a small fixed number of them at a time.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use entity::bulk_operation::{Entity, Model};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep};

use super::Bulk;
use super::instance::Instance;
use super::lease::{self, Take};
use super::run::Run;
use crate::error::{AppError, AppResult, ErrorCode};

/// How often files are deleted whose time has come.
const SWEEP: Duration = Duration::from_secs(600);

impl Bulk {
    /// Works on operations until `stop` ends; then what runs finishes its chunk and is given back.
    ///
    /// # Errors
    /// When the folder of the operations cannot be written.
    pub async fn work(&self, stop: impl Future<Output = ()> + Send) -> AppResult<()> {
        if self.settings.workers == 0 {
            stop.await;
            return Ok(());
        }
        let folder = self.folder.join("operations").join("workers");
        let entered = spawn_blocking(|| Instance::enter(folder)).await.map_err(AppError::internal)?;
        let instance = Arc::new(entered.map_err(|error| {
            let message = "The folder of the service's operations cannot be written.";
            AppError::new(ErrorCode::Unavailable, message).caused_by(error)
        })?);
        let (halt, halted) = watch::channel(false);
        let (mut running, mut swept) = (JoinSet::new(), None::<Instant>);
        let mut stop = pin!(stop);
        loop {
            if running.len() < self.settings.workers {
                let owner = instance.lease();
                match self.take(&instance, &owner).await {
                    Ok(Some(row)) => {
                        let (bulk, stop) = (self.clone(), halted.clone());
                        let (since, _instance) = (Instant::now(), Arc::clone(&instance));
                        running.spawn(Run { bulk, owner, row, stop, since, _instance }.go());
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "the queue of operations could not be looked into"),
                }
            }
            if swept.is_none_or(|swept| swept.elapsed() >= SWEEP) {
                swept = Some(Instant::now());
                if let Err(error) = self.sweep((self.clock)()).await {
                    tracing::warn!(%error, "files whose time has come could not be deleted");
                }
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_ended) = running.join_next() => {}
                () = self.wake.notified() => {}
                () = sleep(self.settings.poll) => {}
            }
        }
        // Receivers live in the runs; without any there is nobody to tell.
        let _ = halt.send(true);
        while running.join_next().await.is_some() {}
        Ok(())
    }

    /// Takes the next operation, where there is one.
    async fn take(&self, instance: &Arc<Instance>, owner: &str) -> AppResult<Option<Model>> {
        let held = lease::held(self.db.read()).await?;
        let instance = Arc::clone(instance);
        let dead = spawn_blocking(move || {
            let dead: Vec<String> = held.iter().filter(|lease| instance.is_dead(lease)).cloned().collect();
            // A file that cannot be deleted is only a name of the dead.
            let _ = instance.bury(&held);
            dead
        });
        let (dead, now) = (dead.await.map_err(AppError::internal)?, (self.clock)());
        // Looking is cheap; a writing transaction every second is not.
        if Entity::find().filter(lease::waiting(now, &dead)).count(self.db.read()).await? == 0 {
            return Ok(None);
        }
        self.db.commit(&Take { owner, lease: self.settings.lease, dead: &dead, now }).await
    }
}
