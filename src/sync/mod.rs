//! Reads an account page by page.
//!
//! A page is a function of its cursor and of what Cloudflare says: everything that a session
//! remembers beside it is a cache. So a cursor works in another session, which first learns again
//! what the cursor rests on and compares the digest; and the same cursor returns the same page
//! again. A cursor that isn't of the sync that this session is in the middle of makes it forget
//! everything.

mod budget;
mod call;
pub mod cursor;
mod emitter;
mod kept;
mod learned;
mod load;
mod load_roles;
mod look_up;
mod matched;
mod one;
mod page;
pub mod phase;
mod phases;
mod prepare;
mod principal;
mod privileges;
mod rules;
mod selection;
mod tail;
#[cfg(test)]
pub(crate) mod tests;
mod unlisted;
mod upstream;
mod wanted;

pub use rules::Rules;
pub use selection::Selection;

use crate::cloudflare::client::Client;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::identities::{Demand, Facts};
use crate::model::{Kind, Page, Progress, ResourceId};
use call::{Call, Memory};
use cursor::{Binding, Cursor};
use page::Output;
use phase::Phase;
use std::ops::ControlFlow;
use std::rc::Rc;
use tail::Tail;
use wanted::Wanted;

/// Reads an account. A session has one for syncs, one for single resources, and one for what a
/// principal holds.
#[derive(Default)]
pub struct Reader {
    facts: Rc<Facts>,
    memory: Memory,
    /// The cursor of the last call, and the one that it returned.
    known_cursors: [Option<String>; 2],
}

impl Reader {
    /// Returns a reader that has learned nothing but these facts.
    pub fn new(facts: &Rc<Facts>) -> Self {
        Self { facts: Rc::clone(facts), ..Self::default() }
    }

