//! The notices above all tables, and the summary below them.

use super::super::asked_for::listed;
use super::super::rank::rank;
use super::super::snapshot::LeftOut;
use super::super::words::kind;
use super::Tables;
use std::io::{self, Write};

impl Tables<'_> {
    pub(super) fn write_notices(&self, to: &mut impl Write) -> io::Result<()> {
        for notice in [self.left_out(), self.asked_for.note()].into_iter().flatten() {
            self.write_notice(&notice, to)?;
        }
        Ok(())
    }

    /// Writes a text that deserves a look, and an empty line.
    pub(super) fn write_notice(&self, text: &str, to: &mut impl Write) -> io::Result<()> {
        for line in self.terminal.paragraph(text, 0).lines() {
            writeln!(to, "{}", self.terminal.notable(line))?;
        }
        writeln!(to)
    }

    /// Says what the tables leave out.
    fn left_out(&self) -> Option<String> {
        let LeftOut { resources, grants, warnings } = self.snapshot.left_out();
        let parts = [(resources, "resource"), (grants, "grant"), (warnings, "warning")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, noun)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }))
            .collect();
        (!parts.is_empty()).then(|| {
            format!(
                "These tables leave out {}, but their numbers count everything: --format jsonl gives all \
                 of it.",
                listed(&parts)
            )
        })
    }

    pub(super) fn summary(&self) -> String {
        let counts = self.snapshot.counts();
        let mut kinds: Vec<_> = counts.resource.iter().collect();
        kinds.sort_by_key(|(kind, _)| rank(kind));
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|(of, count)| format!("{count} {}{}", kind(of, *count != 1), self.public_of(of)))
            .collect();
        let grants: u64 = counts.grant.values().sum();
        let bare: u64 =
            counts.grant.iter().filter(|(key, _)| key.ends_with(":email")).map(|(_, count)| count).sum();
        let mut summary = if kinds.is_empty() { "No resources".to_owned() } else { kinds.join(", ") };
        match grants {
            0 if !self.asked_for.has_grants() => {}
            0 => summary.push_str("; no grants"),
            1 => summary.push_str("; 1 grant"),
            many => summary.push_str(&format!("; {many} grants")),
        }
        if grants > 0 {
            let conditional = self.snapshot.conditional();
            summary.push_str(&match self.asked_for.has("email") {
                true => format!(", {bare} of them to unmatched emails and {conditional} with conditions"),
                false => format!(", {conditional} of them with conditions"),
            });
        }
        summary.push('.');
        summary
    }

    /// Returns the number of public ones behind that of all applications.
    fn public_of(&self, kind: &str) -> String {
        match if kind == "app" { self.public().count() } else { 0 } {
            0 => String::new(),
            public => format!(" ({public} public)"),
        }
    }
}
