//! The order in which those that share a credential get its slots. It is plain data: the workflow around it
//! brings the time and the messages.

use crate::pace::Pace;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The limits of a credential, over all accounts that share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The syncs at once. At least 1.
    pub syncs: u32,
    /// The changes at once. At least 1. They have slots of their own, so that a long sync doesn't hold up
    /// somebody who leaves.
    pub changes: u32,
    /// The requests in a window. Cloudflare allows 1,200 in 5 minutes; the rest is for the page that goes
    /// over it, and for people who use the dashboard.
    pub requests: u64,
    /// The window, in milliseconds.
    pub window_ms: u64,
    /// The time between two looks whether those that hold a slot still exist, in milliseconds.
    pub check_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { syncs: 1, changes: 1, requests: 1_000, window_ms: 300_000, check_ms: 60_000 }
    }
}

impl Limits {
    /// Returns the same limits with nothing below the least that works.
    fn sound(self) -> Limits {
        let (syncs, changes) = (self.syncs.max(1), self.changes.max(1));
        Limits {
            syncs,
            changes,
            requests: self.requests.max(u64::from(syncs) + u64::from(changes)),
            window_ms: self.window_ms.max(1),
            check_ms: self.check_ms.max(100),
        }
    }

    fn slots(self, kind: Kind) -> usize {
        let slots = match kind {
            Kind::Sync => self.syncs,
            Kind::Changes => self.changes,
        };
        usize::try_from(slots).unwrap_or(usize::MAX)
    }

    /// The share of one slot.
    fn share(self) -> Pace {
        let slots = u64::from(self.syncs) + u64::from(self.changes);
        Pace::new(self.requests / slots, self.window_ms)
    }
}

/// The use of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A sync of an account.
    Sync,
    /// Changes of an account.
    Changes,
}

/// A run of a workflow that asks for a slot, or holds one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// The workflow.
    pub workflow_id: String,
    /// The run of it.
    pub run_id: String,
}

/// The right to send requests, until it is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The share of the credential's limit.
    pub share: Pace,
    /// The point that the last holder's pace has reached: see [`Pace`].
    pub tat: u64,
}

/// A slot that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The holder.
    pub by: Holder,
    /// The use.
    pub kind: Kind,
    /// The right that was given.
    pub slot: Slot,
}

/// Somebody who waits for a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The one who asks.
    pub by: Holder,
    /// The use.
    pub kind: Kind,
}

/// The slots of one credential, and those that wait for them, in the order in which they asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// The limits.
    pub limits: Limits,
    /// The slots that are held.
    pub held: Vec<Held>,
    /// Those that wait.
    pub waiting: VecDeque<Ask>,
    /// The point that the pace of each free slot has reached, by use.
    free: Vec<(Kind, u64)>,
    /// Slots that were given, and whose holders don't know it yet.
    untold: Vec<Holder>,
}

impl Queue {
    /// Queues somebody up. Whoever waits already keeps the place; whoever holds a slot is told again.
    pub fn ask(&mut self, ask: Ask) {
        if self.held.iter().any(|held| held.by == ask.by) {
            if !self.untold.contains(&ask.by) {
                self.untold.push(ask.by);
            }
        } else if !self.waiting.iter().any(|waiting| waiting.by == ask.by) {
            self.waiting.push_back(ask);
        }
    }

    /// Takes back what somebody holds, or the place in the queue. `tat` is where their pace stands; where
    /// nobody knows it, they count as having used everything that may be sent at once.
    pub fn release(&mut self, by: &Holder, tat: Option<u64>, now: u64) {
        self.waiting.retain(|waiting| waiting.by != *by);
        self.untold.retain(|untold| untold != by);
        let Some(place) = self.held.iter().position(|held| held.by == *by) else { return };
        let Held { kind, slot, .. } = self.held.remove(place);
        let tat = tat.unwrap_or_else(|| slot.share.not_before(now, slot.tat)).max(slot.tat);
        self.free.push((kind, tat));
    }

    /// Changes the limits. Slots that are held stay as they were given.
    pub fn configure(&mut self, limits: Limits) {
        self.limits = limits.sound();
    }

    /// Gives out what is free, and returns those that have to be told of their slots.
    pub fn grants(&mut self) -> Vec<Held> {
        let mut place = 0;
        while let Some(Ask { kind, .. }) = self.waiting.get(place) {
            if !self.has_room(*kind) {
                place += 1;
                continue;
            }
            let Some(Ask { by, kind }) = self.waiting.remove(place) else { break };
            let slot = Slot { share: self.limits.share(), tat: self.take_free(kind) };
            self.untold.push(by.clone());
            self.held.push(Held { by, kind, slot });
        }
        let told = std::mem::take(&mut self.untold);
        told.iter().filter_map(|by| self.held.iter().find(|held| held.by == *by).cloned()).collect()
    }

    /// Returns those that hold a slot, if somebody waits for one of them.
    #[must_use]
    pub fn held_up_by(&self) -> Vec<Holder> {
        if self.waiting.is_empty() {
            Vec::new()
        } else {
            self.held.iter().map(|held| held.by.clone()).collect()
        }
    }

    /// Reports whether a slot of this use is free, and its share with it. After a change of the limits, what
    /// was given before counts until it is released.
    fn has_room(&self, kind: Kind) -> bool {
        let of_kind = self.held.iter().filter(|held| held.kind == kind).count();
        let per_second =
            |pace: Pace| u128::from(pace.requests_per_window) * 1_000_000 / u128::from(pace.window_ms);
        let given: u128 = self.held.iter().map(|held| per_second(held.slot.share)).sum();
        let Limits { requests, window_ms, .. } = self.limits;
        of_kind < self.limits.slots(kind)
            && given + per_second(self.limits.share()) <= per_second(Pace::new(requests, window_ms))
    }

    /// Takes the free slot whose pace is furthest. A slot that nobody has held yet begins at 0.
    fn take_free(&mut self, kind: Kind) -> u64 {
        let made = self.held.iter().filter(|held| held.kind == kind).count()
            + self.free.iter().filter(|(of, _)| *of == kind).count();
        if made < self.limits.slots(kind) {
            return 0;
        }
        let first = (0..self.free.len())
            .filter(|place| self.free[*place].0 == kind)
            .min_by_key(|place| self.free[*place].1);
        first.map_or(0, |place| self.free.swap_remove(place).1)
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
