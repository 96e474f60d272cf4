//! Reading an account page by page.
//!
//! A read is a function of its cursor and of what Cloudflare says: what a session remembers beside it is a cache. So a cursor works in
//! another session, which first learns again what the cursor rests on and compares the digest; and asking for the same cursor again
//! gives the same page again. A cursor that isn't of the read that this session is in the middle of makes it forget everything.

pub mod cursor;
mod learned;
mod load;
mod output;
mod phases;
pub mod records;
mod selection;
mod warnings;

pub use selection::Selection;

use crate::cloudflare::client::Client;
use crate::cloudflare::items::{AccessUser, Group, Role};
use crate::cloudflare::member::Member;
use crate::cloudflare::paging::Position;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Page;
use cursor::{Cursor, Phase};
use learned::{Learned, Loaded};
use output::Output;

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
        let selection = Selection::parse(kinds)?;
        let at = match cursor {
            None => {
                *self = Reader { verified: true, ..Reader::default() };
                self.first(selection)
            }
            Some(text) => {
                let at = Cursor::decode(text, client.settings(), selection)?;
                if !self.known_cursors.iter().flatten().any(|known| known == text) {
                    *self = Reader::default();
                }
                self.known_cursors[0] = Some(text.to_owned());
                Some(at)
            }
        };
        let mut reading = Reading { reader: self, client, selection, out: Output::default() };
        let next = match &at {
            Some(at) => reading.page(at)?,
            None => None,
        };
        let mut page = reading.out.page;
        page.requests = client.requests();
        page.rate_limit = client.rate_limit();
        page.next = next.map(|next| next.encode(client.settings(), selection));
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
    out: Output,
}

impl<T: Transport> Reading<'_, T> {
    /// Fills the page at this cursor, and gives the next one.
    fn page(&mut self, at: &Cursor) -> Result<Option<Cursor>> {
        self.prepare(at)?;
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

/// What the order of phases rules out.
fn internal(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("A fault of the connector: {what}. Report it, and start the read again."))
}

/// The place of an item in its whole list, from 1.
fn place_of(at: Position, item: usize) -> u32 {
    at.before.saturating_add(item as u32).saturating_add(1)
}
