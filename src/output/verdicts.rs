//! What Cloudflare says of people beside what the rules say: for a person and for a program.

use super::conditions::conditions;
use super::json::push_json;
use super::lines::{AlternativeLine, IdLine, Line};
use super::names::resource_name;
use super::rows::{Cell, Rows, cell, notable_cell};
use super::sink::SinkError;
use super::snapshot::Snapshot;
use super::terminal::Terminal;
use super::words::{Words, kind};
use crate::contract::{Agreement, Claim, Compared, ResourceId, Verdict, Warning};
use serde::Serialize;
use std::io::{self, Write};

/// The numbers of people by what follows from both verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    people: u64,
    impossible: u64,
    changed: u64,
    unexpected: u64,
    not_judged: u64,
    /// Those of `depends` whom Cloudflare approved.
    depends_approved: u64,
    depends_blocked: u64,
    agrees: u64,
}

/// One subject, with the people who are shown.
pub struct Verified {
    subject: ResourceId,
    all: bool,
    verdicts: Verdicts,
    /// The people who are shown, those who deserve a look first.
    shown: Vec<Compared>,
}

/// A person on a line of its own.
#[derive(Serialize)]
struct PersonLine<'a> {
    r#type: &'static str,
    subject: IdLine<'a>,
    user: IdLine<'a>,
    address: &'a str,
    display_name: &'a str,
    claim: &'static str,
    expected: Option<bool>,
    conditions: Option<Vec<AlternativeLine<'a>>>,
    verdict: &'static str,
    agreement: &'static str,
}

/// The line that ends a subject.
#[derive(Serialize)]
struct SubjectLine<'a> {
    r#type: &'static str,
    subject: IdLine<'a>,
    #[serde(flatten)]
    verdicts: Verdicts,
}

/// A subject that Cloudflare has nothing to test of.
#[derive(Serialize)]
struct NotTestedLine<'a> {
    r#type: &'static str,
    subject: IdLine<'a>,
    message: &'a str,
}

impl Verdicts {
    fn add(&mut self, of: &Compared) {
        self.people += 1;
        *match (of.agreement, of.verdict) {
            (Agreement::Impossible, _) => &mut self.impossible,
            (Agreement::Changed, _) => &mut self.changed,
            (Agreement::Unexpected, _) => &mut self.unexpected,
            (Agreement::NotJudged, _) => &mut self.not_judged,
            (Agreement::Depends, Verdict::Approved) => &mut self.depends_approved,
            (Agreement::Depends, _) => &mut self.depends_blocked,
            (Agreement::Agrees, _) => &mut self.agrees,
        } += 1;
    }

    /// Adds those of another subject.
    pub fn add_all(&mut self, other: Verdicts) {
        self.people += other.people;
        self.impossible += other.impossible;
        self.changed += other.changed;
        self.unexpected += other.unexpected;
        self.not_judged += other.not_judged;
        self.depends_approved += other.depends_approved;
        self.depends_blocked += other.depends_blocked;
        self.agrees += other.agrees;
    }

    /// The number of verdicts that can't be.
    #[must_use]
    pub fn impossible(&self) -> u64 {
        self.impossible
    }