    /// Returns the page at this cursor of a sync of these kinds; without a cursor, the first one.
    ///
    /// # Errors
    /// The contract lists them at `sync.read`.
    pub fn read<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        kinds: &[String],
        cursor: Option<&str>,
    ) -> Result<Page> {
        client.begin_call();
        self.read_selected(client, Selection::parse(kinds)?, None, None, cursor)
    }

    /// Returns one resource, the entitlement on it, and the grants of that; without a cursor, the
    /// first page of them.
    ///
    /// # Errors
    /// The contract lists them at `sync.get`.
    pub fn get<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        only: &ResourceId,
        cursor: Option<&str>,
    ) -> Result<Page> {
        client.begin_call();
        self.read_selected(client, Selection::around(only.kind), Some(only), None, cursor)
    }

    /// Returns everything that one principal holds; without a cursor, the first page of it.
    ///
    /// # Errors
    /// The contract lists them at `sync.held`.
    pub fn held<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        principal: &ResourceId,
        cursor: Option<&str>,
    ) -> Result<Page> {
        client.begin_call();
        look_up::check(principal)?;
        self.read_selected(client, Selection::of_holder(principal.kind), None, Some(principal), cursor)
    }

    /// Reads groups and applications with their policies, and no people, and returns the groups of identity
    /// providers that the rules name.
    ///
    /// # Errors
    /// The contract lists them at `identities.wanted`.
    pub fn wanted<T: Transport>(client: &mut Client<T>) -> Result<Demand> {
        client.begin_call();
        let (mut reader, mut cursor, mut wanted) = (Self::default(), None::<String>, Wanted::default());
        loop {
            let page = reader.read_selected(client, Selection::of_rules(), None, None, cursor.as_deref());
            cursor = wanted.add(page, &reader.memory.learned)?;
            if cursor.is_none() {
                let mut demand = wanted.of(&reader.memory.learned);
                (demand.requests, demand.rate_limit) = (client.requests(), client.rate_limit());
                return Ok(demand);
            }
        }
    }

    /// Reads everything that rules for people rest on, and no people: groups and lists, and with `Kind::App`
    /// applications with their policies too.
    ///
    /// # Errors
    /// It can't be read.
    pub fn rules<T: Transport>(client: &mut Client<T>, facts: &Rc<Facts>, kind: Kind) -> Result<Rules> {
        let selection = Selection::of([kind, Kind::User]);
        let (mut reader, mut cursor, mut warnings) = (Self::new(facts), None::<String>, Vec::new());
        let mut names = Vec::new();
        loop {
            let page = reader.read_selected(client, selection, None, None, cursor.as_deref())?;
            let groups = page.resources.into_iter().filter(|it| it.id.kind == Kind::Group);
            names.extend(groups.map(|group| (group.id.id, group.display_name)));
            warnings.extend(page.warnings.into_iter().filter(|warning| warning.incomplete));
            let learned = &mut reader.memory.learned;
            // They are known before the first person comes.
            if let Some(membership) = learned.membership.take() {
                let (applications, digest) = (learned.applications.take(), learned.digest());
                let names = names.into_iter().collect();
                return Ok(Rules { membership, applications, names, digest, warnings });
            }
            cursor = page.next;
            if cursor.is_none() {
                return Err(Error::internal("a read ended without rules"));
            }
        }
    }

    fn read_selected<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        selection: Selection,
        only: Option<&ResourceId>,
        holder: Option<&ResourceId>,
        cursor: Option<&str>,
    ) -> Result<Page> {
        let bound = Binding::of(client.settings(), selection, only.or(holder));
        let at = match cursor {
            None => {
                let memory = Memory { is_verified: true, ..Memory::default() };
                *self = Reader { memory, ..Reader::new(&self.facts) };
                client.forget_ahead();
                None
            }
            Some(text) => {
                let at = Cursor::decode(text, bound, selection)?;
                at.check_facts(self.facts.digest())?;
                if !self.known_cursors.iter().flatten().any(|known| known == text) {
                    let lost = at.lost.saturating_add(u32::from(at.prepared > 0));
                    *self =
                        Reader { memory: Memory { lost, ..Memory::default() }, ..Reader::new(&self.facts) };
                }
                let [asked, _] = &mut self.known_cursors;
                *asked = Some(text.to_owned());
                Some(at)
            }
        };
        let mut call = Call {
            client,
            facts: &self.facts,
            memory: &mut self.memory,
            selection,
            only,
            holder,
            out: Output::new(only.cloned()),
        };
        let next = match at {
            Some(at) => fill(&mut call, &at)?,
            None => begin(&mut call)?,
        };
        let mut page = call.out.page;
        page.requests = client.requests();
        page.rate_limit = client.rate_limit();
        let lost = self.memory.lost;
        let facts = self.facts.digest();
        page.next = next.map(|next| Cursor { lost, facts, ..next }.encode(bound));
        let [_, returned] = &mut self.known_cursors;
        returned.clone_from(&page.next);
        Ok(page)
    }
}

/// Fills the first page, and returns the next cursor.
fn begin<T: Transport>(call: &mut Call<'_, T>) -> Result<Option<Cursor>> {
    if let Some(only) = call.only
        && let Some(next) = one::emit_alone(call, only)?
    {
        return Ok(next);
    }
    match call.first_of(Phase::all()) {
        Some(phase) => fill(call, &Cursor::at_phase(phase)),
        None => Ok(None),
    }
}

/// Fills the page at this cursor, and returns the next cursor.
fn fill<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    if let ControlFlow::Break(next) = prepare::prepare(call, at)? {
        let total = if next.phase == Phase::Of(Kind::Email) { None } else { next.at.total };
        call.out.page.progress = Progress { phase: next.phase.word(), done: next.done(), total };
        return Ok(Some(next));
    }
    call.memory.learned.unlisted.begin(at);
    let next = phases::fill(call, at)?.map(|next| Cursor { prepared: 0, ..next });
    one::check_found(call, next.is_none())?;
    let unlisted = |next: &Cursor| match next.phase {
        // Addresses need all room that a cursor has.
        Phase::Of(Kind::User | Kind::Email) => Tail::default(),
        _ => call.memory.learned.unlisted.tail(),
    };
    let with_rest = |next: Cursor| {
        // The account member whose holdings are read stays known.
        let member = next.member.clone().or_else(|| at.member.clone());
        Cursor { unlisted: unlisted(&next), member, ..next }
    };
    Ok(next.filter(|next| !one::is_done(call, next)).map(with_rest))
}
