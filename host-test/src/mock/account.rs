//! The state that the mock serves: one Cloudflare account.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A Cloudflare account with what the connector reads and changes. Everything is public: a test
/// shapes it as it likes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// 32 hex digits.
    pub id: String,
    pub name: String,
    pub users: Vec<AccessUser>,
    pub groups: Vec<Group>,
    pub members: Vec<Member>,
    /// What `GET roles` lists.
    pub roles: Vec<Role>,
    /// Roles that members hold though the list leaves them out, as it does with *Super
    /// Administrator* on some accounts.
    pub unlisted_roles: Vec<Role>,
    pub lists: Vec<List>,
    /// Addresses whose sessions were ended by `revoke_user`, in the order of the calls.
    pub revoked: Vec<String>,
    /// How many ids were given to what was created through the API.
    pub created: u64,
}

/// A person who has logged in through Access, or was added through the API. Fields that are `None`
/// are absent from answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccessUser {
    /// A UUID.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_seat: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_seat: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_device_count: Option<u64>,
    /// RFC 3339, as all times here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_successful_login: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// An access group, its rules as raw JSON: a rule need not be one that anybody understands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// A UUID.
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Every other top-level field, `is_default` among them; a field here must not repeat one
    /// above.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A membership of the account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// The membership's id, 32 hex digits.
    pub id: String,
    /// `accepted`, `pending` or `rejected`.
    pub status: String,
    pub email: Option<String>,
    pub user: Option<MemberUser>,
    /// Ids of roles, listed or not.
    pub roles: Vec<String>,
    pub policies: Vec<Policy>,
}

/// The Cloudflare login behind a membership.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MemberUser {
    /// Absent while the membership is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub two_factor_authentication_enabled: bool,
}

/// What a member may do, and on what. A role shows here as a policy over the whole account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    pub id: String,
    /// `allow` or `deny`.
    pub access: String,
    pub permission_groups: Vec<PermissionGroup>,
    pub resource_groups: Vec<ResourceGroup>,
}

/// For a role's policy: the role's id and name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PermissionGroup {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceGroup {
    pub id: String,
    pub name: String,
    pub scope: Scope,
}

/// `com.cloudflare.api.account.<account id>` as the key, and `*` or zones as the objects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scope {
    pub key: String,
    pub objects: Vec<ScopeObject>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScopeObject {
    pub key: String,
}

/// An account role.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Role {
    /// 32 hex digits.
    pub id: String,
    pub name: String,
    pub description: String,
    /// Opaque: an object.
    pub permissions: Value,
}

/// A Gateway list; those of kind `EMAIL` are what an `email_list` rule names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// A UUID.
    pub id: String,
    pub name: String,
    pub description: String,
    /// `EMAIL`, `IP`, `URL`, …
    pub kind: String,
    pub items: Vec<String>,
    pub created_at: String,
}

impl Account {
    /// The role with this id, whether the list shows it or not.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.roles.iter().chain(&self.unlisted_roles).find(|role| role.id == id)
    }

    /// A policy that gives `role` on the whole account: what Cloudflare shows for an assigned role.
    pub fn account_wide_policy(&self, member: &str, role: &Role) -> Policy {
        self.policy(member, role, "*")
    }

    /// A policy that gives `role` on one object of the account, say
    /// `com.cloudflare.api.account.zone.<zone id>`; `*` is all of it.
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

    /// The member as Cloudflare shows it, with its roles spelled out.
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

    /// A fresh id, 32 hex digits, for what is created through the API.
    pub(super) fn fresh_id(&mut self) -> String {
        self.created += 1;
        hex_id(&["created", &self.id, &self.created.to_string()])
    }
}

impl Member {
    /// The address of the person: the membership's, or else the login's.
    pub fn address(&self) -> Option<&str> {
        self.email.as_deref().or_else(|| self.user.as_ref()?.email.as_deref())
    }
}

/// 32 hex digits that depend on `parts` alone (FNV-1a, 128 bits).
pub(super) fn hex_id(parts: &[&str]) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

/// 32 hex digits as a UUID of version 4.
pub(super) fn uuid(hex: &str) -> String {
    format!("{}-{}-4{}-a{}-{}", &hex[0..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
