//! The word of sources of facts on the conditions of a grant.

use super::terminal::clean;
use crate::contract::Grant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most sources that a note names.
const MOST: usize = 8;

/// A source of facts, and the time that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ToldBy {
    /// The name, for people.
    pub source: String,
    /// The time, in RFC 3339, if the source tells one.
    pub as_of: Option<String>,
}

/// The part of a grant's `extra` that is about facts.
#[derive(Deserialize)]
pub(super) struct Expected {
    #[serde(rename = "expected")]
    holds: bool,
    source: String,
    as_of: Option<String>,
}

impl Expected {
    /// Returns what sources say of a grant, if they say something.
    pub(super) fn of(grant: &Grant) -> Option<Self> {
        // Most grants say nothing, and they are many.
        grant.extra.contains("\"expected\"").then(|| serde_json::from_str(&grant.extra).ok())?
    }

    /// Returns who says it.
    pub(super) fn told_by(self) -> ToldBy {
        ToldBy { source: self.source, as_of: self.as_of }
    }

    /// Returns the mark in front of the conditions.
    pub(super) fn mark(&self) -> &'static str {
        if self.holds { "expected" } else { "not expected" }
    }
}

/// Says what the marks of these grants mean, and who says so, if one of them has a mark.
pub(super) fn note<'a>(grants: impl Iterator<Item = &'a Grant>) -> Option<String> {
    let told_by: BTreeSet<ToldBy> = grants.filter_map(Expected::of).map(Expected::told_by).collect();
    let sources = sources(told_by.iter())?;
    Some(format!(
        "Expected: by the facts that were given, the conditions hold. Not expected: by these facts, they \
         don't. The facts come from {sources}. Cloudflare decides at each login."
    ))
}

/// Names sources, each with its time, if there are some.
pub(super) fn sources<'s>(told_by: impl Iterator<Item = &'s ToldBy>) -> Option<String> {
    let mut all: Vec<String> = told_by.map(in_words).collect();
    if all.len() > MOST {
        let more = format!("and {} more", all.len() - MOST);
        all.truncate(MOST);
        all.push(more);
    }
    (!all.is_empty()).then(|| all.join("; "))
}

fn in_words(ToldBy { source, as_of }: &ToldBy) -> String {
    match as_of {
        Some(as_of) => format!("{}, as of {}", clean(source), clean(as_of)),
        None => format!("{} (the time isn't told)", clean(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn grant(extra: &str) -> Grant {
        Grant { extra: extra.to_owned(), ..samples::grant("g1", "user", "u1") }
    }

    #[test]
    fn a_grant_without_facts_has_no_mark() {
        for extra in ["{}", "nope", r#"{"denied_by":["p1"]}"#, r#"{"expected":1,"source":"x"}"#] {
            assert!(Expected::of(&grant(extra)).is_none(), "{extra}");
        }
        assert_eq!(note([grant("{}")].iter()), None);
    }

    #[test]
    fn a_note_names_each_source_once_with_its_time() {
        let yes = grant(r#"{"expected":true,"source":"okta.csv","as_of":"2026-11-20T08:00:00Z"}"#);
        let no = grant(r#"{"expected":false,"source":"old\u001b.csv"}"#);
        assert_eq!(Expected::of(&yes).map(|it| it.mark()), Some("expected"));
        assert_eq!(Expected::of(&no).map(|it| it.mark()), Some("not expected"));
        let note = note([&yes, &no, &yes].into_iter()).unwrap();
        let from = "come from okta.csv, as of 2026-11-20T08:00:00Z; old\u{fffd}.csv (the time isn't told). \
                    Cloudflare decides";
        assert!(note.contains(from), "{note}");
    }
}
