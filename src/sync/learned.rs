//! What a session remembers of a read: a cache that another session rebuilds from the cursor. It is
//! bounded by groups, rules, roles and the items of named lists, whatever the number of people.

use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::paging::{Position, Verdict};
use crate::digest::Digest;
use crate::model::{Kind, ResourceId};
use crate::rules::{Included, Lists, Membership, RuleSet, Scratch};
use crate::sorted::Set;

/// One page of a list, read but not all given yet.
pub struct Loaded<I> {
    /// Which page it is.
    pub at: Position,
    /// In the server's order.
    pub items: Vec<Entry<I>>,
    /// Where the list goes on.
    pub verdict: Verdict,
}

/// An item of a page.
pub enum Entry<I> {
    /// To be given.
    New(I),
    /// It came before: lists move while they are read.
    Repeated(Id),
    /// To be warned of.
    NotUnderstood(NotUnderstood),
}

impl<I: Item> Entry<I> {
    fn id(&self) -> Option<&Id> {
        match self {
            Entry::New(item) => Some(item.id()),
            Entry::Repeated(id) => Some(id),
            Entry::NotUnderstood(_) => None,
        }
    }
}

impl<I: Item> Loaded<I> {
    /// Sorts out what came before, on this page or where `before` says so.
    pub fn new(
        at: Position,
        items: Vec<Result<I, NotUnderstood>>,
        verdict: Verdict,
        before: impl Fn(&Id) -> bool,
    ) -> Self {
        let mut here = Set::default();
        let items = items.into_iter().map(|item| match item {
            Err(fault) => Entry::NotUnderstood(fault),
            Ok(item) if before(item.id()) || !here.insert(item.id().clone()) => {
                Entry::Repeated(item.id().clone())
            }
            Ok(item) => Entry::New(item),
        });
        Self { at, items: items.collect(), verdict }
    }

    /// Whether everything on it came before, as far as it can be understood.
    pub fn only_repeats(&self) -> bool {
        let repeats = self.items.iter().any(|entry| matches!(entry, Entry::Repeated(_)));
        repeats && !self.items.iter().any(|entry| matches!(entry, Entry::New(_)))
    }

    /// The ids on this page.
    pub fn ids(&self) -> Set<Id> {
        self.items.iter().filter_map(Entry::id).cloned().collect()
    }

    /// The addresses of those whose items can't be understood.
    pub fn addresses_not_understood(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|entry| match entry {
            Entry::NotUnderstood(fault) => fault.address.as_deref(),
            _ => None,
        })
    }

    /// The items to be given.
    pub fn new_items(&mut self) -> impl Iterator<Item = &mut I> {
        self.items.iter_mut().filter_map(|entry| match entry {
            Entry::New(item) => Some(item),
            _ => None,
        })
    }
}

/// How many ids a cursor holds of the page before it: more than move over a page's end between two
/// sessions.
pub const TAIL: usize = 16;

/// What a cursor takes from a page, whatever its items are.
pub trait Given {
    /// Where the list goes on.
    fn verdict(&self) -> &Verdict;

    /// How many items the page has.
    fn count(&self) -> usize;

    /// The id of the item at this place, as far as it can be understood.
    fn id(&self, place: usize) -> Option<&Id>;

    /// What the grants of the item at this place rest on, where it is to be given.
    fn grants_rest_on(&self, place: usize) -> Option<String>;
}

impl<I: Item> Given for Loaded<I> {
    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn count(&self) -> usize {
        self.items.len()
    }

    fn id(&self, place: usize) -> Option<&Id> {
        self.items.get(place).and_then(Entry::id)
    }

    fn grants_rest_on(&self, place: usize) -> Option<String> {
        match self.items.get(place) {
            Some(Entry::New(item)) => Some(item.grants_rest_on()),
            _ => None,
        }
    }
}

impl dyn Given + '_ {
    /// A digest of what comes before the item at this place; with `begun`, also of that item as far
    /// as its grants rest on it. A cursor into the middle of a page holds it, so that another
    /// session sees whether the page is still the same.
    pub fn digest_before(&self, item: u32, begun: bool) -> u64 {
        let item = item as usize;
        let mut digest = Digest::new();
        for place in 0..item.min(self.count()) {
            digest = digest.with(self.id(place).map_or("", Id::as_str));
        }
        if begun && let (Some(id), Some(rest_on)) = (self.id(item), self.grants_rest_on(item)) {
            digest = digest.with(id.as_str()).with(&rest_on);
        }
        digest.finish()
    }

    /// Digests of the last ids on this page.
    pub fn tail(&self) -> Vec<u64> {
        let ids = (0..self.count()).rev().filter_map(|place| self.id(place));
        ids.take(TAIL).map(digest_of).collect()
    }
}

/// What stands for an id in a cursor.
pub fn digest_of(id: &Id) -> u64 {
    Digest::new().with(id.as_str()).finish()
}

/// How far something is learned: `None`, to the end.
pub type Next = Option<Position>;

