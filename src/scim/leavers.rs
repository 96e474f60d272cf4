//! People who are deactivated or deleted: everything that lets them in is taken from them, as far as the
//! operator's switches allow it, and what still lets them in is the answer.

use super::failed;
use super::problem::Problem;
use crate::cloudflare::transport::Transport;
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
        if all > failed.len() && problem.status == 400 {
            // It is no refusal of the whole, as 400 is elsewhere.
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

/// Lists what still lets somebody in, as the end of a text.
fn ways(remaining: &[&Way]) -> String {
    const NAMED: usize = 5;
    if remaining.is_empty() {
        return String::new();
    }
    let mut text = " This still lets the person in, or may do so:".to_owned();
    for way in remaining.iter().take(NAMED) {
        text.push(' ');
        if let Some(into) = &way.into {
            text.push_str(&format!("{into}: "));
        }
        text.push_str(&way.detail);
    }
    if let Some(more @ 1..) = remaining.len().checked_sub(NAMED) {
        text.push_str(&format!(" And {more} more."));
    }
    text
}
