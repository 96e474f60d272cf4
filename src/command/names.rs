//! `--names`: the names of a report or a card, from the lines of an earlier sync.

use super::failure::Failure;
use super::ids::{check_form, sentence};
use super::input::{Open, not_utf8};
use super::near::nearest;
use super::own_ids::{check_own_form, is_like_an_id};
use super::shown::file_name;
use crate::contract::ResourceId;
use crate::encoding::without_mark;
use crate::identities::plain_address;
use crate::model::Kind;
use crate::output::{Names, Snapshot};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The source of names.
#[derive(Debug, clap::Args)]
pub struct NamesArgs {
    /// Show names instead of ids, from the file that sync --format jsonl wrote; - is standard input
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
}

impl NamesArgs {
    /// Reports the flag where nothing shows names, or where something else comes from the same
    /// standard input.
    ///
    /// # Errors
    /// Fails when names are given, and one of these is so.
    pub(super) fn check(&self, is_table: bool, stdin_is_taken: bool) -> Result<(), Failure> {
        let problem = match &self.names {
            Some(_) if !is_table => "--names is for --format table: the other formats have ids.",
            Some(path) if stdin_is_taken && path == Path::new("-") => {
                "Standard input can't hold both the names and something else."
            }
            _ => return Ok(()),
        };
        Err(Failure::Usage(problem.to_owned()))
    }

    /// Reads the names into an empty snapshot.
    ///
    /// # Errors
    /// Fails when the file can't be read, or isn't the output of a sync.
    pub(super) fn read(&self, open: Open) -> Result<Snapshot, Failure> {
        let Some(path) = &self.names else { return Ok(Snapshot::default()) };
        let failure = |problem: String| Failure::Usage(format!("--names: {} {problem}.", file_name(path)));
        let file = open(path).map_err(|error| failure(format!("can't be read: {error}")))?;
        match learn(file) {
            Ok(Learned::All(names)) => Ok(Snapshot::with_names(*names)),
            Ok(Learned::NoLine(number)) => Err(failure(format!(
                "isn't the output of sync --format jsonl: line {number} is none of its lines"
            ))),
            Ok(Learned::Array(number)) => Err(failure(format!(
                "isn't the output of sync --format jsonl: line {number} begins a JSON array, and its lines \
                 are objects. `jq -c '.[]'` writes each element on a line"
            ))),
            Err(error) => Err(failure(format!("can't be read: {error}"))),
        }
    }
}

/// Finds the id of what was asked for by a name that an earlier sync has, and leaves an id as it is.
///
/// # Errors
/// Fails when several have this name, and when it is neither a name nor an id: then nothing is asked.
pub(super) fn by_name(asked_for: ResourceId, names: &Snapshot) -> Result<ResourceId, Failure> {
    const MOST: usize = 10;
    let ResourceId { kind, id } = &asked_for;
    // People choose their names: one can be the id of somebody whom the file doesn't have.
    let is_id = is_like_an_id(&asked_for);
    match *if is_id { Vec::new() } else { names.ids_of_name(kind, id) } {
        [] => not_by_name(asked_for, names),
        [one] => Ok(ResourceId { kind: kind.clone(), id: one.to_owned() }),
        ref several => {
            let shown: Vec<String> = several.iter().take(MOST).map(|id| format!("{kind}:{id}")).collect();
            let and_more = if several.len() > MOST { ", …" } else { "" };
            Err(Failure::Usage(format!(
                "--names: {} resources of this kind have this name. Give the id of one: {}{and_more}.",
                several.len(),
                shown.join(", ")
            )))
        }
    }
}

/// Finds the id as [`by_name`] does, for a call that acts on people. Without names it has the form of
/// Cloudflare's ids.
///
/// # Errors
/// As those of [`by_name`].
fn to_act_on(asked_for: ResourceId, names: &Snapshot) -> Result<ResourceId, Failure> {
    let checked = if names.has_earlier_names() { Ok(()) } else { check_own_form(&asked_for) };
    checked.map_err(|told| Failure::Usage(without_names(&told, &asked_for.kind)))?;
    by_name(asked_for, names)
}

