//! The parts of an offboarding as a text: what was taken from somebody, and what wasn't, and why.

use crate::lifecycle::Part;
use crate::provision::Status;

/// The most reasons that a text gives, and the most names of groups in a row.
const MOST: usize = 5;

/// The kinds of parts, in the order in which they are told.
const KINDS: [&str; 6] = ["group", "user-group", "sessions", "seat", "member", "user"];

/// Says which parts were done, and which weren't, each with its reason.
pub(super) fn text(parts: &[Part]) -> String {
    let is_done = |part: &&Part| part.outcome.as_ref().is_ok_and(|it| it.status == Status::Applied);
    let done: Vec<&Part> = parts.iter().filter(is_done).collect();
    let failed = failed(parts);
    let mut text = match (done.is_empty(), failed.is_empty()) {
        (false, _) => format!("Taken from this person: {}.", described(&done, false)),
        (true, true) => "There was nothing to take from this person.".to_owned(),
        (true, false) => "Nothing was taken from this person.".to_owned(),
    };
    if failed.is_empty() {
        return text;
    }
    text.push_str(" Not taken, or not known to be:");
    for (number, (why, parts)) in (1..).zip(failed.iter().take(MOST)) {
        text.push_str(&format!(" ({number}) {}: {why}", described(parts, true)));
    }
    let more: Vec<&Part> = failed.iter().skip(MOST).flat_map(|(_, parts)| parts.iter().copied()).collect();
    if !more.is_empty() {
        text.push_str(&format!(" And {} more, for other reasons: {}.", more.len(), described(&more, false)));
    }
    text
}

/// Returns the parts that failed, by their reasons.
fn failed(parts: &[Part]) -> Vec<(&str, Vec<&Part>)> {
    let mut failed: Vec<(&str, Vec<&Part>)> = Vec::new();
    for part in parts {
        let Err(error) = &part.outcome else { continue };
        // That holds for this part alone.
        let why = error.message.trim_end_matches(" Nothing was written.");
        match failed.iter_mut().find(|(known, _)| *known == why) {
            Some((_, parts)) => parts.push(part),
            None => failed.push((why, vec![part])),
        }
    }
    failed
}

/// Describes parts by what they are about. Several groups are named one by one if they are few and that is
/// wanted, and counted otherwise.
fn described(parts: &[&Part], with_names: bool) -> String {
    let of_kind = |kind: &&str| {
        let is_of_it = |part: &&&Part| part.word.split(':').next() == Some(*kind);
        let of_it: Vec<&Part> = parts.iter().filter(is_of_it).copied().collect();
        of_one_kind(kind, &of_it, with_names)
    };
    joined(&KINDS.iter().filter_map(of_kind).collect::<Vec<_>>())
}

fn of_one_kind(kind: &str, parts: &[&Part], with_names: bool) -> Option<String> {
    let count = parts.len();
    let names: Vec<String> =
        parts.iter().filter_map(|part| part.name.as_deref()).map(|name| format!("{name:?}")).collect();
    let groups = |noun: &str| match (count, names.len() == count) {
        (1, true) => format!("the {noun} {}", joined(&names)),
        (1, false) => format!("one {noun}"),
        (_, true) if with_names && count <= MOST => format!("the {noun}s {}", joined(&names)),
        _ => format!("{count} {noun}s"),
    };
    Some(match (kind, count) {
        (_, 0) => return None,
        ("group", _) => format!("the rules for this address in {}", groups("group")),
        ("user-group", 1) => format!("the membership in {}", groups("user group")),
        ("user-group", _) => format!("the memberships in {}", groups("user group")),
        ("seat", 1) => "the seat".to_owned(),
        ("seat", _) => format!("the seats of {count} Access users"),
        ("member", 1) => "the membership of the account".to_owned(),
        ("member", _) => format!("{count} memberships of the account"),
        ("user", 1) => "the Access user".to_owned(),
        ("user", _) => format!("{count} Access users"),
        _ => "the sessions".to_owned(),
    })
}

