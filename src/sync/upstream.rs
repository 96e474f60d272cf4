//! A page of a collection that is being emitted, whatever its items are.

use super::cursor::Cursor;
use super::emitter::Emitter;
use super::learned::Learned;
use super::selection::Selection;
use crate::cloudflare::came::short_digest_of;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::listing::{Entry, Keyed, Loaded};
use crate::cloudflare::paging::{Position, Verdict};
use crate::digest::Digest;
use crate::kinds;
use crate::model::Kind;
use crate::records::warnings;
use crate::sorted::Set;
use serde_json::value::RawValue;
use std::cell::Cell;
use std::ops::ControlFlow;

/// An item that a sync reads from a collection and emits.
pub trait Emit: Item {
    /// Emits the records of the item, without the first `done` of them: the resource and what
    /// belongs to it count as one, each grant as another. Breaks off where the page is full, with
    /// the number of records that are done then.
    fn emit(&self, done: u32, to: &mut Emitter<'_>) -> ControlFlow<u32>;

    /// The facts that the item's grants rest on, beside the groups. As long as they are the same,
    /// so are the grants and their order.
    fn rests_on(&self) -> String {
        String::new()
    }

    /// Learns what later phases need from an item that is read for the first time. `account_id` is the
    /// account of the item.
    fn learn(&mut self, _learned: &mut Learned, _account_id: &str) {}
}

/// An item of any kind. With a type for each kind, the code that reads and emits a page would be there
/// once for each of them, some 5 kB each.
pub type AnyItem = Box<dyn Emit>;

impl Keyed for AnyItem {
    fn key(&self) -> &str {
        self.id().as_str()
    }
}

/// Reads an item of some type.
///
/// # Errors
/// The reason why the item can't be used.
pub fn any<I: Emit + 'static>(raw: &RawValue, account_id: &str) -> Result<AnyItem, NotUnderstood> {
    Ok(Box::new(I::read(raw, account_id)?))
}

/// Whether the items of a collection are emitted: it may be read for another kind alone. Applications
/// contain policies.
fn is_emitted(kind: Kind, selection: Selection) -> bool {
    selection.wants(kind) || kind == Kind::App && selection.wants(Kind::Policy)
}

/// The place where a page stopped because it was full: the item, and the number of its records that
/// are done.
pub type Stop = (u32, u32);

/// The number of ids that a cursor has of the page before it: more than move over the end of a page
/// between two sessions.
pub const TAIL: usize = 16;

/// A page of a collection.
pub struct Upstream {
    /// The kind whose collection it is.
    pub kind: Kind,
    /// The page.
    pub page: Loaded<AnyItem>,
    /// The number of items that were emitted last time, and the digest of their ids.
    emitted: Cell<(usize, Digest)>,
}

impl Upstream {
    /// Returns a page of the collection of this kind.
    pub const fn new(kind: Kind, page: Loaded<AnyItem>) -> Self {
        Self { kind, page, emitted: Cell::new((0, Digest::new())) }
    }

    /// The page's place in the collection.
    pub const fn at(&self) -> Position {
        self.page.at
    }

    /// The verdict on the page: where the collection continues, and whether it moved.
    pub const fn verdict(&self) -> &Verdict {
        &self.page.verdict
    }

    /// The number of items on the page.
    pub const fn count(&self) -> usize {
        self.page.items.len()
    }

    /// The id of the item at this place, if the item is understood.
    fn id(&self, place: usize) -> Option<&str> {
        self.page.items.get(place).and_then(Entry::key)
    }

    /// The facts that the grants of the item at this place rest on, if it is emitted.
    fn rests_on(&self, place: usize) -> Option<String> {
        match self.page.items.get(place) {
            Some(Entry::New(item)) => Some(item.rests_on()),
            _ => None,
        }
    }

    /// Emits the items from the cursor on, until the page that is filled is full.
    pub fn emit(&self, from: &Cursor, to: &mut Emitter<'_>) -> Option<Stop> {
        let is_wanted = is_emitted(self.kind, to.selection);
        for (place, entry) in self.page.items.iter().enumerate().skip(from.item as usize) {
            let item = place as u32;
            if to.out.is_full() {
                return Some((item, 0));
            }
            match entry {
                Entry::NotUnderstood(fault) => to.out.warning(warnings::not_understood(
                    self.kind,
                    kinds::row(self.kind).phase,
                    from.at.place_of(place),
                    fault,
                )),
                Entry::New(it) if is_wanted => {
                    let done = if item == from.item { from.grant } else { 0 };
                    if let ControlFlow::Break(done) = it.emit(done, to) {
                        return Some((item, done));
                    }
                }
                Entry::New(_) | Entry::Repeated(_) => {}
            }
        }
        None
    }

    /// Whether it is this page of the collection of this kind.
    pub fn is_page(&self, kind: Kind, page: u32) -> bool {
        self.kind == kind && self.at().page == page
    }

    /// The ids on the page.
    pub fn ids(&self) -> Set<String> {
        self.page.keys()
    }

    /// A digest of the items before the one at this place; with `is_begun`, also of that item as far
    /// as its grants rest on it. A cursor into the middle of a page has it, so that another session
    /// notices where the page has changed.
    pub fn digest_before(&self, item: u32, is_begun: bool) -> u64 {
        let item = item as usize;
        let (mut done, mut digest) = self.emitted.get();
        if done > item {
            (done, digest) = (0, Digest::new());
        }
        let end = item.min(self.count());
        for place in done..end {
            digest = digest.with(self.id(place).unwrap_or_default());
        }
        self.emitted.set((end, digest));
        if is_begun && let (Some(id), Some(rests_on)) = (self.id(item), self.rests_on(item)) {
            digest = digest.with(id).with(&rests_on);
        }
        digest.finish()
    }

    /// Short digests of the last ids on the page.
    pub fn tail(&self) -> Vec<u64> {
        let ids = (0..self.count()).rev().filter_map(|place| self.id(place));
        ids.take(TAIL).map(short_digest_of).collect()
    }
}