/// Everything that later phases rest on.
pub struct Learned {
    /// Groups whose rules wait to be compiled.
    groups: Vec<RuleSet>,
    /// Of every group so far.
    pub group_ids: Set<Id>,
    /// The page of groups to learn next.
    pub groups_next: Next,
    /// Of the groups and items so far.
    pub digest: u64,
    /// The lists that rules name, sorted; known when all groups are.
    pub named_lists: Vec<String>,
    lists: Lists,
    /// The list to learn next, and its page.
    pub lists_next: (usize, Position),
    /// Known when all lists are.
    pub membership: Option<Membership>,
    /// Of every role so far.
    pub role_ids: Set<Id>,
    /// The page of roles to learn next.
    pub roles_next: Next,
    /// Which addresses have a member or a user.
    pub matched: Matched,
    /// For evaluating membership.
    pub scratch: Scratch,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            group_ids: Set::default(),
            groups_next: Some(Position::START),
            digest: 0,
            named_lists: Vec::new(),
            lists: Lists::default(),
            lists_next: (0, Position::START),
            membership: None,
            role_ids: Set::default(),
            roles_next: Some(Position::START),
            matched: Matched::default(),
            scratch: Scratch::default(),
        }
    }
}

impl Learned {
    /// Takes over the rules of a page of groups of the account with this id.
    pub fn absorb_groups(&mut self, loaded: &mut Loaded<Group>, account_id: &str) {
        self.group_ids.extend(loaded.ids());
        for group in loaded.new_items() {
            let sections = std::mem::take(&mut group.sections);
            let resource = ResourceId::new(Kind::Group, group.id.as_str());
            let rules = RuleSet::new(resource, sections, account_id);
            self.digest = self.digest.wrapping_add(rules.digest());
            self.groups.push(rules);
        }
        self.groups_next = loaded.verdict.next;
        if self.groups_next.is_none() {
            let named: Set<&str> = self.groups.iter().flat_map(RuleSet::lists).collect();
            self.named_lists = named.into_iter().map(str::to_owned).collect();
        }
    }

    /// Whether one of these isn't yet among the items of the list that is next.
    pub fn has_new(&self, items: &[Option<String>]) -> bool {
        let known = self.named_lists.get(self.lists_next.0).and_then(|list| self.lists.get(list)?.as_ref());
        items
            .iter()
            .flatten()
            .any(|item| known.is_none_or(|known| !known.contains(&item.to_ascii_lowercase())))
    }

    /// Takes over items of the list that is next; `None`: it can't be read.
    pub fn absorb_items(&mut self, items: Option<Vec<String>>, next: Next) {
        let (at, _) = self.lists_next;
        let Some(list) = self.named_lists.get(at) else { return };
        let digest = Digest::new().with(list);
        match items {
            Some(items) => {
                let known = self.lists.get_or_insert_with(list.clone(), || None).get_or_insert_default();
                let items = items.into_iter().map(|item| item.to_ascii_lowercase());
                let new: Set<String> = items.filter(|item| !known.contains(item)).collect();
                for item in &new {
                    self.digest = self.digest.wrapping_add(digest.with(item).finish());
                }
                known.extend(new);
            }
            None => {
                self.lists.insert(list.clone(), None);
                self.digest = self.digest.wrapping_add(digest.with("unreadable").with("list").finish());
            }
        }
        self.lists_next = next.map_or((at + 1, Position::START), |next| (at, next));
    }

    /// Whether all groups and all lists that they name are learned.
    pub fn has_all_lists(&self) -> bool {
        self.groups_next.is_none() && self.lists_next.0 >= self.named_lists.len()
    }

    /// Puts groups and lists together, once they are all there.
    pub fn compile(&mut self) {
        if self.membership.is_none() && self.has_all_lists() {
            let membership =
                Membership::new(std::mem::take(&mut self.groups), std::mem::take(&mut self.lists));
            self.matched = Matched::new(&membership);
            self.membership = Some(membership);
        }
    }
}

/// Which of the addresses that groups include have a member or a user.
pub struct Matched {
    /// Sorted by address.
    pub included: Vec<Included>,
    /// By an address's number.
    has_account: Vec<bool>,
    /// The page of members to look at next.
    pub members_next: Next,
    /// The page of users to look at next.
    pub users_next: Next,
}

impl Default for Matched {
    fn default() -> Self {
        Self {
            included: Vec::new(),
            has_account: Vec::new(),
            members_next: Some(Position::START),
            users_next: Some(Position::START),
        }
    }
}

impl Matched {
    fn new(membership: &Membership) -> Self {
        Self {
            has_account: vec![false; membership.addresses()],
            included: membership.included(),
            ..Self::default()
        }
    }

    /// Somebody has this address.
    pub fn mark(&mut self, address: &str, membership: &Membership) {
        if let Some(number) = membership.number_of(address) {
            self.has_account[number] = true;
        }
    }

    /// Whether nobody has this address.
    pub fn is_unmatched(&self, address: Included) -> bool {
        self.has_account.get(address.number()) == Some(&false)
    }

    /// How far the pages of this list were looked at.
    pub fn next_of(&mut self, list: &Collection) -> Option<&mut Next> {
        match list {
            Collection::Members => Some(&mut self.members_next),
            Collection::Users => Some(&mut self.users_next),
            _ => None,
        }
    }
}
