//! Policies: what an account makes of roles, what members show of them, and what a body asks for.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::mock::account::Account;
use crate::mock::api::{Failure, INVALID_BODY};
use crate::mock::ids::hex_id;

use super::{Inherited, Member, PermissionGroup, Policy, ResourceGroup, Role, Scope, ScopeObject, UserGroup};

// The codes are inferred: no page names them; issue trackers show the first two.
pub(super) const INVALID_ROLE: u64 = 1001;
const INVALID_COMBINATION: u64 = 1006;
const NO_DSR: u64 = 1012;

impl Account {
    /// Returns a policy that gives `role` on the whole account. Cloudflare shows an assigned role so
    /// (`OpenAPI: GET /accounts/{account_id}/members`). `holder` is a member or a user group.
    pub fn account_wide_policy(&self, holder: &str, role: &Role) -> Policy {
        self.policy(holder, role, "*")
    }

    /// Returns a policy that gives `role` on one object below the account's own scope; `*` is the whole
    /// account.
    pub fn policy(&self, holder: &str, role: &Role, object: &str) -> Policy {
        let key = format!("com.cloudflare.api.account.{}", self.id);
        self.scoped_policy(
            holder,
            role,
            if object == "*" { &key } else { object },
            Scope::new(&key, &[object]),
        )
    }

    /// Returns a policy that gives `role` on a zone. `name` is that of the resource group.
    pub fn zone_policy(&self, holder: &str, role: &Role, zone: &str, name: Option<&str>) -> Policy {
        let key = format!("com.cloudflare.api.account.zone.{zone}");
        self.scoped_policy(holder, role, name.unwrap_or(&key), Scope::new(&key, &["*"]))
    }

    /// Returns a policy that gives `role` on a scope. `name` is that of the resource group.
    pub fn scoped_policy(&self, holder: &str, role: &Role, name: &str, scope: Scope) -> Policy {
        let mut key = vec!["policy", holder, &role.id, &scope.key];
        key.extend(scope.objects.iter().map(|object| object.key.as_str()));
        let mut group = vec!["resource group"];
        group.extend(&key[3..]);
        Policy {
            id: hex_id(&key),
            access: "allow".into(),
            permission_groups: vec![self.permission_group(role)],
            resource_groups: vec![ResourceGroup {
                id: hex_id(&group),
                name: name.to_owned(),
                scope,
                ..ResourceGroup::default()
            }],
        }
    }

    /// Returns the permission group of a role, as policies show it.
    pub fn permission_group(&self, role: &Role) -> PermissionGroup {
        let id = match self.has_own_permission_ids {
            true => hex_id(&["permission group", &role.id]),
            false => role.id.clone(),
        };
        PermissionGroup { id, name: role.name.clone(), meta: None }
    }

    /// Returns all permission groups, as their list shows them.
    pub fn all_permission_groups(&self) -> Vec<PermissionGroup> {
        let of_role = |role: &Role| {
            let mut group = self.permission_group(role);
            group.meta = Some(json!({
                "label": label(&role.name),
                "description": role.description,
                "editable": "false",
                "scopes": "com.cloudflare.api.account",
            }));
            group
        };
        let of_roles = self.roles.iter().chain(&self.unlisted_roles).map(of_role);
        of_roles.chain(self.permission_groups.iter().cloned()).collect()
    }

    /// Returns all resource groups with an id: that of the whole account, those of policies, and others.
    pub fn all_resource_groups(&self) -> Vec<ResourceGroup> {
        let whole = self.account_wide_policy("", &Role::default()).resource_groups;
        let of_policies = self.all_policies().flat_map(|policy| &policy.resource_groups);
        let all = whole.iter().chain(of_policies).chain(&self.resource_groups);
        let mut seen = BTreeSet::from([""]);
        all.filter(|group| seen.insert(&group.id)).cloned().collect()
    }

    /// Returns the policies of all members and user groups.
    pub fn all_policies(&self) -> impl Iterator<Item = &Policy> {
        let of_groups = self.user_groups.iter().flat_map(|group| group.policies.iter().flatten());
        self.members.iter().flat_map(|member| &member.policies).chain(of_groups)
    }

    /// Returns the role that a permission group is on the whole account.
    pub fn role_of(&self, group: &PermissionGroup) -> Option<&Role> {
        let all = || self.roles.iter().chain(&self.unlisted_roles);
        all()
            .find(|role| !group.id.is_empty() && self.permission_group(role).id == group.id)
            .or_else(|| all().find(|role| role.name == group.name.trim()))
    }

