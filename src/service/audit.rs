//! The audit: what was done by whom, in chains that show when they were tampered with.
//!
//! Entries are written by [`super::journal`] in the transaction of what they tell. The hash of each is made over all of it
//! and over the hash of the entry before it ([`chain`]), so an entry that is edited, deleted, put in or swapped no longer
//! fits its neighbours ([`verify()`]). Who rewrites a chain from some place to its end, or cuts its end off together with
//! its head, leaves a chain that fits: that is what anchors ([`anchor`]) are for, heads of former times that are kept
//! where the same hands do not reach.

pub mod anchor;
pub mod chain;
pub mod diff;
mod rows;
mod verify;

pub use verify::{Fault, Verified, verify};
