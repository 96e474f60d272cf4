//! Reading an account page by page.
//!
//! A read is a function of its cursor and of what Cloudflare says: what a session remembers beside it is a cache. So a cursor works in
//! another session, which first learns again what the cursor rests on and compares the digest; and asking for the same cursor again
//! gives the same page again. A cursor that isn't of the read that this session is in the middle of makes it forget everything.

pub mod cursor;
mod learned;
mod output;
pub mod records;
mod selection;

pub use selection::Selection;

use crate::cloudflare::client::{Client, is_unreadable};
use crate::cloudflare::endpoint::List;
use crate::cloudflare::id::Id;
use crate::cloudflare::items::{AccessUser, Group, Item, ListItem, NotUnderstood, Role};
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::paging::{Finding, Position, Verdict};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::membership::{Principal, Standing};
use crate::model::{Grant, Kind, Page, Progress, ResourceId, Warning};
use cursor::{Cursor, Phase};
use learned::{Entry, Learned, Loaded};
use output::Output;

/// Reads an account; one a session.
#[derive(Default)]
pub struct Reader {
    learned: Learned,
    upstream: Upstream,
    /// The cursor of the last call, and the one that it gave.
    lineage: [Option<String>; 2],
    /// The digest of the cursor that this session took up has been compared.
    verified: bool,
}

/// The page of Cloudflare's that is being given.
#[derive(Default)]
enum Upstream {
    #[default]
    None,
    Groups(Loaded<Group>),
    Roles(Loaded<Role>),
    Members(Loaded<Member>),
    Users(Loaded<AccessUser>),
}

/// Where a page stopped because it was full: the item, and how much of it was given: the resource, then its grants.
type Stop = (u32, u32);

impl Reader {
    /// The page at this cursor of a read of these kinds; without a cursor, the first one.
    ///
    /// # Errors
    /// What the contract says of `sync.read`.
    pub fn read<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        kinds: &[String],
        cursor: Option<&str>,
    ) -> Result<Page> {
        client.take_requests();
        let selection = Selection::parse(kinds)?;
        let at = match cursor {
            None => {
                *self = Reader { verified: true, ..Reader::default() };
                self.first(selection)
            }
            Some(text) => {
                let at = Cursor::decode(text, client.settings(), selection)?;
                if !self.lineage.iter().flatten().any(|known| known == text) {
                    *self = Reader::default();
                }
                self.lineage[0] = Some(text.to_owned());
                Some(at)
            }
        };
        let mut reading = Reading { reader: self, client, selection, out: Output::default() };
        let next = match &at {
            Some(at) => reading.page(at)?,
            None => None,
        };
        let mut page = reading.out.page;
        page.requests = client.take_requests();
        page.rate_limit = client.rate_limit();
        page.next = next.map(|next| next.encode(client.settings(), selection));
        self.lineage[1].clone_from(&page.next);
        Ok(page)
    }

    fn first(&self, selection: Selection) -> Option<Cursor> {
        if selection.reads(Kind::Group) {
            return Some(Cursor::at_phase(Phase::Groups));
        }
        self.phase_after(Phase::Groups, selection).map(Cursor::at_phase)
    }

    /// The next phase that has something to read.
    fn phase_after(&self, phase: Phase, selection: Selection) -> Option<Phase> {
        phase.later().find(|phase| match phase {
            Phase::Groups => selection.reads(Kind::Group),
            Phase::Lists => selection.needs_membership() && !self.learned.has_all_lists(),
            Phase::Rules => {
                self.learned.membership.as_ref().is_some_and(|membership| !membership.warnings().is_empty())
            }
            Phase::Roles => selection.reads(Kind::Role),
            Phase::Members => selection.reads(Kind::Member),
            Phase::Users => selection.reads(Kind::User),
            Phase::Emails => selection.reads(Kind::Email),
        })
    }
}

/// One call.
struct Reading<'a, T> {
    reader: &'a mut Reader,
    client: &'a mut Client<T>,
    selection: Selection,
    out: Output,
}

