//! The phases of a sync. A phase fills one page and returns the cursor of the next one. The phases
//! that list a collection share one function; a file for each kind says how its items are emitted.

mod app;
mod assigned;
mod email;
mod group;
mod held;
mod identity_provider;
mod member;
mod policy;
mod role;
mod role_names;
mod rules;
mod service_token;
mod user;
mod user_group;

pub use held::needs_roles;

use super::call::{Call, Memory};
use super::cursor::Cursor;
use super::emitter::Emitter;
use super::learned::Learned;
use super::load;
use super::matched::Marks;
use super::page::Output;
use super::phase::Phase;
use super::tail::Tail;
use super::upstream::{AnyItem, Upstream, any};
use crate::cloudflare::app::App;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::identity_provider::IdentityProvider;
use crate::cloudflare::listing::Read;
use crate::cloudflare::member::Member;
use crate::cloudflare::paging::Position;
use crate::cloudflare::policy::Policy;
use crate::cloudflare::role::Role;
use crate::cloudflare::service_token::ServiceToken;
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::AccessUser;
use crate::cloudflare::user_group::UserGroup;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::{Kind, Progress, Warning};
use crate::records::{self, warnings};

/// Returns the function that reads an item of a kind's collection.
///
/// # Errors
/// `internal` for a kind that isn't read from a collection.
fn reader(kind: Kind) -> Result<Read<AnyItem>> {
    Ok(match kind {
        Kind::Group => any::<Group>,
        Kind::Role => any::<Role>,
        Kind::Member => any::<Member>,
        Kind::User => any::<AccessUser>,
        Kind::IdentityProvider => any::<IdentityProvider>,
        Kind::Policy => any::<Policy>,
        Kind::App => any::<App>,
        Kind::ServiceToken => any::<ServiceToken>,
        Kind::UserGroup => any::<UserGroup>,
        Kind::ScopedRole | Kind::Email => {
            return Err(Error::internal(format!("no collection lists a {kind}")));
        }
    })
}

/// Reads a page of a kind's collection, as [`load::page`] does. The identity providers and the user groups
/// may be missing, and so may the list of roles: Cloudflare has announced its end
/// (<https://developers.cloudflare.com/changelog/>, 2026-07-21).
pub fn load<T: Transport>(call: &mut Call<'_, T>, kind: Kind, at: Position, tail: &[u64]) -> Result<()> {
    let Err(error) = load::page(call, kind, reader(kind)?, at, tail) else { return Ok(()) };
    let is_dispensable = call.selection.goes_on_without(kind);
    let learned = &mut call.memory.learned;
    match kind {
        Kind::Role if error.kind == ErrorKind::NotFound && at.page == 1 => {
            // The advice about what doesn't exist isn't for a list that Cloudflare has taken away.
            let status = error.http_status.unwrap_or_default();
            let code = error.code.as_deref().map(|code| [", code ", code].concat()).unwrap_or_default();
            learned.privileges.no_list = Some(format!("Cloudflare's answer: HTTP status {status}{code}."));
            learned.seen.note(kind, None, None);
        }
        // HTTP, RFC 9110, 15.5.6: the address knows no GET.
        Kind::UserGroup if is_dispensable && (is_unreadable(&error) || error.http_status == Some(405)) => {
            learned.privileges.lack_groups(error.message.clone());
            learned.seen.note(kind, None, None);
        }
        Kind::IdentityProvider if is_dispensable && is_unreadable(&error) => {
            learned.lack_providers(error.message.clone());
        }
        _ => return Err(error),
    }
    Ok(())
}

/// Returns the warning about a list that can't be read, if a read goes on without it; `None` where it can
/// be read.
fn lack(learned: &Learned, kind: Kind) -> Option<Option<Warning>> {
    let privileges = &learned.privileges;
    match kind {
        Kind::IdentityProvider => {
            learned.no_providers.as_deref().map(warnings::providers_not_readable).map(Some)
        }
        Kind::UserGroup => {
            let why = privileges.no_groups.as_deref();
            why.map(|why| Some(warnings::user_groups_not_readable(None, why)))
        }
        // The phase of names warns of it.
        Kind::Role => privileges.no_list.as_ref().map(|_| None),
        _ => None,
    }
}

