//! The requests of an undisturbed read, call by call, and its facts.

use super::account::{account_of, large_user_group};
use super::judge::Truth;
use super::native::{self, Ran};
use super::options;
use super::scenario::{Request, Scenario};
use super::user_groups::GROUP_MEMBERS;
use crate::in_process::MockInProcess;
use std::collections::BTreeSet;

/// The two undisturbed reads.
pub struct Course {
    /// The read of an account with a list of roles.
    usual: Way,
    /// The read of one for which Cloudflare has no such list any more.
    gone: Way,
}

impl Course {
    pub fn of() -> Course {
        let undisturbed = Scenario::undisturbed();
        let gone = Scenario { roles_gone: true, ..undisturbed.clone() };
        Course { usual: Way::of(&undisturbed), gone: Way::of(&gone) }
    }

    pub fn way(&self, roles_gone: bool) -> &Way {
        if roles_gone { &self.gone } else { &self.usual }
    }

    /// Returns each request once. Of user groups, only one is among them for its members.
    pub fn requests(&self) -> Vec<Request> {
        let of_others = |it: &Request| it.route == GROUP_MEMBERS && it.id != Some(large_user_group());
        let mut requests = self.usual.requests();
        requests.retain(|request| !of_others(request));
        requests
    }

    /// Returns the requests that tell names of roles where there is no list of them.
    pub fn requests_for_names(&self) -> Vec<Request> {
        let mut requests = self.gone.requests();
        requests.retain(|it| it.route == "members" || it.route == "iam/permission_groups");
        requests
    }

    /// Whether some undisturbed read sends this request.
    pub fn knows(&self, request: &Request) -> bool {
        [&self.usual, &self.gone].iter().any(|way| way.requests().contains(request))
    }
}

/// An undisturbed read.
pub struct Way {
    pub truth: Truth,
    /// For each call: the requests of each call of a session that begins with it.
    from: Vec<Vec<Vec<Request>>>,
}

impl Way {
    fn of(scenario: &Scenario) -> Way {
        let Ran { observed, cursors, .. } = native::observe(scenario);
        let starts = cursors.iter().map(|cursor| Some(cursor.as_str()));
        // Where there is no list of roles, no scenario continues in another session.
        let starts = std::iter::once(None).chain(starts.filter(|_| !scenario.roles_gone));
        let from: Vec<_> = starts.map(|start| asked_from(scenario, start)).collect();
        let count = from.len();
        let is_even = from.iter().enumerate().all(|(at, calls)| calls.len() == count - at);
        assert!(scenario.roles_gone || is_even, "{from:?}");
        Way { truth: Truth::of(observed), from }
    }

    /// Returns the number of calls.
    pub fn calls(&self) -> usize {
        self.from[0].len()
    }

    /// Returns the requests of each call of a session that begins with this call.
    pub fn from(&self, call: usize) -> &[Vec<Request>] {
        &self.from[call]
    }

    /// Returns each request once.
    fn requests(&self) -> Vec<Request> {
        let mut seen = BTreeSet::new();
        let all = self.from[0].iter().flatten();
        all.filter(|request| seen.insert((*request).clone())).cloned().collect()
    }
}

/// Returns the requests of each call of a session that begins with this cursor.
fn asked_from(scenario: &Scenario, start: Option<&str>) -> Vec<Vec<Request>> {
    let upstream = MockInProcess::new(account_of(scenario), options(scenario));
    let mut session = native::session(&upstream, scenario);
    let (mut calls, mut cursor) = (Vec::new(), start.map(str::to_owned));
    loop {
        let page = session.read(&[], cursor.as_deref()).unwrap();
        calls.push(upstream.taken().into_iter().map(Request::of).collect());
        upstream.forget_requests();
        match page.next {
            Some(next) => cursor = Some(next),
            None => return calls,
        }
    }
}
