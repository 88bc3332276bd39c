//! Replicas of PostgreSQL: which one may answer what is read for a caller.
//!
//! A task looks at each of them a few times a second and remembers how far it is. A replica answers when it was reached at the
//! last look, is not older than is allowed, and has all that the request wants to see. Everything else the primary
//! answers, at once: a request never waits for a replica to catch up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::eye::{Eye, Sight};
use super::freshness::{Freshness, Position};
use super::readers::Readers;
use crate::metrics;

/// How often the servers are looked at.
const EVERY: Duration = Duration::from_millis(250);
/// How far back it is known when the primary was where.
const MEMORY: Duration = Duration::from_secs(600);

/// How far a replica was at the last look.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// It has this part of the log.
    replayed: Position,
    /// And so all that was committed before this moment; none when that is longer ago than is remembered.
    as_of: Option<Instant>,
}

/// One replica; clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Replica(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    readers: Readers,
    /// None while it is not reached, or is no replica of the primary.
    seen: watch::Sender<Option<Seen>>,
    answered: AtomicU64,
}

impl Replica {
    fn new(readers: Readers) -> Self {
        Self(Arc::new(Inner { readers, seen: watch::Sender::new(None), answered: AtomicU64::new(0) }))
    }

    pub(super) fn readers(&self) -> &Readers {
        &self.0.readers
    }

    /// Counts a statement that it answered.
    pub(super) fn count(&self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// What comes of work on it; none when a look finds meanwhile that it does not answer.
    pub(super) async fn while_it_answers<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut seen = self.0.seen.subscribe();
        tokio::select! {
            biased;
            done = work => Some(done),
            _gone = seen.wait_for(Option::is_none) => None,
        }
    }

    fn has(&self, least: Position, oldest: Duration) -> bool {
        let seen = *self.0.seen.borrow();
        seen.is_some_and(|seen| seen.replayed >= least && seen.as_of.is_some_and(|as_of| as_of.elapsed() <= oldest))
    }

    /// Takes over what a look found; the error says why it may not answer.
    fn remember(&self, sight: Result<Sight, String>, primary: &History) -> Result<(), String> {
        let seen = sight.and_then(|sight| primary.judge(sight));
        let outcome = seen.as_ref().map(|_| ()).map_err(String::clone);
        self.0.seen.send_replace(seen.ok());
        outcome
    }
}

/// When the primary was where, the oldest first.
#[derive(Debug, Default)]
struct History {
    cluster: Option<i64>,
    places: VecDeque<(Instant, Position)>,
}

impl History {
    /// All that was committed before `at` stands before the place of this sight.
    fn add(&mut self, at: Instant, sight: Sight) {
        let goes_back = self.places.back().is_some_and(|(_, last)| *last > sight.position);
        // Another server has become the primary: what was known of the one before says nothing of it.
        if goes_back || self.cluster != Some(sight.cluster) {
            self.places.clear();
        }
        self.cluster = Some(sight.cluster);
        // Nothing was written since: all that was committed until now is before the same place.
        self.places.pop_back_if(|(_, last)| *last == sight.position);
        self.places.push_back((at, sight.position));
        while self.places.front().is_some_and(|(at, _)| at.elapsed() > MEMORY) {
            self.places.pop_front();
        }
    }

    /// What is known of a server that was seen.
    fn judge(&self, Sight { cluster, is_replica, position }: Sight) -> Result<Seen, String> {
        if !is_replica {
            return Err("it is no replica".to_owned());
        }
        match self.cluster {
            Some(known) if known == cluster => {}
            Some(_) => return Err("it is a replica of another server".to_owned()),
            None => return Err("the primary has not answered yet".to_owned()),
        }
        let as_of = self.places.iter().rev().find(|(_, place)| *place <= position).map(|(at, _)| *at);
        Ok(Seen { replayed: position, as_of })
    }
}

/// All replicas; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Replicas {
    all: Vec<Replica>,
    oldest: Duration,
    turn: Arc<AtomicUsize>,
    _watch: Option<Arc<Watch>>,
}

