//! What became of changes.

use super::error::error_kind;
use super::json::{escape_harmful, object};
use super::json_lines::{IdLine, grant_objects, resource_name};
use super::snapshot::Snapshot;
use super::terminal::Terminal;
use super::{SinkError, applied_text, clean};
use crate::contract::{Change, Error, Operation, Options, Outcome, RateLimit, Report, Status, Warning};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// What became of changes.
pub struct Applied<'a> {
    pub(super) changes: &'a [Change],
    pub(super) report: &'a Report,
    pub(super) dry_run: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ChangeLine<'a> {
    Outcome {
        #[serde(flatten)]
        of: ChangeOf<'a>,
        status: &'static str,
        detail: &'a str,
        added: Vec<Box<RawValue>>,
        removed: &'a [String],
    },
    Error {
        #[serde(flatten)]
        of: ChangeOf<'a>,
        kind: &'static str,
        message: &'a str,
        code: Option<&'a str>,
        http_status: Option<u16>,
        retryable: bool,
        retry_after_ms: Option<u32>,
        about: Option<&'a str>,
        details: Option<Cow<'a, RawValue>>,
    },
}

#[derive(Serialize)]
struct ChangeOf<'a> {
    operation: &'static str,
    entitlement: &'a str,
    principal: IdLine<'a>,
}

impl<'a> Applied<'a> {
    /// The report has a result for each of the changes.
    #[must_use]
    pub fn new(changes: &'a [Change], report: &'a Report, options: &Options) -> Self {
        Self { changes, report, dry_run: options.dry_run }
    }

    /// One object a line and a change, in the changes' order.
    ///
    /// # Errors
    /// Where the connector gave something that is not JSON.
    pub fn json_lines(&self) -> Result<String, SinkError> {
        let mut lines = String::new();
        for (change, result) in self.results() {
            let line = match result {
                Ok(outcome) => ChangeLine::of_outcome(change, outcome)?,
                Err(error) => ChangeLine::of_error(change, error),
            };
            let line = serde_json::to_string(&line).map_err(io::Error::from)?;
            lines.push_str(&escape_harmful(&line));
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Shows what became of each change, and what was written; `names` tells what to call things.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, names: &Snapshot, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
        applied_text::write(self, names, terminal, to)
    }

    /// For standard error: what a person should know beside the changes.
    #[must_use]
    pub fn warnings_and_summary(&self) -> String {
        let mut text = String::new();
        for Warning { code, about, message, incomplete } in &self.report.warnings {
            let about =
                about.as_ref().map_or(String::new(), |about| format!(", about {}", resource_name(about)));
            let missing = if *incomplete { " Data is missing." } else { "" };
            // Writing to a string doesn't fail.
            let _ = writeln!(text, "warning: {}", clean(&format!("{message}{missing} ({code}{about})")));
        }
        text.push_str(&self.summary());
        text.push('\n');
        text
    }

    fn summary(&self) -> String {
        let mut counts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for (_, result) in self.results() {
            *counts.entry((result.is_err(), word(result))).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|((_, word), count)| format!("{count} {word}")).collect();
        let counts = if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") };
        let requests = match self.report.requests {
            1 => "1 request".to_owned(),
            many => format!("{many} requests"),
        };
        let limit = match &self.report.rate_limit {
            Some(RateLimit { remaining, resets_in_ms }) => {
                format!(", {remaining} more within {} seconds", resets_in_ms.div_ceil(1000))
            }
            None => String::new(),
        };
        format!("{counts}; {requests}{limit}")
    }

    pub(super) fn results(&self) -> impl Iterator<Item = (&'a Change, &'a Result<Outcome, Error>)> + use<'a> {
        self.changes.iter().zip(&self.report.results)
    }
}

/// A result in a word.
pub(super) fn word(result: &Result<Outcome, Error>) -> &'static str {
    result.as_ref().map_or_else(|error| error_kind(error.kind), |outcome| status(outcome.status))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Applied => "applied",
        Status::Unchanged => "unchanged",
        Status::Planned => "planned",
    }
}

pub(super) fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Grant => "grant",
        Operation::Revoke => "revoke",
    }
}

impl<'a> ChangeLine<'a> {
    fn of_outcome(change: &'a Change, outcome: &'a Outcome) -> Result<Self, SinkError> {
        Ok(ChangeLine::Outcome {
            of: change.into(),
            status: status(outcome.status),
            detail: &outcome.detail,
            added: grant_objects(&outcome.added)?,
            removed: &outcome.removed,
        })
    }

    /// What the change came to is worth more than details that can't be shown.
    fn of_error(change: &'a Change, error: &'a Error) -> Self {
        ChangeLine::Error {
            of: change.into(),
            kind: error_kind(error.kind),
            message: &error.message,
            code: error.code.as_deref(),
            http_status: error.http_status,
            retryable: error.retryable,
            retry_after_ms: error.retry_after_ms,
            about: error.about.as_deref(),
            details: object(&error.details, "details", String::new).ok(),
        }
    }
}

impl<'a> From<&'a Change> for ChangeOf<'a> {
    fn from(change: &'a Change) -> Self {
        ChangeOf {
            operation: operation(change.operation),
            entitlement: &change.entitlement,
            principal: (&change.principal).into(),
        }
    }
}

#[cfg(test)]
pub(super) mod samples {
    //! What became of small changes.

    use super::super::snapshot::samples::{grant, id, warning};
    use super::*;
    use crate::contract::{ErrorKind, Write};

