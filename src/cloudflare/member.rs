//! Account members, their roles, and whether their policies say the same as their roles.

use super::endpoint::{ACCOUNT_READ, Bounds, Collection};
use super::fields::{self, list, object};
use super::id::Id;
use super::item::{Item, id, text};
use super::role::Role;
use crate::json::Object;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The account's members.
pub static COLLECTION: Collection = Collection {
    path: Cow::Borrowed("members"),
    noun: "account members",
    noun_of_one: "account member",
    permission: ACCOUNT_READ,
    bounds: Bounds { per_page: 50, items: 1_000_000, pages: 40_000, bytes: 16 << 20 },
    has_people: true,
};

/// How far a membership is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The person is in.
    Accepted,
    /// Invited.
    Pending,
    /// The invitation was declined.
    Rejected,
    /// A word that we don't know, or none.
    Unknown,
}

/// An account member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct Member {
    /// The membership's: a pending member has no user id.
    pub id: Id,
    pub status: Status,
    pub email: Option<String>,
    /// First and last name.
    pub name: Option<String>,
    /// Without repetition, and without those that can't be understood.
    pub roles: Vec<Role>,
    /// Roles that can't be understood, or that the answer doesn't tell at all.
    pub roles_missing: bool,
    /// What the policies add to the roles.
    pub policies: Policies,
    /// The rest, as a JSON object.
    pub profile: String,
}

/// What a member's policies say beyond the roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// At least one isn't shown to cover the whole account: writing roles could drop it.
    pub scoped: bool,
    /// At least one gives or denies something that no role of the member explains.
    pub beyond_roles: bool,
}

struct Policy<'a> {
    access: Option<Cow<'a, str>>,
    permission_groups: Vec<PermissionGroup<'a>>,
    /// Whether all that it is about is the account with all that is in it: the scope of a role in
    /// policies.
    covers_account: bool,
}

struct PermissionGroup<'a> {
    id: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
}

impl<'a> Policy<'a> {
    fn read(raw: &'a RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [access, permission_groups, resource_groups] =
            object(raw, ["access", "permission_groups", "resource_groups"])?;
        let resource_groups = list(resource_groups)?;
        let mut covers_account = !resource_groups.is_empty();
        for group in resource_groups {
            covers_account &= covers(group, account_id)?;
        }
        let permission_group = |raw: &'a RawValue| {
            let [id, name] = object(raw, ["id", "name"])?;
            Ok(PermissionGroup { id: fields::text(id)?, name: fields::text(name)? })
        };
        Ok(Self {
            access: fields::text(access)?,
            permission_groups: list(permission_groups)?
                .into_iter()
                .map(permission_group)
                .collect::<Result<_, _>>()?,
            covers_account,
        })
    }

    /// Cloudflare mirrors each role as a policy over the account whose permission group has the
    /// role's id, or its name.
    fn is_explained_by(&self, roles: &[Role]) -> bool {
        let explained = |group: &PermissionGroup| {
            roles.iter().any(|role| {
                group.id.as_deref() == Some(role.id.as_str())
                    || group.name.is_some() && group.name.as_deref() == role.name.as_deref()
            })
        };
        self.access.as_deref() == Some("allow") && self.permission_groups.iter().all(explained)
    }
}

/// Whether a resource group is the account with all that is in it.
fn covers(group: &RawValue, account_id: &str) -> Result<bool, &'static str> {
    let [Some(scope)] = object(group, ["scope"])? else { return Ok(false) };
    let [key, objects] = object(scope, ["key", "objects"])?;
    let key = fields::text(key)?;
    let key = key.as_deref().and_then(|key| key.strip_prefix("com.cloudflare.api.account."));
    let mut has_all = false;
    for raw in list(objects)? {
        let [key] = object(raw, ["key"])?;
        has_all |= fields::text(key)?.as_deref() == Some("*");
    }
    Ok(has_all && key.is_some_and(|id| id.eq_ignore_ascii_case(account_id)))
}

fn policies(raw: Option<&RawValue>, roles: &[Role], account_id: &str) -> Policies {
    let policies = list(raw).and_then(|policies| {
        policies.into_iter().map(|raw| Policy::read(raw, account_id)).collect::<Result<Vec<_>, _>>()
    });
    match policies {
        Ok(policies) => Policies {
            scoped: policies.iter().any(|policy| !policy.covers_account),
            beyond_roles: policies.iter().any(|policy| !policy.is_explained_by(roles)),
        },
        // What can't be read may be anything.
        Err(_) => Policies { scoped: true, beyond_roles: true },
    }
}

impl Member {
    /// Why the roles of this member can't be written without losing something, or to no purpose. A
    /// write of roles replaces all policies (inferred: no source tells what becomes of those
    /// that aren't a role's).
    pub fn why_roles_stay(&self) -> Option<&'static str> {
        if self.status == Status::Rejected {
            Some("The member has declined the invitation. Invite them again first.")
        } else if self.roles_missing {
            Some(
                "Cloudflare doesn't tell all of the member's roles in a form that is understood: writing them could drop one.",
            )
        } else if self.policies.scoped {
            Some(
                "The member has a policy that covers less than the whole account: writing roles could drop it. Change the member in \
                 Cloudflare's dashboard.",
            )
        } else if self.policies.beyond_roles {
            Some(
                "The member has a policy that none of the roles explains: writing roles could drop it. Change the member in Cloudflare's \
                 dashboard.",
            )
        } else {
            None
        }
    }
}

