//! How many requests run at one time: a bound for all, a bound for each caller, a short queue, and then an honest 503.
//!
//! A request that waits longer than a second is better sent again than answered late; one that would wait behind many is
//! sent away at once. Anonymous callers share one place, so that a crowd of them leaves room for those with an account.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{AppError, AppResult, ErrorCode};

/// Requests running at one time, all callers together.
const RUNNING: usize = 64;
/// Requests waiting at one time, all callers together.
const WAITING: u64 = 128;
/// Longest time to wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// The place of one request; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    /// Keeps the caller's bound known while one of its requests runs.
    _gate: Arc<Gate>,
}

/// The bound of one caller.
#[derive(Debug)]
struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicU64,
}

/// All places.
#[derive(Debug)]
pub struct Capacity {
    places: Arc<Semaphore>,
    waiting: AtomicU64,
    /// By the name of the account; all anonymous callers share one.
    gates: Mutex<HashMap<Option<Box<str>>, Weak<Gate>>>,
}

impl Capacity {
    /// As many places as ship.
    pub fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(RUNNING)), waiting: AtomicU64::new(0), gates: Mutex::default() }
    }

    /// Waits for a place of the account with this name, or of the anonymous callers, who may have `running` of them.
    ///
    /// # Errors
    /// `UNAVAILABLE` when too many wait already or no place came free in time.
    pub async fn enter(&self, account: Option<&str>, running: u64) -> AppResult<Permit> {
        let full = || AppError::new(ErrorCode::Unavailable, "Too many requests are running; try again in a moment.");
        let gate = self.gate(account, running);
        let _own_turn = Turn::take(&gate.waiting, running.saturating_mul(2)).ok_or_else(full)?;
        let _turn = Turn::take(&self.waiting, WAITING).ok_or_else(full)?;
        let both = async {
            let own = Arc::clone(&gate.places).acquire_owned().await?;
            let all = Arc::clone(&self.places).acquire_owned().await?;
            Ok::<_, tokio::sync::AcquireError>((own, all))
        };
        match timeout(PATIENCE, both).await {
            Ok(Ok((own, all))) => Ok(Permit { _all: all, _own: own, _gate: Arc::clone(&gate) }),
            Ok(Err(closed)) => Err(AppError::internal(closed)),
            Err(_late) => Err(full()),
        }
    }

    fn gate(&self, account: Option<&str>, running: u64) -> Arc<Gate> {
        let key = account.map(Box::from);
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(&key).and_then(Weak::upgrade) {
            return gate;
        }
        gates.retain(|_, gate| gate.strong_count() > 0);
        let places = usize::try_from(running).unwrap_or(RUNNING).min(RUNNING);
        let gate = Arc::new(Gate { places: Arc::new(Semaphore::new(places)), waiting: AtomicU64::new(0) });
        gates.insert(key, Arc::downgrade(&gate));
        gate
    }
}

/// A place in a queue, left when dropped.
struct Turn<'a>(&'a AtomicU64);

impl<'a> Turn<'a> {
    fn take(waiting: &'a AtomicU64, max: u64) -> Option<Self> {
        let turn = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < max).then_some(turn)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Capacity, RUNNING};
    use crate::error::ErrorCode;

    #[tokio::test]
    async fn a_caller_beyond_its_bound_waits_a_second_and_others_do_not() {
        let capacity = Capacity::new();
        let (busy, other) = (Some("busy"), Some("other"));
        let held = [capacity.enter(busy, 2).await.unwrap(), capacity.enter(busy, 2).await.unwrap()];
        assert_eq!(capacity.enter(busy, 2).await.unwrap_err().code(), ErrorCode::Unavailable);
        assert!(capacity.enter(other, 2).await.is_ok());
        assert!(capacity.enter(None, 2).await.is_ok());
        drop(held);
        assert!(capacity.enter(busy, 2).await.is_ok());
    }

    #[tokio::test]
    async fn all_together_have_a_bound_and_a_short_queue() {
        let capacity = Capacity::new();
        let mut held = Vec::new();
        let names: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
        let mut names = names.iter().map(|name| Some(name.as_str()));
        for name in names.by_ref().take(RUNNING) {
            held.push(capacity.enter(name, 8).await.unwrap());
        }
        let began = Instant::now();
        assert_eq!(capacity.enter(Some("late"), 8).await.unwrap_err().code(), ErrorCode::Unavailable);
        assert!(began.elapsed() >= super::PATIENCE);
        let crowd = names.by_ref().take(super::WAITING as usize);
        let waiting: Vec<_> = crowd.map(|name| Box::pin(capacity.enter(name, 8))).collect();
        let all = futures_util::future::join_all(waiting);
        let late = async {
            tokio::task::yield_now().await;
            let began = Instant::now();
            assert_eq!(capacity.enter(Some("late"), 8).await.unwrap_err().code(), ErrorCode::Unavailable);
            assert!(began.elapsed() < super::PATIENCE / 2);
        };
        tokio::join!(all, late);
    }
}
