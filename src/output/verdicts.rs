//! What Cloudflare says of people beside what the rules say: for a person and for a program.

mod lines;
mod numbers;

pub use lines::{not_tested_line, verdict_lines, verification_line, warning_line};
pub use numbers::Verdicts;

use super::conditions::conditions;
use super::expected::{self, ToldBy};
use super::names::resource_name;
use super::rows::{Cell, Rows, cell, notable_cell};
use super::snapshot::Snapshot;
use super::terminal::Terminal;
use super::words::{Words, kind};
use crate::contract::{Agreement, Claim, Compared, ResourceId};
use lines::verdict;
use std::io::{self, Write};

/// One subject, with the people who are shown.
pub struct Verified {
    subject: ResourceId,
    all: bool,
    verdicts: Verdicts,
    /// The people who are shown, those who deserve a look first.
    shown: Vec<Compared>,
}

impl Verified {
    /// The most rows of a table. The rows beyond are counted under it.
    const ROWS: usize = 200;

    /// Begins with nobody. `all` shows people whose verdicts agree, or depend on the login, too.
    #[must_use]
    pub fn new(subject: ResourceId, all: bool) -> Self {
        Self { subject, all, verdicts: Verdicts::default(), shown: Vec::new() }
    }

    /// The numbers of people so far.
    #[must_use]
    pub fn verdicts(&self) -> Verdicts {
        self.verdicts
    }

    /// Takes more people.
    pub fn add(&mut self, people: Vec<Compared>) {
        people.iter().for_each(|of| self.verdicts.add(of));
        let is_shown = |of: &Compared| self.all || is_different(of.agreement);
        self.shown.extend(people.into_iter().filter(is_shown));
        self.shown.sort_by_key(|of| rank(of.agreement));
        self.shown.truncate(Self::ROWS);
    }

    /// Writes the subject's heading, its numbers, and the people who are shown.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(
        &self,
        names: &Snapshot,
        terminal: Terminal,
        ids: bool,
        to: &mut impl Write,
    ) -> io::Result<()> {
        heading(&self.subject, names, terminal, to)?;
        writeln!(to, "{}", terminal.paragraph(&self.verdicts.in_words(), 0))?;
        if !self.shown.is_empty() {
            writeln!(to)?;
            self.write_table(names, terminal, ids, to)?;
        }
        let meanings: Vec<&str> = self.meanings().collect();
        if !meanings.is_empty() {
            writeln!(to)?;
        }
        for meaning in meanings {
            writeln!(to, "{}", terminal.paragraph(meaning, 0))?;
        }
        writeln!(to)
    }

    fn write_table(
        &self,
        names: &Snapshot,
        terminal: Terminal,
        ids: bool,
        to: &mut impl Write,
    ) -> io::Result<()> {
        let headings = ["Result", "+Who", "By the rules", "Cloudflare", "?+Only if"];
        let own = if ids { &["!Id"][..] } else { &[] };
        let mut table = Rows::new(terminal, &[&headings, own].concat());
        let words = Words::new(names).with_most(Snapshot::NAMES).with_ids(ids);
        for of in &self.shown {
            let mut row = vec![
                result(of.agreement),
                cell(who(of)),
                cell(claim_in_words(of)),
                cell(verdict(of.verdict)),
                cell(conditions(&of.conditions, words)),
            ];
            row.extend(ids.then(|| cell(resource_name(&of.user))));
            table.add(row);
        }
        for line in table.lines() {
            writeln!(to, "{line}")?;
        }
        let Verdicts { people, agrees, depends_approved, depends_blocked, .. } = self.verdicts;
        let same = if self.all { 0 } else { agrees + depends_approved + depends_blocked };
        let more = people - same - self.shown.len() as u64;
        if more > 0 {
            let more = format!("… and {more} more people: --format jsonl gives them all.");
            writeln!(to, "{}", terminal.notable(&more))?;
        }
        Ok(())
    }

    /// Says what the results of these people mean, and what helps.
    fn meanings(&self) -> impl Iterator<Item = &'static str> {
        let Verdicts { impossible, changed, unexpected, not_judged, .. } = self.verdicts;
        let meanings = [
            (
                impossible,
                "Cannot be: whatever the login showed, the rules decide the other way. Groups and lists were \
                 read once more, and still say so. Either this connector or Cloudflare has a fault: please \
                 report it.",
            ),
            (
                changed,
                "Changed meanwhile: groups or lists changed while Cloudflare judged. Run the command again.",
            ),
            (
                unexpected,
                "Not as expected: the facts that were given say something else than the last login showed. \
                 Either they or the login are out of date.",
            ),
            (not_judged, "Not judged: Cloudflare's tester had an error with these people."),
        ];
        meanings.into_iter().filter(|(count, _)| *count > 0).map(|(_, meaning)| meaning)
    }
}

