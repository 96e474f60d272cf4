//! One way through a collection: page by page for a sync, whose cursor may begin in the middle, or
//! to the end for everything else. Everything that can be wrong with a listing is decided here:
//! items that come again, a list that never ends, one that moved or ended short, and items that
//! can't be understood.

use super::app::Attached;
use super::came::Came;
use super::client::Client;
use super::endpoint::Collection;
use super::id::Id;
use super::item::{Item, NotUnderstood};
use super::list_item::address;
use super::paging::{Finding, Position, Verdict};
use super::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::sorted::Set;
use serde_json::value::RawValue;
use std::any::Any;
use std::marker::PhantomData;
use std::ops::Deref;

#[cfg(test)]
mod tests;

/// An item that a listing can recognise when it comes again.
pub trait Keyed {
    /// The part of the item that no other item of its collection shares.
    fn key(&self) -> &str;
}

/// An item of a list.
pub trait Listed: Keyed + Sized + 'static {
    /// Reads an item of the account with this id.
    ///
    /// # Errors
    /// The reason why it can't be used.
    fn from_raw(raw: &RawValue, account_id: &str) -> std::result::Result<Self, NotUnderstood>;
}

impl<I: Item> Keyed for I {
    fn key(&self) -> &str {
        self.id().as_str()
    }
}

impl<I: Item + 'static> Listed for I {
    fn from_raw(raw: &RawValue, account_id: &str) -> std::result::Result<Self, NotUnderstood> {
        I::read(raw, account_id)
    }
}

/// An item of a list of addresses, as it is written there. The same address in other letters is
/// another item, which the list's total counts too.
pub struct Address(pub String);

impl Keyed for Address {
    fn key(&self) -> &str {
        &self.0
    }
}

impl Listed for Address {
    fn from_raw(raw: &RawValue, _account_id: &str) -> std::result::Result<Self, NotUnderstood> {
        match address(raw) {
            Some(address) => Ok(Self(address)),
            None => Err(NotUnderstood {
                id: None,
                address: None,
                why: "it has no value that is a text".to_owned(),
            }),
        }
    }
}

impl Keyed for Attached {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

impl Listed for Attached {
    fn from_raw(raw: &RawValue, account_id: &str) -> std::result::Result<Self, NotUnderstood> {
        Attached::read(raw, account_id)
            .ok_or_else(|| NotUnderstood::new(raw, "it has no id, or no place, that can be read"))
    }
}

/// An item of a list, of any type. With a type for each list, the code that reads a page would be there
/// once for each of them, some 4 kB each.
pub struct AnyListed(Box<dyn KeyedAny>);

trait KeyedAny: Keyed + Any {}

impl<I: Keyed + Any> KeyedAny for I {}

impl Keyed for AnyListed {
    fn key(&self) -> &str {
        self.0.key()
    }
}

impl AnyListed {
    /// Reads an item of this type.
    ///
    /// # Errors
    /// Those of [`Listed::from_raw`].
    pub fn read<I: Listed>(raw: &RawValue, account_id: &str) -> std::result::Result<Self, NotUnderstood> {
        Ok(Self(Box::new(I::from_raw(raw, account_id)?)))
    }

    /// Returns the item, if it is of this type.
    pub fn into<I: Listed>(self) -> Option<I> {
        let item: Box<dyn Any> = self.0;
        item.downcast().ok().map(|item| *item)
    }

    fn as_mut<I: Listed>(&mut self) -> Option<&mut I> {
        let item: &mut dyn Any = &mut *self.0;
        item.downcast_mut()
    }
}

/// An item of a page.
pub enum Entry<I> {
    /// An item that comes for the first time.
    New(I),
    /// An item that came before: lists move while they are read.
    Repeated(String),
    /// An item that is skipped with a warning.
    NotUnderstood(NotUnderstood),
}

impl<I: Keyed> Entry<I> {
    /// The item's key, if the item is understood.
    pub fn key(&self) -> Option<&str> {
        match self {
            Entry::New(item) => Some(item.key()),
            Entry::Repeated(key) => Some(key),
            Entry::NotUnderstood(_) => None,
        }
    }