    /// Returns the ids of the roles that policies give, in the order of the roles.
    pub fn roles_of<'a>(&self, policies: impl IntoIterator<Item = &'a Policy>) -> Vec<String> {
        let allowing = policies.into_iter().filter(|policy| {
            policy.access == "allow" && policy.resource_groups.iter().any(|group| group.is_account(&self.id))
        });
        let given: BTreeSet<&str> = allowing
            .flat_map(|policy| &policy.permission_groups)
            .filter_map(|group| self.role_of(group).map(|role| role.id.as_str()))
            .collect();
        let all = self.roles.iter().chain(&self.unlisted_roles);
        all.filter(|role| given.contains(role.id.as_str())).map(|role| role.id.clone()).collect()
    }

    /// Returns the user groups that a member is in.
    pub fn user_groups_of<'a>(&'a self, member: &'a str) -> impl Iterator<Item = &'a UserGroup> {
        self.user_groups.iter().filter(move |group| group.members.iter().any(|id| id == member))
    }

    /// Returns the member as Cloudflare shows it: with whole roles instead of their ids, and with the
    /// policies of user groups if the account shows them there.
    pub fn member_json(&self, member: &Member) -> Value {
        let mut policies: Vec<&Policy> = member.policies.iter().collect();
        let mut ids = member.roles.clone();
        if self.inherited != Inherited::Hidden {
            let of_groups = self.user_groups_of(&member.id).flat_map(|group| group.policies.iter().flatten());
            let of_groups: Vec<&Policy> =
                of_groups.filter(|policy| policies.iter().all(|own| own.id != policy.id)).collect();
            if self.inherited == Inherited::InRoles {
                let more = self.roles_of(of_groups.iter().copied());
                ids.extend(more.into_iter().filter(|id| !member.roles.contains(id)));
            }
            policies.extend(of_groups);
        }
        let roles: Vec<&Role> = ids.iter().filter_map(|id| self.role(id)).collect();
        let mut shown =
            json!({ "id": member.id, "status": member.status, "roles": roles, "policies": policies });
        if let Some(email) = &member.email {
            shown["email"] = json!(email);
        }
        if let Some(user) = &member.user {
            shown["user"] = json!(user);
        }
        if let Some(shown) = shown.as_object_mut() {
            shown.retain(|field, _| !member.without.contains(&field.as_str()));
        }
        shown
    }
}

/// Returns a permission group's label. terraform-provider-cloudflare, its acceptance tests, has the
/// first three.
fn label(name: &str) -> String {
    match name {
        "Super Administrator - All Privileges" => "all_privileges".to_owned(),
        "Administrator" => "admin".to_owned(),
        "Administrator Read Only" => "admin_readonly".to_owned(),
        _ => name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "_"),
    }
}

/// A permission group or a resource group, or a member, by its id.
#[derive(Deserialize)]
pub(super) struct Id {
    pub id: String,
}

/// A policy as a body asks for it. What else stands in it is ignored (inferred).
#[derive(Deserialize)]
pub(super) struct PolicyBody {
    id: Option<String>,
    access: String,
    permission_groups: Vec<Id>,
    resource_groups: Vec<Resources>,
}

/// OpenAPI asks for the id. The examples of
/// <https://developers.cloudflare.com/fundamentals/manage-members/user-groups/> have a scope instead.
#[derive(Deserialize)]
struct Resources {
    id: Option<String>,
    scope: Option<Value>,
}

/// Makes the policies that a body asks for. `holder` has the policies `before`. The id of one of those
/// stays, and so does that of one with the same content (inferred). Another id means nothing, so a policy
/// of a user group becomes the member's own.
pub(super) fn policies(
    account: &Account,
    holder: &str,
    before: &[Policy],
    bodies: &[PolicyBody],
) -> Result<Vec<Policy>, Failure> {
    let mut made: Vec<Policy> = Vec::new();
    for body in bodies {
        let mut policy = policy(account, body)?;
        let is_free = |known: &&Policy| made.iter().all(|made| made.id != known.id);
        let same = |known: &&Policy| content(known) == content(&policy);
        let by_id = before.iter().filter(is_free).find(|known| body.id.as_ref() == Some(&known.id));
        match by_id.or_else(|| before.iter().filter(is_free).find(same)) {
            Some(known) if same(&known) => policy = known.clone(),
            Some(known) => policy.id = known.id.clone(),
            None => {
                let content = content(&policy).to_string();
                policy.id = hex_id(&["policy", holder, &content, &made.len().to_string()]);
            }
        }
        made.push(policy);
    }
    Ok(made)
}

