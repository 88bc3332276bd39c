//! How many bytes of requests and answers are in memory at one time: clients that send or take slowly keep them there.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{AppError, AppResult, ErrorCode};

/// Bytes of bodies that are being read or worked on.
const BODIES: usize = 128 << 20;
/// Bytes of answers that wait for their clients.
const ANSWERS: usize = 256 << 20;
/// Bytes that are counted as one.
const UNIT: usize = 1 << 10;

/// What there is for bodies and for answers.
#[derive(Debug)]
pub struct Memory {
    bodies: Arc<Semaphore>,
    answers: Arc<Semaphore>,
}

impl Memory {
    /// As much as ships.
    pub fn new() -> Self {
        Self::of(BODIES, ANSWERS)
    }

    /// So many bytes.
    pub fn of(bodies: usize, answers: usize) -> Self {
        Self { bodies: Arc::new(Semaphore::new(bodies / UNIT)), answers: Arc::new(Semaphore::new(answers / UNIT)) }
    }

    /// A body that grows as it comes.
    pub fn body(&self) -> HeldBody {
        HeldBody { places: Arc::clone(&self.bodies), held: None, bytes: Vec::new() }
    }

    /// Counts the bytes of an answer.
    ///
    /// # Errors
    /// `UNAVAILABLE` when too many wait already.
    pub fn answer(&self, bytes: &[u8]) -> AppResult<HeldAnswer> {
        take(&self.answers, bytes.len()).map(HeldAnswer)
    }
}

/// The places of an answer.
#[derive(Debug)]
pub struct HeldAnswer(OwnedSemaphorePermit);

impl HeldAnswer {
    /// The bytes, which count until the last of them is sent or given up.
    pub fn around(self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Held { bytes, _held: self.0 })
    }
}

/// A body that is counted.
#[derive(Debug)]
pub struct HeldBody {
    places: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    bytes: Vec<u8>,
}

impl HeldBody {
    /// Adds what came.
    ///
    /// # Errors
    /// `UNAVAILABLE` when there is too much of other bodies already.
    pub fn add(&mut self, bytes: &[u8]) -> AppResult<()> {
        let length = self.bytes.len() + bytes.len();
        let units = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if length > units * UNIT {
            let more = take(&self.places, length - units * UNIT)?;
            match &mut self.held {
                Some(held) => held.merge(more),
                none => *none = Some(more),
            }
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that are counted until they are dropped.
struct Held {
    bytes: Vec<u8>,
    _held: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn take(places: &Arc<Semaphore>, bytes: usize) -> AppResult<OwnedSemaphorePermit> {
    let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
    Arc::clone(places).try_acquire_many_owned(units).map_err(|_full| {
        AppError::new(ErrorCode::Unavailable, "Too many requests and answers are in memory; try again in a moment.")
    })
}

#[cfg(test)]
mod tests {
    use super::{Memory, UNIT};
    use crate::error::ErrorCode;

    #[test]
    fn bodies_are_counted_until_they_are_dropped() {
        let memory = Memory::of(4 * UNIT, 0);
        let (mut one, mut other) = (memory.body(), memory.body());
        one.add(&[1; 10]).unwrap();
        one.add(&[2; 2 * UNIT]).unwrap();
        assert_eq!(one.bytes().len(), 2 * UNIT + 10);
        other.add(&[3; UNIT]).unwrap();
        assert_eq!(other.add(&[3]).unwrap_err().code(), ErrorCode::Unavailable);
        drop(one);
        other.add(&[3; 3 * UNIT]).unwrap();
        drop(other);
        assert_eq!(memory.bodies.available_permits(), 4);
    }

    #[test]
    fn answers_are_counted_as_long_as_a_piece_of_them_is_there() {
        let memory = Memory::of(0, 2 * UNIT);
        let bytes = vec![1; UNIT + 1];
        let mut answer = memory.answer(&bytes).unwrap().around(bytes);
        assert_eq!(memory.answer(&[1]).unwrap_err().code(), ErrorCode::Unavailable);
        let piece = answer.split_to(10);
        drop(answer);
        assert!(memory.answer(&[1]).is_err());
        drop(piece);
        assert!(memory.answer(&[1; 2 * UNIT]).is_ok());
    }
}
