//! Progress of long work: a bar on a terminal, nothing in a pipe.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressStyle};

/// The progress of work of several steps, shown on standard error while it lasts.
pub struct Progress(ProgressBar);

impl Progress {
    /// Begins work of so many steps.
    pub fn of(steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        // The template is a constant; should it be wrong, the bar looks as the library draws it.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Self(bar)
    }

    /// Tells which step is being done.
    pub fn doing(&self, what: impl Into<Cow<'static, str>>) {
        self.0.set_message(what);
    }

    /// The step is done.
    pub fn done(&self) {
        self.0.inc(1);
    }

    /// Prints in the middle of the work without mixing with the bar.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
