//! Logs, on standard error.

use super::failure::{Exit, Failure, in_full};
use crate::serve::REQUESTS;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cloudflare_zero_trust::command::program;
use cloudflare_zero_trust::contract::{ResourceId, Warning};
use cloudflare_zero_trust::output::escape_harmful;
use connector_host::NetworkFailure;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The level and the form of the logs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Logs, on standard error")]
pub(super) struct LogArgs {
    /// What to log: off, error, warn, info, debug or trace
    ///
    /// debug shows each request: its route without ids, status, size and time, which attempt it is,
    /// and how many were under way; and each wait for Cloudflare.
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        default_value = "warn",
        ignore_case = true,
        hide_possible_values = true,
        value_parser = PossibleValuesParser::new(LEVELS).try_map(|text| text.parse::<LevelFilter>())
    )]
    log_level: LevelFilter,
    /// How a log line looks
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// The levels of the logs, from nothing to everything.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// The target of summaries. They are no warnings, and are shown at each level but off.
const SUMMARY: &str = "host_test::summary";

/// The form of the logs of this process.
static FORMAT: OnceLock<LogFormat> = OnceLock::new();

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    /// For a person
    Text,
    /// One JSON object a line: timestamp, level, target and fields, message among them
    Json,
}

impl LogArgs {
    /// Starts to log. This program and its host log at the level that was asked for. Libraries log at
    /// most warnings: more of their logs would show what goes over the wire.
    pub(super) fn start(&self) {
        FORMAT.get_or_init(|| self.log_format);
        let is_off = self.log_level == LevelFilter::OFF;
        let summaries = if is_off { LevelFilter::OFF } else { LevelFilter::INFO };
        let filter = Targets::new()
            .with_target(env!("CARGO_CRATE_NAME"), self.log_level)
            .with_target("connector_host", self.log_level)
            .with_target("guest", self.log_level)
            .with_target(REQUESTS, self.of_requests())
            .with_target(SUMMARY, self.log_level.max(summaries))
            .with_default(self.log_level.min(LevelFilter::WARN));
        let layer = tracing_subscriber::fmt::layer();
        let layer = match self.log_format {
            LogFormat::Text => {
                let colour = io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
                layer.with_writer(io::stderr).with_ansi(colour).boxed()
            }
            LogFormat::Json => layer.json().with_writer(|| Harmless(io::stderr())).boxed(),
        };
        tracing_subscriber::registry().with(layer).with(filter).init();
    }

    /// The level of the lines of a service's requests. Each request has one, unless less is asked for than
    /// usual.
    fn of_requests(&self) -> LevelFilter {
        if self.log_level == LevelFilter::WARN { LevelFilter::INFO } else { self.log_level }
    }

    /// Reports a failure: as a log line if those are JSON, and otherwise, or without logs, as text for
    /// a person.
    pub(super) fn report(&self, failure: &Failure) {
        let report = failure.report().to_string();
        if self.log_format == LogFormat::Text || !tracing::enabled!(tracing::Level::ERROR) {
            // A terminal that is gone takes nothing.
            let _ = io::stderr().write_all(report.as_bytes());
            return;
        }
        let mut lines = report.lines().map(str::trim);
        let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
        let help = lines.collect::<Vec<_>>().join(" ");
        let help = (!help.is_empty()).then_some(help);
        tracing::error!(exit = failure.exit() as u8, help, "{message}");
    }
}

/// Writes a read's warning: as a log line if those are JSON, and otherwise, or without logs, as text
/// for a person.
pub(super) fn warn(warning: &Warning) {
    if FORMAT.get() != Some(&LogFormat::Json) || !tracing::enabled!(tracing::Level::WARN) {
        return program::warn(warning);
    }
    let Warning { code, about, message, incomplete } = warning;
    let about = about.as_ref().map(|ResourceId { kind, id }| format!("{kind}:{id}"));
    tracing::warn!(code, about, incomplete, "{message}");
}

/// Writes why the network failed: as a log line if those are JSON, and otherwise, or without logs, as
/// text for a person.
pub(super) fn network_failure(failure: &NetworkFailure) {
    const NO_ANSWER: &str = "a request got no answer";
    let text = in_full(failure);
    if FORMAT.get() == Some(&LogFormat::Json) && tracing::enabled!(tracing::Level::WARN) {
        tracing::warn!("{NO_ANSWER}: {text}");
    } else {
        // A closed standard error loses no outcome.
        let _ = writeln!(io::stderr(), "warning: {NO_ANSWER}: {text}");
    }
}

/// Writes the summary of a command: as a log line if those are JSON, and otherwise, or without logs,
/// as text for a person.
pub(super) fn summary(text: &str) {
    if FORMAT.get() == Some(&LogFormat::Json) && tracing::enabled!(target: SUMMARY, tracing::Level::INFO) {
        tracing::info!(target: SUMMARY, "{text}");
    } else {
        // A closed standard error loses no outcome.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// Notes why the exit code isn't 0, if log lines are JSON. A person sees it in the result.
pub(super) fn note(exit: Exit, text: &str) {
    if FORMAT.get() == Some(&LogFormat::Json) {
        tracing::error!(exit = exit as u8, "{text}");
    }
}

/// A writer of whole lines of JSON, without characters that a terminal acts upon.
struct Harmless<W>(W);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let mut safe = escape_harmful(line).into_owned();
        safe.push('\n');
        self.0.write_all(safe.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_json_line_is_one_line_and_harmless() {
        let log = Log::default();
        let writer = log.clone();
        let layer = tracing_subscriber::fmt::layer().json().with_writer(move || Harmless(writer.clone()));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(name = "a\u{9b}31m\u{202e}\n{\"level\":\"ERROR\"}", "it \x1b[2J moved");
            tracing::warn!("second");
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0]["level"], "WARN");
        assert_eq!(lines[0]["fields"]["name"], "a\u{9b}31m\u{202e}\n{\"level\":\"ERROR\"}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'), "{text:?}");
    }
}