    /// Whether Cloudflare couldn't judge somebody.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.not_judged > 0
    }

    /// Says the numbers of so many subjects in a sentence.
    #[must_use]
    pub fn of_subjects(&self, subjects: u64) -> String {
        let of = match subjects {
            1 => "1 application or group".to_owned(),
            many => format!("{many} applications and groups"),
        };
        match self.people {
            0 => format!("{of} compared, and nobody was judged."),
            1 => format!("{of} compared, 1 verdict: {}.", self.parts()),
            many => format!("{of} compared, {many} verdicts: {}.", self.parts()),
        }
    }

    /// Says the numbers of one subject in a sentence.
    fn in_words(&self) -> String {
        match self.people {
            0 => "Cloudflare judged nobody: it knows nobody who has ever logged in.".to_owned(),
            1 => format!("1 person judged: {}.", self.parts()),
            many => format!("{many} people judged: {}.", self.parts()),
        }
    }

    /// Lists the numbers that aren't 0.
    fn parts(&self) -> String {
        let depend = self.depends_approved + self.depends_blocked;
        let ending = |count: u64| if count == 1 { "s" } else { "" };
        let depends = format!(
            "depend{} on the login ({} approved, {} blocked)",
            ending(depend),
            self.depends_approved,
            self.depends_blocked
        );
        let agrees = format!("agree{}", ending(self.agrees));
        let parts = [
            (self.impossible, "cannot be"),
            (self.changed, "changed meanwhile"),
            (self.unexpected, "not as expected"),
            (self.not_judged, "not judged"),
            (depend, &depends),
            (self.agrees, &agrees),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        parts.join(", ")
    }
}

impl Verified {
    /// The most rows of a table. The rows beyond are counted under it.
    const ROWS: usize = 200;

    /// Begins with nobody. `all` shows people whose verdicts agree, or depend on the login, too.
    #[must_use]
    pub fn new(subject: ResourceId, all: bool) -> Self {
        Self { subject, all, verdicts: Verdicts::default(), shown: Vec::new() }
    }

    /// The numbers of people so far.
    #[must_use]
    pub fn verdicts(&self) -> Verdicts {
        self.verdicts
    }

    /// Takes more people.
    pub fn add(&mut self, people: Vec<Compared>) {
        people.iter().for_each(|of| self.verdicts.add(of));
        let is_shown = |of: &Compared| self.all || is_different(of.agreement);
        self.shown.extend(people.into_iter().filter(is_shown));
        self.shown.sort_by_key(|of| rank(of.agreement));
        self.shown.truncate(Self::ROWS);
    }

