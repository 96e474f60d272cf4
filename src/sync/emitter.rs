//! Emits the records of one item of a collection.

use super::learned::{Learned, Seen};
use super::page::Output;
use super::selection::Selection;
use crate::apps::{Applications, Search, Why};
use crate::cloudflare::id::Id;
use crate::model::{Kind, ResourceId};
use crate::records::known_apps::KnownApps;
use crate::rules::{Evaluation, Membership, Scratch, Subject};
use std::ops::ControlFlow;

/// The page that items are emitted into, and what they are emitted with.
pub struct Emitter<'a> {
    /// The page.
    pub out: &'a mut Output,
    /// The kinds that are wanted.
    pub selection: Selection,
    /// The one resource that is wanted, if there is one.
    pub only: Option<&'a ResourceId>,
    /// The items that earlier phases read.
    pub seen: &'a Seen,
    /// The roles that were emitted though the list of roles doesn't have them.
    pub unlisted: Vec<Id>,
    /// The policies that belong to one application, as far as they are known.
    pub known: &'a KnownApps,
    /// The time at Cloudflare, in seconds since 1970.
    pub date: Option<i64>,
    grants: Option<Grants<'a>>,
}

/// Everything that the grants on groups and applications come from.
pub struct Grants<'a> {
    scratch: &'a mut Scratch,
    wanted: Wanted<'a>,
}

/// The grants on groups and applications that are wanted.
pub struct Wanted<'a> {
    membership: &'a Membership,
    of_groups: bool,
    /// The applications, where grants on them are wanted.
    apps: Option<&'a Applications>,
    /// The place of the one application that is wanted, if only one is. There can be several whose ids
    /// differ only in the case of letters.
    only: Option<Vec<usize>>,
    search: &'a mut Search,
}

impl<'a> Emitter<'a> {
    /// Emits into `out`, with what a session has learned.
    pub fn new(
        out: &'a mut Output,
        learned: &'a mut Learned,
        selection: Selection,
        only: Option<&'a ResourceId>,
        unlisted: Vec<Id>,
    ) -> Self {
        let Learned { seen, apps: known, membership, applications, scratch, search, date, .. } = learned;
        let grants = membership.as_ref().map(|membership| {
            Grants::new(membership, scratch, applications.as_ref(), search, selection, only)
        });
        Self { out, selection, only, seen, unlisted, known, date: *date, grants }
    }

    /// Emits the grants on groups and applications that somebody holds.
    pub fn grants(&mut self, kind: Kind, id: &Id, subject: Subject<'_>, turn: Turn) -> ControlFlow<u32> {
        let Some(grants) = self.grants.as_mut().filter(|grants| grants.wanted.is_any()) else {
            return ControlFlow::Continue(());
        };
        let (evaluation, wanted) = grants.evaluate(subject);
        wanted.emit(&ResourceId::new(kind, id.as_str()), evaluation, turn, self.out)
    }
}

impl<'a> Grants<'a> {
    /// Takes what a session has learned.
    pub fn new(
        membership: &'a Membership,
        scratch: &'a mut Scratch,
        apps: Option<&'a Applications>,
        search: &'a mut Search,
        selection: Selection,
        only: Option<&ResourceId>,
    ) -> Self {
        let apps = apps.filter(|_| selection.wants(Kind::App));
        let only = only.filter(|only| only.kind == Kind::App);
        let only = only.zip(apps).map(|(only, apps)| {
            let all = apps.all().iter().enumerate();
            all.filter(|(_, app)| app.id.eq_ignore_ascii_case(&only.id)).map(|(place, _)| place).collect()
        });
        let of_groups = selection.wants(Kind::Group);
        Self { scratch, wanted: Wanted { membership, of_groups, apps, only, search } }
    }

    /// Evaluates all rules for a subject. Returns that, and what emits the grants.
    pub fn evaluate<'s>(&'s mut self, subject: Subject<'s>) -> (Evaluation<'s, 's>, &'s mut Wanted<'a>) {
        (self.wanted.membership.evaluate(subject, [], self.scratch), &mut self.wanted)
    }
}

impl Wanted<'_> {
    fn is_any(&self) -> bool {
        self.of_groups || self.apps.is_some()
    }

    /// Whether somebody is a member of a group, or reaches one of these applications, whatever is wanted.
    pub fn holds_something(&mut self, evaluation: &Evaluation<'_, '_>, apps: Option<&Applications>) -> bool {
        if evaluation.next_held(0).is_some() {
            return true;
        }
        let Some(apps) = apps else { return false };
        let mut why = Why::default();
        apps.candidates(evaluation, self.search).iter().any(|&app| apps.reason(app, evaluation, &mut why))
    }

    /// Emits the grants of a principal until the page is full.
    pub fn emit(
        &mut self,
        principal: &ResourceId,
        mut evaluation: Evaluation<'_, '_>,
        mut turn: Turn,
        out: &mut Output,
    ) -> ControlFlow<u32> {
        if self.of_groups {
            let mut from = 0;
            while let Some(group) = evaluation.next_held(from) {
                if turn.next(out)? {
                    out.membership(principal, &mut evaluation, group);
                }
                from = group + 1;
            }
        }
        let Some(apps) = self.apps else { return ControlFlow::Continue(()) };
        let candidates = match &self.only {
            Some(only) => only.as_slice(),
            None => apps.candidates(&evaluation, self.search),
        };
        for &app in candidates {
            if out.reaches(apps, &evaluation, app) && turn.next(out)? {
                out.access(principal, apps, &evaluation, app);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Counts the records of one item, so that those of an earlier page are skipped: the resource is
/// the first one, then come the grants.
pub struct Turn {
    done: u32,
    at: u32,
}

impl Turn {
    /// Begins behind the resource. `done` records were emitted before.
    pub fn after(done: u32) -> Turn {
        Turn { done, at: 0 }
    }

    /// Whether the next grant is one to emit now. Breaks off where the page is full, with the number
    /// of records that are done then.
    pub fn next(&mut self, out: &Output) -> ControlFlow<u32, bool> {
        self.at += 1;
        if self.at < self.done {
            return ControlFlow::Continue(false);
        }
        if out.is_full() { ControlFlow::Break(self.at) } else { ControlFlow::Continue(true) }
    }
}
