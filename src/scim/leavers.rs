//! People who are deactivated or deleted: everything that lets them in is taken from them, as far as the
//! operator's switches allow it, and what still lets them in is the answer.

use super::failed;
use super::problem::Problem;
use super::remaining::{self, Remains};
use super::report_only::ReportOnly;
use super::service::Service;
use super::taken;
use crate::cloudflare::transport::Transport;
use crate::error::ErrorKind;
use crate::lifecycle::{Offboarding, Options, Way};
use crate::model::Kind;

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

impl<T: Transport> Service<T> {
    /// Takes from the person with this address what lets them in. What still does is noted for the log, too.
    ///
    /// # Errors
    /// Something couldn't be taken, or still lets them in: the sentences say what was done all the same.
    pub(super) fn leave(&mut self, address: &str, how: Leave) -> Result<(), Problem> {
        let keep: &[Kind] = match how {
            Leave::Deactivated => &[Kind::User, Kind::Member, Kind::UserGroup],
            Leave::Deleted { memberships: false } => &[Kind::Member, Kind::UserGroup],
            Leave::Deleted { memberships: true } => &[],
        };
        let keep: Vec<String> = keep.iter().map(|kind| kind.as_str().to_owned()).collect();
        let done = self.session.offboard(Kind::Email.as_str(), address, &keep, &Options::default());
        let done = done.map_err(|error| failed::problem(&error))?;
        let remaining = remaining::of(&done);
        self.remains = Remains::of(&done, &remaining);
        tell(&done, &remaining, self.switches.report_only).map_err(|mut problem| {
            if !remaining.is_empty() {
                problem.detail += &advice(address, self.switches.has_connector);
            }
            problem
        })
    }
}

/// Says what wasn't done, and what remains.
fn tell(done: &Offboarding, remaining: &[&Way], report_only: ReportOnly) -> Result<(), Problem> {
    let failed = done.parts.iter().find_map(|part| part.outcome.as_ref().err());
    let is_failure = remaining.iter().any(|way| report_only.fails(way.ground));
    let mut problem = match failed {
        Some(first) => failed::problem(first),
        None if is_failure => Problem::new(409, ""),
        None => return Ok(()),
    };
    let is_missed = failed.is_some_and(|first| first.kind == ErrorKind::NotFound);
    if is_missed || problem.status == 400 && done.parts.iter().any(|part| part.outcome.is_ok()) {
        // It is no refusal of the whole, as 400 is elsewhere, and the person is there.
        (problem.status, problem.scim_type) = (409, None);
    }
    Err(Problem { detail: taken::text(&done.parts) + &remaining::text(remaining), ..problem })
}

/// Says where the whole is told, as the end of a text.
fn advice(address: &str, has_connector: bool) -> String {
    let asking = "POST /v1/offboard and \"dry_run\": true";
    let how = match has_connector {
        true => asking.to_owned(),
        false => format!(
            "\"cloudflare-zero-trust offboard {address} --dry-run\" on a shell, or with {asking} once \
             CONNECTOR_TOKEN is set"
        ),
    };
    format!(" The operator of this service sees all of it, and what to do about each, with {how}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::lifecycle::{Action, Certainty, Ground, Part, Step};
    use crate::model::ResourceId;
    use crate::scim::ScimType;

    fn way(ground: Ground) -> Way {
        let certainty = if ground == Ground::Return { Certainty::Returning } else { Certainty::Certain };
        Way { certainty, ground, into: None, detail: "It is open.".into(), by: None }
    }

    fn seat(outcome: crate::error::Result<crate::provision::Outcome>) -> Part {
        let action = Action::Step(Step::FreeSeat { kind: "user".into(), id: "u1".into() });
        Part { word: "seat".into(), name: None, action, outcome }
    }

    fn done(parts: Vec<Part>, grounds: &[Ground]) -> Offboarding {
        Offboarding {
            address: ResourceId::new(Kind::Email, "ann@corp.example"),
            accounts: Vec::new(),
            remaining: grounds.iter().map(|ground| way(*ground)).collect(),
            parts,
            writes: Vec::new(),
            warnings: Vec::new(),
            requests: 1,
            rate_limit: None,
        }
    }

    fn status(done: &Offboarding, report_only: ReportOnly) -> Option<u16> {
        tell(done, &remaining::of(done), report_only).err().map(|problem| problem.status)
    }

    #[test]
    fn each_value_has_its_own_failures() {
        use Ground::*;
        use ReportOnly::*;
        for (grounds, failing) in [
            (&[][..], &[][..]),
            (&[Return], &[]),
            (&[Shared], &[Nothing]),
            (&[Sessions], &[Nothing]),
            (&[Shared, Sessions, Return], &[Nothing]),
            (&[Person], &[Nothing, SharedRules]),
            (&[NotKnown], &[Nothing, SharedRules]),
            (&[Shared, Person], &[Nothing, SharedRules]),
            (&[Shared, NotKnown], &[Nothing, SharedRules]),
        ] {
            for value in [Nothing, SharedRules, Everything] {
                let expected = failing.contains(&value).then_some(409);
                assert_eq!(status(&done(Vec::new(), grounds), value), expected, "{value:?} {grounds:?}");
            }
        }
    }

    #[test]
    fn a_part_that_failed_is_a_failure_with_each_value() {
        let failed = |kind| Err(Error::new(kind, "Why. Nothing was written."));
        let unchanged = || seat(Ok(crate::provision::Outcome::unchanged("It is free.")));
        for report_only in ReportOnly::WORDS.map(|(_, it)| it) {
            let alone = done(vec![seat(failed(ErrorKind::Refused))], &[]);
            let problem = tell(&alone, &[], report_only).unwrap_err();
            assert_eq!((problem.status, problem.scim_type), (400, Some(ScimType::Mutability)));
            let beside = done(vec![unchanged(), seat(failed(ErrorKind::Refused))], &[]);
            let problem = tell(&beside, &[], report_only).unwrap_err();
            assert_eq!((problem.status, problem.scim_type), (409, None));
            assert!(!problem.detail.contains("Nothing was written"), "{}", problem.detail);
            let limited = done(vec![unchanged(), seat(failed(ErrorKind::RateLimited))], &[Ground::Shared]);
            assert_eq!(status(&limited, report_only), Some(429));
        }
    }

    #[test]
    fn a_word_stands_for_one_value() {
        for (word, value) in ReportOnly::WORDS {
            assert_eq!(ReportOnly::parse(word), Some(value));
        }
        for word in ["", "True", "shared_rules", "shared-rules "] {
            assert_eq!(ReportOnly::parse(word), None, "{word}");
        }
    }

    #[test]
    fn only_what_is_there_is_advised() {
        let (with, without) = (advice("ann@corp.example", true), advice("ann@corp.example", false));
        assert!(with.ends_with(" with POST /v1/offboard and \"dry_run\": true."), "{with}");
        assert!(!with.contains("CONNECTOR_TOKEN") && !with.contains("shell"), "{with}");
        let command = "\"cloudflare-zero-trust offboard ann@corp.example --dry-run\" on a shell";
        assert!(without.contains(command), "{without}");
        assert!(without.ends_with("once CONNECTOR_TOKEN is set."), "{without}");
    }
}
