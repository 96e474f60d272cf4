//! Tables that fit a terminal: accounts, groups and roles, grants with their reasons, warnings.

use super::names::resource_name;
use super::rows::{Cell, Rows, cell, notable_cell};
use super::snapshot::Snapshot;
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
}

/// The kinds whose resources are people.
const PEOPLE: [&str; 3] = ["user", "member", "email"];

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

/// Somebody who holds it.
struct Holder<'a> {
    name: &'a str,
    id: &'a ResourceId,
}

impl<'a> Tables<'a> {
    /// The most rows of a table. The rows beyond are counted under it.
    const ROWS: usize = 200;
    /// The most names in one cell.
    const NAMES: usize = 8;

    /// Prepares the tables of a snapshot for a terminal.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, terminal: Terminal) -> Self {
        Self { snapshot, terminal, ids: false }
    }

    /// Shows ids beside names, if they are wanted: those that `get`, `grant` and `revoke` take.
    #[must_use]
    pub fn with_ids(self, ids: bool) -> Self {
        Self { ids, ..self }
    }

    /// Writes all tables, and a summary.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        self.accounts(to)?;
        self.groups_and_roles(to)?;
        self.write_grants(to)?;
        self.write_warnings(to)?;
        writeln!(to, "{}", self.terminal.paragraph(&self.summary(), 0))
    }

    fn accounts(&self, to: &mut impl Write) -> io::Result<()> {
        let mut held: HashMap<(&str, &str), (u64, u64)> = HashMap::new();
        for (grant, principal) in self.snapshot.grants() {
            let (groups, roles) = held.entry((&principal.kind, &principal.id)).or_default();
            match self.snapshot.held_on(&grant.entitlement).map(|on| on.kind.as_str()) {
                Some("role") => *roles += 1,
                _ => *groups += 1,
            }
        }
        let mut table =
            self.table(&["Name", "Address", "Kind", "Status", "?Last login", ">Groups", ">Roles"], &["!Id"]);
        let people = self.sorted(|kind| PEOPLE.contains(&kind));
        for person in people.iter().take(Self::ROWS) {
            let (groups, roles) =
                held.get(&(person.id.kind.as_str(), person.id.id.as_str())).copied().unwrap_or_default();
            let mut row = account_row(person, groups, roles);
            row.extend(self.ids.then(|| cell(resource_name(&person.id))));
            table.add(row);
        }
        self.section(to, "Accounts", &table, people.len())?;
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
        #[derive(Default)]
        struct Held {
            by: BTreeMap<usize, u64>,
            conditional: u64,
        }
        let mut held: HashMap<(&str, &str), Held> = HashMap::new();
        for (grant, principal) in self.snapshot.grants() {
            if let Some(on) = self.snapshot.held_on(&grant.entitlement) {
                let held = held.entry((&on.kind, &on.id)).or_default();
                *held.by.entry(rank(&principal.kind)).or_default() += 1;
                held.conditional += u64::from(grant.conditions.is_some());
            }
        }
        let headings =
            ["Name", "Kind", ">Users", ">Members", ">Unmatched emails", ">Of these with conditions"];
        let mut table = self.table(&headings, &["!Id", "!Entitlement"]);
        let holdable = self.sorted(|kind| !PEOPLE.contains(&kind));
        for resource in holdable.iter().take(Self::ROWS) {
            let key = (resource.id.kind.as_str(), resource.id.id.as_str());
            let none = Held::default();
            let held = held.get(&key).unwrap_or(&none);
            let by = |rank: usize| held.by.get(&rank).copied().unwrap_or_default();
            let mut row = vec![
                cell(&resource.display_name),
                cell(words::kind(&resource.id.kind, false)),
                number(by(0)),
                number(by(1)),
                notable_number(by(2)),
                notable_number(held.conditional),
            ];
            if self.ids {
                let entitlements: Vec<&str> = self.snapshot.held_on_it(&resource.id).collect();
                row.extend([cell(resource_name(&resource.id)), cell(entitlements.join(" "))]);
            }
            table.add(row);
        }
        self.section(to, "Groups and roles", &table, holdable.len())
    }

    /// Writes the table of grants, with a row for all principals that share a reason.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write_grants(&self, to: &mut impl Write) -> io::Result<()> {
        let mut table =
            self.table(&["Group or role", "+Who", "+Why", "+Only if", "Revocable"], &["!Entitlement"]);
        let mut rows = 0;
        for (Holdable { name, entitlement }, reasons) in self.reasons() {
            let mut first = [cell(name), cell(entitlement)];
            for (reason, mut holders) in reasons {
                rows += 1;
                if rows <= Self::ROWS {
                    holders.sort_unstable_by_key(|holder| (holder.name, &holder.id.id));
                    let [name, entitlement] = first;
                    let mut row = vec![name];
                    row.extend(self.reason_cells(&reason, &holders));
                    row.extend(self.ids.then_some(entitlement));
                    table.add(row);
                    first = [Cell::as_above(), Cell::as_above()];
                }
            }
        }
        self.section(to, "Who holds what, and why", &table, rows)
    }

    /// Returns each group or role, in the order of their names, with its holders by reason.
    fn reasons(&self) -> Vec<(Holdable<'a>, BTreeMap<Reason<'a>, Vec<Holder<'a>>>)> {
        let snapshot: &'a Snapshot = self.snapshot;
        let mut reasons: BTreeMap<(usize, &str, &str), BTreeMap<Reason<'_>, Vec<Holder<'_>>>> =
            BTreeMap::new();
        for (grant, principal) in snapshot.grants() {
            let (kind, id) = match snapshot.held_on(&grant.entitlement) {
                Some(on) => (on.kind.as_str(), on.id.as_str()),
                None => ("", grant.entitlement.as_str()),
            };
            let holder = Holder { name: snapshot.name(&principal.kind, &principal.id), id: principal };
            let key = (rank(kind), snapshot.name(kind, id), grant.entitlement.as_str());
            let holders = reasons.entry(key).or_default();
            holders.entry(self.reason(grant, principal)).or_default().push(holder);
        }
        let held = reasons.into_iter();
        held.map(|((_, name, entitlement), reasons)| (Holdable { name, entitlement }, reasons)).collect()
    }

    fn reason(&self, grant: &'a Grant, principal: &'a ResourceId) -> Reason<'a> {
        let conditions = grant.conditions.as_ref();
        Reason {
            kind: rank(&principal.kind),
            kind_name: &principal.kind,
            why: words::basis(&grant.basis, self.snapshot),
            only_if: conditions
                .map_or(String::new(), |conditions| words::conditions(conditions, self.snapshot)),
            revocable: grant.revocable,
        }
    }

    fn reason_cells(&self, reason: &Reason<'_>, holders: &[Holder<'_>]) -> [Cell; 4] {
        let shown = |holder: &Holder<'_>| match holder {
            Holder { name, .. } if !self.ids => (*name).to_owned(),
            Holder { name, id } if *name == id.id => resource_name(id),
            Holder { name, id } => format!("{name} ({})", resource_name(id)),
        };
        let mut who: Vec<String> = holders.iter().take(Self::NAMES).map(shown).collect();
        if holders.len() > Self::NAMES {
            who.push(format!("and {} more", holders.len() - Self::NAMES));
        }
        let kind = words::kind(reason.kind_name, holders.len() != 1);
        let who = format!("{} {kind}: {}", holders.len(), who.join(", "));
        [
            if reason.kind_name == "email" { notable_cell(who) } else { cell(who) },
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
        self.section(to, "Warnings", &table, warnings.len())
    }

    /// Begins a table with these headings, and with those of ids if ids are wanted.
    fn table(&self, headings: &[&'static str], ids: &[&'static str]) -> Rows {
        let ids = if self.ids { ids } else { &[] };
        Rows::new(self.terminal, &[headings, ids].concat())
    }

    fn section(&self, to: &mut impl Write, title: &str, table: &Rows, rows: usize) -> io::Result<()> {
        writeln!(to, "{}", self.terminal.heading(title))?;
        if rows == 0 {
            writeln!(to, "none\n")?;
            return Ok(());
        }
        for line in table.lines() {
            writeln!(to, "{line}")?;
        }
        if rows > Self::ROWS {
            let more = format!("… and {} more rows: --format jsonl gives them all.", rows - Self::ROWS);
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
        let conditional = self.snapshot.grants().filter(|(grant, _)| grant.conditions.is_some()).count();
        let bare: u64 =
            counts.grant.iter().filter(|(key, _)| key.ends_with(":email")).map(|(_, count)| count).sum();
        let left_out = self.snapshot.left_out();
        let mut summary = if kinds.is_empty() { "No resources".to_owned() } else { kinds.join(", ") };
        match grants {
            0 => summary.push_str("; no grants"),
            1 => summary.push_str("; 1 grant"),
            many => summary.push_str(&format!("; {many} grants")),
        }
        if grants > 0 {
            summary.push_str(&format!(", {bare} of them to unmatched emails"));
        }
        if grants > 0 && left_out.grants == 0 {
            summary.push_str(&format!(" and {conditional} with conditions"));
        }
        summary.push('.');
        if left_out != Default::default() {
            summary.push_str(&format!(
                " The tables leave out {} resources, {} grants and {} warnings: \
                 --format jsonl gives them all.",
                left_out.resources, left_out.grants, left_out.warnings
            ));
        }
        summary
    }

    fn sorted(&self, wanted: impl Fn(&str) -> bool) -> Vec<&'a Resource> {
        let snapshot: &'a Snapshot = self.snapshot;
        let mut resources: Vec<_> =
            snapshot.resources().iter().filter(|resource| wanted(&resource.id.kind)).collect();
        resources.sort_by_key(|resource| (rank(&resource.id.kind), resource.display_name.to_lowercase()));
        resources
    }
}