impl<T: Transport> Reading<'_, T> {
    /// Fills the page at this cursor, and gives the next one.
    fn page(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        self.prepare(at)?;
        match at.phase {
            Phase::Groups => self.groups(at),
            Phase::Lists => self.list(at),
            Phase::Rules => Ok(self.rules(at)),
            Phase::Roles => self.roles(at),
            Phase::Members => self.members(at),
            Phase::Users => self.users(at),
            Phase::Emails => Ok(self.emails(at)),
        }
    }

    /// Learns what this cursor rests on, where this session doesn't know it yet, and compares the digest.
    fn prepare(&mut self, at: &Cursor) -> Result<()> {
        if self.is_behind(at) {
            *self.reader = Reader { lineage: std::mem::take(&mut self.reader.lineage), ..Reader::default() };
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
        self.reader.learned.compile();
        if !self.reader.verified {
            if self.rests_on(at.phase) && self.reader.learned.digest != at.digest {
                return Err(Error::cursor("the groups, or the lists that they name, have changed since it was given"));
            }
            self.reader.verified = true;
        }
        while let Some(next) = self.reader.learned.roles_next {
            let wanted = match at.phase {
                Phase::Roles => next.page < at.at.page,
                Phase::Members => self.selection.wants_role_grants(),
                _ => false,
            };
            if !wanted {
                break;
            }
            self.load_roles(next)?;
        }
        if at.phase == Phase::Emails {
            self.match_rest::<Member>(&List::Members)?;
            self.match_rest::<AccessUser>(&List::Users)?;
        }
        Ok(())
    }

    /// Whether the digest in a cursor of this phase means something.
    fn rests_on(&self, phase: Phase) -> bool {
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

    // Loading: one upstream page each.

    fn load<I: Item>(&mut self, list: &List, at: Position, before: impl Fn(&Id) -> bool) -> Result<Loaded<I>> {
        let account = self.client.settings().account_id.clone();
        let (items, verdict) =
            self.client.page(list, at, |items| items.iter().map(|raw| I::read(raw, &account)).collect::<Vec<_>>())?;
        let loaded = Loaded::new(at, items, verdict, before);
        if loaded.verdict.total.is_none() && loaded.only_repeats() {
            return Err(self.client.endless(list));
        }
        Ok(loaded)
    }

    fn load_groups(&mut self, at: Position) -> Result<()> {
        let known = std::mem::take(&mut self.reader.learned.group_ids);
        let loaded = self.load::<Group>(&List::Groups, at, |id| known.contains(id));
        self.reader.learned.group_ids = known;
        let mut loaded = loaded?;
        self.reader.learned.absorb_groups(&mut loaded);
        self.reader.upstream = Upstream::Groups(loaded);
        Ok(())
    }

    fn load_roles(&mut self, at: Position) -> Result<()> {
        let known = std::mem::take(&mut self.reader.learned.role_ids);
        let loaded = self.load::<Role>(&List::Roles, at, |id| known.contains(id));
        self.reader.learned.role_ids = known;
        let loaded = loaded?;
        self.reader.learned.role_ids.extend(loaded.ids());
        self.reader.learned.roles_next = loaded.verdict.next;
        self.reader.upstream = Upstream::Roles(loaded);
        Ok(())
    }

    /// Reads the next page of the next list that rules name. A list that can't be read is a gap: what rests on it is left open.
    fn load_list(&mut self) -> Result<Vec<Warning>> {
        let (place, at) = self.reader.learned.lists_next;
        let Some(name) = self.reader.learned.named_lists.get(place).cloned() else { return Ok(Vec::new()) };
        let unreadable = |why: &str| {
            let message =
                format!("The list {name:?} that rules name can't be read, so what it decides is left open. {why}");
            vec![Warning { code: "list-not-readable", about: None, message, incomplete: true }]
        };
        let Some(id) = Id::parse(&name) else {
            self.reader.learned.absorb_items(None, None);
            return Ok(unreadable("Its id isn't one."));
        };
        let list = List::Items(id);
        let read = self.client.page(&list, at, |items| {
            items
                .iter()
                .map(|raw| serde_json::from_str::<ListItem>(raw.get()).ok().and_then(|item| item.value))
                .collect()
        });
        let (items, verdict): (Vec<Option<String>>, Verdict) = match read {
            Ok(read) => read,
            Err(error) if is_unreadable(&error) => {
                self.reader.learned.absorb_items(None, None);
                return Ok(unreadable(&error.message));
            }
            Err(error) => return Err(error),
        };
        let mut warnings = Vec::new();
        for (item, value) in items.iter().enumerate() {
            if value.is_none() {
                let fault = NotUnderstood { id: None, why: "it has no value that is a text".to_owned() };
                warnings.push(records::not_understood(
                    Kind::Email,
                    &format!("items of list {name}"),
                    place_of(at, item),
                    &fault,
                ));
            }
        }
        warnings.extend(verdict.finding.map(|finding| list_moved(&format!("items of list {name}"), finding)));
        let only_repeats = !items.is_empty() && !self.reader.learned.has_new(&items);
        if at.page > 1 && verdict.total.is_none() && only_repeats {
            return Err(self.client.endless(&list));
        }
        self.reader.learned.absorb_items(Some(items.into_iter().flatten().collect()), verdict.next);
        Ok(warnings)
    }

    /// Has the page at this cursor in `upstream`, and learns from it whose addresses it has.
    fn load_people<I: Item + Person>(
        &mut self,
        at: Position,
        list: &List,
        kept: Option<Loaded<I>>,
    ) -> Result<Loaded<I>> {
        let previous = match kept {
            Some(loaded) if loaded.at.page == at.page => return Ok(loaded),
            Some(loaded) if loaded.at.page + 1 == at.page => loaded.ids(),
            _ => Default::default(),
        };
        let mut loaded = self.load::<I>(list, at, |id| previous.contains(id))?;
        let matched = &mut self.reader.learned.matched;
        if matched.next_of(list).is_some_and(|next| next.is_some_and(|next| next.page == at.page)) {
            for address in loaded.new_items().filter_map(|person| person.address()) {
                matched.mark(address);
            }
            if let Some(next) = matched.next_of(list) {
                *next = loaded.verdict.next;
            }
        }
        Ok(loaded)
    }

    /// Looks at the pages of a list that this session hasn't seen, for the addresses alone.
    fn match_rest<I: Item + Person>(&mut self, list: &List) -> Result<()> {
        while let Some(next) = self.reader.learned.matched.next_of(list).and_then(|next| *next) {
            self.load_people::<I>(next, list, None)?;
        }
        Ok(())
    }

    // Giving: one phase each.

    fn groups(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        if !matches!(&self.reader.upstream, Upstream::Groups(loaded) if loaded.at.page == at.at.page) {
            self.load_groups(at.at)?;
        }
        let Upstream::Groups(loaded) = std::mem::take(&mut self.reader.upstream) else { return Ok(None) };
        let wanted = self.selection.wants(Kind::Group);
        let stop = give(&loaded, at, Kind::Group, &mut self.out, |group, _, out| {
            if wanted {
                records::group(group, out);
            }
            None
        });
        let next = self.after(at, &loaded, &List::Groups, stop);
        self.reader.upstream = Upstream::Groups(loaded);
        Ok(next)
    }

    fn list(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
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

    fn rules(&mut self, at: &Cursor) -> Option<Cursor> {
        let membership = self.reader.learned.membership.as_ref()?;
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
        if done < total { Some(Cursor { item: done, ..at.clone() }) } else { self.begin_after(at) }
    }

    fn roles(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        if !matches!(&self.reader.upstream, Upstream::Roles(loaded) if loaded.at.page == at.at.page) {
            self.load_roles(at.at)?;
        }
        let Upstream::Roles(loaded) = std::mem::take(&mut self.reader.upstream) else { return Ok(None) };
        let stop = give(&loaded, at, Kind::Role, &mut self.out, |role, _, out| {
            records::role(role, out);
            None
        });
        let next = self.after(at, &loaded, &List::Roles, stop);
        self.reader.upstream = Upstream::Roles(loaded);
        Ok(next)
    }

    fn members(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        let kept = match std::mem::take(&mut self.reader.upstream) {
            Upstream::Members(loaded) => Some(loaded),
            _ => None,
        };
        let loaded = self.load_people::<Member>(at.at, &List::Members, kept)?;
        let selection = self.selection;
        let mut unlisted = at.unlisted.clone();
        let Learned { membership, scratch, role_ids, .. } = &mut self.reader.learned;
        let membership = membership.as_ref().filter(|_| selection.wants(Kind::Group));
        let stop = give(&loaded, at, Kind::Member, &mut self.out, |member, given, out| {
            if !selection.wants(Kind::Member) {
                return None;
            }
            if given == 0 {
                out.resource(records::member(member));
                member_warnings(member, selection, out);
            }
            let roles = if member.status == Status::Rejected { &[] } else { member.roles.as_slice() };
            let roles = if selection.wants_role_grants() { roles } else { &[] };
            if given == 0 {
                for role in roles {
                    if !role_ids.contains(&role.id) && !unlisted.contains(&role.id) {
                        records::role(role, out);
                        unlisted.push(role.id.clone());
                    }
                }
            }
            let mut grants = roles.iter().map(|role| records::role_grant(member, role)).collect::<Vec<_>>();
            let id = ResourceId::new(Kind::Member, member.id.as_str());
            if let Some(membership) = membership {
                let principal = Principal { address: member.address(), standing: standing(member.status) };
                grants.extend(membership.of(principal, scratch).iter().map(|held| records::group_grant(&id, held)));
            }
            give_grants(grants.into_iter(), given, out)
        });
        let mut next = self.after(at, &loaded, &List::Members, stop);
        if let Some(next) = &mut next
            && next.phase == Phase::Members
        {
            next.unlisted = unlisted;
        }
        self.reader.upstream = Upstream::Members(loaded);
        Ok(next)
    }

    fn users(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        let kept = match std::mem::take(&mut self.reader.upstream) {
            Upstream::Users(loaded) => Some(loaded),
            _ => None,
        };
        let loaded = self.load_people::<AccessUser>(at.at, &List::Users, kept)?;
        let selection = self.selection;
        let Learned { membership, scratch, .. } = &mut self.reader.learned;
        let membership = membership.as_ref().filter(|_| selection.wants(Kind::Group));
        let stop = give(&loaded, at, Kind::User, &mut self.out, |user, given, out| {
            if !selection.wants(Kind::User) {
                return None;
            }
            if given == 0 {
                out.resource(records::user(user));
            }
            let membership = membership?;
            let id = ResourceId::new(Kind::User, user.id.as_str());
            let principal = Principal { address: user.address(), standing: Standing::None };
            let held = membership.of(principal, scratch);
            give_grants(held.iter().map(|held| records::group_grant(&id, held)), given, out)
        });
        let next = self.after(at, &loaded, &List::Users, stop);
        self.reader.upstream = Upstream::Users(loaded);
        Ok(next)
    }

    fn emails(&mut self, at: &Cursor) -> Option<Cursor> {
        self.reader.upstream = Upstream::None;
        let Learned { membership, scratch, matched, .. } = &mut self.reader.learned;
        let membership = membership.as_ref()?;
        let total = matched.addresses.len() as u32;
        let mut stop = None;
        for (place, address) in matched.addresses.iter().enumerate().skip(at.item as usize) {
            if self.out.is_full() {
                stop = Some((place as u32, 0));
                break;
            }
            if !matched.is_unmatched(place) {
                continue;
            }
            let held = membership.of(Principal { address: Some(address), standing: Standing::None }, scratch);
            if held.is_empty() {
                continue;
            }
            let given = if place as u32 == at.item { at.grant } else { 0 };
            if given == 0 {
                self.out.resource(records::email(address));
            }
            if self.selection.wants(Kind::Group) {
                let id = ResourceId::new(Kind::Email, address.as_ref());
                let grants = held.iter().map(|held| records::group_grant(&id, held));
                if let Some(given) = give_grants(grants, given, &mut self.out) {
                    stop = Some((place as u32, given));
                    break;
                }
            }
        }
        let done = stop.map_or(total, |(item, _)| item);
        self.out.page.progress = Progress { phase: Phase::Emails.word(), done, total: Some(total) };
        stop.map(|(item, grant)| Cursor { item, grant, ..at.clone() })
    }

    /// What comes after a page: its rest, the next page, or the next phase. Tells the progress, and what a person should know of the list.
    fn after<I>(&mut self, at: &Cursor, loaded: &Loaded<I>, list: &List, stop: Option<Stop>) -> Option<Cursor> {
        let done = stop.map_or(loaded.items.len() as u32, |(item, _)| item);
        let done = at.at.before.saturating_add(done);
        self.out.page.progress = Progress { phase: at.phase.word(), done, total: loaded.verdict.total };
        if let Some((item, grant)) = stop {
            return Some(Cursor { item, grant, ..at.clone() });
        }
        if let Some(finding) = loaded.verdict.finding {
            self.out.warning(list_moved(list.noun(), finding));
        }
        let Some(next) = loaded.verdict.next else { return self.begin_after(at) };
        let digest = if self.rests_on(at.phase) { self.reader.learned.digest } else { 0 };
        Some(Cursor { at: next, digest, item: 0, grant: 0, ..at.clone() })
    }

    /// The beginning of the next phase.
    fn begin_after(&mut self, at: &Cursor) -> Option<Cursor> {
        if self.selection.needs_membership() {
            self.reader.learned.compile();
        }
        let phase = self.reader.phase_after(at.phase, self.selection)?;
        let digest = if self.rests_on(phase) { self.reader.learned.digest } else { 0 };
        Some(Cursor { digest, ..Cursor::at_phase(phase) })
    }
}

/// Somebody with an address.
trait Person {
    fn address(&self) -> Option<&str>;
}

impl Person for Member {
    fn address(&self) -> Option<&str> {
        self.email.as_deref()
    }
}

impl Person for AccessUser {
    fn address(&self) -> Option<&str> {
        self.email.as_deref()
    }
}

/// Gives the items of a page from the cursor on until the page is full. `one` gives what is left of one item, and says how much of it was
/// given where it had to stop.
fn give<I>(
    loaded: &Loaded<I>,
    at: &Cursor,
    kind: Kind,
    out: &mut Output,
    mut one: impl FnMut(&I, u32, &mut Output) -> Option<u32>,
) -> Option<Stop> {
    for (place, entry) in loaded.items.iter().enumerate().skip(at.item as usize) {
        let item = place as u32;
        if out.is_full() {
            return Some((item, 0));
        }
        match entry {
            Entry::Repeated(_) => {}
            Entry::NotUnderstood(fault) => {
                out.warning(records::not_understood(kind, &format!("{kind}s"), place_of(at.at, place), fault));
            }
            Entry::New(it) => {
                let given = if item == at.item { at.grant } else { 0 };
                if let Some(given) = one(it, given, out) {
                    return Some((item, given));
                }
            }
        }
    }
    None
}

/// Gives the grants of an item until the page is full. `given` counts what was given of it: the resource, then its grants. Says how much
/// that is then, where some are left.
fn give_grants(grants: impl Iterator<Item = Grant>, given: u32, out: &mut Output) -> Option<u32> {
    let mut done = given.max(1);
    for grant in grants.skip(done as usize - 1) {
        if out.is_full() {
            return Some(done);
        }
        out.grant(grant);
        done += 1;
    }
    None
}

fn standing(status: Status) -> Standing {
    match status {
        Status::Accepted => Standing::Accepted,
        Status::Rejected => Standing::Rejected,
        Status::Pending | Status::Unknown => Standing::None,
    }
}

/// The place of an item in its whole list, from 1.
fn place_of(at: Position, item: usize) -> u32 {
    at.before.saturating_add(item as u32).saturating_add(1)
}

fn member_warnings(member: &Member, selection: Selection, out: &mut Output) {
    let about = || Some(ResourceId::new(Kind::Member, member.id.as_str()));
    if !selection.wants(Kind::Role) || member.status == Status::Rejected {
        return;
    }
    if member.roles_missing {
        out.warning(Warning {
            code: "roles-not-understood",
            about: about(),
            message:
                "Cloudflare's answer doesn't tell this member's roles, or not all of them in a form that is understood."
                    .to_owned(),
            incomplete: true,
        });
    }
    if member.policies.beyond_roles {
        out.warning(Warning {
            code: "role-not-shown",
            about: about(),
            message: "This member has a policy that none of its roles explains: it gives or denies something that no grant here shows. \
                      The policies stand in the member's profile."
                .to_owned(),
            incomplete: false,
        });
    }
}

/// What a person should know of a list that didn't hold still. Where it shrank, an item may have slipped to a page that was read
/// already; where it grew, only what is new can be missing.
fn list_moved(what: &str, finding: Finding) -> Warning {
    let (message, incomplete) = match finding {
        Finding::Moved { from, to } => (
            format!(
                "The list of {what} moved while it was read: it had {from} items at first, and {to} later. Read again to be sure."
            ),
            to < from,
        ),
        Finding::Short { came, total } => (
            format!("The list of {what} ended after {came} items, though Cloudflare counts {total}. Read again."),
            true,
        ),
    };
    Warning { code: "list-moved", about: None, message, incomplete }
}
