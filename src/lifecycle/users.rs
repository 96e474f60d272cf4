//! Adds and removes Access users, and frees their seats.

use super::asked::NewUser;
use super::members::remove_object;
use crate::cloudflare::endpoint::{Object, Write as Request};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, id_of};
use crate::cloudflare::transport::Transport;
use crate::cloudflare::user::{self, AccessUser, Seat};
use crate::error::{Error, ErrorKind, Result};
use crate::json;
use crate::model::{Kind, ResourceId};
use crate::provision::call::Call;
use crate::provision::errors::not_read_back;
use crate::provision::reading::users_with;
use crate::provision::write::{Done, Failed, State, create, fetch};
use crate::provision::{Outcome, Status, Write};
use serde_json::value::RawValue;

const NOT_KNOWN: &str =
    "Nothing was written, because it isn't known whether there is a user with this address.";

/// An Access user who is to be there, or nobody.
struct Added {
    user: Option<Id>,
    body: String,
}

impl State for Added {
    fn write(&self) -> &'static Request {
        &Request::ADD_USER
    }

    fn read(raw: &RawValue, account_id: &str) -> std::result::Result<Self, String> {
        let user = AccessUser::read(raw, account_id).map_err(|fault| fault.why)?;
        Ok(Self { user: Some(user.id), body: String::new() })
    }

    // Inferred: no source says when Cloudflare adds nobody.
    const WHY_NOT_TAKEN: &'static str = "The account's own settings can be the reason.";

    fn is_of(&self, _: &Object) -> bool {
        true
    }

    fn body(&self) -> Option<String> {
        Some(self.body.clone())
    }

    fn differs(&self, found: &Self) -> Option<String> {
        let tell =
            if found.user.is_some() { "there is a user with this address" } else { "there is no user" };
        (self.user.is_some() != found.user.is_some()).then(|| tell.to_owned())
    }
}

/// Adds a user.
///
/// # Errors
/// The reason why nobody was added, or why that isn't known.
pub(super) fn add<T: Transport>(call: &mut Call<'_, T>, step: &NewUser) -> Result<Outcome> {
    let NewUser { address, name } = step;
    let find_one = |client: &mut _| {
        let (users, gap) = users_with(client, &address.key)?;
        match (users.into_iter().next(), gap) {
            (Some(user), _) => Ok(Some(user)),
            (None, Some(gap)) => Err(gap.error(NOT_KNOWN, &user::COLLECTION)),
            (None, None) => Ok(None),
        }
    };
    if let Some(AccessUser { id, name: has, .. }) = find_one(call.client)? {
        let stays = match has.as_deref().unwrap_or_default() {
            has if name.as_deref().is_none_or(|name| name == has) => String::new(),
            "" => " The user has no name, and stays without one.".to_owned(),
            has => format!(" The user keeps the name {has:?}."),
        };
        let detail = format!("There is an Access user with this address, user:{id}.{stays}");
        return Ok(Outcome::unchanged(detail));
    }
    // OpenAPI: POST /accounts/{account_id}/access/users.
    let body = json::Object::default().with_text("email", Some(&address.given));
    let body = body.with_text("name", name.as_deref()).end();
    let sent = Write { on: address.id(), before: Write::NO_STATE.to_owned(), after: body.clone() };
    let given = &address.given;
    if call.dry_run {
        call.record(sent);
        return Ok(Outcome::new(Status::Planned, format!("Would add the Access user {given}.")));
    }
    let find = |client: &mut _, answer: Option<&RawValue>| {
        let user = match answer.and_then(id_of) {
            Some(id) => return fetch(client, &user::COLLECTION.object(id)),
            None => find_one(client)?.map(|user| user.id),
        };
        Ok(Added { user, body: String::new() })
    };
    let wanted = Id::parse("-").ok_or_else(|| Error::internal("an id without its form"))?;
    let (before, after) = (Added { user: None, body: String::new() }, Added { user: Some(wanted), body });
    let (name, what) = (["Access user ", given].concat(), ["add the Access user ", given].concat());
    match create(call.client, [&name, &what], &find, &before, &after) {
        Ok(Done { found: Added { user: Some(user), .. }, warning }) => {
            let id = ResourceId::new(Kind::User, user.as_str());
            call.warnings.extend(warning.map(|message| not_read_back(id.clone(), message)));
            call.record(Write { on: id.clone(), ..sent });
            let detail = format!("Added the Access user {given}. They take a seat with the first login.");
            Ok(Outcome { created: vec![id], ..Outcome::new(Status::Applied, detail) })
        }
        Ok(_) => Err(Error::internal("a user was added and isn't there")),
        Err(Failed { error, found }) => {
            if !found.is_untouched() {
                call.record(sent);
            }
            Err(error)
        }
    }
}