fn account_row(person: &Resource, groups: u64, roles: u64) -> Vec<Cell> {
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
        number(groups),
        number(roles),
    ]
}

/// Returns a kind's place in the order in which kinds are shown.
fn rank(kind: &str) -> usize {
    const ORDER: [&str; 5] = ["user", "member", "email", "group", "role"];
    ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len())
}

fn number(count: u64) -> Cell {
    cell(if count == 0 { String::new() } else { count.to_string() })
}

fn notable_number(count: u64) -> Cell {
    notable_cell(if count == 0 { String::new() } else { count.to_string() })
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::sink::Sink;
    use super::*;
    use crate::contract::{Conditions, Page};

    fn shown(page: Page, terminal: Terminal) -> String {
        let mut snapshot = Snapshot::default();
        snapshot.page(&page).unwrap();
        let mut out = Vec::new();
        Tables::new(&snapshot, terminal).write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn sample() -> Page {
        let mut conditional = samples::grant("g1", "email", "x@y.example");
        conditional.conditions = Some(Conditions {
            any_of: vec![],
            all_of: vec![r#"{"geo":{"country_code":"NL"}}"#.to_owned()],
            none_of: vec![],
        });
        Page {
            resources: vec![
                samples::group("g1", "Engineering"),
                samples::user("u1", "Bob"),
                samples::user("u2", "Ann"),
                Resource { id: samples::id("email", "x@y.example"), ..samples::user("x", "x@y.example") },
            ],
            entitlements: vec![samples::membership("g1")],
            grants: vec![samples::grant("g1", "user", "u1"), samples::grant("g1", "user", "u2"), conditional],
            warnings: vec![samples::warning("list-moved", true)],
            ..samples::page()
        }
    }

    #[test]
    fn holders_for_the_same_reason_share_a_row() {
        let shown = shown(sample(), Terminal::file());
        let row = shown.lines().find(|line| line.contains("2 users: Ann, Bob")).unwrap();
        for part in ["Engineering", "everyone", "no"] {
            assert!(row.contains(part), "{row}");
        }
        let row = shown.lines().find(|line| line.contains("1 unmatched email: x@y.example")).unwrap();
        assert!(row.contains("country NL"), "{row}");
        assert!(shown.contains("list-moved"));
        assert!(
            shown.ends_with(
                "2 users, 1 unmatched email, 1 group; \
                 3 grants, 1 of them to unmatched emails and 1 with conditions.\n"
            ),
            "{shown}"
        );
    }

    #[test]
    fn tables_fit_the_width() {
        for width in [60, 80, 120, 200] {
            let shown = shown(sample(), Terminal::file().with_width(width));
            for line in shown.lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            }
        }
    }

    #[test]
    fn no_name_acts_on_the_terminal() {
        let hostile = "Eve\x1b[2J\x07\u{202e}\nroot";
        let mut page = sample();
        page.resources[0].display_name = hostile.to_owned();
        page.resources[1].display_name = hostile.to_owned();
        page.warnings[0].message = hostile.to_owned();
        page.warnings[0].code = hostile.to_owned();
        page.grants[2].basis[0].value = hostile.to_owned();
        page.grants[2].basis[0].rule = "email_domain".to_owned();
        page.grants[2].conditions.as_mut().unwrap().all_of = vec![hostile.to_owned()];
        page.resources[3].id.kind = hostile.to_owned();
        let shown = shown(page, Terminal::file());
        let acts = |c: &char| *c != '\n' && (c.is_control() || *c == '\u{202e}');
        assert_eq!(shown.chars().find(acts), None, "{shown:?}");
        assert!(!shown.lines().any(|line| line.starts_with("root")), "{shown}");
    }

    #[test]
    fn a_long_table_says_how_much_it_leaves_out() {
        let page = Page {
            resources: (0..250).map(|n| samples::user(&format!("u{n}"), &format!("User {n}"))).collect(),
            ..samples::page()
        };
        let shown = shown(page, Terminal::file());
        assert!(shown.contains("… and 50 more rows"), "{shown}");
    }

    #[test]
    fn many_holders_are_counted() {
        let page = Page {
            resources: vec![samples::group("g1", "All")],
            entitlements: vec![samples::membership("g1")],
            grants: (0..30).map(|n| samples::grant("g1", "user", &format!("u{n}"))).collect(),
            ..samples::page()
        };
        let shown = shown(page, Terminal::file().with_width(200));
        assert!(shown.contains("30 users") && shown.contains("and 22 more"), "{shown}");
    }
}
