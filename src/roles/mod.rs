//! The meaning of a member's roles and policies.

pub mod policies;

use crate::cloudflare::member::{Member, Status};

/// Returns the reason, for a person, why the roles of this member can't be written without losing
/// something, or to no purpose. A write of roles replaces all policies (inferred: no source says what
/// becomes of a policy that isn't a role's. OpenAPI: `PUT /accounts/{account_id}/members/{member_id}`
/// takes roles or policies).
pub fn why_they_stay(member: &Member) -> Option<&'static str> {
    if member.status == Status::Rejected {
        Some("The member has declined the invitation. Invite them again first.")
    } else if member.roles_missing {
        Some(
            "Cloudflare doesn't tell all of the member's roles in a form that is understood: \
             writing them could drop one.",
        )
    } else if policies::has_scoped(member) {
        Some(
            "The member has a policy that covers less than the whole account: writing roles could \
             drop it. Change the member in Cloudflare's dashboard.",
        )
    } else if policies::has_beyond_roles(member) {
        Some(
            "The member has a policy that none of the roles explains: writing roles could drop it. \
             Change the member in Cloudflare's dashboard.",
        )
    } else {
        None
    }
}