    /// The text by which the item is recognised when it comes again, if it has one.
    fn text(&self) -> Option<&str> {
        match self {
            Entry::NotUnderstood(fault) => fault.id.as_ref().map(Id::as_str),
            _ => self.key(),
        }
    }
}

/// One page of a listing.
pub struct Loaded<I> {
    /// The page's place in the listing.
    pub at: Position,
    /// The items in the server's order.
    pub items: Vec<Entry<I>>,
    /// The number of items that came before, whether they are understood or not.
    again: usize,
    /// The next page, and whether the list held still.
    pub verdict: Verdict,
}

impl<I: Keyed> Loaded<I> {
    /// Sorts out the items that came before: on this page, or where `came` or `before` says so.
    fn new(
        at: Position,
        items: Vec<std::result::Result<I, NotUnderstood>>,
        verdict: Verdict,
        came: &Came,
        before: impl Fn(&str) -> bool,
    ) -> Self {
        if verdict.is_first_again {
            return Self { at, items: Vec::new(), again: 0, verdict };
        }
        let (mut here, mut not_understood, mut again) = (Set::default(), Set::default(), 0);
        let items = items.into_iter().map(|item| match item {
            Err(fault) => {
                let is_known = |id: &Id| came.has(id.as_str()) || !not_understood.insert(id.clone());
                again += usize::from(fault.id.as_ref().is_some_and(is_known));
                Entry::NotUnderstood(fault)
            }
            Ok(item) => {
                let key = item.key();
                if came.has(key) || before(key) || !here.insert(key.to_owned()) {
                    again += 1;
                    Entry::Repeated(key.to_owned())
                } else {
                    Entry::New(item)
                }
            }
        });
        Self { at, items: items.collect(), again, verdict }
    }

    /// Whether reading on makes no sense: nothing on a full page is new, and the page states no
    /// total that promises an end.
    fn is_endless(&self) -> bool {
        let news = self.items.iter().any(|entry| matches!(entry, Entry::New(_)));
        !self.verdict.promised && self.again > 0 && !news && self.at.is_full(self.items.len())
    }

    /// Counts the items that come again, and reports a list that ended before its total: an item
    /// that comes twice doesn't make up for one that is missing.
    fn count_again(&mut self) {
        match &mut self.verdict.next {
            Some(next) => next.again = next.again.saturating_add(self.again as u32),
            None if self.verdict.is_first_again => {}
            None => {
                let came = self.at.different(self.items.len(), self.again);
                let total = self.at.last_total(self.verdict.stated).filter(|&total| total > came);
                let short = total.map(|total| Finding::Short { came, total });
                self.verdict.finding = short.or(self.verdict.finding);
            }
        }
    }

    /// The keys on this page.
    pub fn keys(&self) -> Set<String> {
        self.items.iter().filter_map(Entry::key).map(str::to_owned).collect()
    }

    /// The items that come for the first time.
    pub fn new_items(&mut self) -> impl Iterator<Item = &mut I> {
        self.items.iter_mut().filter_map(|entry| match entry {
            Entry::New(item) => Some(item),
            _ => None,
        })
    }

    /// The items that come for the first time, without the page.
    pub fn into_new_items(self) -> impl Iterator<Item = I> {
        self.items.into_iter().filter_map(|entry| match entry {
            Entry::New(item) => Some(item),
            _ => None,
        })
    }

    /// Returns the first part of the list that this page doesn't show. Of the items that can't be
    /// understood, only those count that matter.
    pub fn gap(&self, matters: &dyn Fn(&NotUnderstood) -> bool) -> Option<Gap> {
        let moved = self.verdict.finding.filter(|finding| finding.is_gap()).map(Gap::Moved);
        let strange = || self.not_understood().find(|(_, fault)| matters(fault));
        moved.or_else(|| strange().map(|(place, fault)| Gap::NotUnderstood { place, why: fault.why.clone() }))
    }

