//! The facts that a session learns in a sync: a cache that another session rebuilds from the
//! cursor. It is bounded by groups, applications, rules, roles and the items of named lists, whatever
//! the number of people.

use super::kept::Kept;
use super::matched::Matched;
use super::phase::Phase;
use super::privileges::Privileges;
use super::selection::Selection;
use super::unlisted::Unlisted;
use crate::apps::{self, Application, Applications, Search};
use crate::cloudflare::app::Attached;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::identity_provider::IdentityProvider;
use crate::cloudflare::listing::{Keyed, Loaded};
use crate::cloudflare::paging::Position;
use crate::digest::Digest;
use crate::identities::Facts;
use crate::kinds;
use crate::model::Kind;
use crate::records;
use crate::records::known_apps::{Gathered, KnownApps};
use crate::rules::{Lists, Membership, RuleSet, Scratch};
use crate::sorted::{Map, Set};
use std::rc::Rc;

/// The page of a collection to learn next; `None` behind the last one.
pub type Next = Option<Position>;

/// How far each kind's collection is learned.
#[derive(Default)]
pub struct Seen(Vec<SeenOf>);

struct SeenOf {
    kind: Kind,
    /// The ids so far, of a kind that can't have too many of them.
    ids: Set<String>,
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
    pub fn has(&self, kind: Kind, id: &str) -> bool {
        self.of(kind).is_some_and(|seen| seen.ids.contains(id))
    }

    /// Whether an item of this kind had this id, whatever text a host asks for, in whatever case.
    pub fn has_text(&self, kind: Kind, id: &str) -> bool {
        self.of(kind).is_some_and(|seen| seen.ids.iter().any(|known| known.eq_ignore_ascii_case(id)))
    }

    /// Notes a page: its ids, where they are kept, and the page that follows.
    pub fn note(&mut self, kind: Kind, ids: Option<Set<String>>, next: Next) {
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
    /// The identity providers so far; `None` if they can't be read.
    providers: Option<Set<String>>,
    /// The reason why they can't be read.
    pub no_providers: Option<String>,
    /// The applications and policies so far.
    pub apps: KnownApps,
    /// The policies that the list of applications doesn't have, as far as they were asked for.
    pub found: Found,
    /// Whether the one resource that is wanted may be in a part that wasn't seen.
    pub may_be_unseen: bool,
    /// The groups, and later the policies, whose rules wait to be compiled.
    rule_sets: Vec<RuleSet>,
    /// The digest of providers, groups and list items so far.
    digest: u64,
    /// The applications that wait to be compiled; known when everything but lists is.
    waiting: Option<Vec<Application>>,
    /// The names of applications, by their ids.
    pub app_names: Map<String, String>,
    /// The lists that rules name, sorted; known when all rules are.
    pub named_lists: Vec<String>,
    lists: Lists,
    /// The list to learn next, and its page.
    pub lists_next: (usize, Position),
    /// The compiled groups and policies; known when all lists are.
    pub membership: Option<Membership>,
    /// The facts that grants on roles rest on.
    pub privileges: Privileges,
    /// The roles and scoped roles that no list has.
    pub unlisted: Unlisted,
    /// The resources that are emitted only if a principal holds them.
    pub kept: Kept,
    /// The applications, where they are wanted; known with the groups.
    pub applications: Option<Applications>,
    /// The addresses that have a member or a user.
    pub matched: Matched,
    /// The memory that evaluations share.
    pub scratch: Scratch,
    /// The memory that searches for applications share.
    pub search: Search,
    /// The time at Cloudflare when the last page was read, in seconds since 1970.
    pub date: Option<i64>,
}

/// How far the policies are learned that the list of applications doesn't have.
pub struct Found {
    /// The number of answers that were read to their end.
    pub done: u32,
    /// The page of the next one.
    pub next: Position,
    /// Its policies so far.
    policies: Vec<apps::Attached>,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            seen: Seen::default(),
            providers: Some(Set::default()),
            no_providers: None,
            apps: KnownApps::default(),
            found: Found { done: 0, next: Position::START, policies: Vec::new() },
            may_be_unseen: false,
            rule_sets: Vec::new(),
            digest: 0,
            waiting: None,
            app_names: Map::default(),
            named_lists: Vec::new(),
            lists: Lists::default(),
            lists_next: (0, Position::START),
            membership: None,
            privileges: Privileges::default(),
            unlisted: Unlisted::default(),
            kept: Kept::default(),
            applications: None,
            matched: Matched::default(),
            scratch: Scratch::default(),
            search: Search::default(),
            date: None,
        }
    }
}

impl Learned {
    /// Returns the digest of everything that rules and their evaluation rest on, as far as it is learned.
    pub fn digest(&self) -> u64 {
        self.digest.wrapping_add(self.apps.digest())
    }

    /// Returns the digest of everything that a phase rests on, as far as it is learned.
    pub fn digest_at(&self, phase: Phase, selection: Selection) -> u64 {
        let rules = if phase.has_digest(selection) { self.digest() } else { 0 };
        let privileges = if phase.rests_on_privileges(selection) { self.privileges.digest() } else { 0 };
        rules.wrapping_add(privileges)
    }

    /// Adds something that later phases rest on to the digest.
    pub fn add_to_digest(&mut self, digest: Digest) {
        self.digest = self.digest.wrapping_add(digest.finish());
    }

