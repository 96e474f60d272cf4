//! From Cloudflare's items to the contract's records. Ids, slugs and profile keys are a promise:
//! hosts store them.

use crate::cloudflare::group::Group;
use crate::cloudflare::member::{Member, Status};
use crate::cloudflare::role::Role;
use crate::cloudflare::user::AccessUser;
use crate::model::{
    Account, AccountStatus, Basis, Conditions, Entitlement, Grant, Kind, Resource, ResourceId,
};
use crate::rules::{Held, OpenRules, Standing};
use crate::sync::page::Output;
use std::borrow::Cow;

pub(crate) mod warnings;

/// What is held on a group.
pub const MEMBER_SLUG: &str = "member";
/// What is held on a role.
pub const ASSIGNED_SLUG: &str = "assigned";

/// The id of the one entitlement of a resource of this kind.
pub fn entitlement_id(kind: Kind, id: &str) -> String {
    let slug = if kind == Kind::Role { ASSIGNED_SLUG } else { MEMBER_SLUG };
    [kind.as_str(), id, slug].join(":")
}

/// Gives a group and what is held on it.
pub fn group(group: &Group, out: &mut Output) {
    let id = group.id.as_str();
    let name = group.name.as_deref().unwrap_or(id);
    out.resource(Resource {
        id: ResourceId::new(Kind::Group, id),
        display_name: name.to_owned(),
        account: None,
        profile: group.profile.clone(),
    });
    out.entitlement(Entitlement {
        id: entitlement_id(Kind::Group, id),
        on: ResourceId::new(Kind::Group, id),
        slug: MEMBER_SLUG,
        display_name: format!("Member of {name}"),
        description: "Every policy that includes this Access group applies.".to_owned(),
        grantable_to: &[Kind::User, Kind::Member, Kind::Email],
    });
}

/// Gives a role and what is held on it.
pub fn role(role: &Role, out: &mut Output) {
    let id = role.id.as_str();
    let name = role.name.as_deref().unwrap_or(id);
    out.resource(Resource {
        id: ResourceId::new(Kind::Role, id),
        display_name: name.to_owned(),
        account: None,
        profile: role.profile.clone(),
    });
    out.entitlement(Entitlement {
        id: entitlement_id(Kind::Role, id),
        on: ResourceId::new(Kind::Role, id),
        slug: ASSIGNED_SLUG,
        display_name: format!("{name} assigned"),
        description: role.description.clone().unwrap_or_default(),
        grantable_to: &[Kind::Member],
    });
}

/// An account member as a resource.
pub fn member(member: &Member) -> Resource {
    let status = match member.status {
        Status::Accepted => AccountStatus::Enabled,
        Status::Pending => AccountStatus::Pending,
        Status::Rejected => AccountStatus::Disabled,
        Status::Unknown => AccountStatus::Unknown,
    };
    person(
        Kind::Member,
        member.id.as_str(),
        [&member.name, &member.email],
        &member.email,
        status,
        None,
        &member.profile,
    )
}

/// An Access user as a resource: there is no disabled one, only one without a seat.
pub fn user(user: &AccessUser) -> Resource {
    let last_login = user.last_successful_login.clone();
    let names = [&user.name, &user.email];
    person(
        Kind::User,
        user.id.as_str(),
        names,
        &user.email,
        AccountStatus::Enabled,
        last_login,
        &user.profile,
    )
}

/// An address that nobody has, as a resource.
pub fn email(address: &str) -> Resource {
    let email = Some(address.to_owned());
    person(Kind::Email, address, [&email, &None], &email, AccountStatus::Unknown, None, "{}")
}

fn person(
    kind: Kind,
    id: &str,
    names: [&Option<String>; 2],
    email: &Option<String>,
    status: AccountStatus,
    last_login: Option<String>,
    profile: &str,
) -> Resource {
    Resource {
        id: ResourceId::new(kind, id),
        display_name: names.into_iter().flatten().next().map_or(id, String::as_str).to_owned(),
        account: Some(Account { email: email.clone(), login: email.clone(), status, last_login }),
        profile: profile.to_owned(),
    }
}

/// That a member holds one of its roles. It can't be taken away where it is the last one, because
/// the membership would have to end, or where writing roles could lose something.
pub fn role_grant(member: &Member, role: &Role) -> Grant {
    Grant {
        entitlement: entitlement_id(Kind::Role, role.id.as_str()),
        principals: vec![ResourceId::new(Kind::Member, member.id.as_str())],
        basis: vec![Basis { rule: "role".to_owned(), value: role.id.as_str().to_owned() }],
        conditions: None,
        revocable: member.roles.len() > 1 && member.why_roles_stay().is_none(),
    }
}

/// What a membership's status says to a rule about account members.
pub fn standing(status: Status) -> Standing {
    match status {
        Status::Accepted => Standing::Accepted,
        Status::Rejected => Standing::Rejected,
        Status::Pending | Status::Unknown => Standing::None,
    }
}

/// That a principal is a member of a group.
pub fn group_grant(principal: &ResourceId, held: &Held<'_>) -> Grant {
    Grant {
        entitlement: entitlement_id(held.resource.kind, &held.resource.id),
        principals: vec![principal.clone()],
        basis: held
            .basis
            .iter()
            .map(|&(rule, value)| Basis { rule: rule.to_owned(), value: value.to_owned() })
            .collect(),
        conditions: held.conditions.as_ref().map(conditions),
        revocable: held.revocable,
    }
}

fn conditions(open: &OpenRules<'_>) -> Conditions {
    let owned = |rules: &[Cow<'_, str>]| rules.iter().map(|raw| raw.clone().into_owned()).collect();
    Conditions { any_of: owned(&open.any_of), all_of: owned(&open.all_of), none_of: owned(&open.none_of) }
}