    /// The items that can't be understood, each with its place in the whole list, from 1.
    pub fn not_understood(&self) -> impl Iterator<Item = (u32, &NotUnderstood)> {
        self.items.iter().enumerate().filter_map(|(item, entry)| match entry {
            Entry::NotUnderstood(fault) => Some((self.at.place_of(item), fault)),
            _ => None,
        })
    }
}

/// One page of a listing, of items of one type.
pub struct Page<I> {
    loaded: Loaded<AnyListed>,
    of: PhantomData<fn() -> I>,
}

impl<I> Deref for Page<I> {
    type Target = Loaded<AnyListed>;

    fn deref(&self) -> &Loaded<AnyListed> {
        &self.loaded
    }
}

impl<I: Listed> Page<I> {
    const fn new(loaded: Loaded<AnyListed>) -> Self {
        Self { loaded, of: PhantomData }
    }

    /// The items that come for the first time.
    pub fn new_items(&mut self) -> impl Iterator<Item = &mut I> {
        self.loaded.new_items().filter_map(AnyListed::as_mut)
    }

    /// The items that come for the first time, without the page.
    pub fn into_new_items(self) -> impl Iterator<Item = I> {
        self.loaded.into_new_items().filter_map(AnyListed::into)
    }
}

/// Whether the pages behind the one that is read are sent ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// The whole list will be read.
    Sent,
    /// The rest of the list may not be needed.
    Unsent,
}

/// Reads the page at `at`. `came` has the items of the pages before, and gets those of this one;
/// `before` says which items came before as far as the caller knows by other means; it may
/// ask whether `came` would know.
///
/// # Errors
/// The page can't be read; a list that never ends is `invalid-response`.
pub fn load<T: Transport, I: Listed>(
    client: &mut Client<T>,
    list: &Collection,
    at: Position,
    ahead: Ahead,
    came: &mut Came,
    before: &dyn Fn(&str, &Came) -> bool,
) -> Result<Page<I>> {
    Ok(Page::new(load_with(client, list, at, ahead, came, before, AnyListed::read::<I>)?))
}

/// The function that reads an item of the account with this id, as [`Listed::from_raw`] does.
pub type Read<I> = fn(&RawValue, &str) -> std::result::Result<I, NotUnderstood>;

/// Reads the page at `at`, as [`load`] does, whose items are read by a function.
///
/// # Errors
/// Those of [`load`].
pub fn load_with<T: Transport, I: Keyed>(
    client: &mut Client<T>,
    list: &Collection,
    at: Position,
    ahead: Ahead,
    came: &mut Came,
    before: &dyn Fn(&str, &Came) -> bool,
    from_raw: Read<I>,
) -> Result<Loaded<I>> {
    let account = client.settings().account_id.clone();
    let mut items = Vec::new();
    let read = &mut |raw: &[&RawValue]| items = raw.iter().map(|raw| from_raw(raw, &account)).collect();
    let verdict = match ahead {
        Ahead::Sent => client.page(list, at, read)?,
        Ahead::Unsent => client.page_alone(list, at, read)?,
    };
    let mut loaded = Loaded::new(at, items, verdict, came, |key| before(key, came));
    if loaded.is_endless() {
        return Err(client.endless(list));
    }
    loaded.count_again();
    if loaded.verdict.next.is_some() {
        came.add(loaded.items.iter().filter_map(Entry::text));
    } else {
        *came = Came::default();
    }
    Ok(loaded)
}

/// A part of a list that wasn't seen. Whatever may be in it isn't known to be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The list shrank while it was read, or ended early.
    Moved(Finding),
    /// An item can't be understood.
    NotUnderstood {
        /// Its place in the list, from 1.
        place: u32,
        /// The reason, for a message.
        why: String,
    },
}

