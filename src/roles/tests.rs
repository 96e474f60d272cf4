use super::*;
use crate::cloudflare::id::Id;
use crate::cloudflare::item::Item;
use crate::cloudflare::member::Member;
use crate::cloudflare::user_group::UserGroup;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

mod changing;
mod denying;
mod inherited;
mod names;
mod shapes;

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

fn read<T: Item>(json: &Json) -> T {
    T::read(&RawValue::from_string(json.to_string()).unwrap(), ACCOUNT).unwrap()
}

/// Returns an accepted member with roles and policies.
fn member(roles: Json, policies: Json) -> Member {
    read(&json!({"id": "m", "status": "accepted", "roles": roles, "policies": policies}))
}

/// Returns the resource group of the whole account.
fn account() -> Json {
    let key = format!("com.cloudflare.api.account.{ACCOUNT}");
    json!({"id": "rg-all", "name": key, "scope": {"key": key, "objects": [{"key": "*"}]}, "meta": {}})
}

/// Returns the resource group of a zone.
fn zone(id: &str, name: &str) -> Json {
    let key = format!("com.cloudflare.api.account.zone.{id}");
    json!({"id": format!("rg-{id}"), "name": name, "scope": {"key": key, "objects": [{"key": "*"}]}})
}

/// Returns a resource group without an id.
fn inline(key: &str, objects: &[&str]) -> Json {
    let objects: Vec<Json> = objects.iter().map(|key| json!({"key": key})).collect();
    json!({"scope": {"key": key, "objects": objects}})
}

fn group(id: &str, name: &str) -> Json {
    json!({"id": id, "name": name})
}

/// Returns a policy that allows permission groups on resource groups.
fn allow(id: &str, permission_groups: Json, resource_groups: Json) -> Json {
    json!({"id": id, "access": "allow", "permission_groups": permission_groups,
        "resource_groups": resource_groups})
}

fn deny(id: &str, permission_groups: Json, resource_groups: Json) -> Json {
    let mut policy = allow(id, permission_groups, resource_groups);
    policy["access"] = json!("deny");
    policy
}

/// Returns the list of roles that most cases have. Two of them have one name.
fn listed() -> Roles {
    let mut roles = Roles::default();
    for (id, name) in [("r-admin", "Administrator"), ("r-dns", "DNS"), ("r-1", "Twin"), ("r-2", " Twin ")] {
        roles.add(&Id::parse(id).unwrap(), Some(name));
    }
    roles
}

fn administrator() -> Json {
    group("pg-admin", "Administrator")
}

fn dns() -> Json {
    group("pg-dns", "DNS")
}

/// Returns user groups with their policies and members.
fn user_groups(groups: &[(&str, Json, &[&str])]) -> UserGroups {
    let mut all = UserGroups::default();
    for (id, policies, members) in groups {
        let place = all.add(&read::<UserGroup>(&json!({"id": id, "policies": policies})));
        members.iter().for_each(|member| all.add_member(place, Id::parse(member).unwrap()));
    }
    all.settle();
    all
}

/// Shows everything that is held, one line for each: its kind, its id, its reasons, what denies it, and
/// `!` if it can be revoked.
fn shown(of: &Assignments<'_>) -> Vec<String> {
    let line = |held: &Held<'_>| {
        let reasons: Vec<String> =
            held.reasons.iter().map(|reason| format!("{} {}", reason.rule.word(), reason.value)).collect();
        let denied: String = held.denied_by.iter().map(|policy| format!(" -{policy}")).collect();
        let kind = if held.on == On::Role { "" } else { "scoped " };
        let end = if of.is_revocable(held) { " !" } else { "" };
        format!("{kind}{}: {}{denied}{end}", held.id, reasons.join(", "))
    };
    let mut lines: Vec<String> = of.held.iter().map(line).collect();
    if of.is_unexplained {
        lines.push(format!("unexplained {}", of.unexplained.join(" ")));
    }
    lines
}

fn of_member(member: &Member) -> Vec<String> {
    shown(&Assignments::of_member(member, &UserGroups::default(), &listed()))
}

fn of_policies(policies: Json) -> Vec<String> {
    of_member(&member(json!([]), policies))
}

#[test]
fn an_account_wide_policy_named_like_a_listed_role_is_that_role() {
    let policies = json!([allow("p1", json!([administrator()]), json!([account()]))]);
    assert_eq!(of_policies(policies.clone()), ["r-admin: policy p1"]);
    // One assignment, two views.
    let roles = json!([{"id": "r-admin", "name": "Administrator"}]);
    assert_eq!(of_member(&member(roles, policies)), ["r-admin: role r-admin"]);
}

#[test]
fn a_permission_group_that_no_role_lists_is_a_role_under_its_own_id() {
    let policies = json!([allow("p1", json!([group("pg-new", "Turnstile")]), json!([account()]))]);
    assert_eq!(of_policies(policies), ["pg-new: policy p1"]);
}

