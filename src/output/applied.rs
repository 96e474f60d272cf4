//! The results of changes and steps, as JSON Lines and in a summary.

use super::action::{ActionFields, noun};
use super::error::error_kind;
use super::grant_lines::grant_objects;
use super::json::escape_harmful;
use super::lines::{ErrorFields, IdLine};
use super::sink::SinkError;
use super::warning_text::warning_text;
use crate::contract::lifecycle::{Action, Offboarding, Outcome, Part, Report};
use crate::contract::{Error, RateLimit, Status, Warning, Write as Written};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

/// Changes and steps with the report on them.
pub struct Applied<'a> {
    results: Vec<(&'a Action, &'a Result<Outcome, Error>)>,
    /// The word of each part of an offboarding, in the order of the results.
    words: Vec<&'a str>,
    /// The noun for what was asked.
    pub(super) noun: &'static str,
    pub(super) writes: &'a [Written],
    warnings: &'a [Warning],
    requests: u32,
    rate_limit: Option<&'a RateLimit>,
    dry_run: bool,
}

/// A result as a person reads it.
pub(super) enum Told<'a> {
    /// The result of a change or a step.
    Outcome(&'a Action, &'a Outcome),
    /// Those that ended with an error.
    Error(Vec<&'a Action>, &'a Error),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResultLine<'a> {
    Outcome {
        #[serde(skip_serializing_if = "Option::is_none")]
        word: Option<&'a str>,
        #[serde(flatten)]
        of: ActionFields<'a>,
        status: &'static str,
        detail: &'a str,
        /// Only a step creates something.
        #[serde(skip_serializing_if = "Option::is_none")]
        created: Option<Vec<IdLine<'a>>>,
        added: Vec<Box<RawValue>>,
        removed: &'a [String],
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        word: Option<&'a str>,
        #[serde(flatten)]
        of: ActionFields<'a>,
        #[serde(flatten)]
        error: ErrorFields<'a>,
    },
}

impl<'a> Applied<'a> {
    /// Joins changes and steps with their report, which must have a result for each of them.
    #[must_use]
    pub fn new(actions: &'a [Action], report: &'a Report, dry_run: bool) -> Self {
        let Report { results, writes, warnings, requests, rate_limit } = report;
        Self {
            noun: noun(actions.iter()),
            results: actions.iter().zip(results).collect(),
            words: Vec::new(),
            writes,
            warnings,
            requests: *requests,
            rate_limit: rate_limit.as_ref(),
            dry_run,
        }
    }

    /// Takes the parts of an offboarding.
    pub(super) fn of_parts(offboarding: &'a Offboarding, dry_run: bool) -> Self {
        let Offboarding { parts, writes, warnings, requests, rate_limit, .. } = offboarding;
        let result = |part: &'a Part| (&part.action, &part.outcome);
        Self {
            noun: "parts",
            results: parts.iter().map(result).collect(),
            words: parts.iter().map(|part| part.word.as_str()).collect(),
            writes,
            warnings,
            requests: *requests,
            rate_limit: rate_limit.as_ref(),
            dry_run,
        }
    }

    /// Returns a line for each change and each step, in their order.
    ///
    /// # Errors
    /// If the connector returned something that is no JSON object where the contract declares one.
    pub fn json_lines(&self) -> Result<String, SinkError> {
        let mut lines = String::new();
        let mut words = self.words.iter().copied();
        for (action, result) in self.results() {
            let line = match result {
                Ok(outcome) => ResultLine::of_outcome(words.next(), action, outcome)?,
                Err(error) => {
                    ResultLine::Error { word: words.next(), of: action.into(), error: error.into() }
                }
            };
            let line = serde_json::to_string(&line).map_err(io::Error::from)?;
            lines.push_str(&escape_harmful(&line));
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Returns the warnings, and the line with counts.
    pub(super) fn warnings_and_summary(&self) -> String {
        let mut text = String::new();
        for warning in self.warnings {
            // Writing to a string can't fail.
            let _ = writeln!(text, "warning: {}", warning_text(warning));
        }
        text.push_str(&self.summary());
        text.push('\n');
        text
    }

    /// Whether these are the parts of an offboarding.
    pub(super) fn has_parts(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Counts the results, by the words for them.
    pub(crate) fn counts(&self) -> String {
        let mut counts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for (_, result) in self.results() {
            *counts.entry((result.is_err(), word(result))).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|((_, word), count)| format!("{count} {word}")).collect();
        if counts.is_empty() { format!("no {}", self.noun) } else { counts.join(", ") }
    }

    /// Returns a line with the counts of results and requests.
    pub(crate) fn summary(&self) -> String {
        let counts = self.counts();
        let requests = match self.requests {
            1 => "1 request".to_owned(),
            many => format!("{many} requests"),
        };
        let limit = match self.rate_limit {
            Some(RateLimit { remaining, resets_in_ms }) => {
                format!(", {remaining} more within {} seconds", resets_in_ms.div_ceil(1000))
            }
            None => String::new(),
        };
        format!("{counts}; {requests}{limit}")
    }

    /// The results in the order of what was asked. An error that many share comes once.
    pub(super) fn told(&self) -> Vec<Told<'a>> {
        let (mut told, mut places) = (Vec::<Told<'_>>::new(), BTreeMap::new());
        for (action, result) in self.results() {
            match result {
                Ok(outcome) => told.push(Told::Outcome(action, outcome)),
                Err(error) => {
                    let content = format!("{:?}", Error { about: None, ..error.clone() });
                    let place = *places.entry(content).or_insert(told.len());
                    match told.get_mut(place) {
                        Some(Told::Error(actions, _)) => actions.push(action),
                        _ => told.push(Told::Error(vec![action], error)),
                    }
                }
            }
        }
        told
    }

    pub(super) fn results(&self) -> impl Iterator<Item = (&'a Action, &'a Result<Outcome, Error>)> {
        self.results.iter().copied()
    }
}

/// Returns a word for a result: the status of its outcome, or the kind of its error.
fn word(result: &Result<Outcome, Error>) -> &'static str {
    result.as_ref().map_or_else(|error| error_kind(error.kind), |outcome| status(outcome.status))
}

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Applied => "applied",
        Status::Unchanged => "unchanged",
        Status::Planned => "planned",
    }
}

