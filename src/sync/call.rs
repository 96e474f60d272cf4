//! One call of a sync.

use super::cursor::Cursor;
use super::learned::Learned;
use super::matched::Marks;
use super::page::Output;
use super::phase::Phase;
use super::principal::Principal;
use super::selection::Selection;
use super::tail::Tail;
use super::upstream::Upstream;
use crate::cloudflare::came::Came;
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::member::Member;
use crate::cloudflare::paging::Position;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user_group::UserGroup;
use crate::identities::Facts;
use crate::model::{Kind, ResourceId};
use crate::roles::{Assignments, KnownGroup};
use crate::rules::Included;
use std::rc::Rc;

/// One call: the client that it asks through, the memory of its session, the records that it is for,
/// and the page that it fills.
pub struct Call<'a, T: Transport> {
    /// Cloudflare.
    pub client: &'a mut Client<T>,
    /// The facts that the session was told.
    pub facts: &'a Rc<Facts>,
    /// The session's memory.
    pub memory: &'a mut Memory,
    /// The kinds that are wanted.
    pub selection: Selection,
    /// The one resource that is wanted, with the grants of its entitlement.
    pub only: Option<&'a ResourceId>,
    /// The principal whose holdings alone are wanted.
    pub holder: Option<&'a ResourceId>,
    /// The page that is being filled.
    pub out: Output,
}

/// Everything that a session remembers of the sync that it is in the middle of.
#[derive(Default)]
pub struct Memory {
    /// The facts that later phases rest on.
    pub learned: Learned,
    /// The items that came so far of the list that is being read.
    pub came: Came,
    /// The principals whose holdings are wanted, once all of them are known.
    pub principals: Option<Vec<Principal>>,
    /// The account member among them, as soon as the member is found by an address.
    pub member: Option<Member>,
    /// The upstream page that was read last.
    pub upstream: Option<Upstream>,
    /// Whether the digest of the cursor that this session continued from was compared.
    pub is_verified: bool,
    /// The number of sessions that were lost, one after the other, before this one read again what
    /// its cursor rests on.
    pub lost: u32,
    /// Whether an earlier call of this session left a part to be read again.
    pub is_kept: bool,
}

impl Memory {
    /// Returns what a cursor carries of the people who came before its page, so that another session
    /// recognises those who come again: those at the end of the page, who can slip to the next one,
    /// then a sample of all.
    pub fn tail(&self) -> Tail {
        let page = self.upstream.as_ref().map(|page| page.tail()).unwrap_or_default();
        Tail::new(page.into_iter().chain(self.came.sample().iter().copied()))
    }
}

impl<T: Transport> Call<'_, T> {
    /// The first of these phases that has something to read.
    pub fn first_of(&self, mut phases: impl Iterator<Item = Phase>) -> Option<Phase> {
        phases.find(|&phase| self.is_next(phase))
    }

    fn is_next(&self, phase: Phase) -> bool {
        let learned = &self.memory.learned;
        phase.is_of(self.selection)
            && match phase {
                Phase::Policies => learned.missing(self.selection).is_some(),
                Phase::Lists => learned.lacks_lists(),
                Phase::Rules => learned.told(self.selection) > 0,
                Phase::RoleNames => learned.privileges.lacks_names(),
                Phase::GroupMembers => self.next_group().is_some(),
                Phase::Of(kind) => self.reads(kind),
                Phase::Principal | Phase::Held => true,
            }
    }

    /// Whether this kind is read, as far as it is known who is asked for: only account members are in user
    /// groups, and of one user group nothing but its members matters.
    pub fn reads(&self, kind: Kind) -> bool {
        let of_group = || match self.holder {
            Some(_) => {
                let mut all = self.memory.principals.iter().flatten();
                all.any(|principal| principal.member().is_some())
            }
            None => self.only.is_none_or(|only| only.kind != kind),
        };
        self.selection.reads(kind) && (kind != Kind::UserGroup || of_group())
    }

    /// Returns the beginning of the next phase that has something to read.
    pub fn begin_after(&mut self, phase: Phase) -> Option<Cursor> {
        self.memory.learned.compile(self.selection, self.facts);
        let phase = self.first_of(phase.later())?;
        let digest = self.memory.learned.digest_at(phase, self.selection);
        let first = self.first_address();
        let (item, marks) = match phase {
            Phase::Of(Kind::User) => (0, self.marks(first)),
            Phase::Of(Kind::Email) => (first as u32, self.marks(first)),
            _ => (0, Marks::default()),
        };
        Some(Cursor { digest, item, marks, ..Cursor::at_phase(phase) })
    }

    /// Returns the place of the user group whose members are read next, and the page of them. A group without
    /// policies gives nothing to its members.
    pub fn next_group(&self) -> Option<(usize, Position)> {
        let privileges = &self.memory.learned.privileges;
        privileges.next_group(&|group: &KnownGroup| match self.only {
            Some(only) if only.kind != Kind::UserGroup => {
                let of = Assignments::of_group(group, &privileges.roles);
                let mut held = of.held.iter();
                of.is_unexplained
                    || !of.denying.is_empty()
                    || held.any(|held| held.id.eq_ignore_ascii_case(&only.id))
            }
            _ => {
                self.selection.wants(Kind::UserGroup)
                    || self.holder.is_some()
                    || group.policies.has_gap
                    || !group.policies.all.is_empty()
            }
        })
    }

    /// Makes the user group that is wanted the only one that is known: its members are read, and nothing else
    /// of it.
    pub fn know_only(&mut self) {
        let groups = &mut self.memory.learned.privileges.groups;
        let only = self.only.filter(|only| only.kind == Kind::UserGroup && groups.all().is_empty());
        if let Some(id) = only.and_then(|only| Id::asked(&only.id)) {
            let (name, policies, profile) = Default::default();
            groups.add(&UserGroup { id, name, policies, profile });
        }
    }

    /// The place of the first included address that matters: that of the one that is wanted, or the
    /// first one of all.
    pub fn first_address(&self) -> usize {
        let Learned { matched, membership: Some(membership), .. } = &self.memory.learned else { return 0 };
        match self.only {
            Some(ResourceId { kind: Kind::Email, id }) => {
                let is_it = |it: &Included| membership.included_address(*it).eq_ignore_ascii_case(id);
                matched.included.iter().position(is_it).unwrap_or(matched.included.len())
            }
            _ => 0,
        }
    }

    /// The marks for a cursor, of the addresses from this place on. Only the phase of emails needs
    /// them.
    pub fn marks(&self, from: usize) -> Marks {
        if self.selection.wants(Kind::Email) {
            self.memory.learned.matched.marks(from)
        } else {
            Marks::default()
        }
    }
}
