//! From serving to the end: one handle that everything concerned holds.

use tokio::sync::watch;

/// Where the process stands. It only ever moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Forced,
}

/// The way of the process from serving over draining to a forced end; clones are the same handle.
#[derive(Clone, Debug)]
pub struct Lifecycle(watch::Sender<Phase>);

impl Lifecycle {
    /// A process that serves.
    pub fn new() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }

    /// The first wish to stop begins the drain, the second forces the end.
    pub fn stop(&self) {
        self.0.send_modify(|phase| {
            *phase = match phase {
                Phase::Serving => Phase::Draining,
                Phase::Draining | Phase::Forced => Phase::Forced,
            }
        });
    }

    /// Whether no new work should be sent here.
    pub fn is_draining(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Until the drain begins.
    pub async fn draining(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Until the end is forced.
    pub async fn forced(&self) {
        self.reached(Phase::Forced).await;
    }

    async fn reached(&self, wanted: Phase) {
        // The handle holds a sender itself, so the channel cannot close while it waits.
        let _ = self.0.subscribe().wait_for(|phase| *phase >= wanted).await;
    }

    /// Takes every SIGINT and SIGTERM as a wish to stop. Never ends by itself; to be spawned.
    ///
    /// # Errors
    /// If the system does not let the process listen to its signals.
    #[cfg(unix)]
    pub async fn follow_signals(self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            self.stop();
        }
    }

    /// Takes every Ctrl-C as a wish to stop. Never ends by itself; to be spawned.
    ///
    /// # Errors
    /// If the system does not let the process listen to its signals.
    #[cfg(not(unix))]
    pub async fn follow_signals(self) -> std::io::Result<()> {
        loop {
            tokio::signal::ctrl_c().await?;
            self.stop();
        }
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}
