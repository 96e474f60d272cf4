//! Invites and removes account members.

use super::asked::Invite;
use super::owner::Owner;
use super::removal::Removal;
use crate::cloudflare::endpoint::{Object, Write as Request};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::id_of;
use crate::cloudflare::member::{self, Member, Status as Standing};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::json;
use crate::model::{Kind, ResourceId, Warning, WarningCode};
use crate::provision::call::Call;
use crate::provision::errors::{listed, not_read_back, refused};
use crate::provision::reading::{member_with, members_with};
use crate::provision::roles::invitation::{Invitation, Invited};
use crate::provision::roles::roster::Roster;
use crate::provision::write::{Done, Failed, create, fetch, write};
use crate::provision::{Outcome, Status, Write};
use crate::records::ids::entitlement_id;
use crate::sorted::{Map, Set, sort};

/// Cloudflare's code for a permission group that doesn't fit to a resource group
/// (terraform-provider-cloudflare, pull request 6307).
const DOES_NOT_FIT: &str = "1006";

const NOT_KNOWN: &str = "Nothing was written, because it isn't known whether somebody has this address.";

/// The members with addresses, each in lower case, as far as there are some.
pub(super) type Members = Map<String, Member>;

/// Finds the members with these addresses, which are in lower case.
///
/// # Errors
/// It isn't known of one of them.
pub(super) fn find<T: Transport>(call: &mut Call<'_, T>, wanted: &Set<String>) -> Result<Members> {
    members_with(call.client, wanted, &|_| true, NOT_KNOWN)
}

/// Invites a person. `index` is the place of the step in the call.
///
/// # Errors
/// The reason why nobody was invited, or why that isn't known.
pub(super) fn invite<T: Transport>(
    call: &mut Call<'_, T>,
    roster: &mut Roster,
    index: usize,
    step: &Invite,
    known: &Members,
) -> Result<Outcome> {
    if let Some(member) = known.get(&step.address.key) {
        return already_there(call, roster, step, member);
    }
    let Invite { address, roles, without_mail } = step;
    let invited = Invited { index, address: &address.given, roles, without_mail: *without_mail };
    let after = roster.invitation(call, &invited)?;
    let sent = Write { on: address.id(), before: Write::NO_STATE.to_owned(), after: after.shown() };
    if call.dry_run {
        call.record(sent);
        let how = if *without_mail { "Would add" } else { "Would invite" };
        let with = after.member().map(|it| roster.named(it)).unwrap_or_default();
        let detail = format!("{how} {} as a member{with}.", address.given);
        let mut outcome = Outcome::new(Status::Planned, detail);
        outcome.added = after.member().map_or_else(Vec::new, |it| roster.held(it, &address.id()).1);
        return Ok(outcome);
    }
    let name = ["account member ", &address.given].concat();
    let what = ["invite ", &address.given].concat();
    let find = |client: &mut _, answer: Option<&_>| {
        let made = answer.and_then(id_of);
        let made = match made {
            Some(id) => Some(id),
            None => member_with(client, &address.key, NOT_KNOWN)?.map(|it| it.id),
        };
        match made {
            Some(id) => fetch(client, &member::COLLECTION.object(id)).map(Invitation::of),
            None => Ok(Invitation::none()),
        }
    };
    match create(call.client, [&name, &what], &find, &Invitation::none(), &after) {
        Ok(Done { found, warning }) => {
            let Some(member) = found.member() else {
                return Err(Error::internal("an invitation without a member"));
            };
            let id = ResourceId::new(Kind::Member, member.id.as_str());
            call.warnings.extend(warning.map(|message| not_read_back(id.clone(), message)));
            call.record(Write { on: id.clone(), ..sent.found(found.shown()) });
            let with = roster.named(member);
            let detail = match member.status {
                Standing::Accepted => {
                    format!("Added {} as a member{with}, without a mail.", address.given)
                }
                // Reports of users: nodejs/build#3445.
                _ => format!(
                    "Invited {} as a member{with}. What the invitation gives takes effect when it is \
                     accepted. After about 4 days Cloudflare drops it.",
                    address.given
                ),
            };
            let added = roster.held(member, &id).1;
            Ok(Outcome { created: vec![id], added, ..Outcome::new(Status::Applied, detail) })
        }
        Err(Failed { mut error, found }) => {
            call.record_failed(sent, found, |found| found.shown());
            if error.code.as_deref() == Some(DOES_NOT_FIT) {
                error.message.push_str(
                    " One of the roles doesn't fit to its part of the account: see in Cloudflare's dashboard \
                     what the role can be given on.",
                );
            }
            Err(error)
        }
    }
}

