//! Account members.

use super::person;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::role::Role;
use crate::model::{AccountStatus, Kind, Resource, ResourceId, Warning, WarningCode};
use crate::roles::policies;
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

/// Returns the roles that a member holds. One who declined the invitation holds none (inferred).
pub fn held_roles(member: &Member) -> &[Role] {
    if member.status == Status::Rejected { &[] } else { &member.roles }
}

/// Warns of a member whose roles or policies no grant shows.
pub fn role_warnings(member: &Member) -> impl Iterator<Item = Warning> {
    let is_in = member.status != Status::Rejected;
    let warning = |code, message: &str| {
        Warning::new(code, Some(ResourceId::new(Kind::Member, member.id.as_str())), message.to_owned())
    };
    let missing = (is_in && member.roles_missing).then(|| {
        warning(
            WarningCode::RolesNotUnderstood,
            "Cloudflare's answer doesn't tell this member's roles, or not all of them in a form that is \
             understood.",
        )
    });
    // Without the roles, nothing says which policies they explain.
    let is_judged = is_in && !member.roles_missing;
    let not_shown = (is_judged && policies::has_beyond_roles(member)).then(|| {
        let warning = warning(
            WarningCode::RoleNotShown,
            "This member has a policy that none of its roles explains: it gives or denies something that \
             no grant here shows. The policies stand in the member's profile.",
        );
        Warning { incomplete: policies::has_account_beyond_roles(member), ..warning }
    });
    [missing, not_shown].into_iter().flatten()
}
