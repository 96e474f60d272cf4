//! Whether, and how, what a member has can be changed.

use super::*;

fn way(member: &Member, groups: &UserGroups) -> Result<Way, &'static str> {
    Assignments::of_member(member, groups, &listed()).way
}

fn roles() -> Json {
    json!([{"id": "r-admin", "name": "Administrator"}, {"id": "r-dns", "name": "DNS"}])
}

fn mirrored() -> [Json; 2] {
    [("p1", administrator()), ("p2", dns())].map(|(id, group)| allow(id, json!([group]), json!([account()])))
}

#[test]
fn roles_are_written_where_nothing_stands_beside_them() {
    let none = UserGroups::default();
    let [admin, dns_too] = mirrored();
    let by_id = allow("p3", json!([{"id": "r-admin"}, {"id": "r-dns"}]), json!([account()]));
    for policies in [json!(null), json!([]), json!([admin, dns_too]), json!([admin]), json!([by_id])] {
        assert_eq!(way(&member(roles(), policies.clone()), &none), Ok(Way::Roles), "{policies}");
    }
}

#[test]
fn policies_are_written_where_more_stands_beside_the_roles() {
    let none = UserGroups::default();
    let [admin, dns_too] = mirrored();
    let scoped = allow("p3", json!([administrator()]), json!([zone("z", "z")]));
    let unlisted = allow("p4", json!([group("pg", "New")]), json!([account()]));
    let listed = allow("p5", json!([group("pg", "Twin")]), json!([account()]));
    let denies = deny("p6", json!([group("pg", "New")]), json!([account()]));
    for more in [scoped, unlisted, listed, denies] {
        let policies = json!([admin, dns_too, more]);
        assert_eq!(way(&member(roles(), policies), &none), Ok(Way::Policies), "{more}");
    }
}

#[test]
fn policies_are_written_only_if_each_role_stands_in_one() {
    let none = UserGroups::default();
    let [admin, dns_too] = mirrored();
    let scoped = allow("p3", json!([administrator()]), json!([zone("z", "z")]));
    let again = allow("p4", json!([administrator()]), json!([account()]));
    let why = |policies: Json| way(&member(roles(), policies), &none).unwrap_err();
    assert!(why(json!([admin, scoped])).contains("not every role stands in exactly one policy"));
    assert!(why(json!([admin, dns_too, scoped, again])).contains("exactly one policy"));
}

#[test]
fn nothing_is_written_that_could_lose_something() {
    let none = UserGroups::default();
    let [admin, dns_too] = mirrored();
    for (odd, expected) in [
        (json!({"access": "perhaps"}), "isn't understood"),
        (json!(7), "isn't understood"),
        (allow("p", json!([dns()]), json!([])), "isn't understood"),
    ] {
        let why = way(&member(roles(), json!([admin, dns_too, odd])), &none).unwrap_err();
        assert!(why.contains(expected), "{odd}: {why}");
    }
    let why = way(&member(json!(null), json!([admin])), &none).unwrap_err();
    assert!(why.contains("in a form that is understood"), "{why}");
    let declined: Member = read(&json!({"id": "m", "status": "rejected", "roles": roles()}));
    assert!(way(&declined, &none).unwrap_err().contains("declined the invitation"));
}

#[test]
fn what_may_be_a_groups_is_not_written_for_the_member() {
    let [admin, dns_too] = mirrored();
    let inherited = allow("gp", json!([administrator()]), json!([account()]));
    let groups = user_groups(&[("g", json!([inherited]), &["m"])]);
    // The role is in the list, no policy of the member's own gives it, and the group does.
    for policies in [json!(null), json!([dns_too])] {
        let why = way(&member(roles(), policies), &groups).unwrap_err();
        assert!(why.contains("come from a user group"), "{why}");
    }
    // A policy without an id may be the group's.
    let mut unnamed = admin.clone();
    unnamed.as_object_mut().unwrap().remove("id");
    let why = way(&member(roles(), json!([unnamed, dns_too])), &groups).unwrap_err();
    assert!(why.contains("come from a user group"), "{why}");
    assert_eq!(way(&member(roles(), json!([unnamed, dns_too])), &UserGroups::default()), Ok(Way::Roles));
    // Where the member's answer shows which is the group's, the others are written.
    assert_eq!(way(&member(roles(), json!([inherited, dns_too])), &groups), Ok(Way::Policies));
    assert_eq!(way(&member(roles(), json!([admin, dns_too])), &groups), Ok(Way::Roles));
}

