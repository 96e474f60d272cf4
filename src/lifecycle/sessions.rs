//! Ends the Access sessions of a person.

use super::asked::Person;
use super::users;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::client::write::Written;
use crate::cloudflare::endpoint::Write as Request;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::member::{self, Member};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::json;
use crate::model::{Kind, ResourceId};
use crate::provision::call::Call;
use crate::provision::reading::users_with;
use crate::provision::{Outcome, Status, Write};

/// The most requests of which the answer is lost.
const MOST_LOST: u32 = 2;

/// Ends all sessions of a person. There is nothing to read: the answer alone says that it is done.
///
/// # Errors
/// The reason why they aren't ended, or why that isn't known.
pub(super) fn end<T: Transport>(call: &mut Call<'_, T>, person: &Person, devices: bool) -> Result<Outcome> {
    let address = match person {
        Person::Address(address) => address.clone(),
        Person::User(id) => match users::read(call, id)? {
            Some(user) => address_of(user.email)?,
            None => return Ok(Outcome::unchanged(format!("There is no Access user with the id {id}."))),
        },
        Person::Member(id) => address_of(read_member(call, id)?.email)?,
    };
    match users_with(call.client, &address) {
        Ok((users, None)) if users.is_empty() => {
            let why = "No Access user has this address, so there is no session to end.";
            return Ok(Outcome::unchanged(why));
        }
        // The users aren't needed for it.
        Err(error) if !is_unreadable(&error) => return Err(error),
        _ => {}
    }
    let sent = Write {
        on: ResourceId::new(Kind::Email, address.as_str()),
        before: Write::NO_STATE.to_owned(),
        after: json::Object::default().with_text("sessions", Some("ended")).end(),
    };
    if !call.dry_run
        && let Err(error) = send(call, &address, devices)
    {
        if error.kind == ErrorKind::Indeterminate {
            call.record(sent);
        }
        return Err(error);
    }
    call.record(sent);
    let done = if call.dry_run { "Would end" } else { "Ended" };
    // <https://developers.cloudflare.com/cloudflare-one/access-controls/access-settings/session-management/>.
    let detail = format!(
        "{done} all Access sessions of {address}. For a minute nobody can log in with this address. After \
         that, a login works where a policy lets this person in."
    );
    Ok(Outcome::new(Status::of_write(call.dry_run), detail))
}

fn send<T: Transport>(call: &mut Call<'_, T>, address: &str, devices: bool) -> Result<()> {
    let body = json::Object::default().with_text("email", Some(address));
    let body = if devices { body.with("devices", "true") } else { body }.end();
    let what = ["end the sessions of ", address].concat();
    let (mut retries, mut lost) = (0, 0);
    loop {
        let error = match call.client.act(&Request::END_SESSIONS, what.clone(), &body, retries) {
            Written::Confirmed(_) => return Ok(()),
            Written::Waited => {
                retries += 1;
                continue;
            }
            // An answer of the API itself says that nothing is done, if no earlier request is in doubt.
            Written::Refused(error) if error.kind != ErrorKind::InvalidResponse && lost == 0 => {
                return Err(error);
            }
            Written::NotWritten(error) if lost == 0 => return Err(error),
            Written::Refused(error) | Written::NotWritten(error) => return Err(in_doubt(address, error)),
            Written::Lost { error, .. } => error,
        };
        lost += 1;
        if lost == MOST_LOST || !call.client.pause(retries, None) {
            return Err(in_doubt(address, error));
        }
        retries += 1;
    }
}

fn in_doubt(address: &str, mut error: Error) -> Error {
    error.message = format!(
        "The sessions of {address} may or may not have been ended: the answer was lost. Run the same step \
         again: it ends them if there are any. The user's removal ends them too. {}",
        error.message
    );
    (error.kind, error.retryable) = (ErrorKind::Indeterminate, false);
    error
}

fn address_of(address: Option<String>) -> Result<String> {
    let without = || {
        Error::new(ErrorKind::NotFound, "This account has no address, and sessions are ended by the address.")
    };
    address.map(|address| address.to_ascii_lowercase()).ok_or_else(without)
}

fn read_member<T: Transport>(call: &mut Call<'_, T>, id: &Id) -> Result<Member> {
    let object = member::COLLECTION.object(id.clone());
    let account_id = call.client.settings().account_id.clone();
    let raw = call.client.one(&object).map_err(|mut error| {
        if error.kind == ErrorKind::NotFound {
            error.message =
                format!("There is no {object}, so the address isn't known: name the address itself.");
        }
        error
    })?;
    let member = Member::read(&raw, &account_id).map_err(|fault| object.not_understood(&fault.why))?;
    object.check(&member.id).map(|()| member)
}
