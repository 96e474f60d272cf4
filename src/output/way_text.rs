//! The ways that remain after an offboarding, for a person.

use super::asked_for::listed;
use super::conditions::rule;
use super::named_text::{first_value, with_names};
use super::snapshot::Snapshot;
use super::terminal::{Terminal, clean};
use super::words::{Words, kind};
use crate::contract::lifecycle::{Certainty, Way};
use crate::model::Kind;
use std::io::{self, Write};

/// Returns a person's word for how certain a way is.
pub(super) fn word(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::NotKnown => "not known",
        Certainty::Certain => "certain",
        Certainty::Conditional => "on conditions",
        Certainty::Open => "open to all",
        Certainty::Returning => "later",
    }
}

/// A way in words, and the names of everything else of which the same can be said.
struct Told {
    certainty: Certainty,
    /// The text with `{}` in the place of the name with which it begins, if it does.
    form: String,
    names: Vec<String>,
}

/// Writes the ways. Those that differ in the name at their beginning alone stand together.
pub(super) fn write(
    ways: &[&Way],
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    let mut told: Vec<Told> = Vec::new();
    for way in ways {
        let (form, name) = without_subject(in_words(&way.detail, names));
        match told.iter_mut().find(|told| (told.certainty, &told.form) == (way.certainty, &form)) {
            Some(told) => told.names.extend(name),
            None => told.push(Told { certainty: way.certainty, form, names: name.into_iter().collect() }),
        }
    }
    told.iter().try_for_each(|told| write_one(told, terminal, to))
}

fn write_one(told: &Told, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    let sign = match told.certainty {
        Certainty::NotKnown => "? not known:".to_owned(),
        Certainty::Returning => "·".to_owned(),
        other => format!("! {}:", word(other)),
    };
    let text = match told.names.as_slice() {
        [] => told.form.clone(),
        [first] => told.form.replacen("{}", first, 1),
        [first, others @ ..] => {
            format!("{} The same holds for {}.", told.form.replacen("{}", first, 1), listed(others))
        }
    };
    let text = terminal.paragraph(&format!("{sign} {text}"), 6);
    let text = text.strip_prefix("    ").unwrap_or(&text);
    let styled = match told.certainty {
        Certainty::NotKnown | Certainty::Certain => terminal.bad(&sign),
        Certainty::Conditional | Certainty::Open => terminal.notable(&sign),
        Certainty::Returning => terminal.faint(&sign),
    };
    writeln!(to, "{}", text.replacen(&sign, &styled, 1))
}

/// Takes the name out of a text that begins with one.
fn without_subject(text: String) -> (String, Option<String>) {
    for noun in ["application", "group"] {
        let begin = format!("The {noun} “");
        let named = text.strip_prefix(&begin).and_then(|rest| rest.split_once('”'));
        if let Some((name, rest)) = named {
            return (format!("The {noun} {{}}{rest}"), Some(format!("“{name}”")));
        }
    }
    (text, None)
}

