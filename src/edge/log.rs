//! The log: a JSON object a line, for each refusal and each failure, and for each leaver whom something still
//! lets in.

use super::failure::Failure;
use crate::output::{error_kind, escape_harmful};
use crate::scim::Remains;
use serde::Serialize;
use std::io::{self, Write};

/// The log's view of a request: its method and its route, without the resource that it names.
pub(super) struct Entry<'a> {
    pub(super) method: &'a str,
    pub(super) route: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    method: &'a str,
    route: &'a str,
    status: Option<u16>,
    kind: Option<&'static str>,
    reason: &'a str,
    #[serde(flatten)]
    remains: Option<RemainsFields<'a>>,
}

/// The ways that still let a leaver in. People are named by the ids of their accounts alone.
#[derive(Serialize)]
struct RemainsFields<'a> {
    accounts: &'a [String],
    remains: Counts,
    about_person: Vec<String>,
}

#[derive(Serialize)]
struct Counts {
    person: usize,
    not_known: usize,
    shared: usize,
    sessions: usize,
}

impl<'a> From<&'a Remains> for RemainsFields<'a> {
    fn from(remains: &'a Remains) -> Self {
        let &Remains { person, not_known, shared, sessions, .. } = remains;
        Self {
            accounts: &remains.accounts,
            remains: Counts { person, not_known, shared, sessions },
            about_person: remains.about_person.iter().map(|text| without_addresses(text)).collect(),
        }
    }
}

impl Entry<'_> {
    /// Writes that the request failed, and what still lets in the person whom it was to take out.
    pub(super) fn failed(&self, failure: &Failure, remains: Option<&Remains>, log: &mut dyn Write) {
        let level = if failure.status < 500 { "warning" } else { "error" };
        let kind = Some(error_kind(failure.error.kind));
        let reason = failure.reason.unwrap_or(&failure.error.message);
        self.line(level, Some(failure.status), kind, reason, remains).write(log);
    }

    /// Writes what still lets in the person whom the request has taken out, as far as it could.
    pub(super) fn remains(&self, status: Option<u16>, remains: &Remains, log: &mut dyn Write) {
        let (level, reason) = match remains.person + remains.not_known {
            0 => ("info", "Rules that let in others too still let in a person who left."),
            _ => ("warning", "Something still lets in a person who left, or may do so."),
        };
        self.line(level, status, None, reason, Some(remains)).write(log);
    }

    /// Writes that the client is gone.
    pub(super) fn gone(&self, error: &io::Error, log: &mut dyn Write) {
        let reason = format!("The answer didn't get through: {error}.");
        self.line("warning", None, None, &reason, None).write(log);
    }

    fn line<'l>(
        &'l self,
        level: &'static str,
        status: Option<u16>,
        kind: Option<&'static str>,
        reason: &'l str,
        remains: Option<&'l Remains>,
    ) -> Line<'l> {
        let remains = remains.map(Into::into);
        Line { level, method: self.method, route: self.route, status, kind, reason, remains }
    }
}

impl Line<'_> {
    fn write(&self, log: &mut dyn Write) {
        if let Ok(line) = serde_json::to_string(self) {
            // A log that can't be written has nowhere to report it.
            let _ = writeln!(log, "{}", escape_harmful(&line));
        }
    }
}

/// Takes addresses out of a text, and its end if it is long: names of groups have no bound.
fn without_addresses(text: &str) -> String {
    const LONGEST: usize = 400;
    let ends_word = |sign: char| sign.is_whitespace() || "\"“”<>()[],;:".contains(sign);
    let mut shown = String::new();
    for word in text.split_inclusive(ends_word) {
        let (bare, end) = match word.char_indices().next_back() {
            Some((at, sign)) if ends_word(sign) => word.split_at(at),
            _ => (word, ""),
        };
        let address = bare.trim_end_matches('.');
        if address.contains('@') {
            shown.push_str("[address]");
            shown.push_str(bare.get(address.len()..).unwrap_or_default());
        } else {
            shown.push_str(bare);
        }
        shown.push_str(end);
    }
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_out_and_nothing_else() {
        for (text, shown) in [
            ("The membership member:e1 stays.", "The membership member:e1 stays."),
            ("through the rule email Ann@Corp.example.", "through the rule email [address]."),
            (
                r#"It is {"email":{"email":"ann@corp.example"}} of email:o'neil+x@corp.example, and so on."#,
                r#"It is {"email":{"email":"[address]"}} of email:[address], and so on."#,
            ),
            (r#"The group "ann@corp.example" (ann@b.example)"#, r#"The group "[address]" ([address])"#),
            ("the rule email_domain corp.example", "the rule email_domain corp.example"),
            ("", ""),
        ] {
            assert_eq!(without_addresses(text), shown);
        }
        let long = without_addresses(&"ä ".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with('…')), (401, true));
    }

    #[test]
    fn a_line_has_counts_and_sentences_and_names_nobody() {
        let entry = Entry { method: "DELETE", route: "/scim/v2/Users/{id}" };
        let line = |person, sentences: &[&str]| {
            let remains = Remains {
                accounts: vec!["member:e1".into()],
                person,
                not_known: 0,
                shared: 2,
                sessions: 0,
                about_person: sentences.iter().map(|it| (*it).to_owned()).collect(),
            };
            let mut log = Vec::new();
            entry.remains(Some(204), &remains, &mut log);
            String::from_utf8(log).unwrap()
        };
        assert_eq!(
            line(1, &["The rule email ann@corp.example lets them in."]),
            concat!(
                r#"{"level":"warning","method":"DELETE","route":"/scim/v2/Users/{id}","status":204,"#,
                r#""kind":null,"#,
                r#""reason":"Something still lets in a person who left, or may do so.","#,
                r#""accounts":["member:e1"],"#,
                r#""remains":{"person":1,"not_known":0,"shared":2,"sessions":0},"#,
                r#""about_person":["The rule email [address] lets them in."]}"#,
                "\n",
            )
        );
        assert!(line(0, &[]).contains(r#""level":"info""#));
    }
}