    pub(in super::super) fn changes() -> Vec<Change> {
        let change = |operation, kind, principal| Change {
            operation,
            entitlement: "group:g1:member".to_owned(),
            principal: id(kind, principal),
        };
        vec![change(Operation::Grant, "user", "u1"), change(Operation::Revoke, "email", "a:b@corp.example")]
    }

    pub(in super::super) fn options(dry_run: bool) -> Options {
        Options { dry_run, allow_gains: false, extra: String::new() }
    }

    pub(in super::super) fn outcome(status: Status) -> Outcome {
        Outcome {
            status,
            detail: "Adds a rule.".to_owned(),
            added: vec![grant("g1", "user", "u1")],
            removed: vec!["group:g2:member".to_owned()],
        }
    }

    pub(in super::super) fn refusal() -> Error {
        Error {
            kind: ErrorKind::Refused,
            message: "A domain still names them.".to_owned(),
            code: Some("12130".to_owned()),
            http_status: Some(400),
            retryable: false,
            retry_after_ms: Some(1_500),
            about: Some("group:g1".to_owned()),
            details: "{ \"cf-ray\": \"1\" }".to_owned(),
        }
    }

    pub(in super::super) fn report(results: Vec<Result<Outcome, Error>>) -> Report {
        let write = Write {
            on: id("group", "g1"),
            before: r#"{"name":"Engineering","include":[{"email":{"email":"a@x"}}]}"#.to_owned(),
            after:
                r#"{"name":"Engineering","include":[{"email":{"email":"a@x"}},{"email":{"email":"u1@x"}}]}"#
                    .to_owned(),
        };
        let warnings = vec![warning("item-not-understood", true)];
        let rate_limit = Some(RateLimit { remaining: 1_190, resets_in_ms: 60_001 });
        Report { results, writes: vec![write], warnings, requests: 4, rate_limit }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{changes, options, outcome, refusal, report};
    use super::*;

    fn lines(results: Vec<Result<Outcome, Error>>) -> Result<Vec<String>, SinkError> {
        let (changes, report) = (changes(), report(results));
        let lines = Applied::new(&changes, &report, &options(false)).json_lines()?;
        Ok(lines.lines().map(str::to_owned).collect())
    }

    #[test]
    fn each_change_is_a_line_in_order() {
        let lines = lines(vec![Ok(outcome(Status::Applied)), Err(refusal())]).unwrap();
        assert_eq!(
            lines,
            [
                r#"{"type":"outcome","operation":"grant","entitlement":"group:g1:member","principal":{"kind":"user","id":"u1"},"status":"applied","detail":"Adds a rule.","added":[{"type":"grant","id":"group:g1:member:user:u1","entitlement":"group:g1:member","principal":{"kind":"user","id":"u1"},"basis":[{"rule":"everyone","value":""}],"conditions":null,"revocable":false,"extra":{}}],"removed":["group:g2:member"]}"#,
                r#"{"type":"error","operation":"revoke","entitlement":"group:g1:member","principal":{"kind":"email","id":"a:b@corp.example"},"kind":"refused","message":"A domain still names them.","code":"12130","http_status":400,"retryable":false,"retry_after_ms":1500,"about":"group:g1","details":{"cf-ray":"1"}}"#,
            ]
        );
    }

    #[test]
    fn what_strangers_chose_starts_no_line_and_acts_on_no_terminal() {
        let hostile = "\x1b[2J\u{9b}\u{202e}\n{\"type\":\"outcome\"}";
        let mut error = refusal();
        error.message = hostile.to_owned();
        error.details = hostile.to_owned();
        let mut outcome = outcome(Status::Unchanged);
        outcome.detail = hostile.to_owned();
        outcome.added[0].basis[0].value = hostile.to_owned();
        outcome.removed[0] = hostile.to_owned();
        let lines = lines(vec![Ok(outcome), Err(error)]).unwrap();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].contains(r#""details":null"#), "{}", lines[1]);
        for line in lines {
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }

    #[test]
    fn a_grant_that_can_not_be_written_is_an_error() {
        let mut outcome = outcome(Status::Applied);
        outcome.added[0].extra = "nope".to_owned();
        let error = lines(vec![Ok(outcome), Err(refusal())]).unwrap_err();
        assert!(error.to_string().contains("group:g1:member:user:u1"), "{error}");
    }

    #[test]
    fn the_summary_counts_what_came_of_it_and_what_it_took() {
        let (changes, report) = (changes(), report(vec![Ok(outcome(Status::Planned)), Err(refusal())]));
        let applied = Applied::new(&changes, &report, &options(true));
        assert_eq!(
            applied.warnings_and_summary(),
            "warning: Something is off. Data is missing. (item-not-understood)\n\
             1 planned, 1 refused; 4 requests, 1190 more within 61 seconds\n"
        );
        let none =
            Report { results: vec![], writes: vec![], warnings: vec![], requests: 1, rate_limit: None };
        assert_eq!(
            Applied::new(&[], &none, &options(false)).warnings_and_summary(),
            "no changes; 1 request\n"
        );
    }

    #[test]
    fn a_warning_acts_on_no_terminal() {
        let (changes, mut report) = (changes(), report(vec![]));
        report.warnings[0].code = "\x1b[2J".to_owned();
        report.warnings[0].message = "\u{202e}\nwarning: forged".to_owned();
        let told = Applied::new(&changes, &report, &options(false)).warnings_and_summary();
        assert_eq!(told.lines().count(), 2, "{told:?}");
        assert!(!told.contains(['\x1b', '\u{202e}']), "{told:?}");
    }
}
