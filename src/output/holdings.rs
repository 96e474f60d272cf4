//! Everything that one principal holds, for a person.

use super::app_policies;
use super::asked_for::{PEOPLE, TOKEN, USER_GROUP, listed};
use super::conditions::only_if;
use super::expected;
use super::heading::write_heading;
use super::names::resource_name;
use super::rank::rank;
use super::rows::{Rows, cell, notable_cell};
use super::snapshot::{Held, Snapshot};
use super::tables::Tables;
use super::terminal::Terminal;
use super::words::{Words, kind};
use crate::contract::{Resource, ResourceId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Shows a [`Snapshot`] of one principal, with everything that it holds. Somebody with several accounts
/// is several resources.
pub struct Holdings<'a> {
    snapshot: &'a Snapshot,
    terminal: Terminal,
    ids: bool,
}

/// The note on what a person holds without being named.
const NOT_LISTED: &str = "Not listed: applications that are open to everybody, and those that only a login \
                          opens, for example by a group of an identity provider.";
/// The note on what a service token reaches without being named.
const NOT_LISTED_OF_TOKEN: &str = "Not listed: applications that are open to everybody, or on conditions \
                                   that name no token.";

/// A row of the table, apart from those who hold it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row<'a> {
    rank: usize,
    name: &'a str,
    entitlement: &'a str,
    kind: &'a str,
    why: String,
    only_if: String,
    revocable: bool,
}

