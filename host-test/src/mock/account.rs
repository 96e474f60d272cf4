//! The state that the mock serves: one Cloudflare account.

use serde_json::{Value, json};

use super::access::{AccessPolicy, AccessUser, Application, Group, IdentityProvider, ServiceToken};
use super::gateway::List;
use super::iam::{Member, PermissionGroup, Policy, ResourceGroup, Role, Scope, ScopeObject};
use super::ids::hex_id;

/// A Cloudflare account with everything that the connector reads and changes. All fields are public,
/// so that a test can shape it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// 32 hex digits.
    pub id: String,
    pub name: String,
    /// The organization that the account belongs to: the `managed_by` of the account.
    pub managed_by: Option<Value>,
    pub users: Vec<AccessUser>,
    pub groups: Vec<Group>,
    pub members: Vec<Member>,
    /// The roles that `GET roles` lists.
    pub roles: Vec<Role>,
    /// Roles that members have although the list doesn't show them. On some accounts, *Super
    /// Administrator* is one (inferred: no page says which roles the list has).
    pub unlisted_roles: Vec<Role>,
    pub lists: Vec<List>,
    pub applications: Vec<Application>,
    /// The reusable policies. An application keeps its own.
    pub policies: Vec<AccessPolicy>,
    pub identity_providers: Vec<IdentityProvider>,
    pub service_tokens: Vec<ServiceToken>,
    /// The addresses whose sessions `revoke_user` ended, in the order of the calls.
    pub revoked: Vec<String>,
    /// The number of ids that the API has given to new objects.
    pub created: u64,
}

impl Account {
    /// Returns the role with this id, listed or not.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().chain(&self.unlisted_roles).find(|role| role.id == id)
    }

    /// Returns a policy that gives `role` on the whole account. Cloudflare shows an assigned role so
    /// (`OpenAPI: GET /accounts/{account_id}/members`).
    pub fn account_wide_policy(&self, member: &str, role: &Role) -> Policy {
        self.policy(member, role, "*")
    }

    /// Returns a policy that gives `role` on one object of the account, for example
    /// `com.cloudflare.api.account.zone.<zone id>`; `*` is the whole account.
    pub fn policy(&self, member: &str, role: &Role, object: &str) -> Policy {
        let scope = format!("com.cloudflare.api.account.{}", self.id);
        Policy {
            id: hex_id(&["policy", member, &role.id, object]),
            access: "allow".into(),
            permission_groups: vec![PermissionGroup { id: role.id.clone(), name: role.name.clone() }],
            resource_groups: vec![ResourceGroup {
                id: hex_id(&["resource group", &self.id, object]),
                name: if object == "*" { scope.clone() } else { object.to_owned() },
                scope: Scope { key: scope, objects: vec![ScopeObject { key: object.to_owned() }] },
            }],
        }
    }

    /// Returns the account as Cloudflare shows it (`OpenAPI: GET /accounts/{account_id}`).
    pub(crate) fn shown(&self) -> Value {
        let mut shown = json!({ "id": self.id, "name": self.name, "type": "standard" });
        if let Some(parent) = &self.managed_by {
            shown["managed_by"] = parent.clone();
        }
        shown
    }

    /// Returns the member as Cloudflare shows it, with whole roles instead of their ids.
    pub fn member_json(&self, member: &Member) -> Value {
        let roles: Vec<_> = member.roles.iter().filter_map(|id| self.role(id)).collect();
        let mut shown = json!({
            "id": member.id,
            "status": member.status,
            "roles": roles,
            "policies": member.policies,
        });
        if let Some(email) = &member.email {
            shown["email"] = json!(email);
        }
        if let Some(user) = &member.user {
            shown["user"] = json!(user);
        }
        shown
    }

    /// Returns an unused id, 32 hex digits, for an object that the API creates.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.created += 1;
        hex_id(&["created", &self.id, &self.created.to_string()])
    }
}
