//! Giving what was read: a function a phase, each filling one page.

use super::cursor::{Cursor, Phase};
use super::learned::{Entry, Given, Learned, Loaded};
use super::page::Output;
use super::{Person, Reading, Upstream, place_of};
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::AccessUser;
use crate::error::{Error, Result};
use crate::model::{Kind, Progress, ResourceId};
use crate::records::{self, warnings};
use crate::rules::{Evaluation, Standing, Subject};
use std::ops::ControlFlow;

/// Where a page stopped because it was full: the item, and how much of it was given: the resource,
/// then its grants.
type Stop = (u32, u32);

impl<T: Transport> Reading<'_, T> {
    /// Gives Access groups.
    pub(super) fn groups(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        if !matches!(&self.reader.upstream, Upstream::Groups(loaded) if loaded.at.page == at.at.page) {
            self.load_groups(at.at)?;
        }
        let Upstream::Groups(loaded) = std::mem::take(&mut self.reader.upstream) else {
            return Err(Error::internal("a page that was read is gone"));
        };
        let at = &self.still(at, &loaded);
        let wanted = self.selection.wants(Kind::Group);
        let stop = give(&loaded, at, Kind::Group, &mut self.out, |group, _, out| {
            if wanted {
                records::group(group, out);
            }
            ControlFlow::Continue(())
        });
        let next = self.after(at, &loaded, &Collection::Groups, stop);
        self.reader.upstream = Upstream::Groups(loaded);
        Ok(next)
    }

    /// Gives nothing but warnings: reads the next page of a list.
    pub(super) fn list(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        for warning in self.load_list()? {
            self.out.warning(warning);
        }
        self.reader.learned.compile();
        let learned = &self.reader.learned;
        let (list, next) = learned.lists_next;
        let (done, total) = (list as u32, learned.named_lists.len() as u32);
        self.out.page.progress = Progress { phase: Phase::Lists.word(), done, total: Some(total) };
        if learned.has_all_lists() {
            return Ok(self.begin_after(at));
        }
        Ok(Some(Cursor { at: next, list: done, digest: learned.digest, ..at.clone() }))
    }

    /// Gives what a person should know of the rules.
    pub(super) fn rules(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        let Some(membership) = &self.reader.learned.membership else {
            return Err(Error::internal("rules are told before there are groups"));
        };
        let mut done = at.item;
        for warning in membership.warnings().iter().skip(at.item as usize) {
            if self.out.is_full() {
                break;
            }
            self.out.warning(warning.clone());
            done += 1;
        }
        let total = membership.warnings().len() as u32;
        self.out.page.progress = Progress { phase: Phase::Rules.word(), done, total: Some(total) };
        Ok(if done < total { Some(Cursor { item: done, ..at.clone() }) } else { self.begin_after(at) })
    }

    /// Gives roles.
    pub(super) fn roles(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        if !matches!(&self.reader.upstream, Upstream::Roles(loaded) if loaded.at.page == at.at.page) {
            self.load_roles(at.at)?;
        }
        let Upstream::Roles(loaded) = std::mem::take(&mut self.reader.upstream) else {
            return Err(Error::internal("a page that was read is gone"));
        };
        let at = &self.still(at, &loaded);
        let stop = give(&loaded, at, Kind::Role, &mut self.out, |role, _, out| {
            records::role(role, out);
            ControlFlow::Continue(())
        });
        let next = self.after(at, &loaded, &Collection::Roles, stop);
        self.reader.upstream = Upstream::Roles(loaded);
        Ok(next)
    }

    /// Gives account members, their roles and groups.
    pub(super) fn members(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        let mut kept = match std::mem::take(&mut self.reader.upstream) {
            Upstream::Members(loaded) => Some(loaded),
            _ => None,
        };
        let loaded = self.load_people::<Member>(at.at, &Collection::Members, &mut kept, &at.tail);
        // A page that fails is asked for again, and what it repeats is known by the one before it.
        self.reader.upstream = kept.map_or(Upstream::None, Upstream::Members);
        let loaded = loaded?;
        let at = &self.still(at, &loaded);
        let (selection, only) = (self.selection, self.only);
        let mut unlisted = at.unlisted.clone();
        let Learned { membership, scratch, role_ids, .. } = &mut self.reader.learned;
        let membership = membership.as_ref().filter(|_| selection.wants(Kind::Group));
        let stop = give(&loaded, at, Kind::Member, &mut self.out, |member, given, out| {
            if !selection.wants(Kind::Member) {
                return ControlFlow::Continue(());
            }
            if given == 0 {
                out.resource(records::member(member));
                warnings::of_member(member, selection, out);
            }
            let roles = if member.status == Status::Rejected { &[] } else { member.roles.as_slice() };
            let roles = if selection.wants_role_grants() { roles } else { &[] };
            if given == 0 && only.is_none() {
                for role in roles {
                    if !role_ids.contains(&role.id) && !unlisted.contains(&role.id) {
                        records::role(role, out);
                        unlisted.push(role.id.clone());
                    }
                }
            }
            let id = ResourceId::new(Kind::Member, member.id.as_str());
            let principal = Subject { address: member.address(), standing: records::standing(member.status) };
            let mut turn = Turn::after(given);
            for role in roles {
                if turn.next(out)? {
                    out.grant(records::role_grant(member, role));
                }
            }
            match membership {
                Some(membership) => {
                    give_memberships(&id, membership.evaluate(principal, [], scratch), turn, out)
                }
                None => ControlFlow::Continue(()),
            }
        });
        let mut next = self.after(at, &loaded, &Collection::Members, stop);
        if let Some(next) = &mut next
            && next.phase == Phase::Members
        {
            next.unlisted = unlisted;
        }
        self.reader.upstream = Upstream::Members(loaded);
        Ok(next)
    }

    /// Gives Access users and their groups.
    pub(super) fn users(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        let mut kept = match std::mem::take(&mut self.reader.upstream) {
            Upstream::Users(loaded) => Some(loaded),
            _ => None,
        };
        let loaded = self.load_people::<AccessUser>(at.at, &Collection::Users, &mut kept, &at.tail);
        // A page that fails is asked for again, and what it repeats is known by the one before it.
        self.reader.upstream = kept.map_or(Upstream::None, Upstream::Users);
        let loaded = loaded?;
        let at = &self.still(at, &loaded);
        let selection = self.selection;
        let Learned { membership, scratch, .. } = &mut self.reader.learned;
        let membership = membership.as_ref().filter(|_| selection.wants(Kind::Group));
        let stop = give(&loaded, at, Kind::User, &mut self.out, |user, given, out| {
            if !selection.wants(Kind::User) {
                return ControlFlow::Continue(());
            }
            if given == 0 {
                out.resource(records::user(user));
            }
            let Some(membership) = membership else { return ControlFlow::Continue(()) };
            let id = ResourceId::new(Kind::User, user.id.as_str());
            let principal = Subject { address: user.address(), standing: Standing::None };
            give_memberships(&id, membership.evaluate(principal, [], scratch), Turn::after(given), out)
        });
        let next = self.after(at, &loaded, &Collection::Users, stop);
        self.reader.upstream = Upstream::Users(loaded);
        Ok(next)
    }

    /// Gives the addresses that nobody has.
    pub(super) fn emails(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        let Learned { membership: Some(membership), scratch, matched, .. } = &mut self.reader.learned else {
            return Err(Error::internal("addresses are given before there are groups"));
        };
        let total = matched.included.len() as u32;
        let mut stop = None;
        for (place, &included) in matched.included.iter().enumerate().skip(at.item as usize) {
            if self.out.is_full() {
                stop = Some((place as u32, 0));
                break;
            }
            if !matched.is_unmatched(included) {
                continue;
            }
            let id = ResourceId::new(Kind::Email, membership.included_address(included).to_ascii_lowercase());
            let principal = Subject { address: Some(&id.id), standing: Standing::None };
            let evaluation = membership.evaluate(principal, [], scratch);
            if !(0..evaluation.groups()).any(|group| evaluation.holds(group)) {
                continue;
            }
            let given = if place as u32 == at.item { at.grant } else { 0 };
            if given == 0 {
                self.out.resource(records::email(&id.id));
            }
            if self.selection.wants(Kind::Group) {
                let given = give_memberships(&id, evaluation, Turn::after(given), &mut self.out);
                if let ControlFlow::Break(given) = given {
                    stop = Some((place as u32, given));
                    break;
                }
            }
        }
        let done = stop.map_or(total, |(item, _)| item);
        self.out.page.progress = Progress { phase: Phase::Emails.word(), done, total: Some(total) };
        Ok(stop.map(|(item, grant)| Cursor { item, grant, ..at.clone() }))
    }

    /// The cursor, where the page is still the one that it stopped in. Where another session finds
    /// it changed, all of the page is given again: hosts upsert, and nothing that moved to its
    /// beginning is missed.
    fn still(&mut self, at: &Cursor, loaded: &dyn Given) -> Cursor {
        let is_begun = (at.item, at.grant) != (0, 0);
        if is_begun && loaded.digest_before(at.item, at.grant > 0) != at.done {
            self.out.warning(warnings::page_changed(at.phase.word()));
            return Cursor { item: 0, grant: 0, done: 0, ..at.clone() };
        }
        at.clone()
    }

    /// What comes after a page: its rest, the next page, or the next phase. Tells the progress, and
    /// what a person should know of the list.
    fn after(
        &mut self,
        at: &Cursor,
        loaded: &dyn Given,
        list: &Collection,
        stop: Option<Stop>,
    ) -> Option<Cursor> {
        let done = stop.map_or(loaded.count() as u32, |(item, _)| item);
        let done = at.at.before.saturating_add(done);
        self.out.page.progress = Progress { phase: at.phase.word(), done, total: loaded.verdict().total };
        if let Some((item, grant)) = stop {
            return Some(Cursor { item, grant, done: loaded.digest_before(item, grant > 0), ..at.clone() });
        }
        if let Some(finding) = loaded.verdict().finding {
            self.out.warning(warnings::list_moved(list.noun(), finding));
        }
        let Some(next) = loaded.verdict().next else { return self.begin_after(at) };
        let digest = if self.has_digest(at.phase) { self.reader.learned.digest } else { 0 };
        // Of groups and roles, a session knows all that came before.
        let tail = if matches!(at.phase, Phase::Members | Phase::Users) { loaded.tail() } else { Vec::new() };
        Some(Cursor { at: next, digest, item: 0, grant: 0, done: 0, tail, ..at.clone() })
    }

    /// The beginning of the next phase.
    fn begin_after(&mut self, at: &Cursor) -> Option<Cursor> {
        if self.selection.needs_membership() {
            self.reader.learned.compile();
        }
        let phase = self.reader.phase_after(at.phase, self.selection)?;
        let digest = if self.has_digest(phase) { self.reader.learned.digest } else { 0 };
        Some(Cursor { digest, ..Cursor::at_phase(phase) })
    }
}

