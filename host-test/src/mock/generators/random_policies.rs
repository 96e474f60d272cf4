//! Policies from a seed, one of each sort.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::iam::{PermissionGroup, Policy, ResourceGroup, Scope};
use crate::mock::ids::hex_id;

use super::random::{hex, pick};

/// The place where policies are made.
pub(super) struct Office<'a> {
    pub(super) rng: &'a mut ChaCha8Rng,
    pub(super) account: &'a Account,
}

/// A function that makes a policy of one sort. Those about roles make none where the account has none.
pub(super) type Sort = fn(&mut Office) -> Option<Policy>;

pub(super) const SORTS: [Sort; 26] = [
    one_role,
    two_roles,
    unlisted_role,
    no_role,
    named_zone,
    unnamed_zone,
    zone_without_role,
    workers,
    many_workers,
    one_object_of_the_account,
    in_place,
    whole_account_in_place,
    as_list,
    as_list_of_two,
    account_and_zone,
    upper_case,
    with_meta,
    role_by_name,
    denies_account,
    denies_zone,
    nothing_permitted,
    unknown_access,
    no_resources,
    resources_without_anything,
    nameless_permission,
    by_id_alone,
];

impl Office<'_> {
    /// Returns the permission group of one of the account's roles.
    fn permission(&mut self) -> Option<PermissionGroup> {
        let role = (!self.account.roles.is_empty()).then(|| pick(self.rng, &self.account.roles))?;
        Some(self.account.permission_group(role))
    }

    fn of_zones(&mut self) -> PermissionGroup {
        PermissionGroup { meta: None, ..pick(self.rng, &self.account.permission_groups).clone() }
    }

    /// Returns the key of the account's own scope.
    fn key(&self) -> String {
        format!("com.cloudflare.api.account.{}", self.account.id)
    }

    fn whole(&self) -> ResourceGroup {
        let scope = Scope::new(&self.key(), &["*"]);
        ResourceGroup {
            id: hex_id(&["resource group", &scope.key, "*"]),
            name: self.key(),
            scope,
            ..Default::default()
        }
    }

    /// Returns one of a few zones, so that several people have the same.
    fn zone(&mut self, name: Option<&str>) -> ResourceGroup {
        let number = self.rng.random_range(0..4).to_string();
        let key = format!("com.cloudflare.api.account.zone.{}", hex_id(&["zone", &number]));
        ResourceGroup {
            id: hex_id(&["resource group", name.unwrap_or_default(), &key]),
            name: name.map_or_else(|| key.clone(), |name| format!("{name}{number}.example")),
            scope: Scope::new(&key, &["*"]),
            ..ResourceGroup::default()
        }
    }

    fn workers(&mut self, count: usize) -> ResourceGroup {
        let keys: Vec<String> =
            (0..count).map(|_| format!("com.cloudflare.api.account.worker.{}", hex(self.rng))).collect();
        let objects: Vec<&str> = keys.iter().map(String::as_str).collect();
        let scope = Scope::new(&self.key(), &objects);
        ResourceGroup { id: hex(self.rng), name: "Some Workers".into(), scope, ..Default::default() }
    }

    fn policy(&mut self, permission: PermissionGroup, resources: ResourceGroup) -> Option<Policy> {
        Some(Policy {
            id: hex(self.rng),
            access: "allow".into(),
            permission_groups: vec![permission],
            resource_groups: vec![resources],
        })
    }
}

/// Makes a policy as companies have them: a role on the account, or on a zone.
pub(super) fn everyday(office: &mut Office) -> Option<Policy> {
    let sort = *pick(office.rng, &[one_role as Sort, one_role, named_zone, unnamed_zone]);
    sort(office)
}

fn one_role(office: &mut Office) -> Option<Policy> {
    let permission = office.permission()?;
    office.policy(permission, office.whole())
}

fn two_roles(office: &mut Office) -> Option<Policy> {
    let (mut policy, other) = (one_role(office)?, office.permission()?);
    policy.permission_groups.push(other);
    policy.permission_groups.dedup();
    Some(policy)
}

fn unlisted_role(office: &mut Office) -> Option<Policy> {
    let role = office.account.unlisted_roles.first()?;
    office.policy(office.account.permission_group(role), office.whole())
}

fn no_role(office: &mut Office) -> Option<Policy> {
    let permission =
        PermissionGroup { id: hex_id(&["beyond roles"]), name: "Beyond roles".into(), meta: None };
    office.policy(permission, office.whole())
}

fn named_zone(office: &mut Office) -> Option<Policy> {
    let (permission, zone) = (office.permission()?, office.zone(Some("zone")));
    office.policy(permission, zone)
}

