//! The results of changes and steps, as text for a person.

use super::action::{held, in_words};
use super::applied::{Applied, Told, status};
use super::error::{error_kind, flags, upstream_said, when_again};
use super::gained::{gained, is_same};
use super::named_text::told;
use super::names::resource_name;
use super::snapshot::Snapshot;
use super::state::State;
use super::terminal::Terminal;
use super::words::kind;
use crate::contract::lifecycle::{Action, Invitation, Outcome, Step};
use crate::contract::{Error, ErrorKind, ResourceId, Status, Write as Written};
use serde_json::Value;
use std::io::{self, Write};

/// The most changes or steps that are named for an error that they share.
const MOST_OF_ONE_ERROR: usize = 3;
/// The state of what isn't there, in a write.
const NO_STATE: &str = "{}";
/// The first word of a line for a resource that exists only now.
const CREATED: &str = "created";
/// The first word of a line for a grant that somebody has now.
const GAINED: &str = "gained";
/// The first word of a line for an entitlement that somebody no longer holds.
const LOST: &str = "lost";

/// Shows the result of each change and each step, and each write before and after. Names come from
/// `names`.
///
/// # Errors
/// If writing fails.
pub fn write(
    applied: &Applied<'_>,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    let mut title: Vec<char> = applied.noun.chars().collect();
    title.iter_mut().take(1).for_each(|first| *first = first.to_ascii_uppercase());
    let title: String = title.into_iter().collect();
    write_under(&format!("{title}{}", as_planned(applied)), applied, names, terminal, to)
}

/// Says of a plan that it is one.
fn as_planned(applied: &Applied<'_>) -> &'static str {
    if applied.is_dry_run() { ", as they would be: nothing is written" } else { "" }
}

/// Shows the same under this title.
pub(super) fn write_under(
    title: &str,
    applied: &Applied<'_>,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    writeln!(to, "{}", terminal.heading(title))?;
    for told in applied.told() {
        match told {
            Told::Outcome(action, outcome) => {
                let word = status(outcome.status);
                let word = match outcome.status {
                    Status::Applied => terminal.good(&format!("✓ {word}")),
                    Status::Planned => terminal.notable(&format!("~ {word}")),
                    Status::Unchanged => terminal.faint(&format!("= {word}")),
                };
                writeln!(to, "  {word}: {}", terminal.plain(&in_words(action, names)))?;
                write_outcome(action, outcome, names, terminal, to)?;
            }
            Told::Error(actions, error) => {
                let word = terminal.bad(&format!("✗ {}", error_kind(error.kind)));
                for action in actions.iter().take(MOST_OF_ONE_ERROR) {
                    writeln!(to, "  {word}: {}", terminal.plain(&in_words(action, names)))?;
                }
                if let Some(more) = actions.len().checked_sub(MOST_OF_ONE_ERROR).filter(|more| *more > 0) {
                    writeln!(to, "  {word}: {more} more {}, for the same reason", applied.noun)?;
                }
                write_error(&actions, error, names, terminal, to)?;
            }
        }
    }
    if applied.results().next().is_none() {
        writeln!(to, "  none")?;
    }
    writeln!(to)?;
    // The parts of an offboarding have told already what is gone as a whole.
    let is_whole = |write: &Written| write.before == NO_STATE || write.after == NO_STATE;
    let shown = applied.writes.iter().filter(|write| !applied.has_parts() || !is_whole(write));
    let shown: Vec<&Written> = shown.collect();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(to, "{}", terminal.heading(&format!("Before and after{}", as_planned(applied))))?;
    for Written { on, before, after } in shown {
        writeln!(to, "  {}", terminal.plain(&title_of(on, before, names)))?;
        State::of(before).write_changes(&State::of(after), terminal, to)?;
    }
    writeln!(to)
}

fn write_outcome(
    action: &Action,
    outcome: &Outcome,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    write_paragraph(&told(&outcome.detail, names), terminal, to)?;
    for created in &outcome.created {
        let line = hanging(&format!("{CREATED} {}", resource_name(created)), terminal);
        writeln!(to, "{}", line.replacen(CREATED, &terminal.good(CREATED), 1))?;
    }
    let is_asked_for = |id: &ResourceId| match action {
        Action::Change(change) => is_same(id, &change.principal),
        Action::Step(Step::Invite(Invitation { address, .. })) => {
            id.id.eq_ignore_ascii_case(address) || outcome.created.iter().any(|created| is_same(id, created))
        }
        Action::Step(_) => false,
    };
    for gained in gained(&outcome.added, &is_asked_for, names) {
        let line = hanging(&format!("{GAINED} {gained}"), terminal);
        writeln!(to, "{}", line.replacen(GAINED, &terminal.good(GAINED), 1))?;
    }
    for entitlement in &outcome.removed {
        let line = hanging(&format!("{LOST} {}", held(entitlement, names)), terminal);
        writeln!(to, "{}", line.replacen(LOST, &terminal.bad(LOST), 1))?;
    }
    Ok(())
}

/// Breaks a text into lines. Those after the first are indented by two more.
fn hanging(text: &str, terminal: Terminal) -> String {
    let lines = terminal.paragraph(text, 8);
    lines.strip_prefix("  ").unwrap_or(&lines).to_owned()
}

fn write_error(
    actions: &[&Action],
    error: &Error,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    write_paragraph(&told(&error.message, names), terminal, to)?;
    let flags = flags(error).map(str::to_owned).chain(with_a_mail(actions, error));
    for more in flags.chain(upstream_said(error)).chain(when_again(error)) {
        writeln!(to, "      {}", terminal.faint(&more))?;
    }
    Ok(())
}

/// Returns the advice for an invitation without a mail that the upstream refused.
fn with_a_mail(actions: &[&Action], error: &Error) -> Option<String> {
    let is_without = |action: &&Action| {
        matches!(action, Action::Step(Step::Invite(Invitation { without_mail: true, .. })))
    };
    let is_refused = error.kind == ErrorKind::Refused && error.http_status.is_some();
    let advice = "If it is for --without-mail, leave that out: then they are invited with a mail.";
    (is_refused && actions.iter().any(is_without)).then(|| advice.to_owned())
}

fn write_paragraph(text: &str, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    if text.is_empty() { Ok(()) } else { writeln!(to, "{}", terminal.paragraph(text, 6)) }
}

/// Names the object that is written, first by the name in its own state.
fn title_of(on: &ResourceId, state: &str, names: &Snapshot) -> String {
    let state: Value = serde_json::from_str(state).unwrap_or_default();
    let named =
        ["/name", "/email", "/user/email"].iter().find_map(|at| state.pointer(at).and_then(Value::as_str));
    let name = named.or_else(|| names.known_name(&on.kind, &on.id));
    let Some(name) = name else { return resource_name(on) };
    let kind = kind(&on.kind, false);
    match names.ids_of_name(&on.kind, name).as_slice() {
        // Whoever wants names has the ids in the file of the names.
        [one] if *one == on.id => format!("{kind} “{name}”"),
        _ => format!("{kind} “{name}” ({})", on.id),
    }
}

#[cfg(test)]
mod tests;
