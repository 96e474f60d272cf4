//! The requests of an undisturbed read, call by call, and its facts.

use super::account::account;
use super::judge::Truth;
use super::native::{self, Ran};
use super::options;
use super::scenario::{Request, Scenario};
use crate::in_process::MockInProcess;
use std::collections::BTreeSet;

/// An undisturbed read.
pub struct Course {
    pub truth: Truth,
    /// For each call: the requests of each call of a session that begins with it.
    from: Vec<Vec<Vec<Request>>>,
}

impl Course {
    pub fn of() -> Course {
        let scenario = Scenario::undisturbed();
        let Ran { observed, cursors, .. } = native::observe(&scenario);
        let starts = std::iter::once(None).chain(cursors.iter().map(|cursor| Some(cursor.as_str())));
        let from: Vec<_> = starts.map(|start| asked_from(&scenario, start)).collect();
        let count = cursors.len() + 1;
        assert!(from.iter().enumerate().all(|(at, calls)| calls.len() == count - at), "{from:?}");
        Course { truth: Truth::of(observed), from }
    }

    /// Returns the number of calls.
    pub fn calls(&self) -> usize {
        self.from.len()
    }

    /// Returns the requests of each call of a session that begins with this call.
    pub fn from(&self, call: usize) -> &[Vec<Request>] {
        &self.from[call]
    }

    /// Returns each request once.
    pub fn requests(&self) -> Vec<Request> {
        let mut seen = BTreeSet::new();
        let all = self.from[0].iter().flatten();
        all.filter(|request| seen.insert((request.route.clone(), request.page))).cloned().collect()
    }
}

/// Returns the requests of each call of a session that begins with this cursor.
fn asked_from(scenario: &Scenario, start: Option<&str>) -> Vec<Vec<Request>> {
    let upstream = MockInProcess::new(account(), options(scenario));
    let mut session = native::session(&upstream, scenario);
    let (mut calls, mut cursor) = (Vec::new(), start.map(str::to_owned));
    loop {
        let page = session.read(&[], cursor.as_deref()).unwrap();
        let asked =
            upstream.taken().into_iter().map(|asked| Request { route: asked.route, page: Some(asked.page) });
        calls.push(asked.collect());
        upstream.forget_requests();
        match page.next {
            Some(next) => cursor = Some(next),
            None => return calls,
        }
    }
}
