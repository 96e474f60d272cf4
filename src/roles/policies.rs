//! The policies of a member beside the roles.
//!
//! Cloudflare mirrors each role as a policy over the whole account, whose permission group has the
//! role's id, or its name (inferred: no source says how the two are tied).

use crate::cloudflare::member::{Member, PermissionGroup, Policy};
use crate::cloudflare::role::Role;

/// Whether a policy may cover less than the whole account. Writing the roles could drop it.
pub fn has_scoped(member: &Member) -> bool {
    // A policy that can't be understood may be anything.
    member.policies.as_ref().is_none_or(|policies| policies.iter().any(|policy| !policy.covers_account))
}

/// Whether a policy may give or deny something that no role of the member explains.
pub fn has_beyond_roles(member: &Member) -> bool {
    let is_beyond = |policy: &Policy| !is_explained(policy, &member.roles);
    member.policies.as_ref().is_none_or(|policies| policies.iter().any(is_beyond))
}

/// Whether a policy may allow something on the whole account that no role of the member explains: a
/// privilege that stood in a role before would look revoked.
pub fn has_account_beyond_roles(member: &Member) -> bool {
    let is_beyond = |policy: &Policy| {
        policy.reaches_account
            && policy.access.as_deref() != Some("deny")
            && !is_explained(policy, &member.roles)
    };
    member.policies.as_ref().is_none_or(|policies| policies.iter().any(is_beyond))
}

fn is_explained(policy: &Policy, roles: &[Role]) -> bool {
    let is_a_role = |group: &PermissionGroup| {
        roles.iter().any(|role| {
            group.id.as_deref() == Some(role.id.as_str())
                || group.name.is_some() && group.name.as_deref() == role.name.as_deref()
        })
    };
    policy.access.as_deref() == Some("allow") && policy.permission_groups.iter().all(is_a_role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::item::Item;
    use serde_json::value::RawValue;
    use serde_json::{Value as Json, json};

    const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

    fn member(json: Json) -> Member {
        Member::read(&RawValue::from_string(json.to_string()).unwrap(), ACCOUNT).unwrap()
    }

    fn policy(access: &str, group: Json, scope: &str, object: &str) -> Json {
        let scope = json!({"key": scope, "objects": [{"key": object}]});
        let resource_groups = json!([{"id": "r", "scope": scope}]);
        json!({"id": "p", "access": access, "permission_groups": [group], "resource_groups": resource_groups})
    }

    #[test]
    fn policies_beside_roles() {
        let account = format!("com.cloudflare.api.account.{ACCOUNT}");
        let zone = "com.cloudflare.api.account.zone.abc";
        let by_id = json!({"id": "r1"});
        let by_name = json!({"id": "p9", "name": "Administrator"});
        let other = json!({"id": "p9", "name": "DNS"});
        let cases = [
            (json!([policy("allow", by_id.clone(), &account, "*")]), false, false, false),
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
                false,
            ),
            (json!([policy("allow", other.clone(), &account, "*")]), false, true, true),
            (json!([policy("deny", by_id.clone(), &account, "*")]), false, true, false),
            (json!([policy("allow", by_id.clone(), zone, "*")]), true, false, false),
            (json!([policy("allow", by_id.clone(), &account, "zone-1")]), true, false, false),
            (json!([policy("allow", other, zone, "*")]), true, true, false),
            (json!([{"access": "allow", "permission_groups": [by_id]}]), true, false, false),
            (json!("strange"), true, true, true),
            (json!([]), false, false, false),
            (json!([{"access": "allow", "permission_groups": [{"id": "p9"}]}]), true, true, true),
            (
                json!([{"access": "allow", "permission_groups": [{"id": "p9"}], "resource_groups": [
                    {"scope": {"key": zone, "objects": [{"key": "*"}]}},
                    {"scope": {"key": account, "objects": [{"key": "*"}]}},
                ]}]),
                true,
                true,
                true,
            ),
        ];
        for (policies, scoped, beyond_roles, on_account) in cases {
            let roles = json!([{"id": "r1", "name": "Administrator"}]);
            let member = member(json!({"id": "m", "roles": roles, "policies": policies}));
            let found = (has_scoped(&member), has_beyond_roles(&member), has_account_beyond_roles(&member));
            assert_eq!(found, (scoped, beyond_roles, on_account), "{policies}");
        }
    }
}
