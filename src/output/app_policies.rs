//! The policies of one application, in the order in which they are looked at.

use super::application::{self, Brief};
use super::conditions::alternative;
use super::names::resource_name;
use super::policy::{BYPASS, action};
use super::rows::{Rows, cell, notable_cell};
use super::snapshot::Snapshot;
use super::terminal::Terminal;
use super::words::Words;
use crate::contract::ResourceId;
use std::io::{self, Write};

/// Writes a table of the application's policies, with their rules as far as they are known.
pub(super) fn write(
    app: &application::Profile,
    names: &Snapshot,
    terminal: Terminal,
    ids: bool,
    to: &mut impl Write,
) -> io::Result<()> {
    let policies = app.policies();
    if policies.is_empty() {
        return Ok(());
    }
    let words = Words::new(names).with_ids(ids);
    let has_rules = policies.iter().any(|policy| !for_whom(policy.id, words).is_empty());
    let mut headings = vec!["+Policy", ">Precedence", "Action"];
    headings.extend(has_rules.then_some("+For whom"));
    headings.extend(ids.then_some("!Id"));
    let mut table = Rows::new(terminal, &headings);
    for Brief { id, decision, precedence } in &policies {
        let mut row = vec![
            cell(names.name("policy", id)),
            cell(precedence.map(|place| place.to_string()).unwrap_or_default()),
            if *decision == BYPASS { notable_cell(action(decision)) } else { cell(action(decision)) },
        ];
        row.extend(has_rules.then(|| cell(for_whom(id, words))));
        let policy = || ResourceId { kind: "policy".to_owned(), id: (*id).to_owned() };
        row.extend(ids.then(|| cell(resource_name(&policy()))));
        table.add(row);
    }
    writeln!(to, "{}", terminal.heading("Its policies"))?;
    for line in table.lines() {
        writeln!(to, "{line}")?;
    }
    writeln!(to)?;
    let is_earlier = policies.iter().any(|policy| names.has_earlier_rules_of(policy.id));
    if is_earlier { write_note(terminal, to) } else { Ok(()) }
}

/// Says that the rules of policies are those of an earlier sync.
pub(super) fn write_note(terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    let note = "The rules of policies are as the file of --names has them, and may have changed since.";
    for line in terminal.paragraph(note, 0).lines() {
        writeln!(to, "{}", terminal.faint(line))?;
    }
    writeln!(to)
}

fn for_whom(policy: &str, words: Words<'_>) -> String {
    words.policy(policy).map(|known| alternative(&known.rules_and_approval(), words)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::card::Card;
    use super::super::known::Names;
    use super::super::samples;
    use super::super::sink::Sink;
    use super::*;
    use crate::contract::{Alternative, Page};

    const PAYROLL: &str = r#"{"type":"self_hosted","domain":"payroll.corp.example","policies":[
        {"id":"p3","name":"Last","decision":"allow"},
        {"id":"p2","name":"Staff","decision":"allow","precedence":2},
        {"id":"p1","name":"Not from elsewhere","decision":"deny","precedence":1}]}"#;
    const EARLIER: &str = concat!(
        r#"{"type":"resource","id":{"kind":"policy","id":"p1"},"display_name":"Elsewhere","#,
        r#""profile":{"decision":"deny","include":[{"geo":{"country_code":"KP"}},"#,
        r#"{"geo":{"country_code":"RU"}}],"require":[],"exclude":[]}}"#,
    );

    fn shown(earlier: &str, ids: bool) -> String {
        let mut names = Names::default();
        assert!(earlier.is_empty() || names.learn(earlier.as_bytes()));
        let mut grant = samples::accesses("a1", &[("user", "u1")]);
        grant.conditions = vec![Alternative {
            any_of: vec![],
            all_of: vec![],
            none_of: vec![r#"{"policy":{"id":"p1"}}"#.to_owned()],
        }];
        let page = Page {
            resources: vec![samples::app("a1", "Payroll", PAYROLL)],
            entitlements: vec![samples::access("a1", "{}")],
            grants: vec![grant],
            ..samples::page()
        };
        let mut snapshot = Snapshot::with_names(names);
        snapshot.page(&page).unwrap();
        let mut out = Vec::new();
        Card::new(&snapshot, Terminal::file()).with_ids(ids).write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table(shown: &str) -> Vec<String> {
        let lines = shown.lines().skip_while(|line| *line != "Its policies").skip(1);
        let in_a_row = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        lines
            .take_while(|line| !line.is_empty())
            .filter(|line| !line.starts_with('─'))
            .map(in_a_row)
            .collect()
    }

    #[test]
    fn the_answer_comes_first_then_the_policies_in_their_order() {
        let shown = shown("", false);
        let start = "Payroll\napplication, app:a1\nself-hosted, payroll.corp.example\n\nWho can reach which";
        assert!(shown.starts_with(start), "{shown}");
        assert_eq!(
            table(&shown),
            ["Policy Precedence Action", "Not from elsewhere 1 Block", "Staff 2 Allow", "Last Allow"]
        );
        assert!(shown.contains("blocked by policy “Not from elsewhere”\n"), "{shown}");
        assert!(!shown.contains("as the file of --names has them"), "{shown}");
        let places: Vec<usize> = ["Its policies", "What can be held on it", "Details\n", "  policies\n"]
            .map(|part| shown.find(part).unwrap())
            .into();
        assert!(places.is_sorted(), "{shown}");
    }

    #[test]
    fn rules_of_an_earlier_sync_are_told_as_such() {
        let shown = shown(EARLIER, true);
        assert_eq!(
            table(&shown),
            [
                "Policy Precedence Action For whom Id",
                "Elsewhere 1 Block country KP or RU policy:p1",
                "Staff 2 Allow policy:p2",
                "Last Allow policy:p3"
            ]
        );
        // The cells of other columns stand between the lines of one cell.
        let in_a_line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "not blocked by policy “Elsewhere”",
            "(country KP or RU)",
            "The rules of policies are as the file of --names has them, and may have changed since.",
        ] {
            assert!(in_a_line.contains(part), "{part}: {shown}");
        }
    }
}