/// Finds a person as [`to_act_on`] does. A name stands for the address that its account had at that sync: the
/// account may be gone since then, and only the address says what else is under it.
///
/// # Errors
/// As those of [`by_name`].
pub(super) fn of_somebody(asked_for: ResourceId, names: &Snapshot) -> Result<ResourceId, Failure> {
    let typed = asked_for.id.clone();
    let found = to_act_on(asked_for, names)?;
    let address = names.earlier_address(&found.kind, &found.id).filter(|_| found.id != typed);
    Ok(match address.and_then(plain_address) {
        Some(address) => ResourceId { kind: Kind::Email.to_string(), id: address.to_owned() },
        None => found,
    })
}

/// Finds the ids of all that were asked for, as [`to_act_on`] does.
///
/// # Errors
/// Fails when one of them can't be found. The failure says which.
pub(super) fn all_by_name(given: Vec<ResourceId>, names: &Snapshot) -> Result<Vec<ResourceId>, Failure> {
    let is_one = given.len() == 1;
    let told = |number, failure| match failure {
        Failure::Usage(text) if !is_one => Failure::Usage(format!("Number {number} of those: {text}")),
        other => other,
    };
    let each = (1..).zip(given);
    each.map(|(number, of)| to_act_on(of, names).map_err(|failure| told(number, failure))).collect()
}

/// Takes a text that is no name for an id.
fn not_by_name(asked_for: ResourceId, names: &Snapshot) -> Result<ResourceId, Failure> {
    const MOST: usize = 3;
    let ResourceId { kind, id } = &asked_for;
    let known: Vec<&str> = names.earlier_names(kind).collect();
    let is_id = kind == "email" || is_like_an_id(&asked_for) || names.has_earlier_name(kind, id);
    if !names.has_earlier_names() || is_id {
        return match check_form(&asked_for) {
            Ok(()) => Ok(asked_for),
            Err(told) => Err(Failure::Usage(without_names(&told, kind))),
        };
    }
    let near: Vec<String> =
        nearest(id, known.iter().copied(), MOST).iter().map(|name| format!("“{name}”")).collect();
    let found = match (near.as_slice(), known.len()) {
        ([], 0) => "The file has no name of this kind: perhaps its sync left the kind out.".to_owned(),
        ([], 1) => "The file has 1 name of this kind.".to_owned(),
        ([], many) => format!("The file has {many} names of this kind."),
        (near, _) => format!("Near to it: {}.", near.join(", ")),
    };
    Err(Failure::Usage(format!(
        "--names: nothing of the kind {kind} has this name in that file, and it isn't an id. {found}"
    )))
}

/// Says how to find an id.
fn without_names(told: &str, kind: &str) -> String {
    let sentence = sentence(told);
    match kind {
        "email" => format!("{sentence}."),
        _ => format!(
            "{sentence}. sync --ids shows the ids beside the names. With --names and the file of a sync, a \
             name can stand for the id: \"{kind}:Some name\"."
        ),
    }
}

enum Learned {
    All(Box<Names>),
    /// The number of the first line that is none of a sync's.
    NoLine(u64),
    /// The number of the line that begins a JSON array.
    Array(u64),
}

