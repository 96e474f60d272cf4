//! Verdicts as JSON Lines, for a program.

use super::numbers::Verdicts;
use crate::contract::{Agreement, Claim, Compared, ResourceId, Verdict, Warning};
use crate::output::expected::ToldBy;
use crate::output::json::push_json;
use crate::output::lines::{AlternativeLine, IdLine, Line};
use crate::output::names::resource_name;
use crate::output::sink::SinkError;
use serde::Serialize;
use std::collections::BTreeSet;

/// A person on a line of its own.
#[derive(Serialize)]
struct PersonLine<'a> {
    r#type: &'static str,
    subject: IdLine<'a>,
    user: IdLine<'a>,
    address: &'a str,
    display_name: &'a str,
    claim: &'static str,
    expected: Option<bool>,
    conditions: Option<Vec<AlternativeLine<'a>>>,
    verdict: &'static str,
    agreement: &'static str,
}

/// The line that ends a subject.
#[derive(Serialize)]
struct SubjectLine<'a> {
    r#type: &'static str,
    subject: IdLine<'a>,
    #[serde(flatten)]
    verdicts: Verdicts,
    facts: &'a BTreeSet<ToldBy>,
}

/// A subject that Cloudflare has nothing to test of.
#[derive(Serialize)]
struct NotTestedLine<'a> {
    r#type: &'static str,
    subject: IdLine<'a>,
    message: &'a str,
}

/// Returns the line that ends a subject. `facts` are the sources that told some.
///
/// # Errors
/// If it can't be written as JSON.
pub fn verification_line(
    subject: &ResourceId,
    verdicts: Verdicts,
    facts: &BTreeSet<ToldBy>,
) -> Result<Vec<u8>, SinkError> {
    line(&SubjectLine { r#type: "verification", subject: subject.into(), verdicts, facts })
}

/// Returns a line of JSON for each of these people.
///
/// # Errors
/// If the connector returned something that is no JSON object where the contract declares one.
pub fn verdict_lines(subject: &ResourceId, people: &[Compared]) -> Result<Vec<u8>, SinkError> {
    let mut lines = Vec::new();
    for of in people {
        let conditions = AlternativeLine::all_of(&of.conditions, || resource_name(&of.user))?;
        lines.extend(line(&PersonLine {
            r#type: "verdict",
            subject: subject.into(),
            user: (&of.user).into(),
            address: &of.address,
            display_name: &of.display_name,
            claim: claim(of.claim),
            expected: of.expected,
            conditions,
            verdict: verdict(of.verdict),
            agreement: agreement(of.agreement),
        })?);
    }
    Ok(lines)
}

/// Returns the line of a subject that Cloudflare has nothing to test of.
///
/// # Errors
/// If it can't be written as JSON.
pub fn not_tested_line(subject: &ResourceId, message: &str) -> Result<Vec<u8>, SinkError> {
    line(&NotTestedLine { r#type: "not_tested", subject: subject.into(), message })
}

/// Returns the line of a warning.
///
/// # Errors
/// If it can't be written as JSON.
pub fn warning_line(warning: &Warning) -> Result<Vec<u8>, SinkError> {
    line(&Line::of_warning(warning))
}

fn line(of: &impl Serialize) -> Result<Vec<u8>, SinkError> {
    let mut line = Vec::new();
    push_json(&mut line, of)?;
    line.push(b'\n');
    Ok(line)
}

/// Returns the contract's word.
fn claim(claim: Claim) -> &'static str {
    match claim {
        Claim::Certain => "certain",
        Claim::Conditional => "conditional",
        Claim::No => "no",
    }
}

/// Returns the contract's word.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "approved",
        Verdict::Blocked => "blocked",
        Verdict::Error => "error",
    }
}

/// Returns the contract's word.
fn agreement(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Agrees => "agrees",
        Agreement::Depends => "depends",
        Agreement::Unexpected => "unexpected",
        Agreement::Impossible => "impossible",
        Agreement::Changed => "changed",
        Agreement::NotJudged => "not-judged",
    }
}