#[test]
fn revocable_is_only_what_can_be_taken_from_this_member_alone() {
    let [admin, dns_too] = mirrored();
    let groups = user_groups(&[("g", json!([allow("gp", json!([dns()]), json!([account()]))]), &["m"])]);
    let of = |groups: &UserGroups, policies: Json| {
        shown(&Assignments::of_member(&member(roles(), policies), groups, &listed()))
    };
    let none = UserGroups::default();
    assert_eq!(of(&none, json!([admin, dns_too])), ["r-admin: role r-admin !", "r-dns: role r-dns !"]);
    assert_eq!(
        of(&groups, json!([admin, dns_too])),
        ["r-admin: role r-admin !", "r-dns: role r-dns, user_group g"]
    );
    let denies = deny("d", json!([dns()]), json!([zone("z", "z")]));
    assert_eq!(
        of(&none, json!([admin, dns_too, denies])),
        ["r-admin: role r-admin !", "r-dns: role r-dns -d"]
    );
    let odd = json!({"id": "odd", "access": "perhaps"});
    assert!(of(&none, json!([admin, dns_too, odd])).iter().all(|line| !line.ends_with('!')));
}

#[test]
fn the_last_thing_that_a_member_has_itself_is_not_revocable() {
    let groups = user_groups(&[("g", json!([allow("gp", json!([dns()]), json!([account()]))]), &["m"])]);
    let one = member(json!([{"id": "r-admin", "name": "Administrator"}]), json!([]));
    assert_eq!(
        shown(&Assignments::of_member(&one, &groups, &listed())),
        ["r-admin: role r-admin", "r-dns: user_group g"]
    );
    let scoped = allow("p3", json!([administrator()]), json!([zone("z", "z")]));
    let two = member(json!([]), json!([mirrored()[0], scoped]));
    assert_eq!(
        shown(&Assignments::of_member(&two, &UserGroups::default(), &listed())),
        ["r-admin: policy p1 !", "scoped pg-admin-rg-z: policy p3 !"]
    );
}

#[test]
fn what_stands_in_a_policy_with_others_is_separable_along_one_row() {
    let two = json!([administrator(), dns()]);
    let both = json!([account(), zone("z", "z")]);
    let whole_and_part = json!([{"id": "rg", "scope": [
        {"key": format!("com.cloudflare.api.account.{ACCOUNT}"), "objects": [{"key": "*"}]},
        {"key": "com.cloudflare.api.account.zone.z", "objects": [{"key": "*"}]},
    ]}]);
    for (permission_groups, resource_groups, separable) in [
        (json!([dns()]), json!([account()]), 1),
        (two.clone(), json!([account()]), 2),
        (json!([dns()]), both.clone(), 2),
        (two, both, 0),
        (json!([dns()]), whole_and_part, 0),
    ] {
        let member = member(json!([]), json!([allow("p", permission_groups, resource_groups.clone())]));
        let (groups, roles) = (UserGroups::default(), listed());
        let of = Assignments::of_member(&member, &groups, &roles);
        assert_eq!(of.way, Ok(Way::Policies));
        let found = of.held.iter().filter(|held| of.why_it_stays(held).is_none()).count();
        assert_eq!(found, separable, "{resource_groups}");
        assert!(of.held.iter().all(|held| held.places.iter().all(|place| place.policy == 0)));
    }
}

#[test]
fn it_is_separable_only_if_it_is_in_each_policy() {
    let alone = allow("p1", json!([dns()]), json!([account()]));
    let square = allow("p2", json!([administrator(), dns()]), json!([account(), zone("z", "z")]));
    let member = member(json!([]), json!([alone, square]));
    let (groups, roles) = (UserGroups::default(), listed());
    let of = Assignments::of_member(&member, &groups, &roles);
    assert_eq!(
        of.get(On::Role, "r-dns")
            .map(|held| (held.places.iter().map(|it| it.policy).collect(), held.is_separable)),
        Some((vec![0, 1], false))
    );
}

#[test]
fn the_policies_of_groups_are_not_changed() {
    let groups = user_groups(&[("g", json!(mirrored()), &[])]);
    let lines: Vec<String> =
        groups.all().iter().flat_map(|group| shown(&Assignments::of_group(group, &listed()))).collect();
    assert_eq!(lines, ["r-admin: policy p1", "r-dns: policy p2"]);
}
