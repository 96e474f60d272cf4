//! The facts that a session learns in a sync: a cache that another session rebuilds from the
//! cursor. It is bounded by groups, rules, roles and the items of named lists, whatever the number
//! of people.

use super::kept::Kept;
use super::matched::Matched;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::{Listed, Loaded};
use crate::cloudflare::paging::Position;
use crate::digest::Digest;
use crate::model::Kind;
use crate::records;
use crate::rules::{Lists, Membership, RuleSet, Scratch};
use crate::sorted::Set;

/// The page of a collection to learn next; `None` behind the last one.
pub type Next = Option<Position>;

/// How far each kind's collection is learned.
#[derive(Default)]
pub struct Seen(Vec<SeenOf>);

struct SeenOf {
    kind: Kind,
    /// The ids so far, of a kind that can't have too many of them.
    ids: Set<Id>,
    next: Next,
}

impl Seen {
    fn of(&self, kind: Kind) -> Option<&SeenOf> {
        self.0.iter().find(|seen| seen.kind == kind)
    }

    /// The page to learn next.
    pub fn next(&self, kind: Kind) -> Next {
        self.of(kind).map_or(Some(Position::START), |seen| seen.next)
    }

    /// Whether an item of this kind had this id, as far as ids are kept.
    pub fn has(&self, kind: Kind, id: &Id) -> bool {
        self.of(kind).is_some_and(|seen| seen.ids.contains(id))
    }

    /// Whether an item of this kind had this id, whatever text a host asks for, in whatever case.
    pub fn has_text(&self, kind: Kind, id: &str) -> bool {
        self.of(kind).is_some_and(|seen| seen.ids.iter().any(|known| known.as_str().eq_ignore_ascii_case(id)))
    }

    /// Notes a page: its ids, where they are kept, and the page that follows.
    pub fn note(&mut self, kind: Kind, ids: Option<Set<Id>>, next: Next) {
        if let Some(seen) = self.0.iter_mut().find(|seen| seen.kind == kind) {
            seen.next = next;
            seen.ids.extend(ids.into_iter().flatten());
        } else {
            self.0.push(SeenOf { kind, ids: ids.unwrap_or_default(), next });
        }
    }
}

/// Everything that later phases rest on.
pub struct Learned {
    /// How far each kind's collection is learned.
    pub seen: Seen,
    /// The groups whose rules wait to be compiled.
    groups: Vec<RuleSet>,
    /// The digest of the groups and list items so far.
    pub digest: u64,
    /// The lists that rules name, sorted; known when all groups are.
    pub named_lists: Vec<String>,
    lists: Lists,
    /// The list to learn next, and its page.
    pub lists_next: (usize, Position),
    /// The compiled groups; known when all lists are.
    pub membership: Option<Membership>,
    /// The resources that are emitted only if a principal holds them.
    pub kept: Kept,
    /// The addresses that have a member or a user.
    pub matched: Matched,
    /// The memory that evaluations share.
    pub scratch: Scratch,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            seen: Seen::default(),
            groups: Vec::new(),
            digest: 0,
            named_lists: Vec::new(),
            lists: Lists::default(),
            lists_next: (0, Position::START),
            membership: None,
            kept: Kept::default(),
            matched: Matched::default(),
            scratch: Scratch::default(),
        }
    }
}

impl Learned {
    /// Takes over the rules of a page of groups of the account with this id.
    pub fn absorb_groups(&mut self, page: &mut Loaded<Group>, account_id: &str) {
        for group in page.new_items() {
            let sections = std::mem::take(&mut group.sections);
            let rules = records::group::rule_set(&group.id, sections, account_id);
            self.digest = self.digest.wrapping_add(rules.digest());
            self.groups.push(rules);
        }
        if page.verdict.next.is_none() {
            let named: Set<&str> = self.groups.iter().flat_map(RuleSet::lists).collect();
            self.named_lists = named.into_iter().map(str::to_owned).collect();
        }
    }

    /// The groups whose rules wait to be compiled: all that are learned, as long as lists are read.
    pub fn groups(&self) -> &[RuleSet] {
        &self.groups
    }

    /// Whether this address, in lower case, came already in the list that is next.
    pub fn has_item(&self, address: &str) -> bool {
        let known = self.named_lists.get(self.lists_next.0).and_then(|list| self.lists.get(list)?.as_ref());
        known.is_some_and(|known| known.contains(address))
    }

    /// Takes over new items of the list that is next, in lower case. Without items, the list can't be
    /// read.
    pub fn absorb_items(&mut self, items: Option<Vec<String>>, next: Next) {
        let (at, _) = self.lists_next;
        let Some(list) = self.named_lists.get(at) else { return };
        let digest = Digest::new().with(list);
        match items {
            Some(items) => {
                let known = self.lists.get_or_insert_with(list.clone(), || None).get_or_insert_default();
                for item in &items {
                    self.digest = self.digest.wrapping_add(digest.with(item).finish());
                }
                known.extend(items);
            }
            None => {
                self.lists.insert(list.clone(), None);
                self.digest = self.digest.wrapping_add(digest.with("unreadable").with("list").finish());
            }
        }
        self.lists_next = next.map_or((at + 1, Position::START), |next| (at, next));
    }

    /// Whether all groups are learned, and all lists that they name.
    pub fn has_all_lists(&self) -> bool {
        self.seen.next(Kind::Group).is_none() && self.lists_next.0 >= self.named_lists.len()
    }

    /// Compiles groups and lists, once all of them are learned.
    pub fn compile(&mut self) {
        if self.membership.is_none() && self.has_all_lists() {
            let membership =
                Membership::new(std::mem::take(&mut self.groups), std::mem::take(&mut self.lists));
            self.matched = Matched::new(&membership);
            self.membership = Some(membership);
        }
    }

    /// Marks the addresses of a page of people, so that the phase of emails skips them. An item that
    /// can't be understood still is somebody's.
    pub fn mark_addresses<I: Listed>(&mut self, page: &mut Loaded<I>, address: impl Fn(&I) -> Option<&str>) {
        let Some(membership) = &self.membership else { return };
        for address in page.not_understood().filter_map(|(_, fault)| fault.address.as_deref()) {
            self.matched.mark(address, membership);
        }
        for address in page.new_items().filter_map(|person| address(person)) {
            self.matched.mark(address, membership);
        }
    }
}