impl<'a> Holdings<'a> {
    /// Prepares everything that a principal holds for a terminal.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, terminal: Terminal) -> Self {
        Self { snapshot, terminal, ids: false }
    }

    /// Shows the ids of the entitlements, if they are wanted: those that `grant` and `revoke` take.
    #[must_use]
    pub fn with_ids(self, ids: bool) -> Self {
        Self { ids, ..self }
    }

    /// Writes who it is, what they hold, and the warnings.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let principals = self.principals();
        for principal in &principals {
            write_heading(principal, self.snapshot, self.terminal, to)?;
            writeln!(to)?;
        }
        let rows = self.rows();
        let title = if self.is_of(PEOPLE) { "What they hold, and why" } else { "What it holds, and why" };
        writeln!(to, "{}", self.terminal.heading(title))?;
        if rows.is_empty() {
            writeln!(to, "nothing")?;
        } else {
            for line in self.table(&rows, principals.len() > 1).lines() {
                writeln!(to, "{line}")?;
            }
        }
        writeln!(to)?;
        if let Some(note) = expected::note(self.snapshot.held().iter().map(|held| &held.grant)) {
            for line in self.terminal.paragraph(&note, 0).lines() {
                writeln!(to, "{}", self.terminal.faint(line))?;
            }
            writeln!(to)?;
        }
        if self.has_earlier_rules() {
            app_policies::write_note(self.terminal, to)?;
        }
        Tables::new(self.snapshot, self.terminal).with_ids(self.ids).write_warnings(to)?;
        writeln!(to, "{}", self.terminal.paragraph(&self.summary(), 0))?;
        // No application is open to a user group: its members are people.
        let note = if self.is_of(PEOPLE) { NOT_LISTED } else { NOT_LISTED_OF_TOKEN };
        if !self.is_of([USER_GROUP]) {
            for line in self.terminal.paragraph(note, 0).lines() {
                writeln!(to, "{}", self.terminal.faint(line))?;
            }
        }
        Ok(())
    }

    /// Whether a condition is told with the rules that a policy had at an earlier sync.
    fn has_earlier_rules(&self) -> bool {
        let alternatives = self.snapshot.held().iter().flat_map(|held| &held.grant.conditions);
        alternatives.flat_map(|alternative| &alternative.none_of).any(|rule| {
            let rule: Value = serde_json::from_str(rule).unwrap_or_default();
            let policy = rule.pointer("/policy/id").and_then(Value::as_str);
            policy.is_some_and(|id| self.snapshot.has_earlier_rules_of(id))
        })
    }

    fn principals(&self) -> Vec<&'a Resource> {
        let of = |is_principal: fn(&str) -> bool| -> Vec<&'a Resource> {
            self.snapshot.resources().iter().filter(|resource| is_principal(&resource.id.kind)).collect()
        };
        let accounts = of(|kind| PEOPLE.contains(&kind) || kind == TOKEN);
        // A user group is itself held by members.
        if accounts.is_empty() { of(|kind| kind == USER_GROUP) } else { accounts }
    }

    /// Returns the rows in the order of the table, with those who hold it.
    fn rows(&self) -> BTreeMap<Row<'a>, BTreeSet<(&'a str, &'a str)>> {
        let mut rows: BTreeMap<Row<'_>, BTreeSet<(&str, &str)>> = BTreeMap::new();
        let words = Words::new(self.snapshot).with_ids(self.ids);
        for Held { grant, .. } in self.snapshot.held() {
            let on = self.snapshot.held_on(&grant.entitlement);
            let (kind, id) = on.map_or(("", grant.entitlement.as_str()), |on| (&on.kind, &on.id));
            let row = Row {
                rank: rank(kind),
                name: self.snapshot.name(kind, id),
                entitlement: &grant.entitlement,
                kind,
                why: words.basis(&grant.basis),
                only_if: only_if(grant, words),
                revocable: grant.revocable,
            };
            let holders = grant.principals.iter().map(|ResourceId { kind, id }| (kind.as_str(), id.as_str()));
            rows.entry(row).or_default().extend(holders);
        }
        rows
    }

    fn table(&self, rows: &BTreeMap<Row<'_>, BTreeSet<(&str, &str)>>, is_several: bool) -> Rows {
        let mut headings = vec!["Name", "Kind"];
        headings.extend(is_several.then_some("As"));
        headings.extend(["+Why", "+Only if", "Revocable"]);
        headings.extend(self.ids.then_some("!Entitlement"));
        let mut table = Rows::new(self.terminal, &headings);
        for (row, holders) in rows {
            let mut cells = vec![
                cell(Words::new(self.snapshot).with_ids(self.ids).in_brief(row.name)),
                cell(kind(row.kind, false)),
            ];
            cells.extend(is_several.then(|| cell(self.holders(holders))));
            cells.extend([
                cell(&row.why),
                notable_cell(&row.only_if),
                cell(if row.revocable { "yes" } else { "no" }),
            ]);
            cells.extend(self.ids.then(|| cell(row.entitlement)));
            table.add(cells);
        }
        table
    }

    /// Says as whom somebody holds something: by their kinds, or by their ids if these aren't enough.
    fn holders(&self, holders: &BTreeSet<(&str, &str)>) -> String {
        let names = holders.iter().map(|(of, id)| {
            let is_only_one = self.principals().iter().filter(|it| it.id.kind == *of).count() == 1;
            if is_only_one {
                kind(of, false).to_owned()
            } else {
                resource_name(&ResourceId { kind: (*of).to_owned(), id: (*id).to_owned() })
            }
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// Whether the principals are of these kinds.
    fn is_of<const N: usize>(&self, kinds: [&str; N]) -> bool {
        self.principals().iter().any(|principal| kinds.contains(&principal.id.kind.as_str()))
    }

    fn summary(&self) -> String {
        let mut counts: BTreeMap<(usize, &str), BTreeSet<&str>> = BTreeMap::new();
        for Held { grant, .. } in self.snapshot.held() {
            let on = self.snapshot.held_on(&grant.entitlement);
            let kind = on.map_or("", |on| on.kind.as_str());
            counts.entry((rank(kind), kind)).or_default().insert(&grant.entitlement);
        }
        let counts: Vec<String> = counts
            .into_iter()
            .map(|((_, of), held)| format!("{} {}", held.len(), kind(of, held.len() != 1)))
            .collect();
        match counts.as_slice() {
            [] if self.is_of(PEOPLE) => "They hold nothing.".to_owned(),
            [] => "It holds nothing.".to_owned(),
            counts => format!("{}.", listed(counts)),
        }
    }
}