/// The task that looks at the servers, ended with this value.
#[derive(Debug)]
struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Replicas {
    /// Replicas of a primary, each with how to look at it, which may be this old. They are looked at from now on.
    pub(super) fn of(primary: Eye, all: Vec<(Eye, Readers)>, oldest: Duration) -> Self {
        if all.is_empty() {
            return Self::default();
        }
        let (eyes, all): (Vec<_>, Vec<_>) = all.into_iter().map(|(eye, readers)| (eye, Replica::new(readers))).unzip();
        let watch = tokio::spawn(follow(primary, eyes, all.clone()));
        Self { all, oldest, turn: Arc::default(), _watch: Some(Arc::new(Watch(watch))) }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A replica that may answer, each in its turn.
    pub(super) fn choose(&self, freshness: Freshness) -> Option<Replica> {
        let least = match freshness {
            Freshness::Any => Position::default(),
            Freshness::Since(position) => position,
            Freshness::Latest => return None,
        };
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % self.all.len().max(1);
        let (before, from) = self.all.split_at(first);
        from.iter().chain(before).find(|replica| replica.has(least, self.oldest)).cloned()
    }

    /// The connections of all of them.
    pub(super) fn readers(&self) -> impl Iterator<Item = &Readers> {
        self.all.iter().map(Replica::readers)
    }

    /// What they tell in numbers.
    pub(super) fn numbers(&self) -> Vec<metrics::Replica> {
        let numbers = |(n, replica): (usize, &Replica)| metrics::Replica {
            number: n + 1,
            usable: replica.has(Position::default(), self.oldest),
            age: replica.0.seen.borrow().and_then(|seen| seen.as_of).map(|as_of| as_of.elapsed()),
            answered: replica.0.answered.load(Ordering::Relaxed),
        };
        self.all.iter().enumerate().map(numbers).collect()
    }
}

/// Looks at all servers again and again.
async fn follow(mut primary: Eye, mut eyes: Vec<Eye>, replicas: Vec<Replica>) {
    let mut turns = interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut history = History::default();
    let mut told: Vec<Option<Result<(), String>>> = vec![None; replicas.len()];
    loop {
        turns.tick().await;
        // Before it is asked: what it has committed until now is before the place that it tells.
        let began = Instant::now();
        match primary.look().await {
            Ok(sight) if !sight.is_replica => history.add(began, sight),
            Ok(_) | Err(_) => {}
        }
        let sights = join_all(eyes.iter_mut().map(Eye::look)).await;
        for (n, ((replica, told), sight)) in replicas.iter().zip(&mut told).zip(sights).enumerate() {
            let outcome = replica.remember(sight, &history);
            if told.as_ref() == Some(&outcome) {
                continue;
            }
            match &outcome {
                Ok(()) => tracing::info!(replica = n + 1, "the replica answers"),
                Err(reason) => tracing::warn!(replica = n + 1, reason, "the replica is passed over"),
            }
            *told = Some(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{History, Position, Sight};

    fn sight(cluster: i64, is_replica: bool, position: i64) -> Sight {
        Sight { cluster, is_replica, position: Position::of(position) }
    }

    #[test]
    fn a_replica_is_as_old_as_the_last_place_of_the_primary_that_it_has() {
        let mut history = History::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let as_of = |history: &History, position| history.judge(sight(1, true, position)).map(|seen| seen.as_of);
        assert!(as_of(&history, 5).is_err(), "nothing is known of the primary");
        for (second, place) in [(0, 10), (1, 10), (2, 30), (3, 40)] {
            history.add(at(second), sight(1, false, place));
        }
        assert_eq!(as_of(&history, 9), Ok(None), "older than all that is known");
        assert_eq!(as_of(&history, 10), Ok(Some(at(1))), "nothing was written in between");
        assert_eq!(as_of(&history, 29), Ok(Some(at(1))));
        assert_eq!(as_of(&history, 30), Ok(Some(at(2))));
        assert_eq!(as_of(&history, 50), Ok(Some(at(3))));
        // A server that was behind became the primary.
        history.add(at(4), sight(1, false, 35));
        assert_eq!(as_of(&history, 34), Ok(None));
        assert_eq!(as_of(&history, 36), Ok(Some(at(4))));
    }

    #[test]
    fn what_is_no_replica_of_this_server_is_none() {
        let mut history = History::default();
        history.add(Instant::now(), sight(1, false, 10));
        assert!(history.judge(sight(1, true, 10)).is_ok());
        assert!(history.judge(sight(1, false, 10)).is_err());
        assert!(history.judge(sight(2, true, 10)).is_err());
    }
}
