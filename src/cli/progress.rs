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

/// The part of a file that is worked through.
pub struct Percent(ProgressBar);

impl Percent {
    /// Begins with nothing.
    pub fn of(file: String) -> Self {
        let bar = ProgressBar::new(100);
        // As above.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:40} {pos}% {eta} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_message(file);
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Self(bar)
    }

    /// So many percent are done.
    pub fn at(&self, percent: u64) {
        self.0.set_position(percent);
    }
}

impl Drop for Percent {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