/// Joins texts to an enumeration.
fn joined(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => [&first.join(", "), " and ", last].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind, Result};
    use crate::lifecycle::{Action, Step};
    use crate::provision::Outcome;

    fn part(word: &str, name: Option<&str>, outcome: Result<Outcome>) -> Part {
        // Which action it is makes no difference to the text.
        let action = Action::Step(Step::FreeSeat { kind: "user".into(), id: "u1".into() });
        Part { word: word.into(), name: name.map(str::to_owned), action, outcome }
    }

    fn done(word: &str, name: Option<&str>) -> Part {
        part(word, name, Ok(Outcome::new(Status::Applied, "Done.".into())))
    }

    fn failed(word: &str, name: Option<&str>, why: &str) -> Part {
        part(word, name, Err(Error::new(ErrorKind::Refused, format!("{why} Nothing was written."))))
    }

    #[test]
    fn what_was_taken_is_told_by_what_it_is() {
        let unchanged = part("seat", None, Ok(Outcome::unchanged("It is free.")));
        for (parts, expected) in [
            (vec![], "There was nothing to take from this person."),
            (vec![unchanged], "There was nothing to take from this person."),
            (
                vec![done("group:a", Some("A")), done("sessions", None), done("seat", None)],
                "Taken from this person: the rules for this address in the group \"A\", the sessions and the \
                 seat.",
            ),
            (
                vec![done("user:u1", None), done("group:a", Some("A")), done("group:b", Some("B"))],
                "Taken from this person: the rules for this address in 2 groups and the Access user.",
            ),
            (
                vec![done("group:a", None), done("user-group:b", Some("B")), done("member:m", None)],
                "Taken from this person: the rules for this address in one group, the membership in the user \
                 group \"B\" and the membership of the account.",
            ),
            (
                vec![
                    done("user-group:b", None),
                    done("user-group:c", None),
                    done("seat", None),
                    done("seat", None),
                    done("member:m", None),
                    done("member:n", None),
                    done("user:u", None),
                    done("user:v", None),
                ],
                "Taken from this person: the memberships in 2 user groups, the seats of 2 Access users, 2 \
                 memberships of the account and 2 Access users.",
            ),
        ] {
            assert_eq!(text(&parts), expected);
        }
    }

    #[test]
    fn each_reason_is_told_once_with_all_parts_that_it_holds_for() {
        let last = "It is the last rule.";
        let parts = [
            failed("group:a", Some("A"), last),
            failed("group:b", Some("B"), last),
            done("group:c", Some("C")),
            failed("seat", None, "No permission."),
            failed("user:u1", None, "No permission."),
            failed("member:m1", None, "The last Super Administrator stays."),
        ];
        assert_eq!(
            text(&parts),
            "Taken from this person: the rules for this address in the group \"C\". Not taken, or not known \
             to be: (1) the rules for this address in the groups \"A\" and \"B\": It is the last rule. (2) \
             the seat and the Access user: No permission. (3) the membership of the account: The last Super \
             Administrator stays."
        );
        let nothing =
            "Nothing was taken from this person. Not taken, or not known to be: (1) the sessions: No.";
        assert_eq!(text(&[failed("sessions", None, "No.")]), nothing);
    }

    #[test]
    fn of_many_reasons_five_are_told_and_the_others_counted() {
        let parts: Vec<Part> =
            (0..7).map(|it| failed(&format!("group:{it}"), Some("G"), &format!("Reason {it}."))).collect();
        let told = text(&parts);
        for it in 0..7 {
            assert_eq!(told.contains(&format!("Reason {it}.")), it < 5, "{told}");
        }
        let end = " And 2 more, for other reasons: the rules for this address in 2 groups.";
        assert!(told.ends_with(end), "{told}");
        let same: Vec<Part> = (0..7).map(|it| failed(&format!("group:{it}"), Some("G"), "Why.")).collect();
        assert!(
            text(&same).ends_with(" (1) the rules for this address in 7 groups: Why."),
            "{}",
            text(&same)
        );
    }
}