impl Item for Member {
    fn from_object(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [given_id, status, email, user, given_roles, given_policies] =
            object(raw, ["id", "status", "email", "user", "roles", "policies"])?;
        let (given_id, status, mut email) = (fields::text(given_id)?, fields::text(status)?, text(email)?);
        let mut roles: Vec<Role> = Vec::new();
        let mut roles_missing = given_roles.is_none();
        for raw in list(given_roles)? {
            match Role::read(raw, account_id) {
                Ok(role) if roles.iter().any(|known| known.id == role.id) => {}
                Ok(role) => roles.push(role),
                Err(_) => roles_missing = true,
            }
        }
        let mut profile = Object::default().with_text("status", status.as_deref());
        let mut name = None;
        if let Some(user) = user {
            let [id, address, first, last, two_factor] = object(
                user,
                ["id", "email", "first_name", "last_name", "two_factor_authentication_enabled"],
            )?;
            let (address, first, last) = (text(address)?, text(first)?, text(last)?);
            profile = profile
                .with_raw("user_id", id)
                .with_text("first_name", first.as_deref())
                .with_text("last_name", last.as_deref())
                .with_raw("two_factor_authentication_enabled", two_factor);
            name = match (first, last) {
                (Some(first), Some(last)) => Some(format!("{first} {last}")),
                (first, last) => first.or(last),
            };
            email = email.or(address);
        }
        Ok(Self {
            id: id(given_id)?,
            status: match status.as_deref() {
                Some("accepted") => Status::Accepted,
                Some("pending") => Status::Pending,
                Some("rejected") => Status::Rejected,
                _ => Status::Unknown,
            },
            email,
            name,
            policies: policies(given_policies, &roles, account_id),
            roles,
            roles_missing,
            profile: profile.with_raw("policies", given_policies).end(),
        })
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::item::NotUnderstood;
    use serde_json::{Value as Json, json};

    const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

    fn member(json: Json) -> Result<Member, NotUnderstood> {
        Member::read(&RawValue::from_string(json.to_string()).unwrap(), ACCOUNT)
    }

    fn policy(access: &str, group: Json, scope: &str, object: &str) -> Json {
        let scope = json!({"key": scope, "objects": [{"key": object}]});
        json!({"id": "p", "access": access, "permission_groups": [group], "resource_groups": [{"id": "r", "scope": scope}]})
    }

    #[test]
    fn a_pending_member_has_no_user_id() {
        let pending =
            member(json!({"id": "m", "status": "pending", "email": "ann@corp.example", "user": null,
            "roles": [{"id": "r1"}, {"id": "r1"}], "policies": null}))
            .unwrap();
        assert_eq!((pending.status, pending.email.as_deref()), (Status::Pending, Some("ann@corp.example")));
        assert_eq!((pending.roles.len(), pending.roles_missing), (1, false));
        assert_eq!(pending.profile, r#"{"status":"pending"}"#);
    }

    #[test]
    fn the_user_tells_what_the_membership_does_not() {
        let user = json!({"id": "u", "email": "ann@corp.example", "first_name": "Ann", "last_name": null,
            "two_factor_authentication_enabled": true});
        let accepted = member(json!({"id": "m", "status": "accepted", "user": user, "roles": []})).unwrap();
        assert_eq!(
            (accepted.name.as_deref(), accepted.email.as_deref()),
            (Some("Ann"), Some("ann@corp.example"))
        );
        let profile: Json = serde_json::from_str(&accepted.profile).unwrap();
        assert_eq!(profile["two_factor_authentication_enabled"], json!(true));
        assert_eq!(profile["user_id"], json!("u"));
    }

    #[test]
    fn missing_roles_are_told_apart_from_none() {
        assert!(member(json!({"id": "m"})).unwrap().roles_missing);
        assert!(member(json!({"id": "m", "roles": [{"name": "no id"}]})).unwrap().roles_missing);
        assert!(!member(json!({"id": "m", "roles": []})).unwrap().roles_missing);
        assert!(member(json!({"id": "m", "roles": null, "policies": []})).unwrap().roles_missing);
        assert!(member(json!({"id": "m", "roles": "admin"})).is_err());
    }

    #[test]
    fn policies_beside_roles() {
        let account = format!("com.cloudflare.api.account.{ACCOUNT}");
        let zone = "com.cloudflare.api.account.zone.abc";
        let by_id = json!({"id": "r1"});
        let by_name = json!({"id": "p9", "name": "Administrator"});
        let other = json!({"id": "p9", "name": "DNS"});
        let cases = [
            (json!([policy("allow", by_id.clone(), &account, "*")]), false, false),
            (
                json!([policy(
                    "allow",
                    by_name,
                    &account
                        .to_uppercase()
                        .replace("COM.CLOUDFLARE.API.ACCOUNT", "com.cloudflare.api.account"),
                    "*"
                )]),
                false,
                false,
            ),
            (json!([policy("allow", other.clone(), &account, "*")]), false, true),
            (json!([policy("deny", by_id.clone(), &account, "*")]), false, true),
            (json!([policy("allow", by_id.clone(), zone, "*")]), true, false),
            (json!([policy("allow", by_id.clone(), &account, "zone-1")]), true, false),
            (json!([policy("allow", other, zone, "*")]), true, true),
            (json!([{"access": "allow", "permission_groups": [by_id]}]), true, false),
            (json!("strange"), true, true),
            (json!([]), false, false),
        ];
        for (policies, scoped, beyond_roles) in cases {
            let read = member(
                json!({"id": "m", "roles": [{"id": "r1", "name": "Administrator"}], "policies": policies}),
            );
            assert_eq!(read.unwrap().policies, Policies { scoped, beyond_roles }, "{policies}");
        }
    }
}
