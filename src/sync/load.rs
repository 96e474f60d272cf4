//! Asking Cloudflare for what a page needs: what its cursor rests on, where this session doesn't
//! know it yet, and the page itself.

use super::cursor::{Cursor, Phase};
use super::learned::{Learned, Loaded, digest_of};
use super::{Person, Reader, Reading, Upstream, place_of};
use crate::cloudflare::client::is_unreadable;
use crate::cloudflare::endpoint::{Collection, Object};
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::list_item::address;
use crate::cloudflare::member::Member;
use crate::cloudflare::paging::Position;
use crate::cloudflare::role::Role;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::AccessUser;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, Warning};
use crate::records::warnings;
use serde_json::value::RawValue;

impl<T: Transport> Reading<'_, T> {
    /// Learns what this cursor rests on, where this session doesn't know it yet, and compares the
    /// digest.
    pub(super) fn prepare(&mut self, at: &Cursor) -> Result<()> {
        self.reader.upstream.drop_unless_of(at.phase);
        if self.is_behind(at) {
            *self.reader =
                Reader { known_cursors: std::mem::take(&mut self.reader.known_cursors), ..Reader::default() };
        }
        let membership = self.selection.needs_membership();
        while let Some(next) = self.reader.learned.groups_next {
            let wanted = if at.phase == Phase::Groups { next.page < at.at.page } else { membership };
            if !wanted {
                break;
            }
            self.load_groups(next)?;
        }
        while membership && at.phase > Phase::Groups && !self.reader.learned.has_all_lists() {
            let (list, next) = self.reader.learned.lists_next;
            if at.phase == Phase::Lists && (list as u32, next.page) >= (at.list, at.at.page) {
                break;
            }
            self.load_list()?;
        }
        if membership {
            self.reader.learned.compile();
        }
        if !self.reader.verified {
            if self.has_digest(at.phase) && self.reader.learned.digest != at.digest {
                return Err(Error::cursor(
                    "the groups, or the lists that they name, have changed since it was given",
                ));
            }
            self.reader.verified = true;
        }
        while let Some(next) = self.reader.learned.roles_next {
            let wanted = match at.phase {
                Phase::Roles => next.page < at.at.page,
                Phase::Members => self.selection.wants_role_grants() && self.only.is_none(),
                _ => false,
            };
            if !wanted {
                break;
            }
            self.load_roles(next)?;
        }
        if at.phase == Phase::Emails {
            self.match_rest::<Member>(&Collection::Members)?;
            self.match_rest::<AccessUser>(&Collection::Users)?;
        }
        Ok(())
    }

    /// Whether the digest in a cursor of this phase means something.
    pub(super) fn has_digest(&self, phase: Phase) -> bool {
        phase == Phase::Groups || self.selection.needs_membership()
    }

    /// Whether this session has gone on past the cursor, and doesn't have its page any more.
    fn is_behind(&self, at: &Cursor) -> bool {
        let learned = &self.reader.learned;
        let is_past = |next: Option<Position>| next.is_none_or(|next| next.page > at.at.page);
        match (at.phase, &self.reader.upstream) {
            (Phase::Groups, Upstream::Groups(loaded)) if loaded.at.page == at.at.page => false,
            (Phase::Roles, Upstream::Roles(loaded)) if loaded.at.page == at.at.page => false,
            (Phase::Groups, _) => is_past(learned.groups_next),
            (Phase::Roles, _) => is_past(learned.roles_next),
            (Phase::Lists, _) => {
                let (list, next) = learned.lists_next;
                (list as u32, next.page) > (at.list, at.at.page)
            }
            _ => false,
        }
    }

    pub(super) fn read_one<I: Item>(&mut self, one: &Object) -> Result<I> {
        let raw = self.client.one(one)?;
        I::read(&raw, &self.client.settings().account_id).map_err(|fault| {
            let message = format!("What Cloudflare says of the {one} can't be understood: {}.", fault.why);
            Error::new(ErrorKind::InvalidResponse, message)
        })
    }

    fn load<I: Item>(
        &mut self,
        list: &Collection,
        at: Position,
        before: impl Fn(&Id) -> bool,
    ) -> Result<Loaded<I>> {
        let account = self.client.settings().account_id.clone();
        let mut items = Vec::new();
        let read = &mut |raw: &[&RawValue]| items = raw.iter().map(|raw| I::read(raw, &account)).collect();
        let verdict = self.client.page(list, at, read)?;
        let loaded = Loaded::new(at, items, verdict, before);
        if !loaded.verdict.promised && loaded.only_repeats() && at.is_full(loaded.items.len()) {
            return Err(self.client.endless(list));
        }
        Ok(loaded)
    }

    pub(super) fn load_groups(&mut self, at: Position) -> Result<()> {
        let known = std::mem::take(&mut self.reader.learned.group_ids);
        let loaded = self.load::<Group>(&Collection::Groups, at, |id| known.contains(id));
        self.reader.learned.group_ids = known;
        let mut loaded = loaded?;
        self.reader.learned.absorb_groups(&mut loaded, &self.client.settings().account_id);
        self.reader.upstream = Upstream::Groups(loaded);
        Ok(())
    }

    pub(super) fn load_roles(&mut self, at: Position) -> Result<()> {
        let known = std::mem::take(&mut self.reader.learned.role_ids);
        let loaded = self.load::<Role>(&Collection::Roles, at, |id| known.contains(id));
        self.reader.learned.role_ids = known;
        let loaded = loaded?;
        self.reader.learned.role_ids.extend(loaded.ids());
        self.reader.learned.roles_next = loaded.verdict.next;
        self.reader.upstream = Upstream::Roles(loaded);
        Ok(())
    }

    /// Reads the next page of the next list that rules name. A list that can't be read is a gap:
    /// what rests on it is left open.
    pub(super) fn load_list(&mut self) -> Result<Vec<Warning>> {
        let (place, at) = self.reader.learned.lists_next;
        let Some(name) = self.reader.learned.named_lists.get(place).cloned() else { return Ok(Vec::new()) };
        let unreadable = |why: &str| vec![warnings::list_not_readable(&name, why)];
        let Some(id) = Id::parse(&name) else {
            self.reader.learned.absorb_items(None, None);
            return Ok(unreadable("Its id isn't one."));
        };
        let list = Collection::Items(id);
        let mut items: Vec<Option<String>> = Vec::new();
        let read = &mut |raw: &[&RawValue]| items = raw.iter().map(|raw| address(raw)).collect();
        let verdict = match self.client.page(&list, at, read) {
            Ok(verdict) => verdict,
            Err(error) if is_unreadable(&error) => {
                self.reader.learned.absorb_items(None, None);
                return Ok(unreadable(&error.message));
            }
            Err(error) => return Err(error),
        };
        let count = items.len();
        let mut warnings = Vec::new();
        for (item, value) in items.iter().enumerate() {
            if value.is_none() {
                let why = "it has no value that is a text".to_owned();
                let fault = NotUnderstood { id: None, address: None, why };
                warnings.push(warnings::not_understood(
                    Kind::Email,
                    &format!("items of list {name}"),
                    place_of(at, item),
                    &fault,
                ));
            }
        }
        warnings.extend(
            verdict.finding.map(|finding| warnings::list_moved(&format!("items of list {name}"), finding)),
        );
        let only_repeats = !items.is_empty() && !self.reader.learned.has_new(&items);
        if !verdict.promised && only_repeats && at.is_full(count) {
            return Err(self.client.endless(&list));
        }
        self.reader.learned.absorb_items(Some(items.into_iter().flatten().collect()), verdict.next);
        Ok(warnings)
    }

    /// Gives the page at this place, and learns whose addresses it has. `kept` is the page that was
    /// given last: this one, or the one before it; `tail` is what a cursor knows of that one.
    pub(super) fn load_people<I: Item + Person>(
        &mut self,
        at: Position,
        list: &Collection,
        kept: &mut Option<Loaded<I>>,
        tail: &[u64],
    ) -> Result<Loaded<I>> {
        let previous = match kept.take_if(|kept| kept.at.page == at.page) {
            Some(loaded) => return Ok(loaded),
            None => {
                kept.as_ref().filter(|kept| kept.at.page + 1 == at.page).map(Loaded::ids).unwrap_or_default()
            }
        };
        let mut loaded =
            self.load::<I>(list, at, |id| previous.contains(id) || tail.contains(&digest_of(id)))?;
        let Learned { matched, membership: Some(membership), .. } = &mut self.reader.learned else {
            return Ok(loaded);
        };
        if let Some(next) = matched.next_of(list)
            && next.is_some_and(|next| next.page == at.page)
        {
            *next = loaded.verdict.next;
            for address in loaded.addresses_not_understood() {
                matched.mark(address, membership);
            }
            for address in loaded.new_items().filter_map(|person| person.address()) {
                matched.mark(address, membership);
            }
        }
        Ok(loaded)
    }

    /// Looks at the pages of a list that this session hasn't seen, for the addresses alone.
    fn match_rest<I: Item + Person>(&mut self, list: &Collection) -> Result<()> {
        if self.reader.learned.membership.is_none() {
            return Err(Error::internal("addresses are matched before there are groups"));
        }
        let mut kept = None;
        while let Some(next) = self.reader.learned.matched.next_of(list).and_then(|next| *next) {
            let loaded = self.load_people::<I>(next, list, &mut kept, &[])?;
            if let Some(finding) = loaded.verdict.finding {
                self.out.warning(warnings::list_moved(list.noun(), finding));
            }
            kept = Some(loaded);
        }
        Ok(())
    }
}
