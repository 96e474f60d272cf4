//! People who are deactivated or deleted: everything that lets them in is taken from them, as far as the
//! operator's switches allow it, and what still lets them in is the answer.

use super::failed;
use super::problem::Problem;
use crate::cloudflare::transport::Transport;
use crate::error::ErrorKind;
use crate::lifecycle::{Certainty, Offboarding, Options, Way};
use crate::model::Kind;
use crate::session::Session;

/// The fate of somebody's accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The accounts stay: rules, sessions and seats go.
    Deactivated,
    /// The Access users go, and with `memberships` the memberships too.
    Deleted {
        /// Whether memberships and what is held in them go.
        memberships: bool,
    },
}

/// Takes from the person with this address what lets them in. With `only_report`, what still does is no
/// failure.
///
/// # Errors
/// Something couldn't be taken, or still lets them in: the sentences say what was done all the same.
pub(super) fn leave<T: Transport>(
    session: &mut Session<T>,
    address: &str,
    how: Leave,
    only_report: bool,
) -> Result<(), Problem> {
    let keep: &[Kind] = match how {
        Leave::Deactivated => &[Kind::User, Kind::Member, Kind::UserGroup],
        Leave::Deleted { memberships: false } => &[Kind::Member, Kind::UserGroup],
        Leave::Deleted { memberships: true } => &[],
    };
    let keep: Vec<String> = keep.iter().map(|kind| kind.as_str().to_owned()).collect();
    let done = session.offboard(Kind::Email.as_str(), address, &keep, &Options::default());
    let done = done.map_err(|error| failed::problem(&error))?;
    tell(&done, only_report)
}

/// Says what wasn't done, and what remains.
fn tell(done: &Offboarding, only_report: bool) -> Result<(), Problem> {
    let (all, failed) = (done.parts.len(), done.parts.iter().filter_map(|part| part.outcome.as_ref().err()));
    let failed: Vec<_> = failed.collect();
    // An invitation that could bring somebody back lets nobody in now.
    let is_in = |way: &&Way| way.certainty != Certainty::Returning;
    let remaining: Vec<&Way> = done.remaining.iter().filter(is_in).collect();
    let made = format!("{} of {all} parts were done.", all - failed.len());
    if let Some(first) = failed.first() {
        let mut problem = failed::problem(first);
        if first.kind == ErrorKind::NotFound || all > failed.len() && problem.status == 400 {
            // It is no refusal of the whole, as 400 is elsewhere, and the person is there.
            problem = Problem::new(409, problem.detail);
        }
        // That holds for this part alone.
        let why = problem.detail.trim_end_matches(" Nothing was written.");
        problem.detail =
            format!("{made} The reason why the first of the others wasn't: {why}{}", ways(&remaining));
        return Err(problem);
    }
    if remaining.is_empty() || only_report {
        return Ok(());
    }
    Err(Problem::new(409, format!("{made}{}", ways(&remaining))))
}

/// Lists what still lets somebody in, as the end of a text: a sentence for each of the first ways.
fn ways(remaining: &[&Way]) -> String {
    const NAMED: usize = 3;
    if remaining.is_empty() {
        return String::new();
    }
    let mut text = " This still lets the person in, or may do so:".to_owned();
    for (number, way) in (1..).zip(remaining.iter().take(NAMED)) {
        text.push_str(&format!(" ({number}) {}", first_sentence(&way.detail)));
    }
    if let Some(more @ 1..) = remaining.len().checked_sub(NAMED) {
        text.push_str(&format!(" And {more} more."));
    }
    text + " POST /v1/offboard with \"dry_run\": true tells all of it, and what to do."
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
    use crate::lifecycle::Certainty;

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
    fn a_few_ways_are_named_and_the_others_counted() {
        let way = |number| Way {
            certainty: Certainty::Certain,
            into: None,
            detail: format!("Way {number} is open. Close it."),
            by: None,
        };
        let all: Vec<Way> = (1..=5).map(way).collect();
        let told = |most: usize| ways(&all.iter().take(most).collect::<Vec<_>>());
        let end = " POST /v1/offboard with \"dry_run\": true tells all of it, and what to do.";
        assert_eq!(told(0), "");
        let begin = " This still lets the person in, or may do so: (1) Way 1 is open.";
        assert_eq!(told(1), format!("{begin}{end}"));
        let three = format!("{begin} (2) Way 2 is open. (3) Way 3 is open.");
        assert_eq!((told(3), told(5)), (format!("{three}{end}"), format!("{three} And 2 more.{end}")));
    }
}
