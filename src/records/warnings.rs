//! What a person should know of a list or an item, and whether data is missing.

use crate::cloudflare::items::NotUnderstood;
use crate::cloudflare::listing::{Address, Loaded};
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

/// Warns of a list that didn't hold still.
pub fn list_moved(what: &str, finding: Finding) -> Warning {
    let advice = match finding {
        Finding::Moved { .. } => "Read again to be sure.",
        Finding::Short { .. } => "Read again.",
    };
    Warning {
        code: "list-moved",
        about: None,
        message: format!("{} {advice}", finding.of(what)),
        incomplete: finding.is_gap(),
    }
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

/// Warns of what is wrong with a page of the list of addresses with this id, which rules name.
pub fn of_items(list: &str, page: &Loaded<Address>) -> Vec<Warning> {
    let what = format!("items of list {list}");
    let odd = page.not_understood().map(|(place, fault)| not_understood(Kind::Email, &what, place, fault));
    odd.chain(page.verdict.finding.map(|finding| list_moved(&what, finding))).collect()
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
