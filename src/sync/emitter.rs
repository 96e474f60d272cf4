//! Emits the records of one item of a collection.

use super::learned::{Learned, Seen};
use super::page::Output;
use super::selection::Selection;
use crate::cloudflare::id::Id;
use crate::model::{Kind, ResourceId};
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
    /// The memberships in groups, where grants of them are wanted.
    membership: Option<&'a Membership>,
    scratch: &'a mut Scratch,
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
        let Learned { seen, membership, scratch, .. } = learned;
        let membership = membership.as_ref().filter(|_| selection.wants(Kind::Group));
        Self { out, selection, only, seen, unlisted, membership, scratch }
    }

    /// Emits the grants that make somebody a member of groups.
    pub fn memberships(&mut self, kind: Kind, id: &Id, subject: Subject<'_>, turn: Turn) -> ControlFlow<u32> {
        let Some(membership) = self.membership else { return ControlFlow::Continue(()) };
        let principal = ResourceId::new(kind, id.as_str());
        emit_memberships(&principal, membership.evaluate(subject, [], self.scratch), turn, self.out)
    }
}

/// Emits a principal's memberships until the page is full.
pub fn emit_memberships(
    principal: &ResourceId,
    mut evaluation: Evaluation<'_, '_>,
    mut turn: Turn,
    out: &mut Output,
) -> ControlFlow<u32> {
    for group in 0..evaluation.groups() {
        if evaluation.holds(group) && turn.next(out)? {
            out.membership(principal, &mut evaluation, group);
        }
    }
    ControlFlow::Continue(())
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
