//! Who of those who wait for a connection is next.
//!
//! First come, first served is not fair: a caller with many large requests would hold all connections and most of the queue,
//! and each other one would wait behind all of that. Here whoever holds fewest is next, and while others ask as well, one
//! caller leaves some places free: who holds none finds one at once, or waits for one request to end and not for a queue.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uuid::Uuid;

/// How long after its last request a caller counts as one who asks.
const RECENT: Duration = Duration::from_secs(1);

/// How many come between two looks for callers who ask no more.
const FORGET: u64 = 256;

/// Who asks: an account by its key, or everybody without one.
pub(super) type Who = Option<Uuid>;

/// A number of places for which callers take turns; clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    size: usize,
    free: usize,
    is_closed: bool,
    /// Counts those who began to wait, so that among equals the first is next.
    waited: u64,
    callers: HashMap<Who, Asks>,
}

/// What one caller has and wants.
#[derive(Debug)]
struct Asks {
    held: usize,
    waiting: VecDeque<(u64, oneshot::Sender<Place>)>,
    last: Instant,
}

/// A place; it comes back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    turns: Turns,
    who: Who,
}

impl Turns {
    /// So many places, all of them free.
    pub(super) fn new(size: usize) -> Self {
        Self(Arc::new(Mutex::new(State { size, free: size, is_closed: false, waited: 0, callers: HashMap::new() })))
    }

    /// Waits for a place; `None` once they are closed.
    pub(super) async fn take(&self, who: Who) -> Option<Place> {
        let wait = {
            let mut state = self.state();
            if state.is_closed {
                return None;
            }
            let (give, wait) = oneshot::channel();
            state.waited += 1;
            let number = state.waited;
            if number.is_multiple_of(FORGET) {
                state.forget();
            }
            let asks = state.callers.entry(who).or_insert_with(Asks::new);
            asks.last = Instant::now();
            asks.waiting.push_back((number, give));
            self.give(state);
            wait
        };
        // A place that is given to somebody who went away comes back by itself.
        wait.await.ok()
    }

    /// How many there are.
    pub(super) fn size(&self) -> usize {
        self.state().size
    }

    /// How many are taken.
    pub(super) fn used(&self) -> usize {
        let state = self.state();
        state.size - state.free
    }

    /// Gives no more places, also not to those who wait.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for asks in state.callers.values_mut() {
            asks.waiting.clear();
        }
    }

    /// Whether no more places are given.
    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Gives free places to those who are next.
    fn give(&self, mut state: MutexGuard<'_, State>) {
        let mut gone = Vec::new();
        while let Some((who, give)) = state.next() {
            let place = Place { turns: self.clone(), who };
            if let Err(place) = give.send(place) {
                gone.push(place);
            }
        }
        // They come back when nobody holds the lock.
        drop(state);
        drop(gone);
    }

    /// What a panic leaves behind is a state, too: each change is made at once.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asks {
    fn new() -> Self {
        Self { held: 0, waiting: VecDeque::new(), last: Instant::now() }
    }
}

impl State {
    /// The next who gets a place, which is taken for him.
    fn next(&mut self) -> Option<(Who, oneshot::Sender<Place>)> {
        if self.is_closed || self.free == 0 {
            return None;
        }
        let first = |asks: &Asks| asks.waiting.front().map(|(number, _)| (asks.held, *number));
        let (who, (held, _)) =
            self.callers.iter().filter_map(|(who, asks)| Some((*who, first(asks)?))).min_by_key(|(_, order)| *order)?;
        if held > 0 && self.free <= self.kept() {
            return None;
        }
        let asks = self.callers.get_mut(&who)?;
        let (_, give) = asks.waiting.pop_front()?;
        asks.held += 1;
        self.free -= 1;
        Some((who, give))
    }

    /// Places that are kept for those who asked just now and hold none: at the most half of all.
    fn kept(&self) -> usize {
        let without = self.callers.values().filter(|asks| asks.held == 0 && asks.last.elapsed() < RECENT).count();
        without.min(self.size / 2)
    }