/// Gives the items of a page from the cursor on until the page is full. `one` gives what is left of
/// one item, and says how much of it was given where it had to stop.
fn give<I>(
    loaded: &Loaded<I>,
    at: &Cursor,
    kind: Kind,
    out: &mut Output,
    mut one: impl FnMut(&I, u32, &mut Output) -> ControlFlow<u32>,
) -> Option<Stop> {
    for (place, entry) in loaded.items.iter().enumerate().skip(at.item as usize) {
        let item = place as u32;
        if out.is_full() {
            return Some((item, 0));
        }
        match entry {
            Entry::Repeated(_) => {}
            Entry::NotUnderstood(fault) => {
                out.warning(warnings::not_understood(
                    kind,
                    &format!("{kind}s"),
                    place_of(at.at, place),
                    fault,
                ));
            }
            Entry::New(it) => {
                let given = if item == at.item { at.grant } else { 0 };
                if let ControlFlow::Break(given) = one(it, given, out) {
                    return Some((item, given));
                }
            }
        }
    }
    None
}

/// Whose turn it is of an item's grants. What was given of an item is counted: the resource, then
/// its grants.
struct Turn {
    given: u32,
    at: u32,
}

impl Turn {
    /// So much of the item was given before.
    fn after(given: u32) -> Turn {
        Turn { given, at: 0 }
    }

    /// Whether the next grant is one to give now; breaks off with what was given of the item where
    /// the page is full.
    fn next(&mut self, out: &Output) -> ControlFlow<u32, bool> {
        self.at += 1;
        if self.at < self.given {
            return ControlFlow::Continue(false);
        }
        if out.is_full() { ControlFlow::Break(self.at) } else { ControlFlow::Continue(true) }
    }
}

/// Gives somebody's memberships until the page is full.
fn give_memberships(
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
