//! Tables that fit a terminal: accounts, groups and roles, grants with their reasons, warnings.

use super::asked_for::{AskedFor, PEOPLE, listed};
use super::names::resource_name;
use super::rank::rank;
use super::rows::{Cell, Rows, cell, notable_cell};
use super::snapshot::{Held, HeldBy, LeftOut, Snapshot};
use super::terminal::Terminal;
use super::words;
use crate::contract::{AccountStatus, Grant, Resource, ResourceId};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// Shows a [`Snapshot`].
pub struct Tables<'a> {
    snapshot: &'a Snapshot,
    terminal: Terminal,
    ids: bool,
    asked_for: AskedFor<'a>,
    /// The most names in one cell.
    names: usize,
}

/// The cells that principals share who hold the same thing for the same reason.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Reason<'a> {
    kind: usize,
    kind_name: &'a str,
    why: String,
    only_if: String,
    revocable: bool,
}

/// Something that is held: the name of its group or role, and the id of its entitlement.
struct Holdable<'a> {
    name: &'a str,
    entitlement: &'a str,
}

/// Those who hold something for the same reason: those who are known, and the number of all.
#[derive(Default)]
struct Holders<'a> {
    known: Vec<Holder<'a>>,
    count: u64,
}

/// Somebody who holds it.
struct Holder<'a> {
    name: &'a str,
    id: &'a ResourceId,
}

impl<'a> Tables<'a> {
    /// The most rows of a table. The rows beyond are counted under it.
    const ROWS: usize = 200;

