//! The form of Cloudflare's own ids. What has another form may be a name.

use super::ids::{ACCOUNTS, check_form, role, sentence};
use crate::contract::ResourceId;
use crate::contract::lifecycle::{Invitation, Step};
use crate::error::Error;
use crate::model::Kind;

/// Checks that a text has the form of an address, or of an id that Cloudflare gives. A call that acts on
/// people isn't sent for anything else: it may be a name.
pub(super) fn check_own_form(asked_for: &ResourceId) -> Result<(), String> {
    check_form(asked_for)?;
    match asked_for.kind == Kind::Email.as_str() || is_like_an_id(asked_for) {
        true => Ok(()),
        false => Err(format!(
            "it is not the id of a {}: that has 32 hexadecimal digits, some with - in between",
            asked_for.kind
        )),
    }
}

/// Checks the ids of a step's accounts and roles as [`check_own_form`] does. The connector judges everything
/// else of it.
///
/// # Errors
/// `invalid-argument`: one of them isn't in the form of Cloudflare's ids.
pub(super) fn check_step(step: &Step) -> Result<(), Error> {
    let judge = |of: &ResourceId, argument| {
        check_own_form(of).map_err(|told| Error::argument(argument, sentence(&told) + "."))
    };
    match step {
        Step::Invite(Invitation { entitlements, .. }) => {
            entitlements.iter().filter_map(|id| role(id).ok()).try_for_each(|id| judge(&id, "entitlement"))
        }
        Step::AddUser(_) => Ok(()),
        Step::EndSessions(id) | Step::FreeSeat(id) | Step::Remove(id) => {
            let is_account = Kind::parse(&id.kind).is_some_and(|kind| ACCOUNTS.contains(&kind));
            if is_account { judge(id, "id") } else { Ok(()) }
        }
    }
}

/// Whether a text has the form of an id that Cloudflare gives: 32 hexadecimal digits or a UUID, and for a
/// scoped role two ids.
pub(super) fn is_like_an_id(asked_for: &ResourceId) -> bool {
    let digits = asked_for.id.bytes().filter(|byte| *byte != b'-').count();
    let is_whole = match Kind::parse(&asked_for.kind) {
        Some(Kind::ScopedRole) => (33..=64).contains(&digits),
        _ => digits == 32,
    };
    is_whole && asked_for.id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const HEX: &str = "4536bcfad5faccb111b47003c79917fa";
    const UUID: &str = "f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11";

    fn of(kind: &str, id: &str) -> ResourceId {
        ResourceId { kind: kind.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn a_step_names_accounts_and_roles_by_ids() {
        let invite = |role: &str| {
            let (address, entitlements) = ("ann@corp.example".to_owned(), vec![role.to_owned()]);
            Step::Invite(Invitation { address, entitlements, without_mail: false })
        };
        for step in [
            Step::Remove(of("member", HEX)),
            Step::FreeSeat(of("user", UUID)),
            Step::EndSessions(of("email", "ann@corp.example")),
            invite(&format!("role:{HEX}:assigned")),
            invite(&format!("scoped-role:{HEX}-{HEX}:assigned")),
            // Those that are wrong in another way are the connector's.
            Step::EndSessions(of("email", "ann")),
            Step::Remove(of("group", "Finance")),
            invite("group:g1:member"),
        ] {
            assert!(check_step(&step).is_ok(), "{step:?}");
        }
        for (step, about, told) in [
            (Step::Remove(of("member", "hunter2")), "id", "It is not the id of a member: that has 32"),
            (Step::FreeSeat(of("user", "Priya")), "id", "It is not the id of a user: that has 32"),
            (Step::EndSessions(of("user", "hunter2 x")), "id", "It doesn't have the form of an id of"),
            (
                Step::Remove(of("user", "ann@corp.example")),
                "id",
                "It is not the id of a user, but an address",
            ),
            (invite("role:Billing:assigned"), "entitlement", "It is not the id of a role: that has 32"),
            (invite("scoped-role:hunter2:assigned"), "entitlement", "It doesn't have the form of an id of"),
        ] {
            let error = check_step(&step).unwrap_err().into_failure();
            assert_eq!((error.about.as_deref(), error.kind), (Some(about), ErrorKind::InvalidArgument));
            assert!(
                error.message.starts_with(told) && !error.message.contains("hunter2"),
                "{}",
                error.message
            );
        }
    }

    #[test]
    fn cloudflare_gives_ids_of_few_forms() {
        let (long, short) = (format!("{HEX}-{HEX}"), format!("{HEX}-0123456789abcdef"));
        for (kind, id, is_one) in [
            ("user", UUID, true),
            ("role", HEX, true),
            ("role", "33666B9C79B9A5273FC7344FF42F953D", true),
            ("scoped-role", &long, true),
            ("scoped-role", &short, true),
            ("scoped-role", HEX, false),
            ("role", &long, false),
            ("role", "Administrator", false),
            ("user", "0a0a", false),
            ("user", "", false),
        ] {
            assert_eq!(is_like_an_id(&of(kind, id)), is_one, "{kind}:{id}");
        }
    }
}
