//! Policies of account members and of user groups: permission groups, allowed or denied on resource
//! groups. They aren't Access policies. OpenAPI: `GET /accounts/{account_id}/members`,
//! `GET /accounts/{account_id}/iam/user_groups`.

use super::account::ACCOUNT_KEY;
use super::fields::{self, list, object};
use super::id::Id;
use super::item::text;
use super::permission_group::PermissionGroup;
use crate::digest::Digest;
use crate::sorted::sort;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// All policies of a member or a user group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// The policies that can be read, in their order.
    pub all: Vec<AccountPolicy>,
    /// Whether the answer has them. Older answers don't (inferred).
    pub are_told: bool,
    /// Whether there is one, or a list of them, that can't be read.
    pub has_gap: bool,
}

/// A policy. The places of its permission groups and resource groups are those in the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPolicy {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Whether it allows or denies.
    pub access: Access,
    /// Its permission groups.
    pub permission_groups: Vec<PermissionGroup>,
    /// The number of its resource groups.
    pub resource_groups: usize,
    /// The parts of the account that its resource groups cover. One with several scopes can cover several.
    pub reaches: Vec<Reach>,
    /// Whether a part of it can't be understood.
    pub has_gap: bool,
}

/// The word of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own words")]
pub enum Access {
    Allow,
    Deny,
    /// An unknown word, or none.
    Unknown,
}

/// The whole account, or a part of it, that a policy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The place of the resource group among those of the policy.
    pub place: usize,
    /// The id of the resource group. A scope that stands in the policy itself has none.
    pub id: Option<Id>,
    /// The name of the resource group, unless it is a key.
    pub name: Option<String>,
    /// Whether it is the whole account.
    pub is_account: bool,
    /// Its scopes, if it is less, as far as they are told.
    pub scopes: Vec<Scope>,
}

/// A key, and the keys of the objects below it, sorted and each once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Cloudflare's own field names")]
pub struct Scope {
    pub key: String,
    pub objects: Vec<String>,
}

impl Policies {
    /// Reads the field `policies`. Null counts as absent.
    pub(super) fn read(given: Option<&RawValue>, account_id: &str) -> Self {
        let Ok(items) = list(given) else { return Self { all: Vec::new(), are_told: true, has_gap: true } };
        let mut all = Vec::new();
        let mut has_gap = false;
        for raw in items {
            match AccountPolicy::read(raw, account_id) {
                Ok(policy) => all.push(policy),
                Err(_) => has_gap = true,
            }
        }
        Self { all, are_told: given.is_some(), has_gap }
    }
}

impl AccountPolicy {
    fn read(raw: &RawValue, account_id: &str) -> Result<Self, &'static str> {
        let [id, access, permission_groups, resource_groups] =
            object(raw, ["id", "access", "permission_groups", "resource_groups"])?;
        let access = match fields::text(access)?.as_deref() {
            Some("allow") => Access::Allow,
            Some("deny") => Access::Deny,
            _ => Access::Unknown,
        };
        let has_groups = permission_groups.is_some();
        let permission_groups: Vec<PermissionGroup> =
            list(permission_groups)?.into_iter().map(PermissionGroup::read).collect::<Result<_, _>>()?;
        let resource_groups = list(resource_groups)?;
        let mut policy = Self {
            id: text(id)?,
            access,
            has_gap: !has_groups
                || access == Access::Unknown
                || resource_groups.is_empty() && !permission_groups.is_empty(),
            permission_groups,
            resource_groups: resource_groups.len(),
            reaches: Vec::new(),
        };
        for (place, raw) in resource_groups.into_iter().enumerate() {
            let before = policy.reaches.len();
            let read = policy.read_resource_group(place, raw, account_id);
            policy.has_gap |= read.is_err() || policy.reaches.len() == before;
        }
        let is_whole = policy.reaches.iter().all(|reach| reach.is_account);
        let is_known = |group: &PermissionGroup| group.id.is_some() || is_whole && group.name.is_some();
        policy.has_gap |= !policy.permission_groups.iter().all(is_known);
        Ok(policy)
    }

    /// Reads a resource group. OpenAPI: the schemas `iam_resource_group` and `iam_scope`. Its scope is an
    /// object in policies, and a list elsewhere (terraform-provider-cloudflare, the data source
    /// `resource_groups`).
    fn read_resource_group(
        &mut self,
        place: usize,
        raw: &RawValue,
        account_id: &str,
    ) -> Result<(), &'static str> {
        let [id, name, scope] = object(raw, ["id", "name", "scope"])?;
        let id = text(id)?.as_deref().and_then(Id::parse);
        let name = text(name)?.filter(|name| !name.starts_with("com.cloudflare."));
        let scopes = match scope {
            Some(scope) if scope.get().starts_with('[') => list(Some(scope))?,
            scope => scope.into_iter().collect(),
        };
        let whole = [ACCOUNT_KEY, account_id].concat();
        let is_account = |scope: &Scope| scope.key.eq_ignore_ascii_case(&whole);
        let is_whole = |scope: &Scope| is_account(scope) && scope.objects.iter().any(|object| object == "*");
        let reach =
            |is_account, scopes| Reach { place, id: id.clone(), name: name.clone(), is_account, scopes };
        let (mut has_whole, mut parts) = (false, Vec::new());
        for raw in scopes {
            let scope = Scope::read(raw)?;
            if is_whole(&scope) {
                has_whole = true;
            } else {
                // Without objects it may be the whole account.
                self.has_gap |= is_account(&scope) && scope.objects.is_empty();
                parts.push(scope);
            }
        }
        if has_whole {
            self.reaches.push(reach(true, Vec::new()));
        }
        if id.is_none() {
            self.reaches.extend(parts.into_iter().map(|scope| reach(false, vec![scope])));
        } else if !parts.is_empty() || !has_whole {
            // Without scopes, its id still says which part it is.
            self.reaches.push(reach(false, parts));
        }
        Ok(())
    }
}

impl Scope {
    fn read(raw: &RawValue) -> Result<Self, &'static str> {
        let [key, objects] = object(raw, ["key", "objects"])?;
        let key = text(key)?.ok_or("it has no key")?;
        let mut keys = Vec::new();
        for raw in list(objects)? {
            let [key] = object(raw, ["key"])?;
            keys.push(text(key)?.ok_or("an object has no key")?);
        }
        sort(&mut keys);
        keys.dedup();
        Ok(Self { key, objects: keys })
    }
}

impl Reach {
    /// Returns the last part of a scoped role's id: the id of the resource group, else a digest of the
    /// scope.
    pub fn scope_id(&self) -> Cow<'_, str> {
        if let Some(id) = &self.id {
            return Cow::Borrowed(id.as_str());
        }
        let mut digest = Digest::new();
        for scope in &self.scopes {
            digest = digest.with(&scope.key);
            digest = scope.objects.iter().fold(digest, |digest, key| digest.with(key));
        }
        Cow::Owned(format!("{:016x}", digest.finish()))
    }
}
