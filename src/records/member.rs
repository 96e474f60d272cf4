//! Account members.

use super::person;
use super::scoped_role::{self, in_brief};
use crate::cloudflare::member::{Member, Status};
use crate::model::{AccountStatus, Kind, Resource, ResourceId, Warning, WarningCode};
use crate::roles::Assignments;
use crate::rules::Standing;

/// Returns the member as a resource.
pub fn resource(member: &Member) -> Resource {
    let status = match member.status {
        Status::Accepted => AccountStatus::Enabled,
        Status::Pending => AccountStatus::Pending,
        Status::Rejected => AccountStatus::Disabled,
        Status::Unknown => AccountStatus::Unknown,
    };
    let id = ResourceId::new(Kind::Member, member.id.as_str());
    let account = person::account(member.email.as_deref(), status);
    person::resource(id, member.name.as_deref(), account, &member.profile)
}

/// Returns the standing that a rule about account members sees. A pending member doesn't count as one
/// yet (inferred).
pub const fn standing(status: Status) -> Standing {
    match status {
        Status::Accepted => Standing::Accepted,
        Status::Rejected => Standing::Rejected,
        Status::Pending | Status::Unknown => Standing::None,
    }
}

/// Warns of a member, or a user group, whose roles or policies no grant shows, and of policies that deny
/// something.
pub fn role_warnings(holder: &ResourceId, of: &Assignments<'_>) -> Vec<Warning> {
    let mut told = Vec::new();
    let mut tell = |code, message: &[&str]| {
        told.push(Warning::new(code, Some(holder.clone()), message.concat()));
    };
    if of.lacks_roles {
        let message = "Cloudflare's answer doesn't tell this member's roles, or not all of them in a form \
                       that is understood.";
        tell(WarningCode::RolesNotUnderstood, &[message]);
    }
    if of.is_unexplained {
        let named: Vec<String> =
            of.unexplained.iter().filter(|id| !id.is_empty()).map(|id| (*id).to_owned()).collect();
        let [open, close] = if named.is_empty() { ["", ""] } else { [" (", ")"] };
        let message = [
            "There is a policy that isn't understood",
            open,
            &in_brief(named),
            close,
            ": it gives or denies something that no grant here shows. The policies stand in the profile.",
        ];
        tell(WarningCode::RoleNotShown, &message);
    }
    for policy in &of.denying {
        let of_group = |group| policy.reaches.iter().map(move |reach| scoped_role::name_of(group, reach));
        let message = [
            "The policy ",
            policy.id.as_deref().unwrap_or("without an id"),
            " denies ",
            &in_brief(policy.permission_groups.iter().flat_map(of_group).collect()),
            ". Whether it beats a policy that allows the same isn't known, so such grants are shown, marked \
             with denied_by.",
        ];
        tell(WarningCode::PolicyDenies, &message);
    }
    told
}