    /// Writes the subject's heading, its numbers, and the people who are shown.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(
        &self,
        names: &Snapshot,
        terminal: Terminal,
        ids: bool,
        to: &mut impl Write,
    ) -> io::Result<()> {
        heading(&self.subject, names, terminal, to)?;
        writeln!(to, "{}", terminal.paragraph(&self.verdicts.in_words(), 0))?;
        if !self.shown.is_empty() {
            writeln!(to)?;
            self.write_table(names, terminal, ids, to)?;
        }
        let meanings: Vec<&str> = self.meanings().collect();
        if !meanings.is_empty() {
            writeln!(to)?;
        }
        for meaning in meanings {
            writeln!(to, "{}", terminal.paragraph(meaning, 0))?;
        }
        writeln!(to)
    }

    fn write_table(
        &self,
        names: &Snapshot,
        terminal: Terminal,
        ids: bool,
        to: &mut impl Write,
    ) -> io::Result<()> {
        let headings = ["Result", "+Who", "By the rules", "Cloudflare", "?+Only if"];
        let own = if ids { &["!Id"][..] } else { &[] };
        let mut table = Rows::new(terminal, &[&headings, own].concat());
        let words = Words::new(names).with_most(Snapshot::NAMES).with_ids(ids);
        for of in &self.shown {
            let mut row = vec![
                result(of.agreement),
                cell(who(of)),
                cell(claim_in_words(of)),
                cell(verdict(of.verdict)),
                cell(conditions(&of.conditions, words)),
            ];
            row.extend(ids.then(|| cell(resource_name(&of.user))));
            table.add(row);
        }
        for line in table.lines() {
            writeln!(to, "{line}")?;
        }
        let Verdicts { people, agrees, depends_approved, depends_blocked, .. } = self.verdicts;
        let same = if self.all { 0 } else { agrees + depends_approved + depends_blocked };
        let more = people - same - self.shown.len() as u64;
        if more > 0 {
            let more = format!("… and {more} more people: --format jsonl gives them all.");
            writeln!(to, "{}", terminal.notable(&more))?;
        }
        Ok(())
    }

    /// Says what the results of these people mean, and what helps.
    fn meanings(&self) -> impl Iterator<Item = &'static str> {
        let Verdicts { impossible, changed, unexpected, not_judged, .. } = self.verdicts;
        let meanings = [
            (
                impossible,
                "Cannot be: whatever the login showed, the rules decide the other way. Groups and lists were \
                 read once more, and still say so. Either this connector or Cloudflare has a fault: please \
                 report it.",
            ),
            (
                changed,
                "Changed meanwhile: groups or lists changed while Cloudflare judged. Run the command again.",
            ),
            (
                unexpected,
                "Not as expected: the facts that were given say something else than the last login showed. \
                 Either they or the login are out of date.",
            ),
            (not_judged, "Not judged: Cloudflare's tester had an error with these people."),
        ];
        meanings.into_iter().filter(|(count, _)| *count > 0).map(|(_, meaning)| meaning)
    }

    /// Returns the line that ends a subject.
    ///
    /// # Errors
    /// If it can't be written as JSON.
    pub fn json_line(&self) -> Result<Vec<u8>, SinkError> {
        let subject = (&self.subject).into();
        line(&SubjectLine { r#type: "verification", subject, verdicts: self.verdicts })
    }

    /// Returns a line of JSON for each of these people.
    ///
    /// # Errors
    /// If the connector returned something that is no JSON object where the contract declares one.
    pub fn json_lines(&self, people: &[Compared]) -> Result<Vec<u8>, SinkError> {
        let mut lines = Vec::new();
        for of in people {
            let conditions = AlternativeLine::all_of(&of.conditions, || resource_name(&of.user))?;
            lines.extend(line(&PersonLine {
                r#type: "verdict",
                subject: (&self.subject).into(),
                user: (&of.user).into(),
                address: &of.address,
                display_name: &of.display_name,
                claim: claim(of.claim),
                expected: of.expected,
                conditions,
                verdict: verdict(of.verdict),
                agreement: agreement(of.agreement),
            })?);
        }
        Ok(lines)
    }
}

/// Writes a subject that Cloudflare has nothing to test of.
///
/// # Errors
/// If writing fails.
pub fn write_not_tested(
    subject: &ResourceId,
    why: &str,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    heading(subject, names, terminal, to)?;
    writeln!(to, "{}\n", terminal.paragraph(&format!("Not tested: {why}"), 0))
}

/// Returns the line of a subject that Cloudflare has nothing to test of.
///
/// # Errors
/// If it can't be written as JSON.
pub fn not_tested_line(subject: &ResourceId, message: &str) -> Result<Vec<u8>, SinkError> {
    line(&NotTestedLine { r#type: "not_tested", subject: subject.into(), message })
}

/// Writes what such a table can't tell, and how to see those whom it only counts unless it has everybody.
///
/// # Errors
/// If writing fails.
pub fn write_limits(everybody: bool, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    const LIMITS: &str = "Cloudflare's policy tester judges the last login of everybody who has ever \
                          logged in. It says nothing of others, and knows nothing of what an application \
                          asks beside its policies. Both sides judged the policies alone.";
    const COUNTED: &str = " --everybody also shows those who agree or depend on the login.";
    let counted = if everybody { "" } else { COUNTED };
    for line in terminal.paragraph(&[LIMITS, counted].concat(), 0).lines() {
        writeln!(to, "{}", terminal.faint(line))?;
    }
    Ok(())
}

/// Returns the line of a warning.
///
/// # Errors
/// If it can't be written as JSON.
pub fn warning_line(warning: &Warning) -> Result<Vec<u8>, SinkError> {
    line(&Line::of_warning(warning))
}

fn heading(
    subject: &ResourceId,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    let name = names.known_name(&subject.kind, &subject.id).unwrap_or(&subject.id);
    writeln!(to, "{}", terminal.heading(name))?;
    let id = resource_name(subject);
    match kind(&subject.kind, false) {
        word if word == subject.kind => writeln!(to, "{}", terminal.faint(&id)),
        word => writeln!(to, "{}, {}", terminal.plain(word), terminal.faint(&id)),
    }
}

fn line(of: &impl Serialize) -> Result<Vec<u8>, SinkError> {
    let mut line = Vec::new();
    push_json(&mut line, of)?;
    line.push(b'\n');
    Ok(line)
}

/// Whether somebody is shown where not everybody is.
fn is_different(agreement: Agreement) -> bool {
    !matches!(agreement, Agreement::Agrees | Agreement::Depends)
}

fn rank(agreement: Agreement) -> u8 {
    match agreement {
        Agreement::Impossible => 0,
        Agreement::Changed => 1,
        Agreement::Unexpected => 2,
        Agreement::NotJudged => 3,
        Agreement::Depends => 4,
        Agreement::Agrees => 5,
    }
}

fn result(agreement: Agreement) -> Cell {
    match agreement {
        Agreement::Impossible => notable_cell("cannot be"),
        Agreement::Changed => notable_cell("changed meanwhile"),
        Agreement::Unexpected => notable_cell("not as expected"),
        Agreement::NotJudged => notable_cell("not judged"),
        Agreement::Depends => cell("depends on the login"),
        Agreement::Agrees => cell("agrees"),
    }
}

/// Names a person by name and address.
fn who(of: &Compared) -> String {
    match of.display_name == of.address {
        true => of.address.clone(),
        false => format!("{}, {}", of.display_name, of.address),
    }
}

fn claim_in_words(of: &Compared) -> &'static str {
    match (of.claim, of.expected) {
        (Claim::Certain, _) => "always gets in",
        (Claim::No, _) => "never gets in",
        (Claim::Conditional, None) => "may get in",
        (Claim::Conditional, Some(true)) => "may get in, is expected to",
        (Claim::Conditional, Some(false)) => "may get in, is not expected to",
    }
}

/// Returns the contract's word.
fn claim(claim: Claim) -> &'static str {
    match claim {
        Claim::Certain => "certain",
        Claim::Conditional => "conditional",
        Claim::No => "no",
    }
}

/// Returns the contract's word.
fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "approved",
        Verdict::Blocked => "blocked",
        Verdict::Error => "error",
    }
}

