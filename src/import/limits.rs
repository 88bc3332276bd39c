//! How much an imported file may ask for. A file beyond a limit is refused, whatever it holds.

use std::time::Instant;

/// Limits of one reading. The defaults are the shipped ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file: u64,
    /// Bytes of all parts of a package, unpacked.
    pub unpacked: u64,
    /// Bytes of one part, unpacked.
    pub part: u64,
    /// Entries of a package.
    pub entries: usize,
    /// Unpacked bytes for each packed byte, of a part that is larger than [`Limits::RATIO_FROM`].
    pub ratio: u64,
    /// Table rows.
    pub rows: u32,
    /// Cells and paragraphs together.
    pub cells: usize,
    /// Nesting of XML elements.
    pub depth: usize,
    /// Attributes of one XML element.
    pub attributes: usize,
    /// When the reading has to be over; looked at every [`Limits::STEPS`] steps.
    pub deadline: Option<Instant>,
}

impl Limits {
    /// Parts up to this size may be packed as tightly as they are: they can do no harm.
    pub const RATIO_FROM: u64 = 1 << 20;
    /// Steps (XML events, lines) between two looks at the deadline.
    pub const STEPS: u32 = 1024;

    /// The same limits with a deadline.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 20 << 20,
            unpacked: 100 << 20,
            part: 50 << 20,
            entries: 200,
            ratio: 100,
            rows: 50_000,
            cells: 1_000_000,
            depth: 64,
            attributes: 256,
            deadline: None,
        }
    }
}

/// Counts the steps of a reading and says when its time is over.
#[derive(Debug)]
pub struct Clock {
    deadline: Option<Instant>,
    steps: u32,
}

impl Clock {
    /// A clock for one reading.
    pub fn new(limits: &Limits) -> Self {
        Self { deadline: limits.deadline, steps: 0 }
    }

    /// One step; `true` when the deadline has passed.
    pub fn step(&mut self) -> bool {
        self.steps = self.steps.wrapping_add(1);
        self.steps.is_multiple_of(Limits::STEPS) && self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