/// Reads an Access user; `None` if there is none.
///
/// # Errors
/// The user can't be read.
pub(super) fn read<T: Transport>(call: &mut Call<'_, T>, id: &Id) -> Result<Option<AccessUser>> {
    let object = user::COLLECTION.object(id.clone());
    let account_id = call.client.settings().account_id.clone();
    match call.client.one(&object) {
        Ok(raw) => {
            let user = AccessUser::read(&raw, &account_id);
            let user = user.map_err(|fault| object.not_understood(&fault.why))?;
            object.check(&user.id).map(|()| Some(user))
        }
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the outcome for a user who isn't there.
fn nobody(id: &Id) -> Outcome {
    Outcome::unchanged(format!("There is no Access user with the id {id}."))
}

/// Removes a user. Cloudflare does it after its answer, so the user can still be shown.
///
/// # Errors
/// The reason why the user wasn't removed, or why that isn't known.
pub(super) fn remove<T: Transport>(call: &mut Call<'_, T>, id: &Id) -> Result<Outcome> {
    let Some(user) = read(call, id)? else { return Ok(nobody(id)) };
    let object = user::COLLECTION.object(id.clone());
    let shown = json::Object::default().with_text("email", user.email.as_deref());
    let shown = shown.with_text("name", user.name.as_deref()).end();
    let is_there = remove_object(call, &object, &Request::REMOVE_USER, shown, false)?;
    let done = if call.dry_run { "Would remove" } else { "Removed" };
    let mut detail = format!(
        "{done} the Access user {}, with seats and sessions. Where a policy lets this person in, the next \
         login makes user and seat again.",
        user.email.as_deref().unwrap_or(id.as_str())
    );
    if is_there {
        detail.push_str(" Cloudflare has confirmed it, and still shows the user for a moment.");
    }
    Ok(Outcome::new(Status::of_write(call.dry_run), detail))
}

/// The seats of a user. A write frees both.
struct Seats(Seat);

impl Seats {
    /// The state as a report shows it, and as a write sends it.
    fn shown(&self) -> json::Object {
        let flag = |is_taken| if is_taken { "true" } else { "false" };
        json::Object::default()
            .with("access_seat", flag(self.0.access))
            .with("gateway_seat", flag(self.0.gateway))
    }
}

impl State for Seats {
    fn write(&self) -> &'static Request {
        &Request::FREE_SEAT
    }

    fn read(raw: &RawValue, _account_id: &str) -> std::result::Result<Self, String> {
        Ok(Self(Seat::read(raw)?))
    }

    // It is a list of seats. OpenAPI: PATCH /accounts/{account_id}/access/seats.
    const IS_SHOWN: bool = false;

    const WHY_NOT_TAKEN: &'static str = "The user can have logged in at the same moment.";

    fn is_of(&self, object: &Object) -> bool {
        self.0.user == object.id
    }

    // A seat is free only where both are false (OpenAPI: PATCH /accounts/{account_id}/access/seats).
    fn body(&self) -> Option<String> {
        let seat = self.shown().with_text("seat_uid", self.0.uid.as_deref()).end();
        Some(json::list(&[seat]))
    }

    fn differs(&self, found: &Self) -> Option<String> {
        let (own, found) = (self.shown().end(), found.shown().end());
        (own != found).then(|| format!("it has {found}"))
    }
}

/// Frees the seats of a user.
///
/// # Errors
/// The reason why they weren't freed, or why that isn't known.
pub(super) fn free_seat<T: Transport>(call: &mut Call<'_, T>, id: &Id) -> Result<Outcome> {
    let object = user::COLLECTION.object(id.clone());
    let before: Seats = match fetch(call.client, &object) {
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(nobody(id)),
        before => before?,
    };
    if before.0.uid.is_none() || !before.0.access && !before.0.gateway {
        return Ok(Outcome::unchanged("This user takes no seat."));
    }
    let after = Seats(Seat { access: false, gateway: false, ..before.0.clone() });
    let on = ResourceId::new(Kind::User, id.as_str());
    call.replace(&object, on, [&before, &after], |seats| seats.shown().end())?;
    // <https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/seat-management/>.
    let detail = match call.dry_run {
        false => {
            "Freed the seat of this user, and took the registrations of their devices. The next login takes \
             a seat again."
        }
        true => "Would free the seat of this user, and take the registrations of their devices.",
    };
    Ok(Outcome::new(Status::of_write(call.dry_run), detail.to_owned()))
}