    /// Prepares the tables of a snapshot for a terminal.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, terminal: Terminal) -> Self {
        Self { snapshot, terminal, ids: false, asked_for: AskedFor::default(), names: Snapshot::NAMES }
    }

    /// Shows ids beside names, if they are wanted: those that `get`, `grant` and `revoke` take.
    #[must_use]
    pub fn with_ids(self, ids: bool) -> Self {
        Self { ids, ..self }
    }

    /// Shows only what these kinds can tell, because no others were asked for. No kinds mean all.
    #[must_use]
    pub fn with_kinds(self, kinds: &'a [String]) -> Self {
        Self { asked_for: AskedFor(kinds), ..self }
    }

    /// Names everybody who holds something, as far as the snapshot has them.
    #[must_use]
    pub(super) fn with_all_names(self) -> Self {
        Self { names: usize::MAX, ..self }
    }

    /// Writes all tables, and a summary.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        for notice in [self.left_out(), self.asked_for.note()].into_iter().flatten() {
            writeln!(to, "{}\n", self.terminal.notable(&self.terminal.paragraph(&notice, 0)))?;
        }
        if self.asked_for.has_people() {
            self.accounts(to)?;
        }
        if self.asked_for.has_held() {
            self.groups_and_roles(to)?;
        }
        if self.asked_for.has_grants() {
            self.write_grants(to)?;
        }
        self.write_warnings(to)?;
        writeln!(to, "{}", self.terminal.paragraph(&self.summary(), 0))
    }

    fn accounts(&self, to: &mut impl Write) -> io::Result<()> {
        let held = [("group", ">Groups"), ("role", ">Roles")]
            .map(|(kind, of)| self.asked_for.has(kind).then_some(of));
        let headings: Vec<&str> = ["Name", "Address", "Kind", "Status", "?Last login"]
            .into_iter()
            .chain(held.into_iter().flatten())
            .collect();
        let mut table = self.table(&headings, &["!Id"]);
        let is_person = |kind: &str| PEOPLE.contains(&kind);
        let people = self.sorted(is_person);
        for person in people.iter().take(Self::ROWS) {
            let holds = self.snapshot.holds(&person.id);
            let mut row = account_row(person);
            let numbers = held.into_iter().zip([holds.groups, holds.roles]);
            row.extend(numbers.filter_map(|(shown, count)| shown.map(|_| number(count))));
            row.extend(self.ids.then(|| cell(resource_name(&person.id))));
            table.add(row);
        }
        self.section(to, "Accounts", &table, self.count(is_person))?;
        if people.iter().any(|person| person.id.kind == "email") {
            let notes = [
                "An unmatched email is named by a rule and has no account:",
                "no list of users shows who can get in with it.",
            ];
            for note in notes {
                writeln!(to, "{}", self.terminal.faint(note))?;
            }
            writeln!(to)?;
        }
        Ok(())
    }

    fn groups_and_roles(&self, to: &mut impl Write) -> io::Result<()> {
        let mut held: HashMap<(&str, &str), HeldBy> = HashMap::new();
        for (entitlement, by) in self.snapshot.held_by() {
            let held = held.entry((&entitlement.on.kind, &entitlement.on.id)).or_default();
            held.conditional += by.conditional;
            for (kind, count) in &by.kinds {
                *held.kinds.entry(*kind).or_default() += count;
            }
        }
        let holders = [">Users", ">Members", ">Unmatched emails"].into_iter().zip(PEOPLE);
        let holders: Vec<(&str, &str)> = holders.filter(|(_, kind)| self.asked_for.has(kind)).collect();
        let conditions = (!holders.is_empty()).then_some(">Of these with conditions");
        let headings: Vec<&str> = ["Name", "Kind"]
            .into_iter()
            .chain(holders.iter().map(|(heading, _)| *heading))
            .chain(conditions)
            .collect();
        let mut table = self.table(&headings, &["!Id", "!Entitlement"]);
        let is_holdable = |kind: &str| !PEOPLE.contains(&kind);
        let holdable = self.sorted(is_holdable);
        for resource in holdable.iter().take(Self::ROWS) {
            let key = (resource.id.kind.as_str(), resource.id.id.as_str());
            let none = HeldBy::default();
            let held = held.get(&key).unwrap_or(&none);
            let by = |kind: &str| held.kinds.get(&rank(kind)).copied().unwrap_or_default();
            let mut row = vec![cell(&resource.display_name), cell(words::kind(&resource.id.kind, false))];
            row.extend(holders.iter().map(|(_, kind)| match *kind {
                "email" => notable_number(by(kind)),
                kind => number(by(kind)),
            }));
            row.extend(conditions.map(|_| notable_number(held.conditional)));
            if self.ids {
                let entitlements: Vec<&str> = self.snapshot.held_on_it(&resource.id).collect();
                row.extend([cell(resource_name(&resource.id)), cell(entitlements.join(" "))]);
            }
            table.add(row);
        }
        self.section(to, "Groups and roles", &table, self.count(is_holdable))
    }

    /// Writes the table of grants, with a row for all principals that share a reason.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write_grants(&self, to: &mut impl Write) -> io::Result<()> {
        let mut table =
            self.table(&["Group or role", "+Who", "+Why", "+Only if", "Revocable"], &["!Entitlement"]);
        let (mut rows, mut is_cut) = (0, false);
        for (Holdable { name, entitlement }, reasons) in self.reasons() {
            let mut first = [cell(name), cell(entitlement)];
            for (reason, mut holders) in reasons {
                rows += 1;
                if rows <= Self::ROWS {
                    is_cut |= self.shown_of(&holders) < holders.count;
                    holders.known.sort_unstable_by_key(|holder| (holder.name, &holder.id.id));
                    let [name, entitlement] = first;
                    let mut row = vec![name];
                    row.extend(self.reason_cells(&reason, &holders));
                    row.extend(self.ids.then_some(entitlement));
                    table.add(row);
                    first = [Cell::as_above(), Cell::as_above()];
                }
            }
        }
        self.section(to, "Who holds what, and why", &table, rows as u64)?;
        if is_cut {
            writeln!(
                to,
                "{}\n",
                self.terminal.faint("Not everybody is named here: --format jsonl names them all.")
            )?;
        }
        Ok(())
    }

    /// Returns each group or role, in the order of their names, with its holders by reason.
    fn reasons(&self) -> Vec<(Holdable<'a>, BTreeMap<Reason<'a>, Holders<'a>>)> {
        let snapshot: &'a Snapshot = self.snapshot;
        let mut reasons: BTreeMap<(usize, &str, &str), BTreeMap<Reason<'_>, Holders<'_>>> = BTreeMap::new();
        for Held { grant, count } in snapshot.held() {
            let Some(first) = grant.principals.first() else { continue };
            let (kind, id) = match snapshot.held_on(&grant.entitlement) {
                Some(on) => (on.kind.as_str(), on.id.as_str()),
                None => ("", grant.entitlement.as_str()),
            };
            let key = (rank(kind), snapshot.name(kind, id), grant.entitlement.as_str());
            let holders = reasons.entry(key).or_default().entry(self.reason(grant, first)).or_default();
            holders.count += count;
            holders.known.extend(
                grant.principals.iter().map(|id| Holder { name: snapshot.name(&id.kind, &id.id), id }),
            );
        }
        let held = reasons.into_iter();
        held.map(|((_, name, entitlement), reasons)| (Holdable { name, entitlement }, reasons)).collect()
    }

    fn reason(&self, grant: &'a Grant, principal: &'a ResourceId) -> Reason<'a> {
        Reason {
            kind: rank(&principal.kind),
            kind_name: &principal.kind,
            why: words::basis(&grant.basis, self.snapshot),
            only_if: words::conditions(&grant.conditions, self.snapshot),
            revocable: grant.revocable,
        }
    }

    /// Returns the number of those who are named.
    fn shown_of(&self, holders: &Holders<'_>) -> u64 {
        holders.known.len().min(self.names) as u64
    }

    fn reason_cells(&self, reason: &Reason<'_>, holders: &Holders<'_>) -> [Cell; 4] {
        let shown = |holder: &Holder<'_>| match holder {
            Holder { name, .. } if !self.ids => (*name).to_owned(),
            Holder { name, id } if *name == id.id => resource_name(id),
            Holder { name, id } => format!("{name} ({})", resource_name(id)),
        };
        let mut who: Vec<String> = holders.known.iter().take(self.names).map(shown).collect();
        let more = holders.count - self.shown_of(holders);
        if more > 0 {
            who.push(format!("and {more} more"));
        }
        let kind = words::kind(reason.kind_name, holders.count != 1);
        let who = format!("{} {kind}: {}", holders.count, who.join(", "));
        [
            if reason.kind_name == "email" { notable_cell(who) } else { cell(who) }.with_whole_items(),
            cell(&reason.why),
            notable_cell(&reason.only_if),
            cell(if reason.revocable { "yes" } else { "no" }),
        ]
    }

    /// Writes the table of warnings, if there are any.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write_warnings(&self, to: &mut impl Write) -> io::Result<()> {
        let warnings = self.snapshot.warnings();
        if warnings.is_empty() {
            return Ok(());
        }
        let mut table = self.table(&["Warning", "+About", "+What", "Data missing"], &["!Id"]);
        for warning in warnings {
            let about = warning.about.as_ref();
            let mut row = vec![
                notable_cell(&warning.code),
                cell(about.map_or("", |about| self.snapshot.name(&about.kind, &about.id))),
                cell(&warning.message),
                cell(if warning.incomplete { "yes" } else { "no" }),
            ];
            row.extend(self.ids.then(|| cell(about.map(resource_name).unwrap_or_default())));
            table.add(row);
        }
        self.section(to, "Warnings", &table, warnings.len() as u64)
    }

    /// Begins a table with these headings, and with those of ids if ids are wanted.
    fn table(&self, headings: &[&'static str], ids: &[&'static str]) -> Rows {
        let ids = if self.ids { ids } else { &[] };
        Rows::new(self.terminal, &[headings, ids].concat())
    }

    fn section(&self, to: &mut impl Write, title: &str, table: &Rows, rows: u64) -> io::Result<()> {
        writeln!(to, "{}", self.terminal.heading(title))?;
        if rows == 0 {
            writeln!(to, "none\n")?;
            return Ok(());
        }
        for line in table.lines() {
            writeln!(to, "{line}")?;
        }
        if rows > Self::ROWS as u64 {
            let more =
                format!("… and {} more rows: --format jsonl gives them all.", rows - Self::ROWS as u64);
            writeln!(to, "{}", self.terminal.notable(&more))?;
        }
        writeln!(to)
    }

    fn summary(&self) -> String {
        let counts = self.snapshot.counts();
        let mut kinds: Vec<_> = counts.resource.iter().collect();
        kinds.sort_by_key(|(kind, _)| rank(kind));
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|(kind, count)| format!("{count} {}", words::kind(kind, *count != 1)))
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

    /// Returns the number of all resources of these kinds, also of those that aren't kept.
    fn count(&self, wanted: impl Fn(&str) -> bool) -> u64 {
        if self.snapshot.left_out().resources == 0 {
            let kept = self.snapshot.resources().iter();
            return kept.filter(|resource| wanted(&resource.id.kind)).count() as u64;
        }
        let counts = self.snapshot.counts().resource.iter();
        counts.filter(|(kind, _)| wanted(kind)).map(|(_, count)| count).sum()
    }

    fn sorted(&self, wanted: impl Fn(&str) -> bool) -> Vec<&'a Resource> {
        let snapshot: &'a Snapshot = self.snapshot;
        let mut resources: Vec<_> =
            snapshot.resources().iter().filter(|resource| wanted(&resource.id.kind)).collect();
        resources.sort_by_key(|resource| (rank(&resource.id.kind), resource.display_name.to_lowercase()));
        resources
    }
}

fn account_row(person: &Resource) -> Vec<Cell> {
    let account = person.account.as_ref();
    let status = match account.map(|account| account.status) {
        Some(AccountStatus::Enabled) => cell("enabled"),
        Some(AccountStatus::Disabled) => notable_cell("disabled"),
        Some(AccountStatus::Pending) => notable_cell("pending"),
        Some(AccountStatus::Unknown) | None => cell(""),
    };
    let kind = words::kind(&person.id.kind, false);
    let last_login = account.and_then(|account| account.last_login.as_deref()).unwrap_or_default();
    let address = account.and_then(|account| account.email.as_deref()).unwrap_or_default();
    vec![
        cell(if person.display_name == address { "" } else { &person.display_name }),
        cell(address),
        if person.id.kind == "email" { notable_cell(kind) } else { cell(kind) },
        status,
        // The day is enough.
        cell(last_login.split('T').next().unwrap_or_default()),
    ]
}

fn number(count: u64) -> Cell {
    cell(if count == 0 { String::new() } else { count.to_string() })
}

fn notable_number(count: u64) -> Cell {
    notable_cell(if count == 0 { String::new() } else { count.to_string() })
}

#[cfg(test)]
mod tests;
