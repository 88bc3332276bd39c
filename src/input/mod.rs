//! The inputs of writes as tables: what a field is called, what it means, and how it is read.
//!
//! GraphQL registers its input types from these tables and reads its arguments by them; lines of JSONL files and rows of
//! tables are read by them too. So every way in has the same shapes, the same limits and the same words for a mistake.
//!
//! Reading never stops at the first mistake: it gathers a [`UserError`] for each, with its path. Nothing here asks a
//! database.

pub mod account;
mod at;
pub mod bulk;
pub mod client;
pub mod division;
pub mod finding;
pub mod goal;
pub mod grant;
pub mod indicator;
pub mod item;
pub mod key;
pub mod objective;
pub mod plan;
pub mod project;
pub mod scalar;
mod table;
pub mod unit;
mod user_error;
pub mod write;

pub use at::At;
pub use table::{Described, Input, Slot};
pub use user_error::{Detail, UserError, UserErrorCode, Words};

/// What was sent for a field: nothing, which keeps what is stored; null, which clears it; or a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sent<T> {
    /// Keeps.
    #[default]
    Absent,
    /// Clears.
    Clear,
    /// Sets.
    Set(T),
}

impl<T> Sent<T> {
    /// What holds now, where `known` held before.
    pub fn over(self, known: Option<T>) -> Option<T> {
        match self {
            Self::Absent => known,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether the field was not sent.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, where one was sent.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}