/// Reads one object of a kind and emits it.
pub fn emit_object<T: Transport>(call: &mut Call<'_, T>, kind: Kind, id: Id) -> Result<()> {
    let object = kinds::collection(kind)?.object(id);
    load::object(call, reader(kind)?, &object)
}

/// Fills the page at this cursor, and returns the next cursor.
///
/// # Errors
/// The pages of Cloudflare can't be read.
pub fn fill<T: Transport>(call: &mut Call<'_, T>, at: &Cursor) -> Result<Option<Cursor>> {
    match at.phase {
        Phase::Policies => policy::read_missing(call, at),
        Phase::Lists => rules::read_list(call, at),
        Phase::Rules => rules::tell(call, at),
        Phase::RoleNames => role_names::learn(call, at),
        Phase::GroupMembers => user_group::read_members(call, at),
        Phase::Principal => held::find(call, at),
        Phase::Held => held::emit_all(call, at),
        Phase::Of(Kind::Email) => email::emit_all(call, at),
        Phase::Of(kind) => list(call, kind, at),
    }
}

/// Emits the items of a page of a kind's collection.
fn list<T: Transport>(call: &mut Call<'_, T>, kind: Kind, at: &Cursor) -> Result<Option<Cursor>> {
    let is_begun = (at.at, at.item, at.grant) != (Position::START, 0, 0);
    if kind == Kind::Member && !is_begun && call.selection.wants(kind) && call.only.is_none() {
        let parent = call.client.parent_of_account().ok().flatten();
        parent.iter().for_each(|parent| call.out.warning(records::parent::warning(parent)));
    }
    load(call, kind, at.at, at.tail.digests())?;
    if let Some(warning) = lack(&call.memory.learned, kind) {
        warning.into_iter().for_each(|warning| call.out.warning(warning));
        call.out.page.progress = Progress { phase: at.phase.word(), done: 0, total: None };
        return Ok(call.begin_after(at.phase));
    }
    let Call { memory: Memory { learned, upstream, .. }, out, selection, only, .. } = call;
    let page = upstream.as_ref().ok_or_else(|| Error::internal("a page that was read is gone"))?;
    let at = &checked(at, page, out);
    let stop = page.emit(at, &mut Emitter::new(out, learned, *selection, *only));
    let done = stop.map_or(page.count() as u32, |(item, _)| item);
    let done = at.at.before.saturating_add(done);
    out.page.progress = Progress { phase: at.phase.word(), done, total: page.verdict().total };
    if let Some((item, grant)) = stop {
        return Ok(Some(Cursor { item, grant, done: page.digest_before(item, grant > 0), ..at.clone() }));
    }
    let collection = kinds::collection(kind)?;
    if let Some(finding) = page.verdict().finding {
        out.warning(warnings::list_moved(collection.noun, finding));
    }
    let Some(next) = page.verdict().next else { return Ok(call.begin_after(at.phase)) };
    let digest = learned.digest_at(at.phase, *selection);
    let tail = if collection.has_people { call.memory.tail() } else { Tail::default() };
    let next = Cursor { at: next, digest, item: 0, grant: 0, done: 0, tail, ..at.clone() };
    let marks = if collection.has_people { call.marks(call.first_address()) } else { Marks::default() };
    Ok(Some(Cursor { marks, ..next }))
}

/// Returns the cursor, where the page is still the one that it stopped in. Where another session
/// finds the page changed, all of it is emitted again: hosts upsert, and nothing that moved to its
/// beginning is missed.
fn checked(at: &Cursor, page: &Upstream, out: &mut Output) -> Cursor {
    let is_begun = (at.item, at.grant) != (0, 0);
    if is_begun && page.digest_before(at.item, at.grant > 0) != at.done {
        out.warning(warnings::page_changed(at.phase.word()));
        return Cursor { item: 0, grant: 0, done: 0, ..at.clone() };
    }
    at.clone()
}
