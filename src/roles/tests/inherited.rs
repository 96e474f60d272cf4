//! Roles that members have through user groups.

use super::*;

fn of(member: &Member, groups: &UserGroups) -> Vec<String> {
    shown(&Assignments::of_member(member, groups, &listed()))
}

fn on_account(id: &str, permission_group: Json) -> Json {
    allow(id, json!([permission_group]), json!([account()]))
}

/// Returns one group whose policy makes its members administrators.
fn administrators(members: &[&str]) -> UserGroups {
    user_groups(&[("g", json!([on_account("gp", administrator())]), members)])
}

#[test]
fn a_grant_through_a_user_group_belongs_to_the_member_and_to_the_group() {
    let groups = administrators(&["m"]);
    assert_eq!(of(&member(json!([]), json!([])), &groups), ["r-admin: user_group g"]);
    let roles = listed();
    let [group] = groups.all() else { panic!("one") };
    assert_eq!(shown(&Assignments::of_group(group, &roles)), ["r-admin: policy gp"]);
    // Somebody else inherits nothing.
    let other: Member = read(&json!({"id": "other", "roles": [], "policies": []}));
    assert!(of(&other, &groups).is_empty());
}

#[test]
fn direct_and_inherited_reasons_stand_side_by_side() {
    let groups = administrators(&["m"]);
    let direct = json!([on_account("p1", administrator())]);
    assert_eq!(of(&member(json!([]), direct.clone()), &groups), ["r-admin: policy p1, user_group g"]);
    let roles = json!([{"id": "r-admin", "name": "Administrator"}]);
    assert_eq!(of(&member(roles, direct), &groups), ["r-admin: role r-admin, user_group g"]);
}

#[test]
fn each_group_is_one_reason_however_many_of_its_policies_give_it() {
    let twice = json!([on_account("gp1", administrator()), on_account("gp2", administrator())]);
    let groups = user_groups(&[
        ("g1", twice, &["m", "m"]),
        ("g2", json!([on_account("gp3", administrator())]), &["m"]),
    ]);
    assert_eq!(of(&member(json!([]), json!([])), &groups), ["r-admin: user_group g1, user_group g2"]);
}

#[test]
fn a_policy_with_the_id_of_a_groups_policy_is_inherited() {
    let policies = json!([on_account("gp", administrator()), on_account("p1", dns())]);
    // Also where the list of the group's members doesn't have the member.
    for members in [&["m"][..], &[]] {
        let lines = of(&member(json!([]), policies.clone()), &administrators(members));
        assert_eq!(lines, ["r-admin: user_group g", "r-dns: policy p1"]);
    }
}

#[test]
fn roles_that_only_mirror_an_inherited_policy_are_no_reason() {
    let groups = administrators(&["m"]);
    let roles = json!([{"id": "r-admin", "name": "Administrator"}, {"id": "r-dns", "name": "DNS"}]);
    let inherited = on_account("gp", administrator());
    let own = on_account("p1", administrator());
    let dns = on_account("p2", dns());
    for (policies, expected) in [
        (json!([inherited, dns]), ["r-admin: user_group g", "r-dns: role r-dns"]),
        (json!([inherited, own, dns]), ["r-admin: role r-admin, user_group g", "r-dns: role r-dns !"]),
        // Nothing shows that the role is the group's.
        (json!([dns]), ["r-admin: role r-admin, user_group g", "r-dns: role r-dns"]),
    ] {
        assert_eq!(of(&member(roles.clone(), policies.clone()), &groups), expected, "{policies}");
    }
}

#[test]
fn what_the_roles_mirror_is_known_by_name_where_no_role_is_listed() {
    let name = "Super Administrator - All Privileges";
    let inherited = on_account("gp", group("pg-super", name));
    let groups = user_groups(&[("g", json!([inherited]), &["m"])]);
    let member = member(json!([{"id": "r-super", "name": name}]), json!([inherited]));
    assert_eq!(of(&member, &groups), ["pg-super: user_group g"]);
}

#[test]
fn scoped_roles_are_inherited_like_roles() {
    let policies = json!([allow("gp", json!([dns()]), json!([zone("z", "z"), account()]))]);
    let groups = user_groups(&[("g", policies, &["m"])]);
    let own = json!([allow("p1", json!([dns()]), json!([zone("z", "z")]))]);
    assert_eq!(
        of(&member(json!([]), own), &groups),
        ["r-dns: user_group g", "scoped pg-dns-rg-z: policy p1, user_group g"]
    );
}

#[test]
fn what_is_not_understood_of_a_group_is_told_of_the_group_alone() {
    let odd = json!([{"id": "gp", "access": "perhaps"}, on_account("gp2", dns()), 7]);
    let groups = user_groups(&[("g", odd.clone(), &["m"])]);
    assert_eq!(of(&member(json!([]), json!([])), &groups), ["r-dns: user_group g"]);
    let shown_too = json!([odd[0], odd[1]]);
    assert_eq!(of(&member(json!([]), shown_too), &groups), ["r-dns: user_group g"]);
    let [group] = groups.all() else { panic!("one") };
    let lines = shown(&Assignments::of_group(group, &listed()));
    assert_eq!(lines, ["r-dns: policy gp2", "unexplained gp"]);
}

#[test]
fn groups_without_policies_give_nothing() {
    for policies in [json!(null), json!([])] {
        let groups = user_groups(&[("g", policies, &["m"])]);
        assert!(groups.are_empty());
        assert!(of(&member(json!([]), json!([])), &groups).is_empty());
        let roles = json!([{"id": "r-1"}, {"id": "r-2"}]);
        assert_eq!(of(&member(roles, json!(null)), &groups), ["r-1: role r-1 !", "r-2: role r-2 !"]);
    }
    assert!(!administrators(&[]).are_empty());
}

#[test]
fn groups_and_their_members_are_found() {
    let mut groups = user_groups(&[
        ("g1", json!([on_account("p", dns())]), &["b", "a"]),
        ("g2", json!([on_account("p", dns()), on_account("q", dns())]), &["c", "a"]),
    ]);
    let of = |groups: &UserGroups, member: &str| {
        let member = Id::parse(member).unwrap();
        let ids = groups.of(&member).map(|group| group.id.to_string());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(["a", "b", "c", "d"].map(|member| of(&groups, member)), ["g1 g2", "g1", "g2", ""]);
    let with = |policy: &str| groups.with_policy(policy).map(|group| group.id.to_string());
    assert_eq!((with("p").as_deref(), with("q").as_deref(), with("o")), (Some("g1"), Some("g2"), None));
    assert_eq!(groups.memberships(), 4);
    groups.remove_member(0, &Id::parse("a").unwrap());
    assert_eq!(["a", "b"].map(|member| of(&groups, member)), ["g2", "g1"]);
}