/// Returns the contract's word.
fn agreement(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Agrees => "agrees",
        Agreement::Depends => "depends",
        Agreement::Unexpected => "unexpected",
        Agreement::Impossible => "impossible",
        Agreement::Changed => "changed",
        Agreement::NotJudged => "not-judged",
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::contract::Alternative;

    fn person(name: &str, claim: Claim, verdict: Verdict, agreement: Agreement) -> Compared {
        let okta = r#"{"okta":{"name":"Sales","identity_provider_id":"i1"}}"#.to_owned();
        let way = Alternative { any_of: vec![okta], all_of: vec![], none_of: vec![] };
        Compared {
            user: samples::id("user", name),
            address: format!("{name}@corp.example"),
            display_name: name.to_owned(),
            claim,
            expected: None,
            conditions: if claim == Claim::Conditional { vec![way] } else { vec![] },
            verdict,
            agreement,
        }
    }

    fn everybody() -> Vec<Compared> {
        vec![
            person("ann", Claim::Certain, Verdict::Approved, Agreement::Agrees),
            person("bob", Claim::Conditional, Verdict::Approved, Agreement::Depends),
            person("cay", Claim::Conditional, Verdict::Blocked, Agreement::Depends),
            person("dan\u{9b}", Claim::Certain, Verdict::Error, Agreement::NotJudged),
            Compared {
                expected: Some(true),
                ..person("eve", Claim::Conditional, Verdict::Blocked, Agreement::Unexpected)
            },
            person("fay", Claim::No, Verdict::Approved, Agreement::Impossible),
            person("gus", Claim::No, Verdict::Approved, Agreement::Changed),
        ]
    }

    fn shown(all: bool, ids: bool) -> String {
        let mut verified = Verified::new(samples::id("group", "g1"), all);
        verified.add(everybody());
        let mut out = Vec::new();
        verified.write(&Snapshot::default(), Terminal::file(), ids, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn those_who_deserve_a_look_come_first_and_the_others_are_counted() {
        let shown = shown(false, false);
        let counts = "7 people judged: 1 cannot be, 1 changed meanwhile, 1 not as expected, 1 not judged, \
                      2 depend on the login (1 approved, 1 blocked), 1 agrees.";
        let in_a_line = shown.replace('\n', " ");
        assert!(in_a_line.starts_with(&format!("g1 group:g1 {counts} ")), "{shown}");
        let places: Vec<_> = ["fay@", "gus@", "eve@", "dan\u{fffd}@"].map(|who| shown.find(who)).into();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{shown}");
        for hidden in ["ann@", "bob@", "cay@"] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
        for meaning in ["Cannot be: ", "Changed meanwhile: ", "Not as expected: ", "Not judged: "] {
            assert!(shown.contains(meaning), "{shown}");
        }
    }

    #[test]
    fn everybody_can_be_shown_with_ids_and_conditions() {
        let shown = shown(true, true);
        for part in
            ["agrees", "depends on the login", "may get in, is expected to", "user:bob", "Okta group Sales"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn too_many_rows_are_counted_and_those_that_cannot_be_stay() {
        let mut verified = Verified::new(samples::id("app", "a1"), true);
        verified.add(
            (0..300)
                .map(|n| person(&n.to_string(), Claim::Certain, Verdict::Approved, Agreement::Agrees))
                .collect(),
        );
        verified.add(everybody());
        let mut out = Vec::new();
        verified.write(&Snapshot::default(), Terminal::file(), false, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("fay@") && out.contains("… and 107 more people"), "{out}");
        assert!(out.starts_with("a1\napplication, app:a1\n307 people judged: "), "{out}");
    }

    #[test]
    fn a_program_reads_a_line_for_each_person_and_one_for_all() {
        let mut verified = Verified::new(samples::id("group", "g1"), false);
        let lines = String::from_utf8(verified.json_lines(&everybody()).unwrap()).unwrap();
        let second = concat!(
            r#"{"type":"verdict","subject":{"kind":"group","id":"g1"},"user":{"kind":"user","id":"bob"},"#,
            r#""address":"bob@corp.example","display_name":"bob","claim":"conditional","expected":null,"#,
            r#""conditions":[{"any_of":[{"okta":{"name":"Sales","identity_provider_id":"i1"}}],"all_of":[],"#,
            r#""none_of":[]}],"verdict":"approved","agreement":"depends"}"#,
        );
        assert_eq!(lines.lines().nth(1), Some(second));
        assert_eq!((lines.lines().count(), lines.contains('\u{9b}')), (7, false));
        verified.add(everybody());
        let summary = concat!(
            r#"{"type":"verification","subject":{"kind":"group","id":"g1"},"people":7,"impossible":1,"#,
            r#""changed":1,"unexpected":1,"not_judged":1,"depends_approved":1,"depends_blocked":1,"#,
            r#""agrees":1}"#,
            "\n",
        );
        assert_eq!(String::from_utf8(verified.json_line().unwrap()).unwrap(), summary);
    }

    #[test]
    fn nobody_is_told_in_words() {
        let nobody = Verdicts::default();
        assert!(nobody.in_words().starts_with("Cloudflare judged nobody"));
        assert_eq!(nobody.of_subjects(1), "1 application or group compared, and nobody was judged.");
        let one = Verdicts { people: 1, agrees: 1, ..nobody };
        assert_eq!(one.in_words(), "1 person judged: 1 agrees.");
        assert_eq!(one.of_subjects(2), "2 applications and groups compared, 1 verdict: 1 agrees.");
    }
}