/// Puts the rules of a message into words, and names in the place of ids.
fn in_words(message: &str, names: &Snapshot) -> String {
    let words = Words::new(names);
    let (mut text, mut plain, mut rest) = (String::new(), String::new(), message);
    let tell = |plain: &str| of_somebody(with_names(&with_own_names(plain), names, false));
    while let Some((before, _)) = rest.split_once("{\"") {
        plain.push_str(before);
        let from_here = rest.get(before.len()..).unwrap_or_default();
        match first_value(from_here) {
            Some((json, after)) => {
                text.push_str(&tell(&plain));
                plain.clear();
                text.push_str(&clean(&rule(json, words)));
                rest = after;
            }
            None => {
                plain.push('{');
                rest = from_here.get(1..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    text + &tell(&plain)
}

/// Says whose a membership is, where a name stands for its id.
fn of_somebody(text: String) -> String {
    ["membership", "invitation"]
        .into_iter()
        .fold(text, |text, noun| text.replace(&format!("{noun} member “"), &format!("{noun} of “")))
}

/// Leaves the id out where a message has the name behind it, as in `app:1f2e ("Payroll")`.
fn with_own_names(message: &str) -> String {
    const BEGINNING: &str = " (\"";
    const END: &str = "\")";
    let (mut text, mut rest) = (String::new(), message);
    while let Some((before, named)) = rest.split_once(BEGINNING) {
        text.push_str(before);
        let at = text.rfind(' ').map_or(0, |at| at + 1);
        let of = text.get(at..).and_then(|id| id.split_once(':')).and_then(|(of, _)| Kind::parse(of));
        match (of, named.split_once(END)) {
            (Some(of), Some((name, after))) => {
                text.truncate(at);
                let noun = kind(of.as_str(), false);
                if !text.trim_end().ends_with(noun) {
                    text.push_str(noun);
                    text.push(' ');
                }
                text.push_str(&format!("“{}”", name.replace("\\\"", "\"").replace("\\\\", "\\")));
                rest = after;
            }
            _ => {
                text.push_str(BEGINNING);
                rest = named;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::sink::Sink;
    use super::*;
    use crate::contract::Page;

    fn way(certainty: Certainty, detail: &str) -> Way {
        Way { certainty, into: None, detail: detail.to_owned(), by: None }
    }

    fn written(ways: &[Way], names: &Snapshot) -> String {
        let mut out = Vec::new();
        write(&ways.iter().collect::<Vec<_>>(), names, Terminal::file(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_stand_for_ids_and_rules_are_words() {
        let detail = "The application app:1f2e (\"Pay \\\"roll\\\"\") lets in, through policy:7a \
                      (\"Staff\"), whoever matches one of these at a login: \
                      {\"geo\":{\"country_code\":\"NO\"}}, {\"email_domain\":{\"domain\":\"x\"}}. A {\"torn";
        assert_eq!(
            written(&[way(Certainty::Conditional, detail)], &Snapshot::default()),
            "  ! on conditions: The application “Pay \"roll\"” lets in, through policy “Staff”, whoever \
             matches one of these at a\n      login: country NO, email domain x. A {\"torn\n"
        );
    }

    #[test]
    fn ways_of_the_same_kind_stand_together() {
        let lets_in = |name: &str| format!("The application app:{name} (\"{name}\") is public.");
        let ways = [
            way(Certainty::NotKnown, "A list can't be read."),
            way(Certainty::Open, &lets_in("A")),
            way(Certainty::Open, &lets_in("B")),
            way(Certainty::Certain, &lets_in("D")),
            way(Certainty::Open, &lets_in("C")),
            way(Certainty::Returning, "A login makes the user again."),
        ];
        assert_eq!(
            written(&ways, &Snapshot::default()),
            "  ? not known: A list can't be read.\n  ! open to all: The application “A” is public. The same \
             holds for “B” and “C”.\n  ! certain: The application “D” is public.\n  \
             · A login makes the user again.\n"
        );
    }

    #[test]
    fn other_names_come_from_an_earlier_sync() {
        const MEMBER: &str = "33666b9c79b9a5273fc7344ff42f953d";
        let id = "0c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f";
        let mut names = Snapshot::default();
        names.page(&Page { resources: vec![samples::user(id, "Ann")], ..samples::page() }).unwrap();
        let member =
            crate::contract::Resource { id: samples::id("member", MEMBER), ..samples::user(id, "Ann") };
        names.page(&Page { resources: vec![member], ..samples::page() }).unwrap();
        for (detail, told) in [
            (format!("The account of user:{id} stays."), "The account of user “Ann” stays."),
            (format!("The membership member:{MEMBER} stays."), "The membership of “Ann” stays."),
            (format!("The invitation member:{MEMBER} stays."), "The invitation of “Ann” stays."),
        ] {
            assert_eq!(
                written(&[way(Certainty::Certain, &detail)], &names),
                format!("  ! certain: {told}\n")
            );
        }
    }

    #[test]
    fn nothing_of_it_acts_on_a_terminal() {
        let hostile = "The application app:1 (\"\x1b[2J\u{202e}\n! forged\") {\"x\":\"\u{9b}\"} \x07";
        let shown = written(&[way(Certainty::Certain, hostile)], &Snapshot::default());
        assert!(!shown.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{shown:?}");
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("! forged")), "{shown}");
    }
}