    /// Forgets callers who have nothing, want nothing and did not ask just now.
    fn forget(&mut self) {
        self.callers.retain(|_, asks| asks.held > 0 || !asks.waiting.is_empty() || asks.last.elapsed() < RECENT);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        state.free += 1;
        if let Some(asks) = state.callers.get_mut(&self.who) {
            asks.held = asks.held.saturating_sub(1);
        }
        self.turns.give(state);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::{Place, Turns, Uuid, Who};

    const BUSY: Who = Some(Uuid::from_u128(1));
    const OTHER: Who = Some(Uuid::from_u128(2));

    type Wait<'a> = Pin<Box<dyn Future<Output = Option<Place>> + 'a>>;

    /// Asks for a place and looks at once whether there is one.
    fn ask(turns: &Turns, who: Who) -> Result<Option<Place>, Wait<'_>> {
        let mut wait: Wait<'_> = Box::pin(turns.take(who));
        match wait.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => Ok(place),
            Poll::Pending => Err(wait),
        }
    }

    /// The place that came meanwhile.
    fn given(wait: &mut Wait<'_>) -> Option<Place> {
        match wait.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => place,
            Poll::Pending => None,
        }
    }

    fn hold(turns: &Turns, who: Who, places: usize) -> Vec<Place> {
        (0..places).map(|_| ask(turns, who).ok().flatten().unwrap()).collect()
    }

    #[test]
    fn one_who_asks_alone_may_have_all() {
        let turns = Turns::new(4);
        let held = hold(&turns, BUSY, 4);
        assert_eq!(turns.used(), 4);
        let mut wait = ask(&turns, BUSY).err().unwrap();
        drop(held);
        assert!(given(&mut wait).is_some());
    }

    #[test]
    fn whoever_holds_fewest_is_next() {
        let turns = Turns::new(2);
        let mut held = hold(&turns, BUSY, 2);
        let mut queue: Vec<_> = (0..3).map(|_| ask(&turns, BUSY).err().unwrap()).collect();
        let mut late = ask(&turns, OTHER).err().unwrap();
        held.pop();
        let place = given(&mut late);
        assert!(place.is_some(), "before those who wait longer");
        assert!(queue.iter_mut().all(|wait| given(wait).is_none()));
        drop((place, held));
        let places: Vec<Place> = queue.iter_mut().filter_map(given).collect();
        assert_eq!(places.len(), 1, "the other one is kept");
    }

    #[test]
    fn a_place_is_kept_for_one_who_asked_just_now() {
        let turns = Turns::new(4);
        drop(hold(&turns, OTHER, 1));
        let held = hold(&turns, BUSY, 3);
        assert_eq!(held.len(), 3);
        let mut fourth = ask(&turns, BUSY).err().unwrap();
        drop(hold(&turns, OTHER, 1));
        assert!(given(&mut fourth).is_none());
        drop(held);
        assert!(given(&mut fourth).is_some());
    }

    #[test]
    fn who_went_away_gets_nothing() {
        let turns = Turns::new(1);
        let held = hold(&turns, BUSY, 1);
        let gone = ask(&turns, OTHER).err().unwrap();
        let mut next = ask(&turns, None).err().unwrap();
        drop(gone);
        drop(held);
        assert!(given(&mut next).is_some());
        assert_eq!(turns.used(), 0);
    }

    #[test]
    fn nothing_is_given_once_they_are_closed() {
        let turns = Turns::new(1);
        let held = hold(&turns, BUSY, 1);
        let mut wait = ask(&turns, BUSY).err().unwrap();
        turns.close();
        drop(held);
        assert!(given(&mut wait).is_none());
        assert!(matches!(ask(&turns, OTHER), Ok(None)), "told at once");
        assert_eq!(turns.used(), 0);
    }
}
