//! How far a read is, on a terminal.

use super::clean;
use crate::host::contract;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A line on standard error that shows how far a read is; nothing where standard error is no terminal.
pub struct Progress {
    bar: ProgressBar,
    requests: u64,
}

impl Progress {
    /// Starts to show.
    #[must_use]
    pub fn start() -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress { bar, requests: 0 }
    }

    /// Shows a page's progress.
    pub fn update(&mut self, page: &contract::Page) {
        let contract::Progress { phase, done, total } = &page.progress;
        self.requests += u64::from(page.requests);
        let style = match total {
            Some(total) => {
                self.bar.set_length(u64::from(*total));
                "{spinner} {msg:10} {bar:30} {pos}/{len}  {prefix}"
            }
            None => "{spinner} {msg:10} {pos}  {prefix}",
        };
        if let Ok(style) = ProgressStyle::with_template(style) {
            self.bar.set_style(style);
        }
        self.bar.set_message(clean(phase).into_owned());
        self.bar.set_prefix(format!("{} requests", self.requests));
        self.bar.set_position(u64::from(*done));
    }

    /// Runs something that writes to the terminal too.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
