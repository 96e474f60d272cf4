//! The state that the mock serves: one Cloudflare account.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::access::{
    AccessPolicy, AccessUser, Application, Attached, AttachedPolicy, Embedding, Group, IdentityProvider,
    LastLogin, PolicyTester, Scim, ServiceToken, Session,
};
use super::gateway::List;
use super::iam::{Inherited, Member, Role, UserGroup};
use super::iam::{PermissionGroup, ResourceGroup};
use super::ids::hex_id;
use super::lifecycle::Lifecycle;

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
    /// The status and the code of the answers about roles, where Cloudflare has taken that API away.
    pub roles_gone: Option<(u16, u64)>,
    pub user_groups: Vec<UserGroup>,
    /// The permission groups that no role has the name of, for example those for zones.
    pub permission_groups: Vec<PermissionGroup>,
    /// Whether the permission group of a role has another id than the role. It has on Cloudflare; names are
    /// the same there. <https://developers.cloudflare.com/changelog/> (2026-07-21)
    pub has_own_permission_ids: bool,
    /// Resource groups beside those that policies show.
    pub resource_groups: Vec<ResourceGroup>,
    pub inherited: Inherited,
    pub lists: Vec<List>,
    pub applications: Vec<Application>,
    /// The reusable policies. An application keeps its own.
    pub policies: Vec<AccessPolicy>,
    pub identity_providers: Vec<IdentityProvider>,
    /// The lists that identity providers pushed, at most one for each provider.
    pub scim: Vec<Scim>,
    pub service_tokens: Vec<ServiceToken>,
    /// The sessions of Access users, in the order of the logins.
    pub sessions: Vec<Session>,
    /// The last logins, by the ids of the users. Of a user who has logged in and isn't here,
    /// the login showed the address and nothing else.
    pub last_logins: BTreeMap<String, LastLogin>,
    pub policy_tester: PolicyTester,
    /// The addresses whose sessions `revoke_user` ended, in the order of the calls.
    pub revoked: Vec<String>,
    pub lifecycle: Lifecycle,
    /// The number of ids that the API has given to new objects.
    pub created: u64,
}

impl Account {
    /// Returns the role with this id, listed or not.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().chain(&self.unlisted_roles).find(|role| role.id == id)
    }

    /// Returns the account as Cloudflare shows it (`OpenAPI: GET /accounts/{account_id}`).
    pub(crate) fn shown(&self) -> Value {
        let mut shown = json!({ "id": self.id, "name": self.name, "type": "standard" });
        if let Some(parent) = &self.managed_by {
            shown["managed_by"] = parent.clone();
        }
        shown
    }

    /// Returns the policy that is attached, unless it is a reusable one that doesn't exist.
    pub fn attached_policy<'a>(&'a self, attached: &'a Attached) -> Option<&'a AccessPolicy> {
        match &attached.policy {
            AttachedPolicy::Reusable(id) => self.policies.iter().find(|policy| policy.id == *id),
            AttachedPolicy::Own(policy) => Some(policy),
        }
    }

    /// Returns the policy as an application shows it.
    pub(crate) fn attached_json(&self, attached: &Attached) -> Value {
        let mut shown = match self.attached_policy(attached) {
            Some(policy) => json!(policy),
            None => json!({ "id": attached.id() }),
        };
        if let Some(precedence) = attached.precedence {
            shown["precedence"] = precedence.into();
        }
        shown
    }

    /// Returns the application with its whole policies, however it embeds them.
    pub fn whole_application_json(&self, application: &Application) -> Value {
        self.application_json(&Application { embedding: Embedding::Whole, ..application.clone() })
    }

    /// Returns the application as Cloudflare shows it.
    pub fn application_json(&self, application: &Application) -> Value {
        let Application { id, uid, name, kind, allowed_idps, policies, embedding, extra } = application;
        let mut shown = Map::from_iter([("id".to_owned(), json!(id))]);
        let texts = [("uid", uid), ("name", name), ("type", kind)];
        shown.extend(
            texts.into_iter().filter_map(|(field, text)| Some((field.to_owned(), json!(text.as_ref()?)))),
        );
        if let Some(allowed) = allowed_idps {
            shown.insert("allowed_idps".to_owned(), json!(allowed));
        }
        let by_id = |attached: &Attached| match attached.precedence {
            Some(precedence) => json!({ "id": attached.id(), "precedence": precedence }),
            None => json!({ "id": attached.id() }),
        };
        let embedded = match embedding {
            Embedding::Whole => Some(policies.iter().map(|attached| self.attached_json(attached)).collect()),
            Embedding::ById => Some(policies.iter().map(by_id).collect()),
            Embedding::Absent => None,
            Embedding::Null => Some(Value::Null),
        };
        shown.extend(embedded.map(|embedded| ("policies".to_owned(), embedded)));
        shown.extend(extra.clone());
        Value::Object(shown)
    }

    /// Returns an unused id, 32 hex digits, for an object that the API creates.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.created += 1;
        hex_id(&["created", &self.id, &self.created.to_string()])
    }
}