/// Returns what distinguishes policies: access, permission groups, and ids or scopes of resource groups.
fn content(policy: &Policy) -> Value {
    let permissions: Vec<&str> = policy.permission_groups.iter().map(|group| group.id.as_str()).collect();
    let resources = policy.resource_groups.iter().map(|group| match group.id.is_empty() {
        true => json!([group.more_scopes.is_some(), group.scopes().collect::<Vec<_>>()]),
        false => json!(group.id),
    });
    json!([policy.access, permissions, resources.collect::<Value>()])
}

/// Refuses policies on less than the account for a person without *DSR*.
pub(super) fn check_dsr<'a>(
    account: &Account,
    member: &Member,
    policies: impl IntoIterator<Item = &'a Policy>,
) -> Result<(), Failure> {
    let mut groups = policies.into_iter().flat_map(|policy| &policy.resource_groups);
    if member.has_no_dsr && groups.any(|group| !group.is_account(&account.id)) {
        return Err(no_dsr(member));
    }
    Ok(())
}

/// Returns the refusal of a person without *DSR*. terraform-provider-cloudflare, its acceptance tests, has
/// the end of the message.
pub(super) fn no_dsr(member: &Member) -> Failure {
    let message = format!("users {} do not have DSR enabled", member.address().unwrap_or(&member.id));
    Failure::bad_request(NO_DSR, message)
}

fn policy(account: &Account, body: &PolicyBody) -> Result<Policy, Failure> {
    let known = || account.all_policies();
    if !["allow", "deny"].contains(&body.access.as_str()) {
        return Err(Failure::bad_request(INVALID_BODY, "Invalid access"));
    }
    let permission_group = |Id { id }: &Id| {
        let in_policies = known().flat_map(|policy| &policy.permission_groups);
        let of_roles = account.roles.iter().chain(&account.unlisted_roles);
        let more =
            of_roles.map(|role| account.permission_group(role)).chain(account.permission_groups.clone());
        in_policies.cloned().chain(more).find(|group| group.id == *id)
    };
    let permission_groups: Vec<PermissionGroup> = body
        .permission_groups
        .iter()
        .map(|id| {
            let group = permission_group(id);
            group.ok_or_else(|| Failure::bad_request(INVALID_ROLE, "Invalid permission group"))
        })
        .collect::<Result<_, _>>()?;
    let resource_groups: Vec<ResourceGroup> = body
        .resource_groups
        .iter()
        .map(|body| {
            let group = resource_group(account, body);
            group.ok_or_else(|| Failure::bad_request(INVALID_BODY, "Invalid resource group"))
        })
        .collect::<Result<_, _>>()?;
    let is_of_zones = |group: &PermissionGroup| {
        let listed = account.permission_groups.iter().find(|listed| listed.id == group.id);
        let scopes = listed.and_then(|listed| listed.meta.as_ref()?["scopes"].as_str());
        scopes.is_some_and(|scopes| scopes != "com.cloudflare.api.account")
    };
    let is_wide = resource_groups.iter().any(|group| group.is_account(&account.id));
    if is_wide && permission_groups.iter().any(is_of_zones) {
        let message = "invalid permission group and resource group combination";
        return Err(Failure::bad_request(INVALID_COMBINATION, message));
    }
    Ok(Policy { id: String::new(), access: body.access.clone(), permission_groups, resource_groups })
}

fn resource_group(account: &Account, body: &Resources) -> Option<ResourceGroup> {
    if let Some(id) = &body.id {
        return account.all_resource_groups().into_iter().find(|group| group.id == *id);
    }
    let scope = |scope: &Value| {
        let objects = scope["objects"].as_array()?.iter();
        let objects = objects.map(|object| Some(ScopeObject { key: object["key"].as_str()?.to_owned() }));
        Some(Scope { key: scope["key"].as_str()?.to_owned(), objects: objects.collect::<Option<_>>()? })
    };
    let inline = |scope, more_scopes| ResourceGroup { scope, more_scopes, ..ResourceGroup::default() };
    match body.scope.as_ref()? {
        Value::Array(all) => {
            let mut all = all.iter().map(scope).collect::<Option<Vec<_>>>()?.into_iter();
            Some(inline(all.next()?, Some(all.collect())))
        }
        one => Some(inline(scope(one)?, None)),
    }
}
