//! An offboarding, for people and for programs. What still lets the person in comes first.

use super::applied::Applied;
use super::applied_text::write_under;
use super::gained::all_known;
use super::json::escape_harmful;
use super::lines::IdLine;
use super::sink::SinkError;
use super::snapshot::Snapshot;
use super::terminal::{Terminal, clean};
use super::way_line::WayLine;
use super::way_text::{self, word};
use crate::contract::lifecycle::{Certainty, Offboarding, Way};
use crate::contract::{ResourceId, Warning};
use crate::rules::names_addresses;
use serde::Serialize;
use std::io::{self, Write};

/// The code of the warning about a group, or something else, that can't be understood.
const NOT_UNDERSTOOD: &str = "item-not-understood";

/// An offboarding, done or planned.
pub struct Offboarded<'a> {
    offboarding: &'a Offboarding,
    applied: Applied<'a>,
    keeps_groups: bool,
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
        Self { offboarding, applied: Applied::of_parts(offboarding, dry_run), keeps_groups: false }
    }

    /// Takes it that groups may be left out of the parts, because these words name what stays.
    #[must_use]
    pub fn keeping(self, words: &[String]) -> Self {
        let is_group = |word: &String| word.split(':').next() == Some("group");
        Self { keeps_groups: words.iter().any(is_group), ..self }
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
        self.offboarding.remaining.iter().any(is_not_known)
    }

    /// Whether accounts or groups with the address may be missing: what isn't known of no single resource
    /// can be one of them.
    fn has_gap(&self) -> bool {
        self.offboarding.remaining.iter().any(|way| is_not_known(way) && way.into.is_none())
    }

    /// Says that nothing is there under the address, if that is known.
    fn nothing_found(&self) -> Option<String> {
        let Offboarding { address, accounts, remaining, parts, warnings, .. } = self.offboarding;
        // A group that can't be understood can have a rule for the address.
        let is_torn = |warning: &Warning| {
            warning.code == NOT_UNDERSTOOD
                && warning.about.as_ref().is_some_and(|about| about.kind == "group")
        };
        let is_known = !self.has_gap() && !warnings.iter().any(is_torn);
        if !accounts.is_empty() || !parts.is_empty() || !is_known {
            return None;
        }
        let address = &address.id;
        let what = match self.keeps_groups {
            true => "no Access user, and no member or invitation",
            false => "no Access user, no member or invitation, and no rule of a group",
        };
        // Whoever made a rule for the address has spelled it so.
        Some(match (remaining.iter().any(names_person), self.keeps_groups) {
            (true, keeps_groups) => format!(
                "Nothing is left that can be taken from {address} here: {what}. A {}list or a policy still \
                 names the address: see below.",
                if keeps_groups { "group, a " } else { "" }
            ),
            (false, keeps_groups) => format!(
                "This account has nothing under {address}: {what}. Either it was taken away before, {}or the \
                 address is misspelled.",
                if keeps_groups { "or only groups that stay name the address, " } else { "" }
            ),
        })
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
    /// come from `names`. If nothing is there under the address, that comes first.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, names: &Snapshot, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
        let address = &self.offboarding.address.id;
        let plan = if self.applied.is_dry_run() { ", after what is planned" } else { "" };
        let (leading_in, returning) = self.ways();
        if let Some(nothing) = self.nothing_found() {
            writeln!(to, "{}\n", terminal.paragraph(&nothing, 0))?;
        }
        writeln!(to, "{}", terminal.heading(&format!("What still lets {address} in{plan}")))?;
        if leading_in.is_empty() {
            writeln!(to, "  Nothing was found.")?;
        }
        way_text::write(&leading_in, names, terminal, to)?;
        if !returning.is_empty() {
            writeln!(to, "\n{}", terminal.heading("What may bring them back"))?;
        }
        way_text::write(&returning, names, terminal, to)?;
        let accounts: Vec<&ResourceId> = self.offboarding.accounts.iter().collect();
        let found = match accounts.as_slice() {
            [] => "no account".to_owned(),
            some => all_known(some, names),
        };
        let not_all = if self.has_gap() { " (not all are known)" } else { "" };
        writeln!(to, "\n{}", terminal.heading("Who has this address"))?;
        writeln!(to, "{}\n", terminal.line(&format!("{found}{not_all}"), 2))?;
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

    /// Counts what is known to let the person in.
    pub(crate) fn counted_ways(&self) -> String {
        let plan = if self.applied.is_dry_run() { "would remain" } else { "remain" };
        let known = self.ways().0.into_iter().filter(|way| !is_not_known(way)).count();
        let least = if self.is_in_doubt() { "at least " } else { "" };
        match known {
            0 if self.is_in_doubt() => "it isn't known whether a way in remains".to_owned(),
            0 => "no way in was found that remains".to_owned(),
            1 => format!("{least}1 way in {}", if plan == "remain" { "remains" } else { plan }),
            many => format!("{least}{many} ways in {plan}"),
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

fn is_not_known(way: &Way) -> bool {
    way.certainty == Certainty::NotKnown
}

/// Whether a rule for this one person is among the reasons for a way.
fn names_person(way: &Way) -> bool {
    way.by.as_ref().is_some_and(|by| by.basis.iter().any(|basis| names_addresses(&basis.rule)))
}

fn push_line(lines: &mut String, line: &impl Serialize) -> Result<(), SinkError> {
    let line = serde_json::to_string(line).map_err(io::Error::from)?;
    lines.push_str(&escape_harmful(&line));
    lines.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, id, outcome, refusal, report};
    use super::*;
    use crate::contract::Status;
    use crate::contract::lifecycle::{Action, Outcome, Part, Step};

    fn offboarding(remaining: Vec<Way>) -> Offboarding {
        let removal = |account: &str| Action::Step(Step::Remove(id("user", account)));
        let removed = Outcome { added: vec![], removed: vec![], ..outcome(Status::Applied) };
        let part = |account: &str, outcome| Part {
            word: format!("user:{account}"),
            action: removal(account),
            outcome,
        };
        let report = report(vec![]);
        Offboarding {
            address: id("email", "ann@corp.example"),
            accounts: vec![id("user", "u1"), id("user", "u2")],
            remaining,
            parts: vec![part("u1", Ok(removed)), part("u2", Err(refusal()))],
            writes: report.writes,
            warnings: report.warnings,
            requests: 9,
            rate_limit: None,
        }
    }

    fn way(certainty: Certainty, detail: &str) -> Way {
        Way { certainty, into: Some(id("app", "a1")), detail: detail.to_owned(), by: None }
    }

    fn named_by(rule: &str) -> Way {
        let mut by = samples::grant("g1", "email", "ann@corp.example");
        by.basis.iter_mut().for_each(|basis| basis.rule = rule.to_owned());
        Way { by: Some(by), ..way(Certainty::Certain, "Named.") }
    }

    fn shown(offboarding: &Offboarding, dry_run: bool) -> String {
        let mut out = Vec::new();
        let offboarded = Offboarded::new(offboarding, dry_run);
        offboarded.write(&Snapshot::default(), Terminal::file(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_remains_comes_before_what_was_done() {
        let ways = vec![way(Certainty::Certain, "A domain."), way(Certainty::Returning, "A login.")];
        let text = shown(&offboarding(ways), false);
        let begin = "What still lets ann@corp.example in\n  ! certain: A domain.\n\nWhat may bring them \
                     back\n  · A login.\n\nWho has this address\n  user:u1, user:u2\n\nWhat was done, in \
                     this order\n  ✓ applied: remove user:u1\n";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.contains("✗ refused: remove user:u2"), "{text}");
    }

    #[test]
    fn nobody_is_said_to_be_out() {
        for ways in [
            vec![],
            vec![way(Certainty::Returning, "A login.")],
            vec![way(Certainty::Open, "Public.")],
            vec![way(Certainty::NotKnown, "A list.")],
        ] {
            let offboarding = offboarding(ways);
            let (leading_in, _) = Offboarded::new(&offboarding, false).ways();
            for dry_run in [true, false] {
                let text = shown(&offboarding, dry_run);
                let first = text.lines().next().unwrap_or_default();
                assert!(first.starts_with("What still lets ann@corp.example in"), "{text}");
                assert_eq!(first.ends_with(", after what is planned"), dry_run, "{first}");
                assert_eq!(text.contains("\n  Nothing was found.\n"), leading_in.is_empty(), "{text}");
                for wrong in [" is out", " are out", "no longer", "no way"] {
                    assert!(!text.contains(wrong), "{wrong}: {text}");
                }
            }
        }
    }

    #[test]
    fn an_address_that_nobody_has_is_told_before_everything_else() {
        let nobody = |remaining| Offboarding { accounts: vec![], parts: vec![], ..offboarding(remaining) };
        let shown = |offboarding: &Offboarding, keep: &[&str]| {
            let keep: Vec<String> = keep.iter().map(|&word| word.to_owned()).collect();
            let offboarded = Offboarded::new(offboarding, true).keeping(&keep);
            let mut out = Vec::new();
            offboarded.write(&Snapshot::default(), Terminal::file(), &mut out).unwrap();
            let words = String::from_utf8(out).unwrap();
            words.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let domain = || way(Certainty::Certain, "A domain.");
        let told = "This account has nothing under ann@corp.example: no Access user, no member or \
                    invitation, and no rule of a group. Either it was taken away before, or the address is \
                    misspelled. \
                    What still lets ann@corp.example in, after what is planned ! certain: A domain.";
        for keep in [&[][..], &["user", "seat", "user-group"]] {
            let text = shown(&nobody(vec![domain()]), keep);
            assert!(text.starts_with(told), "{text}");
        }
        // Rules of a group that stays aren't among the parts.
        for keep in ["group", "group:g1"] {
            let text = shown(&nobody(vec![domain()]), &["seat", keep]);
            assert!(
                text.starts_with("This account has nothing under ann@corp.example: no Access user, and ")
            );
            assert!(!text.contains("rule of a"), "{text}");
            assert!(text.contains("before, or only groups that stay name the address, or the"), "{text}");
        }
        // A rule for the address says that it isn't misspelled.
        for rule in ["email", "email_list", "email_domain", "everyone"] {
            let named = named_by(rule);
            let is_named = rule.starts_with("email") && rule != "email_domain";
            let begin = "Nothing is left that can be taken from ann@corp.example here: no Access user, ";
            for (keep, what) in
                [(&[][..], " A list or a policy"), (&["group"], " A group, a list or a policy")]
            {
                let text = shown(&nobody(vec![domain(), named.clone()]), keep);
                assert_eq!(text.starts_with(begin), is_named, "{rule}: {text}");
                let told = format!("{what} still names the address: see below. What still lets ");
                assert_eq!(text.contains(&told), is_named, "{rule}: {text}");
                assert_eq!(text.contains("misspelled"), !is_named, "{rule}: {text}");
            }
        }
        let of_list = way(Certainty::NotKnown, "A list can't be read.");
        assert!(shown(&nobody(vec![of_list]), &[]).starts_with("This account has nothing"));
        let gap = Way { into: None, ..way(Certainty::NotKnown, "Not all members can be read.") };
        let odd = |code: &str| {
            let about = Some(id("group", "g1"));
            let warning = Warning { code: code.to_owned(), about, message: String::new(), incomplete: true };
            Offboarding { warnings: vec![warning], ..nobody(vec![]) }
        };
        assert!(shown(&odd("list-not-readable"), &[]).starts_with("This account has nothing"));
        for known in [
            nobody(vec![gap]),
            odd("item-not-understood"),
            Offboarding { parts: vec![], ..offboarding(vec![]) },
            Offboarding { accounts: vec![], ..offboarding(vec![]) },
        ] {
            assert!(shown(&known, &[]).starts_with("What still lets "), "{known:?}");
        }
    }

    #[test]
    fn a_program_reads_the_ways_first_and_the_person_last() {
        let ways = vec![way(Certainty::NotKnown, "A \u{202e}list."), way(Certainty::Certain, "A domain.")];
        let offboarding = offboarding(ways);
        let lines = Offboarded::new(&offboarding, false).json_lines().unwrap();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(
            lines[0],
            concat!(
                r#"{"type":"way","certainty":"not-known","into":{"kind":"app","id":"a1"},"#,
                r#""detail":"A \u202elist.","by":null}"#
            )
        );
        assert!(lines[1].contains(r#""certainty":"certain""#), "{}", lines[1]);
        let part = r#"{"type":"outcome","word":"user:u1","step":"remove","id":{"kind":"user","id":"u1"}"#;
        assert!(lines[2].starts_with(part), "{}", lines[2]);
        assert!(lines[3].starts_with(r#"{"type":"error","word":"user:u2","step":"remove""#), "{}", lines[3]);
        assert_eq!(
            lines[4..],
            [concat!(
                r#"{"type":"person","address":{"kind":"email","id":"ann@corp.example"},"#,
                r#""accounts":[{"kind":"user","id":"u1"},{"kind":"user","id":"u2"}]}"#
            )]
        );
    }

    #[test]
    fn what_is_not_known_is_no_way_that_is_counted() {
        let (gap, of_app) =
            (|| Way { into: None, ..way(Certainty::NotKnown, "Some members.") }, named_by("x"));
        for (ways, planned, done) in [
            (vec![], "no way in was found that remains", "no way in was found that remains"),
            (
                vec![gap()],
                "it isn't known whether a way in remains",
                "it isn't known whether a way in remains",
            ),
            (vec![gap(), of_app.clone()], "at least 1 way in would remain", "at least 1 way in remains"),
            (
                vec![gap(), gap(), of_app.clone(), of_app.clone()],
                "at least 2 ways in would remain",
                "at least 2 ways",
            ),
            (vec![of_app.clone(), of_app], "2 ways in would remain", "2 ways in remain"),
        ] {
            let has_gap = ways.iter().any(|way| way.into.is_none());
            let offboarding = offboarding(ways);
            for (dry_run, told) in [(true, planned), (false, done)] {
                let summary = Offboarded::new(&offboarding, dry_run).summary();
                assert!(summary.starts_with(told), "{summary}");
                let text = shown(&offboarding, dry_run);
                assert_eq!(text.contains("user:u1, user:u2 (not all are known)\n"), has_gap, "{text}");
            }
        }
    }

    #[test]
    fn a_few_lines_tell_what_remains_too() {
        let ways = vec![way(Certainty::Certain, "A \x1b[2Jdomain."), way(Certainty::Returning, "A login.")];
        let offboarding = offboarding(ways);
        let offboarded = Offboarded::new(&offboarding, false);
        let brief = offboarded.in_brief();
        assert!(brief.starts_with("1 way in remains\ncertain: A \u{fffd}[2Jdomain.\napplied: "), "{brief}");
        assert_eq!(offboarded.summary(), "1 way in remains; 1 applied, 1 refused; 9 requests");
        let planned = Offboarded::new(&offboarding, true);
        assert!(planned.summary().starts_with("1 way in would remain; "), "{}", planned.summary());
    }
}