/// Writes a subject that Cloudflare has nothing to test of.
///
/// # Errors
/// If writing fails.
pub fn write_not_tested(
    subject: &ResourceId,
    why: &str,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    heading(subject, names, terminal, to)?;
    writeln!(to, "{}\n", terminal.paragraph(&format!("Not tested: {why}"), 0))
}

/// Writes what such a table can't tell, how to see those whom it only counts unless it has everybody, and
/// which sources told facts.
///
/// # Errors
/// If writing fails.
pub fn write_limits<'s>(
    everybody: bool,
    sources: impl Iterator<Item = &'s ToldBy>,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    const LIMITS: &str = "Cloudflare's policy tester judges the last login of everybody who has ever \
                          logged in. It says nothing of others, and knows nothing of what an application \
                          asks beside its policies. Both sides judged the policies alone.";
    const COUNTED: &str = " --everybody also shows those who agree or depend on the login.";
    let counted = if everybody { "" } else { COUNTED };
    let sources = expected::sources(sources).map(|from| format!("The facts come from {from}."));
    for text in sources.into_iter().chain([[LIMITS, counted].concat()]) {
        for line in terminal.paragraph(&text, 0).lines() {
            writeln!(to, "{}", terminal.faint(line))?;
        }
    }
    Ok(())
}

fn heading(
    subject: &ResourceId,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    let id = resource_name(subject);
    let Some(name) = names.known_name(&subject.kind, &subject.id) else {
        return writeln!(to, "{}", terminal.heading(&id));
    };
    writeln!(to, "{}", terminal.heading(name))?;
    match kind(&subject.kind, false) {
        word if word == subject.kind => writeln!(to, "{}", terminal.faint(&id)),
        word => writeln!(to, "{}, {}", terminal.plain(word), terminal.faint(&id)),
    }
}

/// Whether somebody is shown where not everybody is.
fn is_different(agreement: Agreement) -> bool {
    !matches!(agreement, Agreement::Agrees | Agreement::Depends)
}

fn rank(agreement: Agreement) -> u8 {
    match agreement {
        Agreement::Impossible => 0,
        Agreement::Changed => 1,
        Agreement::Unexpected => 2,
        Agreement::NotJudged => 3,
        Agreement::Depends => 4,
        Agreement::Agrees => 5,
    }
}

fn result(agreement: Agreement) -> Cell {
    match agreement {
        Agreement::Impossible => notable_cell("cannot be"),
        Agreement::Changed => notable_cell("changed meanwhile"),
        Agreement::Unexpected => notable_cell("not as expected"),
        Agreement::NotJudged => notable_cell("not judged"),
        Agreement::Depends => cell("depends on the login"),
        Agreement::Agrees => cell("agrees"),
    }
}

/// Names a person by name and address.
fn who(of: &Compared) -> String {
    match of.display_name == of.address {
        true => of.address.clone(),
        false => format!("{}, {}", of.display_name, of.address),
    }
}

fn claim_in_words(of: &Compared) -> &'static str {
    match (of.claim, of.expected) {
        (Claim::Certain, _) => "always gets in",
        (Claim::No, _) => "never gets in",
        (Claim::Conditional, None) => "may get in",
        (Claim::Conditional, Some(true)) => "may get in, is expected to",
        (Claim::Conditional, Some(false)) => "may get in, is not expected to",
    }
}

#[cfg(test)]
mod tests;
