//! The ways that still let in somebody who was deactivated or deleted, as a text for a platform's
//! administrator, and counted for the log of the service.

use crate::lifecycle::{Certainty, Ground, Offboarding, Way};
use crate::sorted::sort_by;

/// The most ways about the person that a text names, and the most of those that aren't known.
const MOST: usize = 10;
/// The most rules that let in others too that a text names.
const MOST_SHARED: usize = 3;

/// The ways that still let a leaver in, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// The ids of the accounts that the person had, with their kinds.
    pub accounts: Vec<String>,
    /// The number of ways that are about the person.
    pub person: usize,
    /// The number of those that aren't known, and may be about the person.
    pub not_known: usize,
    /// The number of rules that let in others too.
    pub shared: usize,
    /// The number of those that end by themselves.
    pub sessions: usize,
    /// A sentence for each of the first that are, or may be, about the person. Addresses stand in them.
    pub about_person: Vec<String>,
}

impl Remains {
    /// Counts the ways after an offboarding, if there are any.
    pub(super) fn of(done: &Offboarding, remaining: &[&Way]) -> Option<Self> {
        let count = |ground| remaining.iter().filter(|way| way.ground == ground).count();
        let about_person = remaining.iter().filter(|way| way.ground.concerns_person()).take(MOST);
        (!remaining.is_empty()).then(|| Self {
            accounts: done.accounts.iter().map(ToString::to_string).collect(),
            person: count(Ground::Person),
            not_known: count(Ground::NotKnown),
            shared: count(Ground::Shared),
            sessions: count(Ground::Sessions),
            about_person: about_person.map(|way| first_sentence(&way.detail).to_owned()).collect(),
        })
    }
}

/// Returns the ways that let somebody in now, in the order in which they are told. An invitation that could
/// bring somebody back lets nobody in.
pub(super) fn of(done: &Offboarding) -> Vec<&Way> {
    let is_in = |way: &&Way| way.certainty != Certainty::Returning;
    let mut remaining: Vec<&Way> = done.remaining.iter().filter(is_in).collect();
    sort_by(&mut remaining, |one, other| one.ground.cmp(&other.ground));
    remaining
}

/// Lists what still lets somebody in, as the end of a text: a sentence for each of the first ways, by what
/// they rest on.
pub(super) fn text(remaining: &[&Way]) -> String {
    let mut text = String::new();
    let mut number = 0;
    for (ground, begin, most) in [
        (Ground::Person, "This is about this person, and still lets them in, or may do so:", MOST),
        (Ground::NotKnown, "It isn't known whether this lets them in:", MOST),
        (
            Ground::Shared,
            "These rules let in others too, and still let this person in, or may do so:",
            MOST_SHARED,
        ),
        (Ground::Sessions, "This ends by itself:", MOST),
    ] {
        let of_it: Vec<&&Way> = remaining.iter().filter(|way| way.ground == ground).collect();
        if of_it.is_empty() {
            continue;
        }
        text.push_str(&format!(" {begin}"));
        for way in of_it.iter().take(most) {
            number += 1;
            text.push_str(&format!(" ({number}) {}", first_sentence(&way.detail)));
        }
        if let Some(more @ 1..) = of_it.len().checked_sub(most) {
            text.push_str(&format!(" And {more} more of this kind."));
        }
    }
    text
}

/// Returns the first sentence of a text. Whatever stands in quotes is a name, and ends none.
fn first_sentence(text: &str) -> &str {
    let (mut is_quoted, mut is_escaped, mut ends) = (false, false, false);
    for (at, sign) in text.char_indices() {
        match sign {
            ' ' if ends => return text.get(..at).unwrap_or(text),
            '"' if !is_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        is_escaped = sign == '\\' && !is_escaped;
        ends = sign == '.' && !is_quoted;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, ResourceId};

    fn done(grounds: &[Ground]) -> Offboarding {
        let way = |(number, ground): (usize, &Ground)| Way {
            certainty: if *ground == Ground::Return { Certainty::Returning } else { Certainty::Certain },
            ground: *ground,
            into: None,
            detail: format!("Way {number} is open. Close it."),
            by: None,
        };
        Offboarding {
            address: ResourceId::new(Kind::Email, "ann@corp.example"),
            accounts: vec![ResourceId::new(Kind::User, "u1"), ResourceId::new(Kind::Member, "m1")],
            remaining: (1..).zip(grounds).map(way).collect(),
            parts: Vec::new(),
            writes: Vec::new(),
            warnings: Vec::new(),
            requests: 1,
            rate_limit: None,
        }
    }

    #[test]
    fn a_sentence_ends_outside_of_names() {
        for (text, first) in [
            ("One. Two.", "One."),
            (r#"The group "A. B" has c.example. Then."#, r#"The group "A. B" has c.example."#),
            (r#"The group "A\". B" is it. Then."#, r#"The group "A\". B" is it."#),
            ("Only one", "Only one"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(text), first);
        }
    }

    #[test]
    fn what_is_about_the_person_is_told_first_and_of_the_rest_a_few() {
        use Ground::*;
        let person = " This is about this person, and still lets them in, or may do so:";
        let not_known = " It isn't known whether this lets them in:";
        let shared = " These rules let in others too, and still let this person in, or may do so:";
        let sessions = " This ends by itself:";
        for (grounds, expected) in [
            (&[][..], String::new()),
            (&[Return], String::new()),
            (&[Shared], format!("{shared} (1) Way 1 is open.")),
            (
                &[Shared, Sessions, NotKnown, Person],
                format!(
                    "{person} (1) Way 4 is open.{not_known} (2) Way 3 is open.{shared} (3) Way 1 is \
                     open.{sessions} (4) Way 2 is open."
                ),
            ),
            (
                &[Shared, Person, Shared, Shared, Shared, Shared, Return],
                format!(
                    "{person} (1) Way 2 is open.{shared} (2) Way 1 is open. (3) Way 3 is open. (4) Way 4 is \
                     open. And 2 more of this kind."
                ),
            ),
        ] {
            let done = done(grounds);
            assert_eq!(text(&of(&done)), expected, "{grounds:?}");
        }
        let many = done(&[[Person; 11], [NotKnown; 11]].concat());
        let told = text(&of(&many));
        assert_eq!(told.matches("And 1 more of this kind.").count(), 2, "{told}");
        assert!(told.contains(" (10) Way 10 is open. And") && !told.contains("Way 11 "), "{told}");
    }

    #[test]
    fn the_log_counts_each_kind_and_tells_what_is_about_the_person() {
        use Ground::*;
        for nothing in [&[][..], &[Return]] {
            let done = done(nothing);
            assert_eq!(Remains::of(&done, &of(&done)), None);
        }
        let done = done(&[Shared, NotKnown, Sessions, Shared, Person, Return]);
        let expected = Remains {
            accounts: vec!["user:u1".into(), "member:m1".into()],
            person: 1,
            not_known: 1,
            shared: 2,
            sessions: 1,
            about_person: vec!["Way 5 is open.".into(), "Way 2 is open.".into()],
        };
        assert_eq!(Remains::of(&done, &of(&done)), Some(expected));
    }
}