fn unnamed_zone(office: &mut Office) -> Option<Policy> {
    let (permission, zone) = (office.permission()?, office.zone(None));
    office.policy(permission, zone)
}

fn zone_without_role(office: &mut Office) -> Option<Policy> {
    let (permission, zone) = (office.of_zones(), office.zone(None));
    office.policy(permission, zone)
}

fn workers(office: &mut Office) -> Option<Policy> {
    let (permission, workers) = (office.of_zones(), office.workers(2));
    office.policy(permission, workers)
}

fn many_workers(office: &mut Office) -> Option<Policy> {
    let (permission, workers) = (office.permission()?, office.workers(5));
    office.policy(permission, workers)
}

/// Makes a policy on the account's own key, but on one zone only.
fn one_object_of_the_account(office: &mut Office) -> Option<Policy> {
    let (permission, zone) = (office.permission()?, office.zone(None));
    let scope = Scope::new(&office.key(), &[&zone.scope.key]);
    office.policy(permission, ResourceGroup { scope, ..zone })
}

fn in_place(office: &mut Office) -> Option<Policy> {
    let (permission, workers) = (office.permission()?, office.workers(3));
    office.policy(permission, ResourceGroup { id: String::new(), name: String::new(), ..workers })
}

fn whole_account_in_place(office: &mut Office) -> Option<Policy> {
    let permission = office.permission()?;
    office.policy(permission, ResourceGroup { id: String::new(), name: String::new(), ..office.whole() })
}

fn as_list(office: &mut Office) -> Option<Policy> {
    let permission = office.permission()?;
    let resources = if office.rng.random_bool(0.5) { office.whole() } else { office.zone(None) };
    office.policy(permission, ResourceGroup { more_scopes: Some(Vec::new()), ..resources })
}

fn as_list_of_two(office: &mut Office) -> Option<Policy> {
    let (permission, one) = (office.permission()?, office.zone(None));
    let another = format!("com.cloudflare.api.account.zone.{}", hex_id(&["another zone"]));
    let more_scopes = Some(vec![Scope::new(&another, &["*"])]);
    let id = if office.rng.random_bool(0.5) { hex(office.rng) } else { String::new() };
    office.policy(permission, ResourceGroup { id, more_scopes, ..one })
}

fn account_and_zone(office: &mut Office) -> Option<Policy> {
    let (mut policy, zone) = (one_role(office)?, office.zone(None));
    policy.resource_groups.push(zone);
    Some(policy)
}

fn upper_case(office: &mut Office) -> Option<Policy> {
    let permission = office.permission()?;
    let mut whole = office.whole();
    whole.scope.key = whole.scope.key.to_ascii_uppercase();
    office.policy(permission, whole)
}

fn with_meta(office: &mut Office) -> Option<Policy> {
    let mut policy = one_role(office)?;
    let one = json!({ "label": "admin", "editable": "false", "scopes": "com.cloudflare.api.account" });
    let other = json!({ "key": "label", "value": "admin" });
    policy.permission_groups[0].meta = Some(if office.rng.random_bool(0.5) { one } else { other });
    policy.resource_groups[0].meta = Some(json!({ "editable": "false" }));
    Some(policy)
}

fn role_by_name(office: &mut Office) -> Option<Policy> {
    let permission = office.permission()?;
    let name = format!(" {}", permission.name);
    office.policy(PermissionGroup { id: String::new(), name, meta: None }, office.whole())
}

fn denies_account(office: &mut Office) -> Option<Policy> {
    Some(Policy { access: "deny".into(), ..one_role(office)? })
}

fn denies_zone(office: &mut Office) -> Option<Policy> {
    Some(Policy { access: "deny".into(), ..named_zone(office)? })
}

fn nothing_permitted(office: &mut Office) -> Option<Policy> {
    Some(Policy { permission_groups: Vec::new(), ..one_role(office)? })
}

fn unknown_access(office: &mut Office) -> Option<Policy> {
    Some(Policy { access: "audit".into(), ..one_role(office)? })
}

fn no_resources(office: &mut Office) -> Option<Policy> {
    Some(Policy { resource_groups: Vec::new(), ..one_role(office)? })
}

fn resources_without_anything(office: &mut Office) -> Option<Policy> {
    let permission = office.permission()?;
    office.policy(permission, ResourceGroup { name: "Nobody knows".into(), ..ResourceGroup::default() })
}

fn nameless_permission(office: &mut Office) -> Option<Policy> {
    office.policy(PermissionGroup { name: "Nameless".into(), ..PermissionGroup::default() }, office.whole())
}

fn by_id_alone(office: &mut Office) -> Option<Policy> {
    let permission = office.permission()?;
    let id = hex_id(&["resource group", "by id alone"]);
    office.policy(permission, ResourceGroup { id, ..ResourceGroup::default() })
}
