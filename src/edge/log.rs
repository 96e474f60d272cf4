//! The log: a JSON object a line, for each refusal and each failure.

use super::failure::Failure;
use crate::output::{error_kind, escape_harmful};
use serde::Serialize;
use std::io::{self, Write};

/// The log's view of a request: its method and its route, without the resource that it names.
pub(super) struct Entry<'a> {
    pub(super) method: &'a str,
    pub(super) route: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    method: &'a str,
    route: &'a str,
    status: Option<u16>,
    kind: Option<&'static str>,
    reason: &'a str,
}

impl Entry<'_> {
    /// Writes that the request failed.
    pub(super) fn failed(&self, failure: &Failure, log: &mut dyn Write) {
        let level = if failure.status < 500 { "warning" } else { "error" };
        let reason = failure.reason.unwrap_or(&failure.error.message);
        self.line(level, Some(failure.status), Some(error_kind(failure.error.kind)), reason, log);
    }

    /// Writes that the client is gone.
    pub(super) fn gone(&self, error: &io::Error, log: &mut dyn Write) {
        self.line("warning", None, None, &format!("The answer didn't get through: {error}."), log);
    }

    fn line(
        &self,
        level: &'static str,
        status: Option<u16>,
        kind: Option<&'static str>,
        reason: &str,
        log: &mut dyn Write,
    ) {
        let line = Line { level, method: self.method, route: self.route, status, kind, reason };
        if let Ok(line) = serde_json::to_string(&line) {
            // A log that can't be written has nowhere to report it.
            let _ = writeln!(log, "{}", escape_harmful(&line));
        }
    }
}
