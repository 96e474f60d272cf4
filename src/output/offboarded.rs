//! An offboarding, for people and for programs. What still lets the person in comes first.

use super::action::somebody;
use super::applied::Applied;
use super::applied_text::write_under;
use super::asked_for::listed;
use super::json::escape_harmful;
use super::lines::IdLine;
use super::named_text::{rules_in_words, with_names};
use super::sink::SinkError;
use super::snapshot::Snapshot;
use super::terminal::{Terminal, clean};
use super::way_line::WayLine;
use super::words::Words;
use crate::contract::lifecycle::{Certainty, Offboarding, Way};
use serde::Serialize;
use std::io::{self, Write};

/// An offboarding, done or planned.
pub struct Offboarded<'a> {
    offboarding: &'a Offboarding,
    applied: Applied<'a>,
}

/// The line that ends the result for a program.
#[derive(Serialize)]
#[serde(tag = "type", rename = "person")]
struct PersonLine<'a> {
    address: IdLine<'a>,
    accounts: Vec<IdLine<'a>>,
}

impl<'a> Offboarded<'a> {
    /// The most ways in a few lines.
    const BRIEF: usize = 10;

    /// Takes an offboarding. `dry_run` says that nothing was written.
    #[must_use]
    pub fn new(offboarding: &'a Offboarding, dry_run: bool) -> Self {
        Self { offboarding, applied: Applied::of_parts(offboarding, dry_run) }
    }

    /// The parts, with what came of them.
    #[must_use]
    pub fn applied(&self) -> &Applied<'a> {
        &self.applied
    }

    /// Returns the ways that let the person in now, and those that don't.
    fn ways(&self) -> (Vec<&'a Way>, Vec<&'a Way>) {
        self.offboarding.remaining.iter().partition(|way| way.certainty != Certainty::Returning)
    }

    /// Whether it isn't known what lets the person in.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.offboarding.remaining.iter().any(|way| way.certainty == Certainty::NotKnown)
    }

    /// Returns a line for each way, one for each part, and one for the person.
    ///
    /// # Errors
    /// If the connector returned something that is no JSON object where the contract declares one.
    pub fn json_lines(&self) -> Result<String, SinkError> {
        let mut lines = String::new();
        for way in &self.offboarding.remaining {
            push_line(&mut lines, &WayLine::of(way)?)?;
        }
        lines.push_str(&self.applied.json_lines()?);
        let Offboarding { address, accounts, .. } = self.offboarding;
        let accounts = accounts.iter().map(Into::into).collect();
        push_line(&mut lines, &PersonLine { address: address.into(), accounts })?;
        Ok(lines)
    }

    /// Shows what still lets the person in, what may bring them back, and what was done or would be. Names
    /// come from `names`.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, names: &Snapshot, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
        let address = &self.offboarding.address.id;
        let plan = if self.applied.is_dry_run() { ", after what is planned" } else { "" };
        let (leading_in, returning) = self.ways();
        writeln!(to, "{}", terminal.heading(&format!("What still lets {address} in{plan}")))?;
        if leading_in.is_empty() {
            writeln!(to, "  nothing that was found")?;
        }
        for way in leading_in {
            write_way(way, names, terminal, to)?;
        }
        if !returning.is_empty() {
            writeln!(to, "\n{}", terminal.heading("What may bring them back"))?;
        }
        for way in returning {
            write_way(way, names, terminal, to)?;
        }
        let accounts: Vec<String> =
            self.offboarding.accounts.iter().map(|account| somebody(account, names)).collect();
        let found = match accounts.as_slice() {
            [] => "no account".to_owned(),
            some => listed(some),
        };
        writeln!(to, "\n{}", terminal.heading("Who has this address"))?;
        writeln!(to, "{}\n", terminal.line(&found, 2))?;
        let title = match self.applied.is_dry_run() {
            true => "What would be done, in this order: nothing is written",
            false => "What was done, in this order",
        };
        write_under(title, &self.applied, names, terminal, to)
    }

    /// Returns a line with the counts of ways, results and requests.
    pub(crate) fn summary(&self) -> String {
        format!("{}; {}", self.counted_ways(), self.applied.summary())
    }

    /// Counts what lets the person in.
    pub(crate) fn counted_ways(&self) -> String {
        let plan = if self.applied.is_dry_run() { "would remain" } else { "remain" };
        match self.ways().0.len() {
            0 => "no way in was found that remains".to_owned(),
            1 => format!("1 way in {}", if plan == "remain" { "remains" } else { plan }),
            many => format!("{many} ways in {plan}"),
        }
    }

    /// Returns a few lines for standard error: the first ways, and what was done. Nothing in it acts on a
    /// terminal.
    #[must_use]
    pub fn in_brief(&self) -> String {
        let mut text = self.counted_ways();
        text.push('\n');
        for way in self.ways().0.into_iter().take(Self::BRIEF) {
            text.push_str(&format!("{}: {}\n", word(way.certainty), clean(&way.detail)));
        }
        text + &self.applied.in_brief()
    }
}

fn push_line(lines: &mut String, line: &impl Serialize) -> Result<(), SinkError> {
    let line = serde_json::to_string(line).map_err(io::Error::from)?;
    lines.push_str(&escape_harmful(&line));
    lines.push('\n');
    Ok(())
}

/// Returns a person's word for how certain a way is.
fn word(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::NotKnown => "not known",
        Certainty::Certain => "certain",
        Certainty::Conditional => "on conditions",
        Certainty::Open => "open to all",
        Certainty::Returning => "later",
    }
}

fn write_way(way: &Way, names: &Snapshot, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    let sign = match way.certainty {
        Certainty::NotKnown => "? not known:".to_owned(),
        Certainty::Returning => "·".to_owned(),
        other => format!("! {}:", word(other)),
    };
    let detail = with_names(&rules_in_words(&way.detail, Words::new(names)), names, false);
    let text = terminal.paragraph(&format!("{sign} {detail}"), 6);
    let text = text.strip_prefix("    ").unwrap_or(&text);
    let styled = match way.certainty {
        Certainty::NotKnown | Certainty::Certain => terminal.bad(&sign),
        Certainty::Conditional | Certainty::Open => terminal.notable(&sign),
        Certainty::Returning => terminal.faint(&sign),
    };
    writeln!(to, "{}", text.replacen(&sign, &styled, 1))
}
