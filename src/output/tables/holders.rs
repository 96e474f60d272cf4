//! The tables of those who hold something: accounts and service tokens.

use super::super::asked_for::{PEOPLE, TOKEN};
use super::super::names::resource_name;
use super::super::rows::{Cell, cell, notable_cell};
use super::super::snapshot::Holds;
use super::super::words::kind;
use super::{Tables, number};
use crate::contract::{AccountStatus, Resource};
use serde_json::Value;
use std::io::{self, Write};

/// The columns for the numbers of what somebody holds.
struct Numbers {
    kinds: Vec<&'static str>,
    headings: Vec<&'static str>,
}

impl Tables<'_> {
    pub(super) fn write_holders(&self, to: &mut impl Write) -> io::Result<()> {
        if self.asked_for.has_people() {
            self.accounts(to)?;
        }
        if self.asked_for.has(TOKEN) {
            self.service_tokens(to)?;
        }
        Ok(())
    }

    fn accounts(&self, to: &mut impl Write) -> io::Result<()> {
        let held = self.numbers(&[("group", ">Groups"), ("role", ">Roles"), ("app", ">Applications")]);
        let headings = ["Name", "Address", "Kind", "Status", "?Last login"];
        let mut table = self.table(&[&headings[..], &held.headings].concat(), &["!Id"]);
        let is_person = |kind: &str| PEOPLE.contains(&kind);
        let people = self.sorted(is_person);
        for person in people.iter().take(Self::ROWS) {
            let mut row = account_row(person);
            row.extend(held.of(self.snapshot.holds(&person.id)));
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

    fn service_tokens(&self, to: &mut impl Write) -> io::Result<()> {
        let held = self.numbers(&[("group", ">Groups"), ("app", ">Applications")]);
        let headings = ["Name", "Status", "Expires", "?Last seen"];
        let mut table = self.table(&[&headings[..], &held.headings].concat(), &["!Id"]);
        let is_token = |kind: &str| kind == TOKEN;
        for token in self.sorted(is_token).into_iter().take(Self::ROWS) {
            let mut row = token_row(token);
            row.extend(held.of(self.snapshot.holds(&token.id)));
            row.extend(self.ids.then(|| cell(resource_name(&token.id))));
            table.add(row);
        }
        self.section(to, "Service tokens", &table, self.count(is_token))
    }

    /// Returns the columns for those of these kinds that were asked for.
    fn numbers(&self, columns: &[(&'static str, &'static str)]) -> Numbers {
        let (kinds, headings) = columns.iter().filter(|(kind, _)| self.asked_for.has(kind)).copied().unzip();
        Numbers { kinds, headings }
    }
}

impl Numbers {
    fn of(&self, holds: Holds) -> impl Iterator<Item = Cell> {
        self.kinds.iter().map(move |kind| number(holds.of(kind)))
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
    let kind = kind(&person.id.kind, false);
    let last_login = account.and_then(|account| account.last_login.as_deref()).unwrap_or_default();
    let address = account.and_then(|account| account.email.as_deref()).unwrap_or_default();
    vec![
        cell(if person.display_name == address { "" } else { &person.display_name }),
        cell(address),
        if person.id.kind == "email" { notable_cell(kind) } else { cell(kind) },
        status,
        cell(day(last_login)),
    ]
}

fn token_row(token: &Resource) -> Vec<Cell> {
    let profile: Value = serde_json::from_str(&token.profile).unwrap_or_default();
    let text = |key: &str| profile.get(key).and_then(Value::as_str).unwrap_or_default();
    let status = match profile.get("enabled").and_then(Value::as_bool) {
        Some(false) => notable_cell("disabled"),
        // A token that says nothing can be used.
        Some(true) | None => cell("enabled"),
    };
    vec![cell(&token.display_name), status, cell(day(text("expires_at"))), cell(day(text("last_seen_at")))]
}

/// Returns the day of a time, which is enough.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}
