//! A disk that did not keep what it was given.
//!
//! When bringing to disk fails, the system may have forgotten what was to be written, and say the next time that all is well. What
//! is on the disk is known only when the files are read anew, so nothing more is written by this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure;
use crate::error::{AppError, AppResult, ErrorCode};

/// Whether it failed; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<AtomicBool>);

impl Disk {
    /// Refuses when it failed.
    ///
    /// # Errors
    /// `UNAVAILABLE`.
    pub fn must_keep(&self) -> AppResult<()> {
        if self.0.load(Ordering::Acquire) {
            let message =
                "The disk of the database failed; nothing is written until the operator starts the service again.";
            return Err(AppError::new(ErrorCode::Unavailable, message));
        }
        Ok(())
    }

    /// Looks whether a transaction ended because it failed.
    pub fn learn_from<T>(&self, outcome: &AppResult<T>) {
        if outcome.as_ref().is_err_and(failure::is_unsynced) && !self.0.swap(true, Ordering::AcqRel) {
            tracing::error!(
                "the disk did not keep what was written: no more writes until the service is started again"
            );
        }
    }
}