#[test]
fn a_role_is_found_by_id_then_by_name() {
    for (permission_group, role) in [
        (group("r-dns", "Administrator"), "r-dns"),
        (group("pg", " Administrator\t"), "r-admin"),
        (group("pg", "administrator"), "pg"),
        (json!({"name": "DNS"}), "r-dns"),
        (json!({"id": "r-dns"}), "r-dns"),
        (json!({"id": "no id/", "name": "DNS"}), "r-dns"),
        (json!({"id": "pg", "name": null}), "pg"),
        // Two listed roles have this name, and the member has none of them.
        (group("pg", "Twin"), "pg"),
    ] {
        let policies = json!([allow("p1", json!([permission_group]), json!([account()]))]);
        assert_eq!(of_policies(policies), [format!("{role}: policy p1")], "{permission_group}");
    }
}

#[test]
fn the_members_roles_decide_between_two_of_one_name() {
    let policies = json!([allow("p1", json!([group("pg", "Twin")]), json!([account()]))]);
    let of = |roles: Json| of_member(&member(roles, policies.clone()));
    assert_eq!(of(json!([{"id": "r-2", "name": "Twin"}])), ["r-2: role r-2"]);
    let both = json!([{"id": "r-2", "name": "Twin"}, {"id": "r-1", "name": "Twin"}]);
    assert_eq!(of(both), ["r-1: role r-1 !", "r-2: role r-2 !"]);
}

#[test]
fn a_role_that_only_the_member_names_is_one_with_its_policy() {
    let roles = json!([{"id": "r-super", "name": "Super Administrator - All Privileges"}]);
    let name = "Super Administrator - All Privileges";
    let policies = json!([allow("p1", json!([group("pg-super", name)]), json!([account()]))]);
    assert_eq!(of_member(&member(roles, policies)), ["r-super: role r-super"]);
}

#[test]
fn each_reason_stands_once_whatever_the_order() {
    let twice = json!([administrator(), administrator()]);
    let policies = json!([
        allow("p1", twice.clone(), json!([account(), account()])),
        allow("p2", twice, json!([account()])),
        allow("p1", json!([administrator()]), json!([account()])),
        allow("p0", json!([administrator()]), json!([account()])),
    ]);
    assert_eq!(of_policies(policies), ["r-admin: policy p0, policy p1, policy p2"]);
}

#[test]
fn roles_come_before_scoped_roles() {
    let policies = json!([allow("p1", json!([dns(), administrator()]), json!([zone("z", "z"), account()]))]);
    assert_eq!(
        of_policies(policies),
        [
            "r-admin: policy p1",
            "r-dns: policy p1",
            "scoped pg-admin-rg-z: policy p1",
            "scoped pg-dns-rg-z: policy p1"
        ]
    );
}

#[test]
fn without_policies_the_roles_are_the_truth() {
    let roles = json!([{"id": "r-dns"}, {"id": "r-admin"}]);
    let old: Member = read(&json!({"id": "m", "status": "accepted", "roles": roles}));
    assert_eq!(of_member(&old), ["r-admin: role r-admin !", "r-dns: role r-dns !"]);
}

#[test]
fn without_roles_the_policies_are_the_truth() {
    let policies = json!([allow("p1", json!([administrator()]), json!([account()]))]);
    let unnamed = json!([{"name": "a role without an id"}]);
    for (roles, policies, lacks) in [
        (json!(null), policies.clone(), false),
        (unnamed.clone(), policies.clone(), false),
        (json!(null), json!([]), false),
        (json!(null), json!(null), true),
        (unnamed, json!(null), true),
        (json!(null), json!("strange"), true),
        (json!(null), json!([7]), true),
        (json!([]), json!(null), false),
    ] {
        let member = member(roles.clone(), policies.clone());
        let (groups, roles_listed) = (UserGroups::default(), listed());
        let of = Assignments::of_member(&member, &groups, &roles_listed);
        assert_eq!(of.lacks_roles, lacks, "{roles} {policies}");
        assert!(of.held.iter().all(|held| !of.is_revocable(held)));
    }
}

#[test]
fn whoever_declined_holds_nothing_and_whoever_is_invited_does() {
    let policies = json!([allow("p1", json!([administrator()]), json!([account()]))]);
    let groups = user_groups(&[("g", json!([allow("p2", json!([dns()]), json!([account()]))]), &["m"])]);
    let of = |status: &str| {
        let member: Member =
            read(&json!({"id": "m", "status": status, "roles": [{"id": "r-1"}], "policies": policies}));
        shown(&Assignments::of_member(&member, &groups, &listed()))
    };
    assert!(of("rejected").is_empty());
    let all = ["r-1: role r-1", "r-admin: policy p1", "r-dns: user_group g"];
    assert_eq!((of("pending").len(), of("accepted").len(), of("odd").len()), (3, 3, 3));
    assert_eq!(of("pending"), all);
}
