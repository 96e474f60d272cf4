//! Items of lists: profiles are JSON, an id is found whatever else is wrong, and no address is lost.

use super::ACCOUNT;
use cloudflare_zero_trust::cloudflare::group::Group;
use cloudflare_zero_trust::cloudflare::id::Id;
use cloudflare_zero_trust::cloudflare::item::{Item, id_of};
use cloudflare_zero_trust::cloudflare::list_item::address;
use cloudflare_zero_trust::cloudflare::member::Member;
use cloudflare_zero_trust::cloudflare::role::Role;
use cloudflare_zero_trust::cloudflare::user::AccessUser;
use cloudflare_zero_trust::model::{Kind, ResourceId};
use cloudflare_zero_trust::roles::{Assignments, Roles, UserGroups, Way};
use cloudflare_zero_trust::rules::RuleSet;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

pub fn run(data: &[u8]) {
    if let Some(raw) = str::from_utf8(data).ok().and_then(|text| RawValue::from_string(text.to_owned()).ok())
    {
        check(&raw);
    }
}

/// Reads an item as each kind that a list can have.
pub fn check(raw: &RawValue) {
    let user = is_read::<AccessUser>(raw, |user| (&user.profile, user.email.as_deref()));
    if let Some(time) = user.and_then(|user| user.last_successful_login) {
        assert!(time.len() >= 20 && time.is_ascii() && !time.starts_with("0001"), "{time}");
    }
    is_read::<Role>(raw, |role| (&role.profile, None));
    if let Some(member) = is_read::<Member>(raw, |member| (&member.profile, member.email.as_deref())) {
        let ids: Vec<&Id> = member.roles.iter().map(|role| &role.id).collect();
        assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)), "a role twice");
        let value: Option<Value> = serde_json::from_str(raw.get()).ok();
        let (groups, roles) = (UserGroups::default(), Roles::default());
        let way = Assignments::of_member(&member, &groups, &roles).way;
        if let (Ok(Way::Roles), Some(value)) = (way, value) {
            // Writing the roles would lose anything else.
            let policies = value["policies"].as_array().into_iter().flatten();
            assert!(value["roles"].is_array() && policies.clone().all(is_a_roles), "{value}");
        }
    }
    if let Some(group) = is_read::<Group>(raw, |group| (&group.profile, None)) {
        let resource = ResourceId::new(Kind::Group, group.id.as_str());
        let rules = RuleSet::new(resource, group.sections, ACCOUNT);
        assert_eq!(rules.id(), group.id.as_str());
        assert!(rules.includes() <= rules.count());
    }
    let value: Option<Value> = serde_json::from_str(raw.get()).ok();
    if let (Some(address), Some(value)) = (address(raw), value) {
        assert_eq!(value["value"], Value::String(address));
    }
}

fn is_read<I: Item>(raw: &RawValue, of: impl Fn(&I) -> (&String, Option<&str>)) -> Option<I> {
    // A parser of values refuses some texts that are passed on unread.
    let value: Option<Value> = serde_json::from_str(raw.get()).ok();
    match I::read(raw, ACCOUNT) {
        Ok(item) => {
            assert_eq!(Some(item.id()), id_of(raw).as_ref());
            assert!(is_plain(item.id()));
            let (profile, email) = of(&item);
            serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(profile).expect("a profile is an object");
            if let (Some(email), Some(value)) = (email, value) {
                assert!(
                    [&value["email"], &value["user"]["email"]]
                        .into_iter()
                        .any(|known| known.as_str() == Some(email))
                );
            }
            Some(item)
        }
        Err(fault) => {
            assert!(fault.why.len() < 80 && fault.why.is_ascii(), "{}", fault.why);
            assert_eq!(fault.id, id_of(raw), "{}", fault.why);
            if let Some(value) = value.filter(|_| raw.get().matches("user").count() < 2) {
                let known = value["email"].as_str().or_else(|| value["user"]["email"].as_str());
                assert_eq!(fault.address.as_deref(), known);
            }
            None
        }
    }
}

/// Whether a policy has the form of one that mirrors a role.
fn is_a_roles(policy: &Value) -> bool {
    let groups = policy["resource_groups"].as_array().map(Vec::as_slice).unwrap_or_default();
    let whole = format!("com.cloudflare.api.account.{ACCOUNT}");
    let is_account = |scope: &Value| {
        scope["key"].as_str().is_some_and(|key| key.eq_ignore_ascii_case(&whole))
            && scope["objects"].as_array().into_iter().flatten().any(|object| object["key"] == "*")
    };
    let is_whole = |group: &Value| match &group["scope"] {
        Value::Array(scopes) => !scopes.is_empty() && scopes.iter().all(is_account),
        scope => is_account(scope),
    };
    policy["access"] == "allow" && !groups.is_empty() && groups.iter().all(is_whole)
}

fn is_plain(id: &Id) -> bool {
    let id = id.as_str();
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
