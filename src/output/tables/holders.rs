//! The tables of those who hold something: accounts and service tokens.

use super::super::asked_for::{PEOPLE, TOKEN, USER_GROUP};
use super::super::names::resource_name;
use super::super::rows::{Cell, cell, notable_cell};
use super::super::snapshot::Holds;
use super::super::token::{now, unusable};
use super::super::words::kind;
use super::{Tables, number};
use crate::cloudflare::time;
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
        let mut columns = vec![
            ("group", ">Groups"),
            ("user-group", ">User groups"),
            ("role", ">Roles"),
            ("app", ">Applications"),
        ];
        columns.retain(|(kind, _)| *kind != USER_GROUP || self.count(|of| of == USER_GROUP) > 0);
        let held = self.numbers(&columns);
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
            let mut row = token_row(token, now());
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

fn token_row(token: &Resource, now: Option<i64>) -> Vec<Cell> {
    let profile: Value = serde_json::from_str(&token.profile).unwrap_or_default();
    // A time that isn't one is shown as none: so is Go's zero time.
    let time =
        |key: &str| profile.get(key).and_then(Value::as_str).filter(|text| time::of_item(text).is_some());
    let (expires, seen) = (time("expires_at").unwrap_or_default(), time("last_seen_at").unwrap_or_default());
    let status = match unusable(token, now) {
        Some(why) => notable_cell(why),
        None => cell("enabled"),
    };
    vec![cell(&token.display_name), status, cell(day(expires)), cell(day(seen))]
}

/// Returns the day of a time, which is enough.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::rows::Rows;
    use super::super::super::samples;
    use super::super::super::terminal::Terminal;
    use super::*;

    #[test]
    fn a_token_says_whether_it_can_be_used() {
        for (profile, expected) in [
            (r#"{"enabled":true,"expires_at":"2026-11-29T00:00:00Z"}"#, "enabled 2026-11-29"),
            (r#"{"enabled":true,"expires_at":"2026-11-28T00:00:00Z"}"#, "expired 2026-11-28"),
            (r#"{"enabled":false,"expires_at":"2026-11-28T00:00:00Z"}"#, "disabled 2026-11-28"),
            (r#"{"expires_at":"0001-01-01T00:00:00Z"}"#, "enabled"),
            ("{}", "enabled"),
        ] {
            let token = samples::app("t", "CI", profile);
            let mut rows = Rows::new(Terminal::file(), &["Name", "Status", "Expires", "Seen"]);
            rows.add(token_row(&token, Some(1_795_824_000)));
            let row = rows.lines().pop().unwrap();
            assert_eq!(row.split_whitespace().collect::<Vec<_>>().join(" "), format!("CI {expected}"));
        }
    }
}