impl Gap {
    /// The error of a call that has to know what is in the gap. `unknown` is the sentence that says
    /// what isn't known because of it, and `list` is the list that has the gap.
    pub fn error(&self, unknown: &str, list: &Collection) -> Error {
        let noun = list.noun;
        match self {
            Gap::Moved(finding) => {
                let found = finding.of(noun);
                Error::new(ErrorKind::Unavailable, format!("{unknown} {found} Try again."))
            }
            Gap::NotUnderstood { place, why } => Error::new(
                ErrorKind::InvalidResponse,
                format!(
                    "{unknown} Item {place} of the {noun} that Cloudflare lists can't be understood: {why}."
                ),
            ),
        }
    }
}

/// A listing that is read to its end, or until its caller has seen enough.
pub struct Listing<'l, I> {
    way: Way<'l>,
    of: PhantomData<fn() -> I>,
}

impl<'l, I: Listed> Listing<'l, I> {
    /// Begins a listing.
    pub fn new(list: &'l Collection, ahead: Ahead) -> Self {
        Self { way: Way::new(list, ahead, AnyListed::read::<I>), of: PhantomData }
    }

    /// Limits gaps, as [`Way::looking_for`] does.
    pub fn looking_for(self, matters: &'l dyn Fn(&NotUnderstood) -> bool) -> Self {
        Self { way: self.way.looking_for(matters), ..self }
    }

    /// Reads the next page; `None` after the last one.
    ///
    /// # Errors
    /// As for [`load`].
    pub fn next<T: Transport>(&mut self, client: &mut Client<T>) -> Result<Option<Page<I>>> {
        Ok(self.way.next(client)?.map(Page::new))
    }
}

impl<'l, I> Deref for Listing<'l, I> {
    type Target = Way<'l>;

    fn deref(&self) -> &Way<'l> {
        &self.way
    }
}

/// The way through a listing, whatever its items are.
pub struct Way<'l> {
    list: &'l Collection,
    ahead: Ahead,
    from_raw: Read<AnyListed>,
    matters: &'l dyn Fn(&NotUnderstood) -> bool,
    next: Option<Position>,
    /// The items that came.
    came: Came,
    /// The keys that came: of the whole list, or of the page before where that would be too many.
    known: Set<String>,
    held_still: bool,
    gap: Option<Gap>,
}

impl<'l> Way<'l> {
    /// Begins a listing whose items are read by a function.
    pub fn new(list: &'l Collection, ahead: Ahead, from_raw: Read<AnyListed>) -> Self {
        Self {
            list,
            ahead,
            from_raw,
            matters: &|_| true,
            next: Some(Position::START),
            came: Came::default(),
            known: Set::default(),
            held_still: true,
            gap: None,
        }
    }

    /// Limits gaps to those items that can't be understood and could be one that the caller looks
    /// for.
    pub fn looking_for(self, matters: &'l dyn Fn(&NotUnderstood) -> bool) -> Self {
        Self { matters, ..self }
    }

    /// Reads the next page; `None` after the last one.
    ///
    /// # Errors
    /// As for [`load`].
    pub fn next<T: Transport>(&mut self, client: &mut Client<T>) -> Result<Option<Loaded<AnyListed>>> {
        let Some(at) = self.next else { return Ok(None) };
        self.came.begin(self.list, at.page, &[]);
        let (known, came) = (&self.known, &mut self.came);
        let before = &|key: &str, _: &Came| known.contains(key);
        let loaded = load_with(client, self.list, at, self.ahead, came, before, self.from_raw)?;
        self.next = loaded.verdict.next;
        if self.list.has_people {
            self.known = loaded.keys();
        } else {
            self.known.extend(loaded.keys());
        }
        self.held_still &= loaded.verdict.finding.is_none();
        if self.gap.is_none() {
            self.gap = loaded.gap(self.matters);
        }
        Ok(Some(loaded))
    }

    /// The place of the next page; `None` at the end.
    pub const fn rest(&self) -> Option<Position> {
        self.next
    }

    /// The first part that wasn't seen of the pages so far.
    pub const fn gap(&self) -> Option<&Gap> {
        self.gap.as_ref()
    }

    /// Whether all of the list was read, and it neither moved nor has a gap: what didn't come isn't
    /// there.
    pub const fn is_whole(&self) -> bool {
        self.next.is_none() && self.held_still && self.gap.is_none()
    }
}
