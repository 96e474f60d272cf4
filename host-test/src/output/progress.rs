//! The progress of a read, on a terminal.

use cloudflare_zero_trust::contract;
use cloudflare_zero_trust::output::clean;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A line on standard error that shows how far a read is. If standard error is no terminal, nothing
/// is shown.
pub struct Progress {
    bar: ProgressBar,
    requests: u64,
}

impl Progress {
    /// Starts to show the line.
    #[must_use]
    pub fn start() -> Progress {
        let bar =
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style("{spinner}"));
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress { bar, requests: 0 }
    }

    /// Shows a page's progress.
    pub fn update(&mut self, page: &contract::Page) {
        let contract::Progress { phase, done, total } = &page.progress;
        self.requests += u64::from(page.requests);
        self.bar.set_style(style(match total {
            Some(_) => "{spinner} {msg:10} {bar:30} {pos}/{len}  {prefix}",
            None => "{spinner} {msg:10} {pos}  {prefix}",
        }));
        self.bar.update(|state| {
            state.set_pos(u64::from(*done));
            state.set_len(u64::from(total.unwrap_or(*done)));
        });
        self.bar.set_message(clean(phase).into_owned());
        let noun = if self.requests == 1 { "request" } else { "requests" };
        self.bar.set_prefix(format!("{} {noun}", self.requests));
    }

    /// Hides the line while something else writes to the terminal.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Makes a style. For a template that indicatif can't read, it is indicatif's own.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;

    #[test]
    fn a_page_moves_it_and_its_phase_is_harmless() {
        let mut progress = Progress { bar: ProgressBar::hidden(), requests: 0 };
        let mut page = samples::page();
        page.progress = contract::Progress { phase: "users\x1b[2J".to_owned(), done: 30, total: Some(100) };
        progress.update(&page);
        assert_eq!(progress.bar.prefix(), "1 request");
        progress.update(&page);
        assert_eq!((progress.bar.position(), progress.bar.length()), (30, Some(100)));
        assert_eq!(progress.bar.message(), "users\u{fffd}[2J");
        assert_eq!(progress.bar.prefix(), "2 requests");
    }
}
