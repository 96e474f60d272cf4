//! Reading an account page by page.
//!
//! A read is a function of its cursor and of what Cloudflare says: what a session remembers beside
//! it is a cache. So a cursor works in another session, which first learns again what the cursor
//! rests on and compares the digest; and asking for the same cursor again gives the same page
//! again. A cursor that isn't of the read that this session is in the middle of makes it forget
//! everything.

pub mod cursor;
mod learned;
mod load;
pub(crate) mod page;
mod phases;
mod selection;

pub use selection::Selection;

use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Object;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::member::Member;
use crate::cloudflare::paging::Position;
use crate::cloudflare::role::Role;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::AccessUser;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, Page, ResourceId};
use crate::records;
use cursor::{Binding, Cursor, Phase};
use learned::{Learned, Loaded};
use page::Output;

/// Reads an account; one a session.
#[derive(Default)]
pub struct Reader {
    learned: Learned,
    upstream: Upstream,
    /// The cursor of the last call, and the one that it gave.
    known_cursors: [Option<String>; 2],
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

impl Upstream {
    /// Lets go of a page of another phase, before anything else takes up memory.
    fn drop_unless_of(&mut self, phase: Phase) {
        let keep = match self {
            Upstream::None => return,
            Upstream::Groups(_) => phase == Phase::Groups,
            Upstream::Roles(_) => phase == Phase::Roles,
            Upstream::Members(_) => phase == Phase::Members,
            Upstream::Users(_) => phase == Phase::Users,
        };
        if !keep {
            *self = Upstream::None;
        }
    }
}

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
        client.begin_call();
        self.read_selected(client, Selection::parse(kinds)?, None, cursor)
    }

    /// One resource, its entitlements and the grants on them; without a cursor, the first page of
    /// that.
    ///
    /// # Errors
    /// What the contract says of `sync.get`.
    pub fn get<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        only: &ResourceId,
        cursor: Option<&str>,
    ) -> Result<Page> {
        client.begin_call();
        let kinds: &[Kind] = match only.kind {
            Kind::Group => &[Kind::Group, Kind::Member, Kind::User, Kind::Email],
            Kind::Role => &[Kind::Role, Kind::Member],
            Kind::Member => &[Kind::Member],
            Kind::User => &[Kind::User],
            Kind::Email => &[Kind::Email],
        };
        self.read_selected(client, Selection::of(kinds), Some(only), cursor)
    }

    fn read_selected<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        selection: Selection,
        only: Option<&ResourceId>,
        cursor: Option<&str>,
    ) -> Result<Page> {
        let bound = Binding::of(client.settings(), selection, only);
        let at = match cursor {
            None => {
                *self = Reader { verified: true, ..Reader::default() };
                client.forget_ahead();
                self.first(selection)
            }
            Some(text) => {
                let at = Cursor::decode(text, bound, selection)?;
                if !self.known_cursors.iter().flatten().any(|known| known == text) {
                    *self = Reader::default();
                }
                self.known_cursors[0] = Some(text.to_owned());
                Some(at)
            }
        };
        let mut reading = Reading { reader: self, client, selection, only, out: Output::new(only.cloned()) };
        let next = match (&at, reading.one_alone(cursor)?) {
            (_, Some(next)) => next,
            (Some(at), None) => reading.page(at)?,
            (None, None) => None,
        };
        let mut page = reading.out.page;
        page.requests = client.requests();
        page.rate_limit = client.rate_limit();
        page.next = next.map(|next| next.encode(bound));
        self.known_cursors[1].clone_from(&page.next);
        Ok(page)
    }

    fn first(&self, selection: Selection) -> Option<Cursor> {
        if Phase::Groups.is_of(selection) {
            return Some(Cursor::at_phase(Phase::Groups));
        }
        self.phase_after(Phase::Groups, selection).map(Cursor::at_phase)
    }

    /// The next phase that has something to read.
    fn phase_after(&self, phase: Phase, selection: Selection) -> Option<Phase> {
        phase.later().filter(|phase| phase.is_of(selection)).find(|phase| match phase {
            Phase::Lists => !self.learned.has_all_lists(),
            Phase::Rules => {
                self.learned.membership.as_ref().is_some_and(|membership| !membership.warnings().is_empty())
            }
            _ => true,
        })
    }
}

/// One call.
struct Reading<'a, T: Transport> {
    reader: &'a mut Reader,
    client: &'a mut Client<T>,
    selection: Selection,
    /// The one resource that is wanted, with what is held on it.
    only: Option<&'a ResourceId>,
    out: Output,
}

impl<T: Transport> Reading<'_, T> {
    /// Gives the resource that is wanted where Cloudflare tells it alone, at the beginning, and
    /// where to go on; `None`: it is read as a part of its list.
    fn one_alone(&mut self, cursor: Option<&str>) -> Result<Option<Option<Cursor>>> {
        let (Some(only), None) = (self.only, cursor) else { return Ok(None) };
        if only.kind == Kind::Email {
            return Ok(None);
        }
        let id = Id::parse(&only.id)
            .ok_or_else(|| Error::argument("id", format!("This is not the id of a {}.", only.kind)))?;
        let next = match only.kind {
            Kind::Group | Kind::Email => return Ok(None),
            Kind::Role => {
                let role = self.read_one(&Object::Role(id))?;
                records::role(&role, &mut self.out);
                Some(Cursor::at_phase(Phase::Members))
            }
            Kind::Member => {
                let member: Member = self.read_one(&Object::Member(id))?;
                self.out.resource(records::member(&member));
                None
            }
            Kind::User => {
                let user: AccessUser = self.read_one(&Object::User(id))?;
                self.out.resource(records::user(&user));
                None
            }
        };
        Ok(Some(next))
    }

    /// Fills the page at this cursor, and gives the next one.
    fn page(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        self.prepare(at)?;
        let next = self.fill(at)?;
        match self.only {
            Some(only) if !self.is_there(only, next.is_none()) => Err(Error::new(
                ErrorKind::NotFound,
                format!("There is no {} {:?} in this account.", only.kind, only.id),
            )),
            _ => Ok(next),
        }
    }

    /// Whether the resource that is wanted was given, or may still be.
    fn is_there(&self, only: &ResourceId, is_end: bool) -> bool {
        let learned = &self.reader.learned;
        match only.kind {
            Kind::Group => {
                learned.groups_next.is_some() || learned.group_ids.iter().any(|id| id.as_str() == only.id)
            }
            Kind::Email => !is_end || !self.out.page.resources.is_empty(),
            // These were read alone.
            Kind::Role | Kind::Member | Kind::User => true,
        }
    }

    fn fill(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        match at.phase {
            Phase::Groups => self.groups(at),
            Phase::Lists => self.list(at),
            Phase::Rules => self.rules(at),
            Phase::Roles => self.roles(at),
            Phase::Members => self.members(at),
            Phase::Users => self.users(at),
            Phase::Emails => self.emails(at),
        }
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

/// The place of an item in its whole list, from 1.
fn place_of(at: Position, item: usize) -> u32 {
    at.before.saturating_add(item as u32).saturating_add(1)
}