impl<'a> ResultLine<'a> {
    fn of_outcome(
        word: Option<&'a str>,
        action: &'a Action,
        outcome: &'a Outcome,
    ) -> Result<Self, SinkError> {
        let created = || outcome.created.iter().map(Into::into).collect();
        Ok(ResultLine::Outcome {
            word,
            of: action.into(),
            status: status(outcome.status),
            detail: &outcome.detail,
            created: matches!(action, Action::Step(_)).then(created),
            added: grant_objects(&outcome.added)?,
            removed: &outcome.removed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{changes, outcome, refusal, report};
    use super::*;
    use crate::contract::lifecycle::{Invitation, NewUser, Step};

    fn lines(results: Vec<Result<Outcome, Error>>) -> Result<Vec<String>, SinkError> {
        let (changes, report) = (changes(), report(results));
        let lines = Applied::new(&changes, &report, false).json_lines()?;
        Ok(lines.lines().map(str::to_owned).collect())
    }

    #[test]
    fn each_change_is_a_line_in_order() {
        let lines = lines(vec![Ok(outcome(Status::Applied)), Err(refusal())]).unwrap();
        assert_eq!(
            lines,
            [
                concat!(
                    r#"{"type":"outcome","operation":"grant","entitlement":"group:g1:member","#,
                    r#""principal":{"kind":"user","id":"u1"},"status":"applied","detail":"Adds a rule.","#,
                    r#""added":[{"type":"grant","id":"group:g1:member:user:u1","#,
                    r#""entitlement":"group:g1:member","principal":{"kind":"user","id":"u1"},"#,
                    r#""basis":[{"rule":"everyone","value":"","through":null}],"conditions":null,"#,
                    r#""revocable":false,"extra":{}}],"removed":["group:g2:member"]}"#,
                ),
                concat!(
                    r#"{"type":"error","operation":"revoke","entitlement":"group:g1:member","#,
                    r#""principal":{"kind":"email","id":"a:b@corp.example"},"kind":"refused","#,
                    r#""message":"A domain still names them.","code":"12130","http_status":400,"#,
                    r#""retryable":false,"retry_after_ms":1500,"about":"group:g1","#,
                    r#""details":{"cf-ray":"1"}}"#,
                ),
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
    fn a_step_has_its_own_fields_and_what_it_created() {
        let id = super::super::samples::id;
        let invitation = Invitation {
            address: "new@corp.example".to_owned(),
            entitlements: vec!["role:r1:assigned".to_owned()],
            without_mail: false,
        };
        let steps = [
            Step::Invite(invitation),
            Step::AddUser(NewUser { address: "new@corp.example".to_owned(), name: None }),
            Step::Remove(id("user", "u1")),
        ];
        let actions: Vec<Action> = steps.into_iter().map(Action::Step).collect();
        let plain = Outcome { added: vec![], removed: vec![], ..outcome(Status::Applied) };
        let created = Outcome { created: vec![id("member", "m1")], ..plain.clone() };
        let report = report(vec![Ok(created), Ok(plain), Err(refusal())]);
        let applied = Applied::new(&actions, &report, false);
        let lines = applied.json_lines().unwrap();
        let begin = [
            concat!(
                r#"{"type":"outcome","step":"invite","address":"new@corp.example","#,
                r#""entitlements":["role:r1:assigned"],"without_mail":false,"status":"applied","#,
                r#""detail":"Adds a rule.","created":[{"kind":"member","id":"m1"}],"added":[],"removed":[]}"#,
            ),
            concat!(
                r#"{"type":"outcome","step":"add-user","address":"new@corp.example","name":null,"#,
                r#""status":"applied","detail":"Adds a rule.","created":[],"added":[],"removed":[]}"#,
            ),
            r#"{"type":"error","step":"remove","id":{"kind":"user","id":"u1"},"kind":"refused","#,
        ];
        for (line, begin) in lines.lines().zip(begin) {
            assert!(line.starts_with(begin), "{line}");
        }
        assert_eq!(lines.lines().count(), 3);
        assert!(applied.in_brief().contains("2 applied, 1 refused; "), "{}", applied.in_brief());
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
        let applied = Applied::new(&changes, &report, true);
        assert_eq!(
            applied.warnings_and_summary(),
            "warning: Something is off. Data is missing. (item-not-understood)\n\
             1 planned, 1 refused; 4 requests, 1190 more within 61 seconds\n"
        );
        let none =
            Report { results: vec![], writes: vec![], warnings: vec![], requests: 1, rate_limit: None };
        assert_eq!(Applied::new(&[], &none, false).warnings_and_summary(), "no changes; 1 request\n");
    }

    #[test]
    fn a_warning_acts_on_no_terminal() {
        let (changes, mut report) = (changes(), report(vec![]));
        report.warnings[0].code = "\x1b[2J".to_owned();
        report.warnings[0].message = "\u{202e}\nwarning: forged".to_owned();
        let text = Applied::new(&changes, &report, false).warnings_and_summary();
        assert_eq!(text.lines().count(), 2, "{text:?}");
        assert!(!text.contains(['\x1b', '\u{202e}']), "{text:?}");
    }
}
