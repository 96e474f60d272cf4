//! One resource for a person: its state, what can be held on it, and who holds it.

use super::app_policies;
use super::application;
use super::asked_for::APP;
use super::heading::write_heading;
use super::rows::{Rows, cell};
use super::snapshot::Snapshot;
use super::state::State;
use super::tables::Tables;
use super::terminal::Terminal;
use super::words::{Words, kind};
use crate::contract::{Resource, ResourceId};
use std::io::{self, Write};

/// Shows a [`Snapshot`] of one resource.
pub struct Card<'a> {
    snapshot: &'a Snapshot,
    terminal: Terminal,
    ids: bool,
}

impl<'a> Card<'a> {
    /// Prepares a card of the snapshot's first resource for a terminal.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, terminal: Terminal) -> Self {
        Self { snapshot, terminal, ids: false }
    }

    /// Shows the ids of those who hold it, if they are wanted.
    #[must_use]
    pub fn with_ids(self, ids: bool) -> Self {
        Self { ids, ..self }
    }

    /// Writes the card.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let tables = Tables::new(self.snapshot, self.terminal).with_ids(self.ids).with_all_names();
        let Some(resource) = self.snapshot.resources().first() else {
            return tables.write_warnings(to);
        };
        write_heading(resource, self.snapshot, self.terminal, to)?;
        if resource.id.kind == APP {
            self.application(resource, &tables, to)?;
        } else {
            State::of(&resource.profile).write(self.terminal, to)?;
            writeln!(to)?;
            if !self.snapshot.entitlements().is_empty() {
                self.entitlements("For", to)?;
                tables.write_grants(to)?;
            }
        }
        self.note_ids(to)?;
        tables.write_warnings(to)
    }

    /// Says how to see names, if only ids are known.
    fn note_ids(&self, to: &mut impl Write) -> io::Result<()> {
        let is_known = |id: &ResourceId| {
            // The id of an email is all that there is.
            id.kind == "email" || self.snapshot.known_name(&id.kind, &id.id).is_some()
        };
        if self.snapshot.held().iter().flat_map(|held| &held.grant.principals).all(is_known) {
            return Ok(());
        }
        let note = "To see names instead of ids, give --names and the file of a sync in JSON Lines.";
        writeln!(to, "{}\n", self.terminal.faint(note))
    }

    /// Writes who can reach an application, and its policies, before everything else that is known of it.
    fn application(&self, app: &Resource, tables: &Tables<'_>, to: &mut impl Write) -> io::Result<()> {
        let profile = application::Profile::of(app);
        let place = profile.place(Words::new(self.snapshot).with_ids(self.ids));
        let what = [profile.type_in_words(), place];
        let what: Vec<&str> = what.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        writeln!(to, "{}\n", self.terminal.paragraph(&what.join(", "), 0))?;
        if !self.snapshot.entitlements().is_empty() {
            tables.write_grants(to)?;
        }
        app_policies::write(&profile, self.snapshot, self.terminal, self.ids, to)?;
        if !self.snapshot.entitlements().is_empty() {
            // Nobody can be given it: its policies decide.
            self.entitlements("Held by", to)?;
        }
        writeln!(to, "{}", self.terminal.heading("Details"))?;
        State::of(&app.profile).write(self.terminal, to)?;
        writeln!(to)
    }

    fn entitlements(&self, holders: &'static str, to: &mut impl Write) -> io::Result<()> {
        let mut table = Rows::new(self.terminal, &["!Entitlement", "Name", holders, "+Description"]);
        for entitlement in self.snapshot.entitlements() {
            let grantable_to: Vec<&str> = entitlement.grantable_to.iter().map(|of| kind(of, true)).collect();
            table.add(vec![
                cell(&entitlement.id),
                cell(&entitlement.display_name),
                cell(grantable_to.join(", ")),
                cell(&entitlement.description),
            ]);
        }
        writeln!(to, "{}", self.terminal.heading("What can be held on it"))?;
        for line in table.lines() {
            writeln!(to, "{line}")?;
        }
        writeln!(to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::known::Names;
    use super::super::samples;
    use super::super::sink::Sink;
    use super::*;
    use crate::contract::Page;

    fn shown(page: &Page) -> String {
        let mut snapshot = Snapshot::default();
        snapshot.page(page).unwrap();
        let mut out = Vec::new();
        Card::new(&snapshot, Terminal::file()).write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn group() -> Page {
        let mut group = samples::group("g1", "Engineering");
        group.profile = r#"{"require":[],"include":[{"everyone":{}}]}"#.to_owned();
        Page {
            resources: vec![group],
            entitlements: vec![samples::membership("g1")],
            grants: vec![samples::grant("g1", "user", "u1"), samples::grant("g1", "user", "u2")],
            warnings: vec![samples::warning("list-moved", true)],
            ..samples::page()
        }
    }

    #[test]
    fn a_group_is_its_rules_and_who_is_in_it() {
        let shown = shown(&group());
        let start = "Engineering\ngroup:g1\n  include\n    {\"everyone\":{}}\n  require\n";
        assert!(shown.starts_with(start), "{shown}");
        for part in [
            "What can be held on it",
            "group:g1:member",
            "2 users: u1, u2",
            "everyone",
            "list-moved",
            "give --names",
        ] {
            assert!(shown.contains(part), "{part} is missing from {shown}");
        }
    }

    #[test]
    fn names_of_an_earlier_sync_stand_for_ids_and_ids_beside_them() {
        let mut names = Names::default();
        let line = r#"{"type":"resource","id":{"kind":"user","id":"u1"},"display_name":"Ann"}"#;
        assert!(names.learn(line.as_bytes()));
        let mut snapshot = Snapshot::with_names(names);
        snapshot.page(&group()).unwrap();
        for (ids, told) in [(false, "2 users: Ann, u2"), (true, "2 users: Ann (user:u1), user:u2")] {
            let mut out = Vec::new();
            Card::new(&snapshot, Terminal::file()).with_ids(ids).write(&mut out).unwrap();
            let shown = String::from_utf8(out).unwrap();
            assert!(shown.contains(told), "{shown}");
        }
    }

    #[test]
    fn somebody_is_an_account_and_nothing_can_be_held_on_them() {
        let page = Page { resources: vec![samples::user("u1", "Ann")], ..samples::page() };
        let shown = shown(&page);
        assert_eq!(shown, "Ann\nuser:u1\nenabled, address u1@corp.example\n  rules\n    1\n    2\n\n");
    }

    #[test]
    fn an_address_is_no_account() {
        let mut email = samples::user("x", "x@corp.example");
        email.id = samples::id("email", "x@corp.example");
        let shown = shown(&Page { resources: vec![email], ..samples::page() });
        let start = "x@corp.example\nunmatched email, email:x@corp.example\nno account has this address\n";
        assert!(shown.starts_with(start), "{shown}");
    }

    #[test]
    fn all_who_hold_it_are_named() {
        let mut page = group();
        page.grants = (0..300).map(|n| samples::grant("g1", "user", &format!("u{n}"))).collect();
        let shown = shown(&page);
        for named in ["300 users: u0, u1, u10,", "u299"] {
            assert!(shown.contains(named), "{shown}");
        }
        assert!(!shown.contains(" more"), "{shown}");
    }

    #[test]
    fn nothing_of_it_acts_on_a_terminal() {
        let hostile = "Eve\x1b[2J\u{202e}\nroot";
        let mut page = group();
        let mut user = samples::user(hostile, hostile);
        user.parent = Some(samples::id(hostile, hostile));
        if let Some(account) = &mut user.account {
            account.email = Some(hostile.to_owned());
            account.login = Some(hostile.to_owned());
            account.last_login = Some(hostile.to_owned());
        }
        page.resources.push(user);
        page.entitlements[0].description = hostile.to_owned();
        page.entitlements[0].id = hostile.to_owned();
        let shown = shown(&page);
        assert!(!shown.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{shown:?}");
        assert!(!shown.lines().any(|line| line.starts_with("root")), "{shown}");
    }
}
