//! The log: a JSON object a line, for what was refused and what failed.

use super::failure::Failure;
use crate::output::{error_kind, escape_harmful};
use serde::Serialize;
use std::io::{self, Write};

/// What was asked, without what it was about.
pub(super) struct Asked<'a> {
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

impl Asked<'_> {
    pub(super) fn failed(&self, failure: &Failure, log: &mut dyn Write) {
        let level = if failure.status < 500 { "warning" } else { "error" };
        let reason = failure.reason.unwrap_or(&failure.error.message);
        self.line(level, Some(failure.status), Some(error_kind(failure.error.kind)), reason, log);
    }

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
            // Whom should we tell?
            let _ = writeln!(log, "{}", escape_harmful(&line));
        }
    }
}
