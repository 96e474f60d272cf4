//! The groups of identity providers that rules name: for a person, for a program, and to be filled.

use super::csv::cell as csv_cell;
use super::json::push_json;
use super::lines::{IdLine, Line};
use super::rows::{Rows, cell};
use super::sink::SinkError;
use super::snapshot::Snapshot;
use super::terminal::Terminal;
use super::words::{Words, kind};
use crate::contract::{Demand, ResourceId, WantedGroup};
use serde::Serialize;
use std::io::{self, Write};

/// The header of a file for `--identities`.
const HEADER: [&str; 3] = ["provider", "group", "address"];

/// Shows a demand.
pub struct Wanted<'a>(&'a Demand);

/// A group on a line of its own.
#[derive(Serialize)]
pub(crate) struct WantedLine<'a> {
    r#type: &'static str,
    provider: IdLine<'a>,
    provider_name: Option<&'a str>,
    provider_type: Option<&'a str>,
    rule: &'a str,
    group: &'a str,
    used_by: Vec<IdLine<'a>>,
}

impl<'a> From<&'a WantedGroup> for WantedLine<'a> {
    fn from(wanted: &'a WantedGroup) -> Self {
        Self {
            r#type: "wanted_group",
            provider: (&wanted.group.provider).into(),
            provider_name: wanted.provider_name.as_deref(),
            provider_type: wanted.provider_type.as_deref(),
            rule: &wanted.rule,
            group: &wanted.group.group,
            used_by: wanted.used_by.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> Wanted<'a> {
    /// Prepares a demand to be written.
    #[must_use]
    pub fn new(demand: &'a Demand) -> Self {
        Self(demand)
    }

    /// Writes it for a person.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, names: &Snapshot, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
        if self.0.groups.is_empty() {
            return writeln!(to, "No rule of this account names a group of an identity provider.");
        }
        let words = Words::new(names).with_most(Snapshot::NAMES);
        let user = |of: &ResourceId| format!("{} {}", kind(&of.kind, false), words.name(&of.kind, &of.id));
        let mut table = Rows::new(terminal, &["+Identity provider", "Rule", "+Group", "+Named by"]);
        for wanted in &self.0.groups {
            let WantedGroup { group, rule, provider_name, used_by, .. } = wanted;
            table.add(vec![
                cell(provider_name.as_ref().unwrap_or(&group.provider.id)),
                cell(rule),
                cell(&group.group),
                cell(words.list(used_by.iter().map(user), ", ")).with_whole_items(),
            ]);
        }
        writeln!(to, "{}", terminal.heading("Groups of identity providers that rules name"))?;
        for line in table.lines() {
            writeln!(to, "{line}")?;
        }
        if !names.has_earlier_names() {
            let note = "To see names instead of ids, give --names and the file of a sync in JSON Lines.";
            writeln!(to, "\n{}", terminal.faint(note))?;
        }
        let note = "Cloudflare learns only at a login who is in them. To see these people in a sync, give \
                    it a file: --identities FILE. `identities wanted --format csv` writes one with a row for \
                    each group, to be filled.";
        writeln!(to)?;
        for line in terminal.paragraph(note, 0).lines() {
            writeln!(to, "{}", terminal.faint(line))?;
        }
        Ok(())
    }

    /// Returns a line of JSON for each group and each warning.
    ///
    /// # Errors
    /// If they can't be written as JSON.
    pub fn json_lines(&self) -> Result<String, SinkError> {
        let mut lines = Vec::new();
        for group in &self.0.groups {
            push_json(&mut lines, &WantedLine::from(group))?;
            lines.push(b'\n');
        }
        for warning in &self.0.warnings {
            push_json(&mut lines, &Line::of_warning(warning))?;
            lines.push(b'\n');
        }
        Ok(String::from_utf8(lines).map_err(io::Error::other)?)
    }

    /// Returns the file that `--identities` reads, with a row without an address for each group. `provider`
    /// returns the word for a group's identity provider.
    ///
    /// # Errors
    /// If it can't be written as CSV.
    pub fn csv(&self, provider: impl Fn(&WantedGroup) -> String) -> io::Result<Vec<u8>> {
        let mut table = ::csv::Writer::from_writer(Vec::new());
        table.write_record(HEADER)?;
        for wanted in &self.0.groups {
            let (provider, group) = (provider(wanted), &wanted.group.group);
            table.write_record([&*csv_cell(&provider), &*csv_cell(group), ""])?;
        }
        table.into_inner().map_err(|error| error.into_error())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::contract::ProviderGroup;

    fn demand() -> Demand {
        let wanted = |provider: &str, name: Option<&str>, group: &str| WantedGroup {
            group: ProviderGroup {
                provider: samples::id("identity-provider", provider),
                group: group.to_owned(),
            },
            rule: "okta".to_owned(),
            provider_name: name.map(str::to_owned),
            provider_type: name.map(|_| "okta".to_owned()),
            used_by: vec![samples::id("group", "g1"), samples::id("policy", "p1")],
        };
        Demand {
            groups: vec![wanted("i1", Some("Okta"), "Sales, EMEA"), wanted("i2", None, "=1+\u{9b}2")],
            warnings: vec![samples::warning("applications-not-seen", true)],
            requests: 3,
            rate_limit: None,
        }
    }

    #[test]
    fn a_person_reads_which_rules_name_a_group() {
        let mut out = Vec::new();
        Wanted::new(&demand()).write(&Snapshot::default(), Terminal::file(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("Sales, EMEA") && out.contains("group g1, policy p1"), "{out}");
        assert!(out.contains("i2") && !out.contains('\u{9b}'), "{out}");
    }

    #[test]
    fn a_program_reads_a_line_for_each() {
        let lines = Wanted::new(&demand()).json_lines().unwrap();
        let first = r#"{"type":"wanted_group","provider":{"kind":"identity-provider","id":"i1"},"#;
        assert!(lines.starts_with(first) && lines.lines().count() == 3, "{lines}");
        assert!(lines.contains("\\u009b") && lines.contains("applications-not-seen"), "{lines}");
    }

    #[test]
    fn a_file_to_be_filled_has_no_formula() {
        let word =
            |of: &WantedGroup| of.provider_name.clone().unwrap_or_else(|| of.group.provider.id.clone());
        let text = Wanted::new(&demand()).csv(word).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, "provider,group,address\nOkta,\"Sales, EMEA\",\ni2,'=1+\u{fffd}2,\n");
    }
}