    /// Takes over an identity provider.
    pub fn absorb_provider(&mut self, provider: &IdentityProvider) {
        self.add_to_digest(Digest::new().with("provider").with(provider.id.as_str()));
        if let Some(providers) = &mut self.providers {
            providers.insert(provider.id.as_str().to_owned());
        }
    }

    /// Notes that the identity providers can't be read, and why.
    pub fn lack_providers(&mut self, why: String) {
        self.add_to_digest(Digest::new().with("no providers"));
        self.seen.note(Kind::IdentityProvider, None, None);
        (self.providers, self.no_providers) = (None, Some(why));
    }

    /// Notes that one of the identity providers isn't known, so that it isn't known either which
    /// applications accept all of them.
    pub fn forget_providers(&mut self) {
        self.add_to_digest(Digest::new().with("providers").with("unknown"));
        self.providers = None;
    }

    /// Takes over the rules of a group of the account with this id.
    pub fn absorb_group(&mut self, group: &mut Group, account_id: &str) {
        let sections = std::mem::take(&mut group.sections);
        let rules = records::group::rule_set(&group.id, sections, account_id);
        self.digest = self.digest.wrapping_add(rules.digest());
        self.rule_sets.push(rules);
    }

    /// Returns the application that has to be asked for its policies next, if some are missing. All of
    /// them matter even for one application: they name the addresses that have no account.
    pub fn missing(&self, selection: Selection) -> Option<Id> {
        self.apps.missing_of(selection.wants(Kind::Policy))
    }

    /// Takes over a page of the policies of an application; `None` if they can't be read.
    pub fn absorb_policies_of(
        &mut self,
        app: &Id,
        page: Option<&mut [Attached]>,
        next: Next,
        account_id: &str,
    ) {
        let Found { done, next: place, policies } = &mut self.found;
        let found = page.map(|page| {
            policies.extend(self.apps.attach(app, page, account_id));
            policies
        });
        if let Some(next) = next {
            *place = next;
            return;
        }
        self.apps.found_policies(app, found.map(std::mem::take));
        (*done, *place) = (*done + 1, Position::START);
        self.found.policies.clear();
    }

    /// The rules that wait to be compiled: all that are learned, as long as lists are read.
    pub fn rule_sets(&self) -> &[RuleSet] {
        &self.rule_sets
    }

    /// Gathers all rules that are evaluated, once all of them are learned, and the lists that they name.
    pub fn gather(&mut self, selection: Selection) {
        let is_read = |kind| !selection.reads(kind) || self.seen.next(kind).is_none();
        let is_complete = if selection.needs_apps() {
            kinds::DECIDING.into_iter().all(is_read) && self.missing(selection).is_none()
        } else {
            is_read(Kind::Group)
        };
        if self.waiting.is_some() || self.membership.is_some() || !selection.needs_rules() || !is_complete {
            return;
        }
        let gathered = if selection.needs_apps() { self.apps.gather() } else { Gathered::default() };
        self.rule_sets.extend(gathered.rules);
        (self.waiting, self.app_names) = (Some(gathered.applications), gathered.names);
        if selection.needs_lists() {
            let named: Set<&str> = self.rule_sets.iter().flat_map(RuleSet::lists).collect();
            self.named_lists = named.into_iter().map(str::to_owned).collect();
        }
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

    /// Whether a list that rules name is still to be learned.
    pub fn lacks_lists(&self) -> bool {
        self.lists_next.0 < self.named_lists.len()
    }

    /// Compiles rules and lists, once all of them are learned, with the facts of the session.
    pub fn compile(&mut self, selection: Selection, facts: &Rc<Facts>) {
        self.gather(selection);
        if self.lacks_lists() {
            return;
        }
        let Some(waiting) = self.waiting.take() else { return };
        let (rule_sets, lists) = (std::mem::take(&mut self.rule_sets), std::mem::take(&mut self.lists));
        let membership = Membership::new(rule_sets, lists, Rc::clone(facts));
        self.matched = Matched::new(&membership);
        if selection.needs_apps() || selection.is_of_holder() {
            let providers = self.providers.take().filter(|_| selection.reads(Kind::IdentityProvider));
            self.applications = Some(Applications::new(waiting, providers, &membership));
        }
        self.membership = Some(membership);
    }

    /// Returns the number of steps of the phase of rules: a warning, or an application, is one.
    pub fn told(&self, selection: Selection) -> usize {
        let Some(membership) = &self.membership else { return 0 };
        let of_apps = |apps: &Applications| {
            let wanted = if selection.wants(Kind::App) { apps.all().len() } else { 0 };
            apps.warnings().len() + wanted
        };
        membership.warnings().len() + self.applications.as_ref().map_or(0, of_apps)
    }

    /// Marks the address of somebody, so that the phase of emails skips it.
    pub fn mark_address(&mut self, address: Option<&str>) {
        if let (Some(address), Some(membership)) = (address, &self.membership) {
            self.matched.mark(address, membership);
        }
    }

    /// Marks the addresses of the people on a page who can't be understood: somebody has them.
    pub fn mark_not_understood<I: Keyed>(&mut self, page: &Loaded<I>) {
        page.not_understood().for_each(|(_, fault)| self.mark_address(fault.address.as_deref()));
    }
}
