//! What a person should know of a list or an item, and whether data is missing.

use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::paging::Finding;
use crate::model::{Kind, ResourceId, Warning};
use crate::sync::Selection;
use crate::sync::page::Output;

/// What a member's roles and policies don't tell.
pub fn of_member(member: &Member, selection: Selection, out: &mut Output) {
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

/// What a person should know of a list that didn't hold still. Where it shrank, an item may have
/// slipped to a page that was read already; where it grew, only what is new can be missing.
pub fn list_moved(what: &str, finding: Finding) -> Warning {
    let (message, incomplete) = match finding {
        Finding::Moved { from, to } => (
            format!(
                "The list of {what} moved while it was read: it had {from} items at first, and {to} later. Read again to be sure."
            ),
            to < from,
        ),
        Finding::Short { came, total } => (
            format!(
                "The list of {what} ended after {came} items, though Cloudflare counts {total}. Read again."
            ),
            true,
        ),
    };
    Warning { code: "list-moved", about: None, message, incomplete }
}

/// That an item of a list can't be understood: a gap that must not look like a revocation.
pub fn not_understood(kind: Kind, what: &str, place: u32, item: &NotUnderstood) -> Warning {
    Warning {
        code: "item-not-understood",
        about: item.id.as_ref().map(|id| ResourceId::new(kind, id.as_str())),
        message: format!(
            "Item {place} of the {what} that Cloudflare lists can't be understood: {}. It is left out, and so is what rests on it.",
            item.why
        ),
        incomplete: true,
    }
}

/// That a list which rules name can't be read.
pub fn list_not_readable(list: &str, why: &str) -> Warning {
    Warning {
        code: "list-not-readable",
        about: None,
        message: format!(
            "The list {list:?} that rules name can't be read, so what it decides is left open. {why}"
        ),
        incomplete: true,
    }
}

/// That the page that another session stopped in isn't the same any more.
pub fn page_changed(what: &str) -> Warning {
    Warning {
        code: "list-moved",
        about: None,
        message: format!(
            "The list of {what} moved while it was read: a page of it is given again. Read again to be sure."
        ),
        incomplete: true,
    }
}