/// Decides on an invitation of somebody who has a membership.
fn already_there<T: Transport>(
    call: &mut Call<'_, T>,
    roster: &mut Roster,
    step: &Invite,
    member: &Member,
) -> Result<Outcome> {
    let id = ResourceId::new(Kind::Member, member.id.as_str());
    let why = match member.status {
        Standing::Accepted => {
            format!(
                "This person is a member of the account already, as {id}. Grant and revoke the roles of that."
            )
        }
        Standing::Pending => {
            roster.learn_roles_of(call, member)?;
            let (held, _) = roster.held(member, &id);
            let mut asked: Vec<String> =
                step.roles.iter().filter_map(|(kind, id)| entitlement_id(*kind, id)).collect();
            sort(&mut asked);
            match (held == asked, step.without_mail) {
                (true, false) => {
                    return Ok(Outcome::unchanged(format!("This invitation is open already, as {id}.")));
                }
                (true, true) => format!(
                    "This person is invited already, as {id}, and hasn't accepted. To let them in without a \
                     mail, remove the invitation first."
                ),
                (false, _) => format!(
                    "This person is invited already, as {id}, with other roles: {}. Grant and revoke the \
                     roles of that, or remove it first.",
                    if held.is_empty() { "none that is known".to_owned() } else { listed(held) }
                ),
            }
        }
        Standing::Rejected | Standing::Unknown => {
            format!("There is a membership with this address that isn't in use, {id}. Remove it first.")
        }
    };
    Err(refused(&why).about(id.to_string()))
}

/// Removes a member, or an invitation. With `has_only`, a member who has more than these roles stays.
///
/// # Errors
/// The reason why it wasn't removed, or why that isn't known.
pub(super) fn remove<T: Transport>(
    call: &mut Call<'_, T>,
    roster: &mut Roster,
    id: &Id,
    owner: &Owner,
    allow_own: bool,
    has_only: Option<&Set<String>>,
) -> Result<Outcome> {
    let Some(member) = roster.leaver(call, id)? else {
        return Ok(Outcome::unchanged(format!("There is no member with the id {id}.")));
    };
    let on = ResourceId::new(Kind::Member, id.as_str());
    let is_invitation = matches!(member.status, Standing::Pending | Standing::Rejected);
    let address = member.email.as_deref().unwrap_or(id.as_str());
    let is_owner = *owner == Owner::Address(address.to_ascii_lowercase());
    if is_owner && !allow_own {
        let why = "This member owns the credentials of this session, which would stop working. Use those of \
                   somebody else, or allow it.";
        return Err(refused(why));
    }
    if let Some(roles) = has_only {
        roster.check_nothing_but(roles, &member)?;
    }
    let (removed, _) = roster.held(&member, &on);
    let object = member::COLLECTION.object(id.clone());
    let done = remove_object(call, &object, &Request::REMOVE_MEMBER, shown(&member), is_owner);
    // Whoever may have gone isn't one who stays.
    let is_there = |error: &Error| !matches!(error.kind, ErrorKind::Indeterminate | ErrorKind::Conflict);
    if !done.as_ref().is_err_and(is_there) {
        roster.left(id);
    }
    done?;
    let is_unread =
        |warning: &Warning| warning.code == WarningCode::NotReadBack && warning.about.as_ref() == Some(&on);
    let mut detail = match (is_invitation, call.dry_run) {
        (false, false) => format!("Removed the member {address}."),
        (false, true) => format!("Would remove the member {address}."),
        (true, false) => format!("Removed the invitation of {address}."),
        (true, true) => format!("Would remove the invitation of {address}."),
    };
    detail.push_str(match owner {
        Owner::NotKnown if !is_invitation => {
            " Cloudflare doesn't tell whose API token this session has (that takes User Details Read): if it \
             is this member's, it stops working."
        }
        Owner::Address(_) if is_owner && call.warnings.last().is_some_and(is_unread) => {
            " Cloudflare confirmed that. The credentials of this session have stopped working with it, so it \
             couldn't be read back."
        }
        Owner::Address(_) if is_owner => " The credentials of this session stop working with that.",
        _ => "",
    });
    detail.push_str(
        " If an identity provider sends this account's members to Cloudflare (SCIM), it makes the membership \
         again: then remove the person there too.",
    );
    Ok(Outcome { removed, ..Outcome::new(Status::of_write(call.dry_run), detail) })
}

/// Removes an object, or only notes that it would. `before` is what a report shows of it, and the credentials
/// end with what `is_own`. Returns whether it is still there.
///
/// # Errors
/// The reason why it wasn't removed, or why that isn't known.
pub(super) fn remove_object<T: Transport>(
    call: &mut Call<'_, T>,
    object: &Object,
    request: &'static Request,
    before: String,
    is_own: bool,
) -> Result<bool> {
    let kind = if *request == Request::REMOVE_USER { Kind::User } else { Kind::Member };
    let on = ResourceId::new(kind, object.id.as_str());
    let sent = Write { on, before, after: Write::NO_STATE.to_owned() };
    if call.dry_run {
        call.record(sent);
        return Ok(false);
    }
    let [is, gone] = Removal::of(&object.id, request, is_own);
    match write(call.client, object, &is, &gone) {
        Ok(done) => {
            call.warnings.extend(done.warning.map(|message| not_read_back(sent.on.clone(), message)));
            call.record(sent);
            Ok(done.found.is_there())
        }
        Err(Failed { error, found }) => {
            if !found.is_untouched() {
                call.record(sent);
            }
            Err(error)
        }
    }
}

/// The part of a member that a report of the removal shows.
fn shown(member: &Member) -> String {
    let roles: Vec<String> = member.roles.iter().map(|role| json::quoted(role.id.as_str())).collect();
    json::Object::default()
        .with_text("email", member.email.as_deref())
        .with("roles", &json::list(&roles))
        .end()
}
