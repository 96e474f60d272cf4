//! The user groups of the small company: who is an administrator although no member says so.

use serde_json::json;

use crate::mock::account::Account;
use crate::mock::iam::{Policy, Role, UserGroup};
use crate::mock::ids::hex_id;

use super::company_names::{DOMAIN, address, zone};
use super::role::named_role;

/// Adds the user groups, and the permission group that only a zone has.
pub(super) fn add(account: &mut Account) {
    let mut of_zones = account.permission_group(&domain_dns());
    of_zones.meta = Some(json!({
        "label": "domain_dns",
        "description": "Can edit DNS records of a domain.",
        "editable": "false",
        "scopes": "com.cloudflare.api.account.zone",
    }));
    account.permission_groups = vec![of_zones];

    let members = |locals: &[&str]| -> Vec<String> {
        let wanted: Vec<String> = locals.iter().map(|local| address(local)).collect();
        let is_wanted = |email: &str| wanted.iter().any(|address| address == email);
        let found = account.members.iter().filter(|member| member.address().is_some_and(is_wanted));
        found.map(|member| member.id.clone()).collect()
    };
    // Yuki is an administrator through the group alone. Priya is one in both ways.
    let platform = group("Platform administrators", &[wide(account, "Administrator")]);
    let domains = "Domain managers";
    let on_domain = |dns: &Role| account.zone_policy(domains, dns, &zone(DOMAIN), Some(DOMAIN));
    let on_domain: Vec<Policy> = role(account, "DNS").map(on_domain).collect();
    let mut auditors = wide(account, "Audit Logs Viewer");
    auditors.permission_groups.extend(wide(account, "Administrator Read Only").permission_groups);
    let auditors = UserGroup { is_managed: true, ..group("Auditors", &[auditors]) };
    account.user_groups = vec![
        platform.with_members(members(&["yuki.tanaka", "priya.raman"])),
        group(domains, &on_domain).with_members(members(&["daniel.osei", "mei.chen"])),
        auditors.with_members(members(&["kim.larsen", "samuel.ortiz"])),
    ];
}

/// Returns what works on a zone and isn't among the account's roles.
pub(super) fn domain_dns() -> Role {
    named_role(hex_id(&["role", "Domain DNS"]), "Domain DNS", "")
}

fn group(name: &str, policies: &[Policy]) -> UserGroup {
    UserGroup::new(name, policies.to_vec())
}

fn role<'a>(account: &'a Account, name: &'a str) -> impl Iterator<Item = &'a Role> {
    account.roles.iter().filter(move |role| role.name == name)
}

/// Returns the policy that gives a role of this name.
fn wide(account: &Account, name: &str) -> Policy {
    let policy = role(account, name).map(|role| account.account_wide_policy("user group", role)).next();
    policy.unwrap_or_default()
}