fn learn(file: impl Read) -> io::Result<Learned> {
    // A page of a sync, and so each of its lines, is a few megabytes at most.
    const LONGEST: u64 = 16 << 20;
    let mut file = BufReader::new(file);
    let (mut names, mut line) = (Names::default(), Vec::new());
    for number in 1.. {
        line.clear();
        file.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        let text = if number == 1 { without_mark(&line).map_err(not_utf8)? } else { &line };
        let is_cut = line.len() as u64 == LONGEST;
        match text.trim_ascii() {
            b"" if !is_cut => {}
            text if names.learn(text) => {}
            [b'[', ..] => return Ok(Learned::Array(number)),
            _ => return Ok(Learned::NoLine(number)),
        }
    }
    Ok(Learned::All(Box::new(names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] = br#"{"type":"resource","id":{"kind":"user","id":"u1"},"display_name":"Ann"}
{"type":"grant"}
"#;
    const BAD: &[u8] = b"{\"type\":\"grant\"}\nhunter2\n";

    fn read(open: Open) -> Result<Snapshot, Failure> {
        NamesArgs { names: Some("names.jsonl".into()) }.read(open)
    }

    #[test]
    fn a_file_of_another_kind_is_refused_by_its_line() {
        assert!(read(|_| Ok(Box::new(GOOD))).is_ok());
        let cases: [(Open, u64); 4] = [
            (|_| Ok(Box::new(BAD)), 2),
            (|_| Ok(Box::new(io::repeat(b' '))), 1),
            (|_| Ok(Box::new(&b"\xef\xbb\xbf\r\n \r\nhunter2\r\n"[..])), 3),
            (|_| Ok(Box::new(&b"{\"type\":\"grant\"}\n\xef\xbb\xbf{}\n"[..])), 2),
        ];
        for (open, line) in cases {
            let told = read(open).err().unwrap().to_string();
            assert!(told.starts_with("--names: names.jsonl isn't the output of sync"), "{told}");
            assert!(told.contains(&format!("line {line} ")) && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_file_from_windows_is_read() {
        let windows: Open = |_| {
            let lines = String::from_utf8_lossy(GOOD).replace('\n', "\r\n \r\n");
            Ok(Box::new(io::Cursor::new(format!("\u{feff}{lines}\r\n"))))
        };
        assert!(read(windows).is_ok());
        let cases: [(Open, &str); 3] = [
            (
                |_| Ok(Box::new(&b"\xff\xfe{\0\"\0hunter2"[..])),
                "names.jsonl can't be read: it is UTF-16 text",
            ),
            (|_| Ok(Box::new(&b"[{\"type\":\"grant\"},\"hunter2\"]"[..])), "line 1 begins a JSON array"),
            (|_| Ok(Box::new(&b"\xef\xbb\xbf\r\n[\r\n  {\"hunter2\":1}]"[..])), "line 2 begins a JSON array"),
        ];
        for (open, part) in cases {
            let told = read(open).err().unwrap().to_string();
            assert!(told.contains(part) && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_name_of_one_resource_stands_for_its_id() {
        // An id that the file doesn't have, and that somebody has for a name.
        const UUID: &str = "f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11";
        let lines = [
            ("user", "u1", "Ann Lee"),
            ("user", "u2", "Bo"),
            ("user", "u3", "BO"),
            ("user", "u4", UUID),
            ("group", "u1", "Bo"),
        ];
        let mut names = Names::default();
        for (kind, id, name) in lines {
            let line = format!(
                r#"{{"type":"resource","id":{{"kind":"{kind}","id":"{id}"}},"display_name":"{name}"}}"#
            );
            assert!(names.learn(line.as_bytes()));
        }
        let names = Snapshot::with_names(names);
        let asked_for = |kind: &str, id: &str| ResourceId { kind: kind.to_owned(), id: id.to_owned() };
        for (kind, typed, id) in [
            ("user", "ann lee", "u1"),
            ("user", "u2", "u2"),
            ("group", "Bo", "u1"),
            ("user", UUID, UUID),
            ("email", "ann@corp.example", "ann@corp.example"),
        ] {
            assert_eq!(by_name(asked_for(kind, typed), &names).unwrap().id, id, "{typed}");
        }
        let told = by_name(asked_for("user", "bo"), &names).unwrap_err().to_string();
        let expected =
            "--names: 2 resources of this kind have this name. Give the id of one: user:u2, user:u3.";
        assert_eq!(told, expected);
        for (kind, typed, found) in [
            ("user", "Ann Le", "Near to it: “Ann Lee”."),
            ("user", "hunter2", "The file has 4 names of this kind."),
            ("group", "Ann Lee", "The file has 1 name of this kind."),
            ("role", "Ann Lee", "The file has no name of this kind: perhaps its sync left the kind out."),
        ] {
            let told = by_name(asked_for(kind, typed), &names).unwrap_err().to_string();
            let nothing =
                format!("--names: nothing of the kind {kind} has this name in that file, and it isn't");
            assert_eq!(told, format!("{nothing} an id. {found}"));
        }
        assert_eq!(to_act_on(asked_for("user", "u2"), &names).unwrap().id, "u2", "the file has it");
        let several = vec![asked_for("user", "u1"), asked_for("user", "Ann Lea")];
        let told = all_by_name(several, &names).unwrap_err().to_string();
        assert!(told.starts_with("Number 2 of those: --names: nothing of the kind user"), "{told}");
    }

    #[test]
    fn a_person_is_found_by_the_address_of_a_name() {
        let mut names = Names::default();
        for (id, called, account) in [
            ("u1", "Ann Lee", r#""account":{"email":"Ann@corp.example","status":"enabled"}"#),
            ("u2", "Bo", r#""account":{"email":null,"status":"enabled"}"#),
            ("u3", "Zoë", r#""account":{"email":"zoë@corp.example","status":"enabled"}"#),
            ("u4", "Old", r#""account":{"status":"enabled"}"#),
        ] {
            let named = format!(r#""id":{{"kind":"user","id":"{id}"}},"display_name":"{called}""#);
            let line = format!(r#"{{"type":"resource",{named},{account}}}"#);
            assert!(names.learn(line.as_bytes()));
        }
        let names = Snapshot::with_names(names);
        for (typed, kind, id) in [
            ("ann lee", "email", "Ann@corp.example"),
            // Who gives an id means the account as it is now.
            ("u1", "user", "u1"),
            ("Bo", "user", "u2"),
            ("Zoë", "user", "u3"),
            ("Old", "user", "u4"),
        ] {
            let asked_for = ResourceId { kind: "user".to_owned(), id: typed.to_owned() };
            let found = of_somebody(asked_for, &names).unwrap();
            assert_eq!((found.kind.as_str(), found.id.as_str()), (kind, id), "{typed}");
        }
    }

    #[test]
    fn without_names_a_text_has_the_form_of_an_id() {
        let names = Snapshot::default();
        let asked_for = |kind: &str, id: &str| ResourceId { kind: kind.to_owned(), id: id.to_owned() };
        assert_eq!(by_name(asked_for("user", "0a0a"), &names).unwrap().id, "0a0a");
        for (kind, typed, told) in [
            (
                "user",
                "Ann Lee",
                "It doesn't have the form of an id of the kind user. sync --ids shows the ids beside the \
                 names. With --names and the file of a sync, a name can stand for the id: \
                 \"user:Some name\".",
            ),
            ("email", "Ann Lee", "It is not one address, as in email:somebody@…."),
        ] {
            assert_eq!(by_name(asked_for(kind, typed), &names).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn a_name_is_not_acted_on_as_an_id() {
        let names = Snapshot::default();
        let asked_for = |kind: &str, id: &str| ResourceId { kind: kind.to_owned(), id: id.to_owned() };
        let told = to_act_on(asked_for("user", "Priya"), &names).unwrap_err().to_string();
        assert_eq!(
            told,
            "It is not the id of a user: that has 32 hexadecimal digits, some with - in between. sync --ids \
             shows the ids beside the names. With --names and the file of a sync, a name can stand for the \
             id: \"user:Some name\"."
        );
        let several = vec![asked_for("email", "ann@corp.example"), asked_for("member", "typo")];
        let told = all_by_name(several, &names).unwrap_err().to_string();
        assert!(told.starts_with("Number 2 of those: It is not the id of a member: "), "{told}");
    }

    #[test]
    fn names_are_refused_where_they_are_of_no_use() {
        let args = |path: &str| NamesArgs { names: Some(path.into()) };
        assert!(args("names.jsonl").check(false, false).unwrap_err().to_string().contains("--format table"));
        assert!(args("-").check(true, true).unwrap_err().to_string().contains("can't hold both"));
        for (args, stdin_is_taken) in [(args("names.jsonl"), true), (args("-"), false)] {
            assert!(args.check(true, stdin_is_taken).is_ok());
        }
        assert!(NamesArgs { names: None }.check(false, true).is_ok());
    }
}
